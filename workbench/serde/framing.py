"""How a schema is named beside the bytes it describes: Confluent's wire format. Pure.

    0x00  id (4 bytes, big end first)   [message indexes]  payload      the usual one
    0x01  guid (16 bytes)               [message indexes]  payload
    header ``__value_schema_id`` / ``__key_schema_id``: the same without the payload, which stands alone then

Message indexes are there for Protobuf only: how many, then each, as zigzag variable-length numbers; one 0 byte is short
for the first message. The first 4 bytes after 0 are taken for an id only where a schema has it: other bytes begin with
a 0, too.
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.core.records import Headers

VALUE_HEADER, KEY_HEADER = "__value_schema_id", "__key_schema_id"
BY_ID, BY_GUID = 0, 1
MAX_ID = 2**31 - 1
_ID_END, _GUID_END = 5, 17
_MOST_INDEXES = 64


class Named(NamedTuple):
    """``guid`` is 16 bytes or empty, and then ``id`` counts. ``end`` is where it ends."""

    id: int
    guid: bytes
    end: int


def named_in(data: bytes) -> Named | None:
    """What the first bytes name, if they have the shape of it."""
    if len(data) >= _ID_END and data[0] == BY_ID:
        return Named(int.from_bytes(data[1:_ID_END], "big"), b"", _ID_END)
    if len(data) >= _GUID_END and data[0] == BY_GUID:
        return Named(0, data[1:_GUID_END], _GUID_END)
    return None


def header_of(headers: Headers, name: str) -> bytes | None:
    """What the header holds; the last one of that name counts."""
    found = None
    for each, data in headers:
        if each == name:
            found = data
    return found


def prefix(schema_id: int, indexes: tuple[int, ...] | None = None) -> bytes:
    """What stands before a payload; ``indexes`` for Protobuf."""
    before = bytes((BY_ID,)) + schema_id.to_bytes(4, "big")
    return before if indexes is None else before + indexes_bytes(indexes)


def indexes_bytes(indexes: tuple[int, ...]) -> bytes:
    if indexes == (0,):
        return b"\x00"
    return b"".join(_zigzag(each) for each in (len(indexes), *indexes))


def indexes_at(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """The indexes and where they end; ``ValueError`` where there are none, or too many."""
    count, at = _number(data, at)
    if not 0 <= count <= _MOST_INDEXES:
        raise ValueError(f"it says {count} message indexes")
    if count == 0:
        return (0,), at
    found = []
    for _ in range(count):
        index, at = _number(data, at)
        found.append(index)
    return tuple(found), at


def _number(data: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    for after in range(at, min(at + 5, len(data))):
        found |= (data[after] & 127) << shift
        if data[after] < 128:
            return (found >> 1) ^ -(found & 1), after + 1
        shift += 7
    raise ValueError("the message indexes have no end")


def _zigzag(number: int) -> bytes:
    number = (number << 1) ^ (number >> 31)
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
