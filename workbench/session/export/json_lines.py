"""JSON Lines: a record or a journal entry a line. The record's fields are those of the command line's contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import msgspec

from workbench.broker import detail_of, entry_from, word_of
from workbench.core.errors import Invalid
from workbench.core.journal import JournalEntry
from workbench.core.points import place_form
from workbench.core.records import StoredRecord
from workbench.serde import DecoderOf, SchemaUse, guessing
from workbench.session.export.base import UNTIMED, Item, What, stamp, unstamp
from workbench.session.export.forms import NULL, bytes_of, bytes_of_base64, key_form, text_form, value_form
from workbench.session.export.shape_lines import shape_item


class RecordLine(msgspec.Struct, omit_defaults=True):
    """``value_base64`` is there only when the value does not give its bytes back (JSON with line breaks, MessagePack,
    CBOR): they, exactly; ``key_base64`` likewise. ``transaction`` is there only when the record does not count for
    everybody: it is aborted, or undecided (open). ``schema`` is the one of the value: its id, subject and type."""

    topic: str
    partition: int
    offset: int | str  # text beyond 64 bits, as a sequence number of Kinesis is
    timestamp: str | int
    key: msgspec.Raw
    value: msgspec.Raw
    headers: tuple[tuple[str, msgspec.Raw], ...]
    value_base64: str = ""
    key_base64: str = ""
    transaction: str = ""
    schema: dict[str, Any] | None = None


class EntryLine(msgspec.Struct):
    id: int
    at: str | int
    kind: str
    topic: str
    partition: int
    first: int
    last: int
    count: int
    bytes: int
    group: str
    member: str
    detail: dict[str, Any]


class AnyLine(msgspec.Struct):
    """What a line may hold when it is read; ``kind`` tells a journal entry from a record, ``shape`` what is neither."""

    topic: str = ""
    partition: int = -1
    offset: int | str = -1
    timestamp: str | int | None = None
    key: msgspec.Raw = NULL
    value: msgspec.Raw = NULL
    headers: tuple[tuple[str, msgspec.Raw], ...] = ()
    value_base64: str = ""
    key_base64: str = ""
    transaction: Literal["", "aborted", "open"] = ""
    kind: str = ""
    shape: str = ""
    id: int = 0
    at: str | int = 0
    first: int = -1
    last: int = -1
    count: int = 0
    bytes: int = 0
    group: str = ""
    member: str = ""
    detail: dict[str, Any] = {}


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyLine)


class JsonLines:
    name = "jsonl"
    one_table = False

    def __init__(self, decoders: DecoderOf = guessing) -> None:
        self._decoders = decoders

    def head(self, what: What) -> bytes:
        return b""

    def record(self, record: StoredRecord) -> bytes:
        decoder = self._decoders(record.topic).beside(record.headers)
        value, exact, schema = value_form(record.value, decoder)
        headers = tuple((name, text_form(data)) for name, data in record.headers)
        key, exact_key = key_form(record.key, decoder)
        line = RecordLine(
            record.topic, record.partition, place_form(record.offset), stamp(record.timestamp_ms), key, value, headers,
            exact, exact_key, record.transaction, schema_told(schema),
        )
        return _encoder.encode(line) + b"\n"

    def entry(self, entry: JournalEntry) -> bytes:
        line = EntryLine(
            entry.id, stamp(entry.at_ms), word_of(entry), entry.topic, entry.partition, entry.first, entry.last,
            entry.count, entry.bytes, entry.group, entry.member, detail_of(entry),
        )
        return _encoder.encode(line) + b"\n"

    def read(self, source: BinaryIO) -> Iterator[Item]:
        for number, text in enumerate(source, 1):
            if not text.strip():
                continue
            try:
                line = _decoder.decode(text)
                yield shape_item(text) if line.shape else _item(line)
            except (ValueError, RecursionError, Invalid) as error:  # msgspec's errors are ValueErrors
                raise Invalid(f"Line {number:,} is not a record: {error}.".replace("..", ".")) from None


def schema_told(schema: SchemaUse | None) -> dict[str, Any] | None:
    return None if schema is None else {"id": schema.id, "subject": schema.subject, "type": schema.type}


def _item(line: AnyLine) -> Item:
    if line.kind:
        columns = (unstamp(line.at) or 0, line.topic, line.partition, line.first, line.last, line.count, line.bytes,
                   line.group, line.member)
        return entry_from(line.kind, columns, line.detail, line.id)
    if line.partition < 0:
        raise Invalid("it has no partition")
    value = bytes_of_base64(line.value_base64) if line.value_base64 else bytes_of(line.value)
    key = bytes_of_base64(line.key_base64) if line.key_base64 else bytes_of(line.key)
    headers = tuple((name, bytes_of(form)) for name, form in line.headers)
    timestamp_ms = unstamp(line.timestamp)
    return StoredRecord(
        line.topic, line.partition, int(line.offset), UNTIMED if timestamp_ms is None else timestamp_ms,
        key, value, headers, line.transaction,
    )
