"""What a group does with a record beside spending time: filter, map, and pass on; or send to the dead letters.

Expressions see the value as JSON where it is JSON, else as text, else as bytes. A text or bytes result is taken as it
is, all else becomes JSON; null makes a tombstone. Pure.
"""

from __future__ import annotations

from typing import Any

import orjson

from workbench.core.errors import Invalid
from workbench.core.records import Record, StoredRecord
from workbench.flow.expressions import Expression


class Forwarding:
    """Filter, map and key expression of a group, compiled once."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._filter = _expression(values["filter"], "Forward if")
        self._map = _expression(values["map"], "Forward as")
        self._key = _expression(values["map_key"], "Forward with key")
        self._plain = not (self._filter or self._map or self._key)

    def apply(self, record: StoredRecord) -> Record | None:
        """The record to pass on, None when the filter leaves it out; ``Invalid`` when an expression fails."""
        if self._plain:
            return Record(record.key, record.value, record.headers, record.timestamp_ms)
        names = {
            "key": as_json(record.key), "value": as_json(record.value), "topic": record.topic,
            "partition": record.partition, "offset": record.offset,
            "headers": {name: _text(data) for name, data in record.headers},
        }  # fmt: skip
        if isinstance(names["key"], (int, float, bool)):
            names["key"] = _text(record.key)
        if self._filter is not None:
            wanted = self._filter.evaluate(names)
            if not isinstance(wanted, bool):
                raise Invalid("«Forward if» must be true or false.", "Compare something in it.")
            if not wanted:
                return None
        value = record.value if self._map is None else as_bytes(self._map.evaluate(names))
        key = record.key if self._key is None else as_bytes(self._key.evaluate(names))
        return Record(key, value, record.headers, record.timestamp_ms)


def _expression(text: str, label: str) -> Expression | None:
    return Expression(text, label) if text.strip() else None


def as_json(data: bytes | None) -> Any:
    """Bytes as people mean them: JSON, else text, else the bytes themselves."""
    if data is None:
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _text(data)


def _text(data: bytes | None) -> str | bytes | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return data


def as_bytes(value: Any) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    try:
        return orjson.dumps(value, default=str)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise Invalid(f"The result can't be written as JSON: {error}.") from None


def dead_letter(record: StoredRecord, reason: str, attempts: int) -> Record:
    """The record as it goes to the dead letters: unchanged, with where it comes from and why in its headers."""
    told = (
        ("x-origin-topic", record.topic.encode()), ("x-origin-partition", str(record.partition).encode()),
        ("x-origin-offset", str(record.offset).encode()), ("x-reason", reason.encode()),
        ("x-attempts", str(attempts).encode()),
    )  # fmt: skip
    return Record(record.key, record.value, record.headers + told, record.timestamp_ms)
