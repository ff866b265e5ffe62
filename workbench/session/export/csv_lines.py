"""CSV: one table of records or of journal entries, with a first line of names.

``key_form`` and ``value_form`` say how the cell is meant: text, base64 or null (an empty cell can be an empty text
or nothing at all); of MessagePack and CBOR the cell is JSON to be read, and the form is the encoding's name, a colon
and base64 of the exact bytes. Headers are one cell of JSON, as in JSON Lines. ``transaction`` is empty, or says that
the record is aborted or undecided (open).
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from workbench.broker import detail_of, entry_from, word_of
from workbench.core.errors import Invalid
from workbench.core.journal import JournalEntry
from workbench.core.records import ABORTED, DAMAGED, OPEN, StoredRecord
from workbench.serde import ENCODINGS, Decoded, DecoderOf, guessing, plain_json
from workbench.session.export.base import UNTIMED, Item, What, stamp, unstamp
from workbench.session.export.forms import bytes_of, bytes_of_base64, text_form

RECORD_COLUMNS = (
    "topic", "partition", "offset", "timestamp", "key", "value", "headers", "key_form", "value_form", "transaction",
)
ENTRY_COLUMNS = (
    "id", "at", "kind", "topic", "partition", "first", "last", "count", "bytes", "group", "member", "detail",
)
_CELL_LIMIT = 2**31 - 1
_headers = msgspec.json.Decoder(tuple[tuple[str, msgspec.Raw], ...])
_detail = msgspec.json.Decoder(dict[str, Any])


class CsvLines:
    name = "csv"
    one_table = True

    def __init__(self, decoders: DecoderOf = guessing) -> None:
        self._decoders = decoders

    def head(self, what: What) -> bytes:
        return _row(ENTRY_COLUMNS if what == "journal" else RECORD_COLUMNS)

    def record(self, record: StoredRecord) -> bytes:
        decoder = self._decoders(record.topic).beside(record.headers)
        key, key_form = _cell(record.key, decoder.key)
        value, value_form = _cell(record.value, decoder.value)
        pairs = tuple((name, text_form(data)) for name, data in record.headers)
        headers = msgspec.json.encode(pairs).decode() if pairs else ""
        at = stamp(record.timestamp_ms)
        place = (record.topic, record.partition, record.offset, at)
        return _row((*place, key, value, headers, key_form, value_form, record.transaction))

    def entry(self, entry: JournalEntry) -> bytes:
        own = detail_of(entry)
        detail = msgspec.json.encode(own).decode() if own else ""
        return _row((
            entry.id, stamp(entry.at_ms), word_of(entry), entry.topic, entry.partition, entry.first, entry.last,
            entry.count, entry.bytes, entry.group, entry.member, detail,
        ))

    def read(self, source: BinaryIO) -> Iterator[Item]:
        csv.field_size_limit(_CELL_LIMIT)  # the module's default is smaller than a record may be
        text = io.TextIOWrapper(source, encoding="utf-8", newline="")
        try:
            yield from _items(csv.DictReader(text, strict=True))
        finally:
            text.detach()


def _items(rows: csv.DictReader) -> Iterator[Item]:
    try:
        names = set(rows.fieldnames or ())
        if names >= {"kind", "at"}:
            make = _entry
        elif names >= {"topic", "partition"}:
            make = _record
        else:
            raise Invalid("the first line does not name the columns topic and partition")
        for row in rows:
            if None in row or None in row.values():
                raise Invalid("it has another number of cells than the first line")
            yield make(row)
    except (ValueError, csv.Error, Invalid) as error:
        number = max(1, rows.line_num)
        raise Invalid(f"Line {number:,} is not a record: {error}.".replace("..", ".")) from None


def _record(row: dict[str, str]) -> StoredRecord:
    timestamp_ms = unstamp(_number_or_text(row.get("timestamp", "")))
    headers = row.get("headers", "")
    pairs = _headers.decode(headers) if headers else ()
    return StoredRecord(
        row["topic"],
        int(row["partition"]),
        int(row.get("offset") or -1),
        UNTIMED if timestamp_ms is None else timestamp_ms,
        _bytes(row.get("key", ""), row.get("key_form", "")),
        _bytes(row.get("value", ""), row.get("value_form", "")),
        tuple((name, bytes_of(form)) for name, form in pairs),
        _transaction(row.get("transaction", "")),
    )


def _transaction(cell: str) -> str:
    if cell not in ("", ABORTED, OPEN, DAMAGED):
        raise Invalid("«{cell}» is no state of a transaction; they are {aborted} and {open}", cell=cell,
                      aborted=ABORTED, open=OPEN)
    return cell


def _entry(row: dict[str, str]) -> JournalEntry:
    numbers = {name: int(row[name]) for name in ("id", "partition", "first", "last", "count", "bytes")}
    columns = (unstamp(_number_or_text(row["at"])) or 0, row["topic"], numbers["partition"], numbers["first"],
               numbers["last"], numbers["count"], numbers["bytes"], row["group"], row["member"])
    return entry_from(row["kind"], columns, _detail.decode(row["detail"]) if row["detail"] else {}, numbers["id"])


def _row(cells: tuple[Any, ...]) -> bytes:
    """One line. The writer only quotes the line breaks of its own line end, so it is given both, and one is cut."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n").encode() + b"\n"


def _cell(data: bytes | None, decode: Callable[[bytes], Decoded]) -> tuple[str, str]:
    if data is None:
        return "", "null"
    decoded, exact = decode(data), base64.b64encode(data).decode()
    if decoded.encoding not in ("json", "text", "bytes") or decoded.schema is not None:
        return plain_json(decoded.in_words()), f"{decoded.encoding}:{exact}"
    if decoded.encoding == "bytes" and not decoded.error:
        return exact, "base64"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return exact, "base64"
    return (text, "text") if "\0" not in text else (exact, "base64")


def _bytes(cell: str, form: str) -> bytes | None:
    name, colon, exact = form.partition(":")
    if colon and name in ENCODINGS:
        return bytes_of_base64(exact)
    match form:
        case "null":
            return None
        case "base64":
            return bytes_of_base64(cell)
        case "text" | "":
            return cell.encode()
    raise Invalid("«{form}» is not a form; they are text, base64 and null", form=form)


def _number_or_text(cell: str) -> str | int | None:
    if not cell:
        return None
    return int(cell) if cell.lstrip("-").isdigit() else cell
