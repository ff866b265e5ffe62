"""One record in full: where it is, its value as JSON, hex or headers, and what changed since the last of its key.

The panel shows what it is given (``show_record``) and says what is wanted by signals; it reads nothing itself but the
earlier record of the same key, off the GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.encodings import AUTO
from workbench.core.records import Headers, StoredRecord
from workbench.engines.base import BrowseTable
from workbench.serde import GUESSING, Decoder
from workbench.session.fields import MISSING, FieldPath, condition, place_in_json
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models import pretty
from workbench.ui.models.readings import readings_of
from workbench.ui.models.records import (
    encoding_name,
    encoding_words,
    header_text,
    key_text,
    standing_sentence,
    value_cell,
    whole_text,
)
from workbench.ui.panels.parts.blocks import Empty, Segments, label, push_button, rule, set_able, set_tone, tool_button
from workbench.ui.panels.parts.payload_view import PayloadView
from workbench.ui.panels.records.cells import paint_key_chip
from workbench.ui.panels.records.readings import Readings
from workbench.ui.panels.records.source import Source
from workbench.ui.qt_types import empty
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

LOOK_BACK_RECORDS = 50_000
_STEP = 1000
_LOW = 240  # pixels
_BOTH = 900  # where table and record stand well beside each other
_ASIDE = 27  # what stands beside the views, left and right
RAW_BYTES = 64 * 1024


class KeyChip(QWidget):
    """A record's key, as in the table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key: bytes | None = None
        self._decoder = GUESSING
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_key(self, key: bytes | None, decoder: Decoder) -> None:
        self._key, self._decoder = key, decoder
        text, read = key_text(key, decoder, 2000), decoder.key(key)
        said = f"{read.error} " if read.error else "" if not key else encoding_words(read, decoder.key_encoding)
        self.setToolTip(f"{text}\n{said}".strip())
        self.setAccessibleName(self.tr("Key {0}").format(key_text(key, decoder)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_key_chip(QPainter(self), QRectF(self.rect()), self._key, self._decoder, "surface_sunken")


class RecordDetail(QFrame):
    replay_wanted = Signal(str, object)  # group, StoredRecord
    publish_wanted = Signal(object)  # StoredRecord
    edit_wanted = Signal(object)  # StoredRecord
    menu_wanted = Signal(object, object)  # FieldPath | None, global point
    filter_wanted = Signal(str)
    closed = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self._workspace = workspace
        self._source = Source()
        self._record: StoredRecord | None = None
        self._groups: tuple[str, ...] = ()
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("", self.tr("No record chosen"), self.tr("Pick a row to see all of it here.")))
        self._stack.addWidget(self._build())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    # -- building ------------------------------------------------------------------------------------------
    def _build(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(_ASIDE - 12, 12, 12, 10)
        column.setSpacing(8)
        column.addLayout(self._build_head())
        self.standing = label("", "muted")
        self.standing.setWordWrap(True)
        column.addWidget(self.standing)
        column.addLayout(self._build_choices())
        self.how = label("", "muted")
        self.how.setWordWrap(True)
        self.how.hide()
        column.addWidget(self.how)
        self.view = PayloadView()
        self.view.setAccessibleName(self.tr("Record"))
        self.view.has_menu = True
        self.view.asked.connect(lambda at, point: self.menu_wanted.emit(self._field_at(at), point))
        self.view.picked.connect(self._pick)
        column.addWidget(self.view, 1)
        self.readings = Readings()
        column.addWidget(self.readings)
        self._headers_box = QWidget()
        self._headers_column = QVBoxLayout(self._headers_box)
        self._headers_column.setContentsMargins(0, 0, 0, 0)
        self._headers_column.setSpacing(4)
        self._headers_scroll = QScrollArea()
        self._headers_scroll.setWidgetResizable(True)
        self._headers_scroll.setWidget(self._headers_box)
        self._headers_scroll.viewport().setAutoFillBackground(False)
        self._headers_box.setAutoFillBackground(False)
        self._line = rule()
        column.addWidget(self._line)
        column.addWidget(self._headers_scroll)
        column.addWidget(self._build_buttons())
        return page

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        self.place = label("", "title")
        self.chip = KeyChip()
        self.copy = tool_button("copy", self.tr("Copy the value"), self.tr("Copy the value (Ctrl+C)"))
        self.copy.clicked.connect(self.copy_value)
        self.more = tool_button("more", self.tr("What can be done with this record"), self.tr("More"))
        self.more.clicked.connect(self._open_more)
        shut = tool_button("close", self.tr("Close the record"))
        shut.clicked.connect(self.closed)
        head.addWidget(self.place)
        head.addWidget(self.chip, 1)
        for button in (self.copy, self.more, shut):
            head.addWidget(button)
        return head

    def _build_choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.tabs = Segments([("value", self.tr("Value")), ("raw", self.tr("Raw")), ("hex", self.tr("Hex")),
                              ("headers", self.tr("Headers")), ("changes", self.tr("Changes"))],
                             self.tr("View"))
        self.tabs.button("raw").setToolTip(self.tr("The value as its bytes lie, without a line or a space of ours"))
        self.tabs.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)  # its words are never cut
        self.tabs.chosen.connect(lambda _: self._show())
        self.decoder = QComboBox()
        self.decoder.setAccessibleName(self.tr("Decoder"))
        self.decoder.addItem(self.tr("As the topic says"), "")
        for name, title in (("json", self.tr("JSON")), ("text", self.tr("Text")), ("bytes", self.tr("Bytes")),
                            ("msgpack", self.tr("MessagePack")), ("cbor", self.tr("CBOR")), ("avro", self.tr("Avro")),
                            ("protobuf", self.tr("Protobuf"))):
            self.decoder.addItem(title, name)
        self.decoder.setMinimumWidth(112)
        self.decoder.currentIndexChanged.connect(lambda _: self._show())
        row.addWidget(self.tabs)
        row.addStretch(1)
        row.addWidget(self.decoder)
        return row

    def _build_buttons(self) -> QWidget:
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.replay = push_button(self.tr("Replay a group from here"), "replay",
                                  tip=self.tr("Move a group back to this record"))
        self.menu = QMenu(self)
        self.replay.clicked.connect(self._open_menu)
        self.publish = push_button(self.tr("Publish again"), "loop", tip=self.tr("Write this record once more, now"))
        self.publish.clicked.connect(lambda: self._record and self.publish_wanted.emit(self._record))
        self.edit = tool_button("rename", self.tr("Edit and send"), self.tr("Change a copy of this record and send it"))
        self.edit.clicked.connect(lambda: self._record and self.edit_wanted.emit(self._record))
        row.addWidget(self.replay, 1)
        row.addWidget(self.publish)
        row.addWidget(self.edit)
        return self._buttons

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (event.size().height() < _LOW) != (event.oldSize().height() < _LOW):
            self._show()
        self._fit_decoder()

    def appear(self) -> None:
        """Beside the table, which needs the room more where there is little."""
        beside, came = self.parentWidget(), self.isHidden()
        self.show()
        if came and isinstance(beside, QSplitter) and beside.width() < _BOTH:
            beside.setSizes([beside.width(), 0])

    def _fit_decoder(self) -> None:
        """Beside the views where there is room for its words; drag the record wider to have it."""
        views = self.tabs.sizeHint().width() + _ASIDE
        self.setMinimumWidth(views)
        self.decoder.setVisible(self.width() >= views + 8 + self.decoder.sizeHint().width())

    # -- showing -------------------------------------------------------------------------------------------
    @property
    def record(self) -> StoredRecord | None:
        return self._record

    def show_record(self, record: StoredRecord | None, groups: Sequence[str] = (), source: Source = Source()) -> None:
        self._groups = tuple(groups)
        can = source.capabilities(self._workspace)
        set_able(self.replay, can.why_not("reset"), bool(groups))
        for button in (self.publish, self.edit):
            set_able(button, can.why_not("produce"), record is not None and record.has_content)
        if record == self._record and source == self._source:
            return
        self._record, self._source = record, source
        self._stack.setCurrentIndex(0 if record is None else 1)
        if record is None:
            return
        self.place.setText(words.place(record.topic, record.partition, record.offset))
        self.place.setToolTip(f"{words.date(record.timestamp_ms)} {words.clock(record.timestamp_ms)} "
                              f"{words.zone_name(record.timestamp_ms)}")
        self.chip.setVisible(record.has_content)
        self.chip.show_key(record.key, self._workspace.decoder(record.topic).beside(record.headers))
        self.standing.setText(standing_sentence(record))
        self.standing.setVisible(not record.counts)
        self._fill_headers(record.headers)
        self._show()

    def _show(self) -> None:
        record, tab = self._record, self.tabs.current
        if record is None:
            return
        in_value = tab in ("value", "headers")
        self.view.setVisible(tab != "headers")
        low = tab == "value" and self.height() < _LOW  # there the value has all the room; headers have their tab
        self._buttons.setVisible(self.height() >= _LOW)  # its acts stay in the menu
        self._line.setVisible(tab == "value" and not low)
        self._headers_scroll.setVisible(in_value and not low)
        lines = max(1, len(record.headers))
        self._headers_scroll.setFixedHeight(min(28 + lines * 20, 140) if tab == "value" else 16_777_215)
        if tab == "headers":
            self._headers_scroll.setMinimumHeight(60)
        self.decoder.setVisible(tab == "value")
        self.how.hide()
        self.readings.show_readings(())
        if tab == "value":
            self._show_value(record)
        elif tab == "raw":
            self._show_raw(record)
        elif tab == "hex":
            self._show_hex(record)
        elif tab == "changes":
            self._show_changes(record)

    def _show_value(self, record: StoredRecord) -> None:
        known = self._workspace.decoder(record.topic).beside(record.headers)
        if not record.has_content:
            self.view.show_text(value_cell(record, known), "text")
            return
        if not record.value:
            self.decoder.setItemText(0, self.tr("As the topic says"))
            self.view.show_text(self._nothing(record.value), "text")
            return
        text, kind = self._read(record.value, known)
        if len(record.value) > pretty.SHOWN_BYTES:
            text += "\n" + self._cut_words(len(record.value), pretty.SHOWN_BYTES)
        self.view.show_text(text, kind)
        self.view.setToolTip(self.tr("Ctrl and a click on a value filters by it") if kind == "json" else "")

    def _read(self, data: bytes, known: Decoder) -> tuple[str, str]:
        """Its text and what that is; beside it, how it was read, and why it can't be read so."""
        if len(data) > pretty.SHOWN_BYTES:
            self.decoder.setItemText(0, self.tr("As the topic says"))
            return pretty.readable(data, known.value)
        read, said = known.value(data), known.value_encoding
        self.decoder.setItemText(0, encoding_name(read.encoding))
        if chosen := self.decoder.currentData():
            read, said = known.with_values(chosen).value(data), ""
        how = encoding_words(read, said) if said or read.schema is not None else ""
        self.how.setText(self.tr("{0} These are its bytes.").format(read.error) if read.error else how)
        set_tone(self.how, "warn" if read.error else "muted")
        if self.height() >= _LOW:
            self.readings.show_readings(readings_of(read, data))
        sure = said == AUTO and read.confidence == 1.0 and read.schema is None
        self.how.setVisible(bool(read.error) or (bool(how) and not sure))
        return pretty.laid_out(read, data)

    def _show_raw(self, record: StoredRecord) -> None:
        if not record.value:
            self.view.show_text(self._nothing(record.value), "text")
            return
        text = record.value[:RAW_BYTES].decode("utf-8", "backslashreplace")
        if len(record.value) > RAW_BYTES:
            text += "\n" + self._cut_words(len(record.value), RAW_BYTES)
        self.view.show_text(text, "text")

    def _cut_words(self, size: int, shown: int) -> str:
        return self.tr("… {0} in all; the first {1} are shown.").format(words.size(size), words.size(shown))

    def _field_at(self, position: int) -> FieldPath | None:
        """The field of the value under a place in the text, where that is JSON."""
        return place_in_json(self.view.toPlainText(), position) if self.view.mode == "json" else None

    def _pick(self, position: int) -> None:
        path = self._field_at(position)
        if path is None or self._record is None:
            return
        decoder = self._workspace.decoder(self._record.topic)
        value = path.of(self._record, decoder)
        if value is MISSING and path.steps[-1:] == ("base64",):  # the way bytes are shown
            path = FieldPath(path.root, path.steps[:-1])
            value = path.of(self._record, decoder)
        if value is not MISSING:
            self.filter_wanted.emit(condition(path, value))

    def _nothing(self, data: bytes | None) -> str:
        return self.tr("null: a tombstone, it has no value.") if data is None else self.tr("Empty: a value of 0 bytes.")

    def _show_hex(self, record: StoredRecord) -> None:
        parts = [(self.tr("Key"), record.key), (self.tr("Value"), record.value)]
        row_bytes = 16 if self.view.width() > 560 else 8
        texts = [f"{name}\n{pretty.hex_dump(data, row_bytes) if data else header_text(data)}" for name, data in parts]
        self.view.show_text("\n\n".join(texts), "bytes")

    def _show_changes(self, record: StoredRecord) -> None:
        if not record.key:
            self.view.show_text(self.tr("A record without a key has no earlier one to compare with."), "text")
            return
        self.view.show_text(self.tr("Looking for the record before it with the same key…"), "text")
        workspace, connection = self._workspace, self._source.connection

        def look_back() -> StoredRecord | None:
            with workspace.browse_for_work(connection) as reader:
                return previous_of_key(reader, record)

        work = Operation(self, look_back, workspace.workers_for(connection))
        work.done(partial(self._show_difference, record)).failed(
            lambda error: self.view.show_text(error.sentence(), "text")
        ).run()

    def _show_difference(self, record: StoredRecord, before: StoredRecord | None) -> None:
        if record is not self._record or self.tabs.current != "changes":
            return
        if before is None:
            self.view.show_text(self.tr("No earlier record has this key (of {0} looked at).").format(
                words.count(min(LOOK_BACK_RECORDS, record.offset))), "text")
            return
        lines = pretty.changes(*(self._readable(one.value, record.topic) for one in (before, record)))
        head = self.tr("Since {0}:").format(words.place(before.topic, before.partition, before.offset))
        self.view.show_text("\n".join([f"  {head}", *lines]), "changes")

    def _fill_headers(self, headers: Headers) -> None:
        empty(self._headers_column)
        title = label(self.tr("Headers, {0}").format(len(headers)) if headers else self.tr("No headers"), "muted")
        title.setFont(theme().font("body", 500))
        self._headers_column.addWidget(title)
        grid_box = QWidget()
        grid = QGridLayout(grid_box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, 104)
        grid.setColumnStretch(1, 1)
        for row, (name, data) in enumerate(headers):
            value = label(header_text(data), "mono" if data else "muted")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setToolTip(header_text(data, 4000))
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(value, row, 1)
        self._headers_column.addWidget(grid_box)
        self._headers_column.addStretch(1)

    # -- acts ----------------------------------------------------------------------------------------------
    def _open_menu(self) -> None:
        self.menu.clear()
        for group in self._groups:
            action = self.menu.addAction(icons.icon("group", "consumer"), words.menu_text(group))
            action.triggered.connect(partial(self._want_replay, group))
        self.menu.popup(self.replay.mapToGlobal(self.replay.rect().topLeft()))

    def _open_more(self) -> None:
        self.menu_wanted.emit(None, self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _want_replay(self, group: str, _checked: bool = False) -> None:
        if self._record is not None:
            self.replay_wanted.emit(group, self._record)

    def copy_value(self) -> None:
        if self._record is not None and self._record.value is not None:
            decoder = self._workspace.decoder(self._record.topic).beside(self._record.headers)
            QGuiApplication.clipboard().setText(whole_text(self._record.value, decoder.value))

    def _readable(self, data: bytes | None, topic: str) -> str:
        return pretty.readable(data, self._workspace.decoder(topic).value)[0] if data else header_text(data)


def previous_of_key(reader: BrowseTable, record: StoredRecord) -> StoredRecord | None:
    """The last record before this one in its partition with the same key, looking back a bounded way."""
    high, floor = record.offset, max(0, record.offset - LOOK_BACK_RECORDS)
    while high > floor:
        low = max(floor, high - _STEP)
        for earlier in reversed(reader.read(record.topic, record.partition, low, high - low)):
            if earlier.offset < high and earlier.key == record.key and earlier.transaction in ("", record.transaction):
                return earlier
        high = low
    return None
