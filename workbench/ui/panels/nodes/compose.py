"""Compose one event by hand: key, partition, value, headers, tombstone; send it once or ten times. GUI thread.

Null, empty and missing stay three things: no key is null and ``""`` an empty one; a tombstone has a null value, an
empty field an empty one; a header that is not there is missing.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from random import Random

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from workbench.control.messages import AppendedList, AppendRecords
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.keys import key_colour, partition_crc32, partition_murmur2
from workbench.core.records import Record
from workbench.core.snapshot import SentRecord
from workbench.flow.document import Node
from workbench.flow.kinds import kind_of
from workbench.flow.placeholders import Dice
from workbench.flow.settings import ProducerSettings, SendingSettings, shown_settings
from workbench.flow.template import Template
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.panels.parts.blocks import label, push_button, set_tone
from workbench.ui.panels.parts.header_chips import HeaderChips
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme

_MANY = 10
_MOST_LETTERS = 50_000  # Qt lays a longer line out for seconds
_KEYED = {"murmur2": partition_murmur2, "crc32": partition_crc32}


def key_bytes(text: str) -> bytes | None:
    """What the key field says: nothing is null, ``""`` is empty."""
    if text == "":
        return None
    return b"" if text == '""' else text.encode()


def json_fault(text: str) -> tuple[str, int]:
    """What keeps a text from being JSON, and its line; ("", 0) when it is JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.msg.lower(), error.lineno
    except (ValueError, RecursionError):  # json reads no number of thousands of digits, no nesting of thousands
        return "it is too long a number or nested too deep", 1
    return "", 0


def _drawn(settings: ProducerSettings) -> Record:
    """An event of a generator's settings: those say themselves what is wrong with them."""
    dice = Dice(Random(), lambda: int(time.time() * 1000))
    for headers in (settings.headers, ""):
        with suppress(Invalid):
            return Template(settings.template, settings.key, dice, headers).next()
    return Record()


class ValueField(QPlainTextEdit):
    """Takes no paste that would hold up the window; ``refused`` says so."""

    refused = Signal(str)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if len(self.toPlainText()) + len(source.text()) > _MOST_LETTERS:
            self.refused.emit(self.tr("An event by hand has at most {0} letters. Play larger ones from a file.")
                              .format(f"{_MOST_LETTERS:,}"))
        else:
            super().insertFromMimeData(source)


class ComposeForm(QWidget):
    """See the module. ``sent`` carries a ``SentRecord`` an event, after the broker acknowledged it."""

    sent = Signal(object)

    def __init__(self, workspace: Workspace, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._node_id = node_id
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._build_head())
        self.value = ValueField()
        self.value.refused.connect(self._say_refused)
        self.value.setProperty("mono", True)
        self.value.setFont(theme().font("body", mono=True))
        self.value.setAccessibleName(self.tr("Value"))
        self.value.setFixedHeight(104)
        self.value.setTabChangesFocus(True)
        self.value.textChanged.connect(self._check)
        column.addWidget(self.value)
        self.headers = HeaderChips()
        column.addWidget(self.headers)
        column.addLayout(self._build_foot())
        self._words = label("", "muted")
        self._words.setWordWrap(True)
        column.addWidget(self._words)
        self._fill_from_template()
        self.refresh()

    # -- building ------------------------------------------------------------------------------------------
    def _build_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        self.key = QLineEdit()
        self.key.setProperty("mono", True)
        self.key.setFont(theme().font("body", mono=True))
        self.key.setPlaceholderText(self.tr("no key"))
        self.key.setToolTip(self.tr('Empty sends no key; "" sends an empty one'))
        self.key.setAccessibleName(self.tr("Key"))
        self.key.addAction(icons.icon("key", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.key.textChanged.connect(self.refresh)
        self.partition = QComboBox()
        self.partition.setAccessibleName(self.tr("Partition"))
        row.addWidget(self.key, 4)
        row.addWidget(self.partition, 3)
        return row

    def set_way(self, way: QBoxLayout.Direction) -> None:
        """The buttons beside the tick, or under it."""
        self._foot.setDirection(way)

    def _build_foot(self) -> QHBoxLayout:
        self._foot, row = QHBoxLayout(), QHBoxLayout()
        for layout in (self._foot, row):
            layout.setSpacing(8)
        self.tombstone = QCheckBox(self.tr("Tombstone (null value)"))
        self.tombstone.setToolTip(self.tr("A null value says that the key is gone; an empty field is an empty value."))
        self.tombstone.toggled.connect(self._check)
        self.send_many = push_button(self.tr("Send {0}").format(_MANY))
        self.send_many.clicked.connect(lambda: self._send(_MANY))
        self.send_one = push_button(self.tr("Send one"), "send", "primary", role="text_on_accent")
        self.send_one.clicked.connect(lambda: self._send(1))
        row.addStretch(1)
        row.addWidget(self.send_many)
        row.addWidget(self.send_one)
        self._foot.addWidget(self.tombstone)
        self._foot.addLayout(row, 1)
        return self._foot

    # -- the drawing ---------------------------------------------------------------------------------------
    @property
    def _node(self) -> Node | None:
        document = self._workspace.document
        return document.node(self._node_id) if document.has_node(self._node_id) else None

    @property
    def topic(self) -> Node | None:
        """The topic that the producer feeds."""
        node = self._node
        return next(iter(self._workspace.document.targets_of(node.id)), None) if node else None

    def _partitions(self) -> int:
        topic = self.topic
        if topic is None:
            return 0
        stat = self._workspace.live.topic(topic.name)
        return len(stat.partitions) if stat else int(kind_of(topic.kind).value(topic.params, "partitions"))

    def _fill_from_template(self) -> None:
        """Start with an event like those that the generator makes."""
        node = self._node
        if node is None or node.kind != "producer":
            return
        key, value, headers, _ = _drawn(shown_settings(node, ProducerSettings))
        if value is None or len(value) > _MOST_LETTERS:
            return
        self.key.setText("" if key is None else key.decode(errors="replace"))
        text = value.decode(errors="replace")
        fault, _ = json_fault(text)
        self.value.setPlainText(text if fault else json.dumps(json.loads(text), ensure_ascii=False))
        self.headers.load(headers)

    # -- following -----------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Say where the event would go, and whether it can."""
        count, key, node = self._partitions(), key_bytes(self.key.text()), self._node
        rule = _KEYED.get(shown_settings(node, SendingSettings).partitioner) if node else None
        if rule is not None and key is not None and count:
            text = self.tr("Partition by key: {0}").format(rule(key, count))
        else:
            text = self.tr("Partition by rule")
        if self.partition.count() != count + 1:
            chosen = self.partition.currentIndex()
            self.partition.clear()
            self.partition.addItems([text, *(self.tr("Partition {0}").format(n) for n in range(count))])
            self.partition.setCurrentIndex(max(0, min(chosen, count)))
        self.partition.setItemText(0, text)
        self._check()

    def _check(self) -> None:
        topic, text = self.topic, self.value.toPlainText()
        self.value.setEnabled(not self.tombstone.isChecked())
        for button in (self.send_one, self.send_many):
            button.setEnabled(topic is not None)
        fault, line = json_fault(text) if text and not self.tombstone.isChecked() else ("", 0)
        if topic is None:
            said = self.tr("Link it to a topic first: an event needs a place to go.")
        elif fault:
            said = self.tr("Not JSON at line {0}: {1}. It goes as plain text.").format(line, fault)
        elif not text and not self.tombstone.isChecked():
            said = self.tr("The value is empty, which is not null.")
        else:
            said = ""
        set_tone(self._words, "warn" if fault else "muted")
        self._words.setText(said)
        self._words.setVisible(bool(said))

    # -- sending -------------------------------------------------------------------------------------------
    def _send(self, count: int) -> None:
        topic, node = self.topic, self._node
        if topic is None or node is None:
            return
        key = key_bytes(self.key.text())
        value = None if self.tombstone.isChecked() else self.value.toPlainText().encode()
        record = Record(key, value, self.headers.headers())
        chosen = self.partition.currentIndex() - 1
        settings = shown_settings(node, SendingSettings)
        rule = settings.partitioner
        if rule == "explicit" and chosen < 0:
            chosen, rule = settings.partition, "murmur2"
        command = AppendRecords(topic.name, (record,) * count, None if chosen < 0 else chosen,
                                "murmur2" if rule == "explicit" else rule)
        began = time.perf_counter()
        self._workspace.act(command, self).done(
            lambda reply: self._tell(reply, key, (time.perf_counter() - began) * 1000)).failed(self._refuse).run()

    def _tell(self, reply: AppendedList, key: bytes | None, acked_ms: float) -> None:
        name = None if key is None else key.decode(errors="replace")
        for appended in reply.appended:
            for offset in range(appended.base_offset, appended.base_offset + appended.count):
                record = SentRecord(appended.timestamp_ms, appended.partition, offset, name, key_colour(key), acked_ms)
                self.sent.emit(record)

    def _refuse(self, error: WorkbenchError) -> None:
        self._say_refused(error.sentence())

    def _say_refused(self, sentence: str) -> None:
        set_tone(self._words, "bad")
        self._words.setText(sentence)
        self._words.show()
