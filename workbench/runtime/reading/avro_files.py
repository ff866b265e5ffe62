"""Avro object container files (.avro): each value is an event, in the JSON form that the file's own schema drives.

    "Obj" 0x01 · metadata: map of bytes (avro.schema, avro.codec) · sync (16 bytes)
    block: count · bytes · that many bytes, packed by the codec · sync      as often as there is one

A block is read once all of it is there. A block that lies, or does not end as it should, ends the reading: where the
next begins can't be told then. ``line`` counts events.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from workbench.core.errors import Invalid
from workbench.core.schemas import AVRO, Schema
from workbench.runtime.reading.base import Event, Ground
from workbench.runtime.reading.blocks import unpacked
from workbench.serde import plain_json
from workbench.serde.by_schema.avro import AvroSerde
from workbench.serde.schemas import parse
from workbench.serde.schemas.avro import AvroSchema

MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_MOST_BYTES = 64 * 1024 * 1024


class _NotYet(Exception):
    """More bytes are needed."""


class AvroFile:
    header: tuple[str, ...] = ()

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._data = b""
        self._serde: AvroSerde | None = None
        self._codec = "null"
        self._sync = b""
        self.line = 0
        self.over = False

    def feed(self, data: bytes) -> list[Event]:
        self._data += data
        events: list[Event] = []
        try:
            while not self.over and self._data:
                if self._serde is None:
                    self._read_header()
                else:
                    events += self._read_block(self._serde)
        except _NotYet:
            if len(self._data) > _MOST_BYTES:
                self._stop(f"a block of more than {_MOST_BYTES // 1024 // 1024} MB")
        except Invalid as wrong:
            self._stop(wrong.message.rstrip("."))
        except ValueError as wrong:
            self._stop(str(wrong).rstrip("."))
        return events

    def finish(self) -> list[Event]:
        if self._data and not self.over:
            self._stop("the file ends within a block")
        return []

    def _stop(self, reason: str) -> None:
        self._ground.findings.skip("avro", self.line + 1, f"{reason}; nothing more is taken")
        self.over, self._data = True, b""

    # -- parts -------------------------------------------------------------------------------------------------
    def _read_header(self) -> None:
        if not self._data.startswith(MAGIC[: len(self._data)]):
            raise ValueError("it is no Avro file: it does not begin with Obj and 1")
        cursor = _Cursor(self._data, len(MAGIC))
        told: dict[str, bytes] = {}
        while count := cursor.number():
            if count < 0:  # the block's size follows, for those who skip it
                count, _ = -count, cursor.number()
            if count > 10_000:
                raise ValueError(f"its metadata has {count} entries")
            for _ in range(count):
                name = cursor.bytes().decode("utf-8", "replace")
                told[name] = cursor.bytes()
        self._sync = cursor.take(_SYNC_BYTES)
        self._codec = told.get("avro.codec", b"null").decode("utf-8", "replace")
        schema = parse(Schema(AVRO, told.get("avro.schema", b"").decode("utf-8", "replace")))
        assert isinstance(schema, AvroSchema)
        self._serde = AvroSerde(schema)
        self._data = self._data[cursor.at :]

    def _read_block(self, serde: AvroSerde) -> list[Event]:
        cursor = _Cursor(self._data, 0)
        count, packed = cursor.number(), cursor.bytes()
        if cursor.take(_SYNC_BYTES) != self._sync:
            raise ValueError("a block does not end with the file's mark")
        data = unpacked(self._codec, packed, _MOST_BYTES)
        if not 0 <= count <= max(1, len(data)):
            raise ValueError(f"a block of {len(data)} bytes says that it has {count} values")
        self._data = self._data[cursor.at :]
        return list(self._events(serde.forms(data, count)))

    def _events(self, forms: Iterator[object]) -> Iterator[Event]:
        fields = self._ground.fields
        wanted = bool(fields.key or fields.time)
        key = at_ms = None
        for form in forms:
            self.line += 1
            if wanted:
                key, at_ms = fields.of_value(form, self.line)
            yield Event(_as_json(form), key, at_ms, self.line)


def _as_json(form: object) -> bytes:
    try:
        return orjson.dumps(form)
    except TypeError:  # a whole number beyond 64 bits
        return plain_json(form).encode()


class _Cursor:
    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at

    def number(self) -> int:
        found = shift = 0
        while True:
            if self.at >= len(self._data):
                raise _NotYet
            byte = self._data[self.at]
            self.at += 1
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return (found >> 1) ^ -(found & 1)
            if shift > 63:
                raise ValueError("a number has no end")

    def bytes(self) -> bytes:
        length = self.number()
        if not 0 <= length <= _MOST_BYTES:
            raise ValueError(f"a block says that it has {length} bytes")
        return self.take(length)

    def take(self, count: int) -> bytes:
        if self.at + count > len(self._data):
            raise _NotYet
        self.at += count
        return self._data[self.at - count : self.at]
