"""What a group does with a record beside spending time: judge, filter, map, pass on; or send to the dead letters.

Expressions see key and value as the decoder of the record's topic reads them (``serde``). A result is written in the
encoding of the topic it goes to; where that says none, text and bytes are taken as they are and all else becomes JSON.
Null makes a tombstone. Pure.
"""

from __future__ import annotations

from typing import Any

from workbench.core.errors import Invalid
from workbench.core.queues import sent_straight
from workbench.core.records import Record, StoredRecord
from workbench.flow.expressions import Expression
from workbench.flow.settings import ConsumingSettings
from workbench.serde import DecoderOf, guessing, names_of


class Condition:
    """An expression that is true or false of a record."""

    def __init__(self, text: str, label: str, decoders: DecoderOf = guessing, also: tuple[str, ...] = ()) -> None:
        self._expression = Expression(text, label, also)
        self._decoders = decoders

    @classmethod
    def of(cls, text: str, label: str, decoders: DecoderOf = guessing, also: tuple[str, ...] = ()) -> Condition | None:
        """None where nothing is written."""
        return cls(text, label, decoders, also) if text.strip() else None

    def holds(self, record: StoredRecord, **more: Any) -> bool:
        """``more`` is seen beside the record. ``Invalid`` when that can't be told."""
        expression = self._expression
        found = expression.evaluate(names_of(record, self._decoders(record.topic), expression.names) | more)
        if not isinstance(found, bool):
            raise Invalid("«{label}» must be true or false.", "Compare something in it.", label=self._expression.label)
        return found


class Forwarding:
    """Filter, map and key expression of a group, compiled once. ``into`` is the topic that takes the result, empty
    where that is an exchange."""

    def __init__(self, settings: ConsumingSettings, decoders: DecoderOf = guessing, into: str = "") -> None:
        also = settings.more_names
        self._filter = Condition.of(settings.filter, "Forward if", decoders, also)
        self._map = _expression(settings.map, "Forward as", also)
        self._key = _expression(settings.map_key, "Forward with key", also)
        self._decoders, self._into = decoders, into
        self._names = frozenset().union(*(each.names for each in (self._map, self._key) if each is not None))

    def apply(self, record: StoredRecord, **more: Any) -> Record | None:
        """The record to pass on, None when the filter leaves it out; ``Invalid`` when an expression fails."""
        if self._filter is not None and not self._filter.holds(record, **more):
            return None
        key, value = record.key, record.value
        if self._map is not None or self._key is not None:
            names = names_of(record, self._decoders(record.topic), self._names) | more
            into = self._decoders(self._into)
            value = value if self._map is None else into.value_bytes(self._map.evaluate(names))
            key = key if self._key is None else into.key_bytes(self._key.evaluate(names))
        return Record(key, value, sent_straight(record.headers), record.timestamp_ms)


def _expression(text: str, label: str, also: tuple[str, ...]) -> Expression | None:
    return Expression(text, label, also) if text.strip() else None


def dead_letter(record: StoredRecord, reason: str, attempts: int) -> Record:
    """The record as it goes to the dead letters: unchanged, with where it comes from and why in its headers."""
    told = (
        ("x-origin-topic", record.topic.encode()), ("x-origin-partition", str(record.partition).encode()),
        ("x-origin-offset", str(record.offset).encode()), ("x-reason", reason.encode()),
        ("x-attempts", str(attempts).encode()),
    )
    return Record(record.key, record.value, record.headers + told, record.timestamp_ms)
