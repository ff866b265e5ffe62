"""A table of any length: rows are numbers, pages of records are loaded off the GUI thread and kept in a small LRU.

The model never counts and never fetches "more": it is told the span of numbers (``show``, ``grow``), and asks
``Rows`` for the page under the eye. Until that arrives a row has no record and is painted as grey bars. The page
asked for last is loaded first, so a jump is never behind a queue. Spans over ``MAX_ROWS`` show a window of them.

The end is different: it moves only once the newest records are here, a page of them in one read, so a quick tail
never shows grey rows. They are kept beside the pages, for at the end of a merged log late records still move others.
GUI thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, Qt, Signal

from workbench.core.encodings import AUTO
from workbench.core.errors import WorkbenchError
from workbench.core.records import OPEN, StoredRecord
from workbench.serde import Decoded, Decoder, SchemaUse, header_line, key_line, plain_json, value_line
from workbench.serde.lines import LIMIT
from workbench.session.fields import FieldPath, field_text, read_path
from workbench.session.matching import RecordFilter
from workbench.session.rows import Rows
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.qt_types import Index
from workbench.ui.theme import words

COLUMNS = ("time", "partition", "offset", "key", "value", "headers", "size")
"""The columns that every topic has. Those of fields stand before the value; their names are paths."""
KEPT_LOOKS = 4096
_PLAIN: tuple[str, dict[str, str]] = ("", {})
MAX_ROWS = 1_000_000_000
KEPT_PAGES = 48
KEPT_BYTES = 256 << 20  # of pages; the one looked at stays, whatever it holds
_WAITING_PAGES = 4
_NUMERIC = ("partition", "offset", "headers", "size")


def _tr(text: str) -> str:
    return QCoreApplication.translate("records", text)


class RecordsModel(QAbstractTableModel):
    page_loaded = Signal()
    load_failed = Signal(object)  # WorkbenchError

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rows: Rows | None = None
        self._newest_first = True
        self._first = 0
        self._end = 0
        self._coming_end = 0  # the log ends here; the rows up to it appear once the newest are loaded
        self._newest: dict[int, StoredRecord] = {}
        self._pages: OrderedDict[int, dict[int, StoredRecord]] = OrderedDict()
        self._page_bytes: dict[int, int] = {}
        self._stale: set[int] = set()
        self._undecided: set[int] = set()  # pages with records of open transactions
        self._log_total = 0
        self._waiting: list[int] = []
        self._loading = False
        self.columns: tuple[str, ...] = COLUMNS
        self._paths: dict[str, FieldPath] = {}
        self._rules: tuple[tuple[RecordFilter, str], ...] = ()
        self._looks: dict[StoredRecord, tuple[str, dict[str, str]]] = {}  # colour and fields of what was painted
        self._looked_by: Decoder | None = None
        self._shown = 0  # counts what was shown, so that an answer for an earlier one is dropped

    # -- what is shown -------------------------------------------------------------------------------------
    def show(self, rows: Rows | None, first: int = 0, end: int = 0, newest_first: bool = True) -> None:
        """Show other rows, from the beginning."""
        self.beginResetModel()
        self._rows, self._newest_first = rows, newest_first
        self._first, self._end = max(first, end - MAX_ROWS), end
        self._coming_end = end
        self._newest = {}
        self._shown += 1
        self._pages.clear()
        self._page_bytes.clear()
        self._stale.clear()
        self._undecided.clear()
        self._waiting.clear()
        self._loading = False
        self.endResetModel()

    def set_fields(self, paths: Sequence[str]) -> None:
        """Show these fields as columns before the value."""
        at = COLUMNS.index("value")
        self.beginResetModel()
        self._paths = {path: read_path(path) for path in paths}
        self.columns = (*COLUMNS[:at], *paths, *COLUMNS[at:])
        self._looks.clear()
        self.endResetModel()

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self._paths)

    def set_rules(self, rules: Sequence[tuple[RecordFilter, str]]) -> None:
        """Records that a filter matches stand on the ground of its colour; the first that matches counts."""
        self._rules = tuple(rules)
        self._looks.clear()
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def look(self, record: StoredRecord) -> tuple[str, dict[str, str]]:
        """The colour of a record's row (a role, or nothing) and the texts of its fields; remembered for a while."""
        if not self._rules and not self._paths:
            return _PLAIN
        decoder = self._workspace.decoder(record.topic)
        if decoder is not self._looked_by:
            self._looks.clear()
            self._looked_by = decoder
        known = self._looks.get(record)
        if known is None:
            if len(self._looks) >= KEPT_LOOKS:
                self._looks.clear()
            colour = next((colour for rule, colour in self._rules if rule.matches(record)), "")
            fields = {name: field_text(path.of(record, decoder)) for name, path in self._paths.items()}
            known = self._looks[record] = (colour, fields)
        return known

    def cell(self, record: StoredRecord, column: str) -> str:
        """A cell in words, of a field too."""
        if column in self._paths:
            return self.look(record)[1][column]
        return cell_text(record, column, self.decoder(record))

    def decoder(self, record: StoredRecord) -> Decoder:
        """How the record is read: as its topic is, by the schemas that its headers name, where they do."""
        return self._workspace.decoder(record.topic).beside(record.headers)

    def rule_of(self, record: StoredRecord) -> str:
        """The filter that gave a row its colour; empty for none."""
        return next((rule.text for rule, _ in self._rules if rule.matches(record)), "")

    def grow(self, first: int, end: int) -> None:
        """The log grew at its end, or lost its head, or a scan found older ones: rows come and go, nothing jumps."""
        first = max(first, end - MAX_ROWS)
        if end < self._end or first > self._end:
            self.show(self._rows, first, end, self._newest_first)
            return
        if first > self._first:
            self._remove_head(first)
        elif first < self._first:
            self._mark_page(self._first - 1)
            self._insert(self._first - first, at_end=self._newest_first)
            self._first = first
            self.endInsertRows()
        self._coming_end = end
        self._load_next()

    def note_total(self, total: int) -> None:
        """The log ends at ``total``, all partitions together. When it grew, a transaction may have ended: what was
        undecided is read again, whether or not the rows grow with the log."""
        if total != self._log_total:
            self._log_total = total
            for page in sorted(self._undecided):
                self._want(page)

    def _extend(self, end: int) -> None:
        self._mark_page(self._end - 1)
        self._insert(end - self._end, at_end=not self._newest_first)
        self._end = end
        self._coming_end = max(end, self._coming_end)
        self.endInsertRows()

    def _insert(self, count: int, at_end: bool) -> None:
        at = self.rowCount() if at_end else 0
        self.beginInsertRows(QModelIndex(), at, at + count - 1)

    def _remove_head(self, first: int) -> None:
        gone, rows = first - self._first, self.rowCount()
        if not gone or not rows:
            self._first = first
            return
        at = rows - gone if self._newest_first else 0
        self.beginRemoveRows(QModelIndex(), at, at + gone - 1)
        self._first = first
        self.endRemoveRows()

    def _mark_page(self, number: int) -> None:
        """The page at a growing end is short, and late records may yet fall into it: it is read again."""
        if self._rows is not None:
            self._stale.add(number // self._rows.page_rows)

    def row_of(self, number: int) -> int:
        """The row of a number, kept inside the table; -1 when it is empty."""
        inside = min(max(number, self._first), self._end - 1)
        if self._end <= self._first:
            return -1
        return self._end - 1 - inside if self._newest_first else inside - self._first

    def number_of(self, row: int) -> int:
        return self._end - 1 - row if self._newest_first else self._first + row

    @property
    def end(self) -> int:
        """The number after the newest that is shown."""
        return self._end

    def include(self, number: int) -> None:
        """See that ``number`` has a row: move the window over a long span, or show an end that is coming."""
        if number < self._first:
            self.show(self._rows, number, min(self._end, number + MAX_ROWS), self._newest_first)
        elif self._end <= number < self._coming_end:
            self._extend(number + 1)

    # -- records -------------------------------------------------------------------------------------------
    def record(self, row: int) -> StoredRecord | None:
        """The record of a row when its page is here; else it is sent for."""
        if self._rows is None or not 0 <= row < self.rowCount():
            return None
        number = self.number_of(row)
        if number in self._newest:
            return self._newest[number]
        page = number // self._rows.page_rows
        records = self._pages.get(page)
        if records is None or page in self._stale:
            self._want(page)
        if records is None:
            return None
        self._pages.move_to_end(page)
        return records.get(number)

    def is_removed(self, row: int) -> bool:
        """Was it looked for and is no longer in the log?"""
        if self._rows is None:
            return False
        number = self.number_of(row)
        page = number // self._rows.page_rows
        return page in self._pages and page not in self._stale and number not in self._pages[page]

    def _want(self, page: int) -> None:
        if page in self._waiting:
            self._waiting.remove(page)
        self._waiting.append(page)
        del self._waiting[:-_WAITING_PAGES]
        self._load_next()

    def _load_next(self) -> None:
        """A page under the eye before the newest records."""
        rows = self._rows
        if self._loading or rows is None:
            return
        if self._waiting:
            page = self._waiting.pop()
            self._load(rows, page * rows.page_rows, rows.page_rows, lambda found: self._keep(page, found))
        elif self._coming_end > self._end:
            end = self._coming_end
            first = max(self._first, end - rows.page_rows)
            self._load(rows, first, end - first, lambda found: self._take_newest(end, found))

    def _load(self, rows: Rows, first: int, count: int, take: Callable[[dict[int, StoredRecord]], None]) -> None:
        self._loading = True
        shown, workspace = self._shown, self._workspace

        def read() -> dict[int, StoredRecord]:
            with workspace.browse_for_work(rows.connection) as reader:
                return rows.read(reader, first, count)

        def taken(found: dict[int, StoredRecord]) -> None:
            if shown == self._shown:
                self._loading = False
                take(found)
                self.page_loaded.emit()
                self._load_next()

        work = Operation(self, read, workspace.workers_for(rows.connection))
        work.done(taken).failed(lambda error: self._give_up(shown, error)).run()

    def _take_newest(self, end: int, records: dict[int, StoredRecord]) -> None:
        if not self._end < end <= self._coming_end:
            return  # the tail was paused meanwhile
        self._newest = records
        self._note_undecided(records)
        self._extend(end)
        self._tell_changed(min(records, default=end), end - 1)

    def _keep(self, page: int, records: dict[int, StoredRecord]) -> None:
        assert self._rows is not None
        self._pages[page] = records
        self._stale.discard(page)
        self._newest |= {number: records[number] for number in self._newest.keys() & records.keys()}
        self._undecided.discard(page)
        self._note_undecided(records)
        self._page_bytes[page] = sum(record.size_bytes for record in records.values())
        held = sum(self._page_bytes[kept] for kept in self._pages)
        while len(self._pages) > KEPT_PAGES or (held > KEPT_BYTES and len(self._pages) > 1):
            gone, _ = self._pages.popitem(last=False)
            held -= self._page_bytes.pop(gone)
            self._undecided.discard(gone)
        self._tell_changed(page * self._rows.page_rows, (page + 1) * self._rows.page_rows - 1)

    def _note_undecided(self, records: dict[int, StoredRecord]) -> None:
        assert self._rows is not None
        size = self._rows.page_rows
        self._undecided |= {number // size for number, record in records.items() if record.transaction == OPEN}

    def _tell_changed(self, first: int, last: int) -> None:
        rows = sorted((self.row_of(first), self.row_of(last)))
        if rows[0] >= 0:
            self.dataChanged.emit(self.index(rows[0], 0), self.index(rows[1], self.columnCount() - 1))

    def _give_up(self, shown: int, error: WorkbenchError) -> None:
        if shown == self._shown:
            self._loading = False
            self._waiting.clear()
            self.load_failed.emit(error)

    # -- Qt ------------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._end - self._first

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            record = self.record(index.row())
            return "" if record is None else self.cell(record, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMERIC:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and self._rules:
            record = self.record(index.row())
            rule = "" if record is None else self.rule_of(record)
            return _tr("Coloured by: {0}").format(rule) if rule else None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in _NUMERIC else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DisplayRole:
            return column_title(column)
        if role == Qt.ItemDataRole.ToolTipRole and column in self._paths:
            return column
        return None


def column_title(column: str) -> str:
    """How a column is headed; that of a field by its shortest name."""
    titles = {"time": _tr("Time ({0})").format(words.zone_name()), "partition": _tr("Part."), "offset": _tr("Offset"),
              "key": _tr("Key"), "value": _tr("Value"), "headers": _tr("Headers"), "size": _tr("Size")}
    return titles[column] if column in titles else read_path(column).title


def cell_text(record: StoredRecord, column: str, decoder: Decoder) -> str:
    """A cell in words; null, empty and text are told apart."""
    match column:
        case "time":
            return words.clock(record.timestamp_ms)
        case "partition":
            return str(record.partition)
        case "offset":
            return words.count(record.offset)
        case "key":
            return key_text(record.key, decoder) if record.has_content else ""
        case "value":
            return value_cell(record, decoder)
        case "headers":
            return str(len(record.headers))
    return words.size(record.size_bytes)


def value_cell(record: StoredRecord, decoder: Decoder) -> str:
    """The value; before it, what keeps the record from counting for everybody."""
    match record.transaction:
        case "":
            return value_text(record.value, decoder)
        case "aborted":
            return _tr("aborted: {0}").format(value_text(record.value, decoder))
        case "open":
            return _tr("undecided: {0}").format(value_text(record.value, decoder))
        case "damaged":
            return _tr("damaged: its bytes can't be read")
        case "commit":
            return _tr("transaction marker: commit")
    return _tr("transaction marker: abort")


def standing_sentence(record: StoredRecord) -> str:
    """Why a record does not count for everybody; empty for one that does."""
    match record.transaction:
        case "":
            return ""
        case "aborted":
            return _tr("Aborted: its transaction was taken back, so consumers that read committed never see it.")
        case "open":
            return _tr("Undecided: its transaction is still open. Consumers that read committed wait before it.")
        case "damaged":
            return _tr("Damaged: there is a record at this offset, and its bytes can't be read. Readers pass it.")
        case "commit":
            return _tr("Transaction marker: the producer committed here. It takes an offset and is no event.")
    return _tr("Transaction marker: the producer's transaction was aborted here. It takes an offset and is no event.")


def key_text(data: bytes | None, decoder: Decoder, limit: int = LIMIT) -> str:
    """A key on one line: ``null``, ``empty``, or what it is."""
    return key_line(data, decoder, limit) if data else _nothing(data)


def value_text(data: bytes | None, decoder: Decoder, limit: int = LIMIT) -> str:
    return value_line(data, decoder, limit) if data else _nothing(data)


def header_text(data: bytes | None, limit: int = LIMIT) -> str:
    return header_line(data, limit) if data else _nothing(data)


def _nothing(data: bytes | None) -> str:
    return _tr("null") if data is None else _tr("empty")


def whole_text(data: bytes | None, decode: Callable[[bytes], Decoded]) -> str:
    """A key or value whole, to be pasted elsewhere: text and JSON as they stand, bytes as hex, all else as JSON."""
    if not data:
        return ""
    decoded = decode(data)
    if isinstance(decoded.value, bytes):
        return data.hex(" ")
    if decoded.encoding in ("json", "text") and decoded.schema is None:
        return data.decode()
    return plain_json(decoded.in_words())


def encoding_name(name: str) -> str:
    return {"json": _tr("JSON"), "text": _tr("Text"), "bytes": _tr("Bytes"), "msgpack": _tr("MessagePack"),
            "cbor": _tr("CBOR"), "avro": _tr("Avro"), "protobuf": _tr("Protobuf")}.get(name, name)


def schema_words(schema: SchemaUse, encoding: str) -> str:
    """By which schema a value was read: id, subject, version, and the type's name."""
    place = _tr("{0} version {1}").format(schema.subject, schema.version) if schema.subject else ""
    told = [_tr("{0}, schema {1}").format(encoding, schema.id), place, schema.name]
    return " · ".join(part for part in told if part)


def encoding_words(decoded: Decoded, chosen: str) -> str:
    """How a value was read, and why so: as its topic says, or by a guess and how sure that is."""
    name = encoding_name(decoded.encoding)
    if decoded.schema is not None:
        return schema_words(decoded.schema, name)
    if chosen != AUTO:
        return _tr("{0}, as the topic says").format(name) if not decoded.error else name
    return _tr("{0}, guessed, {1} %").format(name, round(decoded.confidence * 100))
