"""A copy of a record, changed and sent: a popover with key, partition, headers and value. GUI thread.

JSON is shown pretty and sent compact, as it came. The record itself stays as it is: a log is never edited.
"""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from workbench.control.messages import AppendedList, AppendRecords
from workbench.core.errors import WorkbenchError
from workbench.core.queues import sent_straight
from workbench.core.records import Record, StoredRecord
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models import edited
from workbench.ui.panels.nodes.compose import key_bytes
from workbench.ui.panels.parts.blocks import Banner, label, push_button, set_tone
from workbench.ui.panels.parts.header_chips import HeaderChips
from workbench.ui.panels.parts.popover import Popover
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

WIDTH, VALUE_HEIGHT = 520, 220


class RecordEditor(Popover):
    """See the module. Null stays null while the value is not touched."""

    def __init__(self, workspace: Workspace, record: StoredRecord, parent: QWidget) -> None:
        place = words.place(record.topic, record.partition, record.offset)
        super().__init__(parent, self._title(place), "rename", "stream", WIDTH)
        self.setObjectName("record_editor")
        self._workspace, self._record = workspace, record
        self._decoder = workspace.decoder(record.topic).beside(record.headers)
        self._shown = edited.shown_value(record.value, self._decoder)
        self._bytes = not edited.editable(record.value, self._decoder)
        self.value = QPlainTextEdit("" if self._bytes else self._shown)
        self.value.setFont(theme().font("body", mono=True))
        self.value.setTabChangesFocus(True)
        self.value.setFixedHeight(VALUE_HEIGHT)
        self.value.setAccessibleName(self.tr("Value"))
        self.value.setEnabled(not self._bytes)
        self.said = label("", "muted")
        self.said.setWordWrap(True)
        self.refused = Banner("banner-bad")
        self.body.addLayout(self._build_line())
        self.headers = HeaderChips()
        self.headers.load(sent_straight(record.headers))
        for widget in (self.headers, self.value, self.said, self.refused):
            self.body.addWidget(widget)
        self.body.addLayout(self._build_foot())
        self.value.textChanged.connect(self._check)
        self.key.textChanged.connect(self._check)
        self._check()

    def _title(self, place: str) -> str:
        return self.tr("Send a copy of {0}").format(place)

    def _build_line(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        key = self._record.key
        self.key = QLineEdit(edited.shown_key(key, self._decoder))
        self.key.setProperty("mono", True)
        self.key.setAccessibleName(self.tr("Key"))
        self.key.setPlaceholderText(self.tr("no key"))
        self.partition = QComboBox()
        self.partition.setAccessibleName(self.tr("Partition"))
        self.partition.addItem(self.tr("by the key"), None)
        topic = self._workspace.live.topic(self._record.topic)
        for part in topic.partitions if topic is not None else ():
            self.partition.addItem(self.tr("Partition {0}").format(part.partition), part.partition)
        self.partition.setCurrentIndex(max(0, self.partition.findData(self._record.partition)))
        head.addWidget(label(self.tr("Key"), "muted"))
        head.addWidget(self.key, 1)
        head.addWidget(self.partition)
        return head

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        self.cancel = push_button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.close)
        self.send = push_button(self.tr("Send"), variant="primary")
        self.send.clicked.connect(self._send)
        foot.addWidget(label(self.tr("The record itself stays as it is."), "caption"))
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.send)
        return foot

    def open_over(self, panel: QWidget) -> None:
        self.place_under(panel)
        self.show()
        self.raise_()
        (self.key if self._bytes else self.value).setFocus()

    def record(self) -> Record:
        """What would be sent."""
        before = self._record
        shown = "" if self._bytes else self._shown
        untouched = self.value.toPlainText() == shown
        value = before.value if untouched else self._typed().data
        same_key = self.key.text() == edited.shown_key(before.key, self._decoder)
        return Record(before.key if same_key else self._typed_key().data, value, self.headers.headers())

    def _typed(self) -> edited.Typed:
        return edited.value_of(self.value.toPlainText(), self._record.value, self._decoder)

    def _typed_key(self) -> edited.Typed:
        """Of a key that was changed; nothing typed is no key, two quotation marks an empty one."""
        text = self.key.text()
        if text in ("", '""'):
            return edited.Typed(key_bytes(text))
        return edited.key_of(text, self._record.key, self._decoder)

    def _check(self) -> None:
        untouched = self._bytes or self.value.toPlainText() == self._shown
        _, odd, refused = edited.Typed(b"") if untouched else self._typed()
        if self.key.text() != edited.shown_key(self._record.key, self._decoder):
            refused = refused or self._typed_key().refused
        set_tone(self.said, "warn" if odd or refused else "muted")
        self.send.setEnabled(not refused)
        if self._bytes:
            self.said.setText(self.tr("The value is bytes, or too long to edit here; it is sent as it is."))
        elif refused:
            where = self.tr("No JSON at {0}.").format(odd) if odd else ""
            self.said.setText(f"{where} {refused}".strip())
        elif odd:
            self.said.setText(self.tr("No JSON any more, at {0}. It is sent as this text.").format(odd))
        elif self._record.value is None and not self.value.toPlainText():
            self.said.setText(self.tr("The value is null, a tombstone, until something is typed."))
        else:
            self.said.setText("")
        self.said.setVisible(bool(self.said.text()))

    def _send(self) -> None:
        self.send.setEnabled(False)
        command = AppendRecords(self._record.topic, (self.record(),), self.partition.currentData())
        self._workspace.act(command, self).done(self._sent).failed(self._refuse).run()

    def _sent(self, reply: AppendedList) -> None:
        if reply.appended:
            at = reply.appended[0]
            place = words.place(at.topic, at.partition, at.base_offset)
            self._workspace.notice.emit(self.tr("Sent as {0}.").format(place))
        self.close()

    def _refuse(self, error: WorkbenchError) -> None:
        self.send.setEnabled(True)
        self.refused.say(error.sentence())
        self.fit()
