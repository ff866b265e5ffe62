"""What a group does with a record beside spending time: judge, filter, map, pass on; or send to the dead letters.

Expressions see the value as JSON where it is JSON, else as text, else as bytes. A text or bytes result is taken as it
is, all else becomes JSON; null makes a tombstone. Pure.
"""

from __future__ import annotations

from typing import Any

import orjson

from workbench.core.errors import Invalid
from workbench.core.queues import sent_straight
from workbench.core.records import Record, StoredRecord
from workbench.flow.expressions import Expression


class Condition:
    """An expression that is true or false of a record."""

    def __init__(self, text: str, label: str) -> None:
        self._expression = Expression(text, label)

    @classmethod
    def of(cls, text: str, label: str) -> Condition | None:
        """None where nothing is written."""
        return cls(text, label) if text.strip() else None

    def holds(self, record: StoredRecord) -> bool:
        """``Invalid`` when that can't be told."""
        found = self._expression.evaluate(_names(record))
        if not isinstance(found, bool):
            raise Invalid(f"«{self._expression.label}» must be true or false.", "Compare something in it.")
        return found


class Forwarding:
    """Filter, map and key expression of a group, compiled once."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._filter = Condition.of(values["filter"], "Forward if")
        self._map = _expression(values["map"], "Forward as")
        self._key = _expression(values["map_key"], "Forward with key")

    def apply(self, record: StoredRecord) -> Record | None:
        """The record to pass on, None when the filter leaves it out; ``Invalid`` when an expression fails."""
        if self._filter is not None and not self._filter.holds(record):
            return None
        key, value = record.key, record.value
        if self._map is not None or self._key is not None:
            names = _names(record)
            value = value if self._map is None else as_bytes(self._map.evaluate(names))
            key = key if self._key is None else as_bytes(self._key.evaluate(names))
        return Record(key, value, sent_straight(record.headers), record.timestamp_ms)


def _names(record: StoredRecord) -> dict[str, Any]:
    """What an expression sees of a record."""
    key = as_json(record.key)
    return {
        "key": _text(record.key) if isinstance(key, (int, float, bool)) else key,
        "value": as_json(record.value), "topic": record.topic, "partition": record.partition, "offset": record.offset,
        "headers": {name: _text(data) for name, data in record.headers},
    }  # fmt: skip


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
