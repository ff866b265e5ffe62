"""Attributes that ``produce`` gives to messages: headers, fixed for all or taken from a field of each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from workbench.core.errors import Invalid
from workbench.core.queues import DEDUPLICATION_ID, DELAY_MS, MESSAGE_GROUP, PRIORITY, TTL_MS
from workbench.core.records import Headers, Record
from workbench.flow.written import field_of_line
from workbench.runtime.reading.fields import as_key, field_of


def field_text(value: bytes | None, field: str) -> bytes | None:
    """The text of a field of an event: of JSON by its (dotted) name, of a plain line by a word's number or an
    expression."""
    try:
        parsed: Any = orjson.loads(value or b"null")
    except orjson.JSONDecodeError:
        parsed = None
    if isinstance(parsed, (dict, list)):
        return as_key(field_of(parsed, field))
    of_line = field_of_line(field) if field[:1].isdigit() or field[:1] == "/" else None
    found = of_line((value or b"").decode("utf-8", "surrogateescape")) if of_line else None
    return None if found is None else found.encode("utf-8", "surrogateescape")


_NUMBERS = (DELAY_MS, TTL_MS, PRIORITY)


@dataclass(frozen=True, slots=True)
class Attributes:
    """``fields`` are pairs of a header's name and the field it is taken from."""

    fixed: Headers = ()
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, headers: Sequence[tuple[str, str]], delay_ms: int | None, ttl_ms: int | None, priority: int | None,
        group_field: str, dedup_field: str, header_fields: Sequence[tuple[str, str]] = (),
    ) -> Attributes:
        numbers = zip(_NUMBERS, (delay_ms, ttl_ms, priority), strict=True)
        fixed = [(name, text.encode()) for name, text in headers]
        fixed += [(name, b"%d" % number) for name, number in numbers if number is not None]
        fields = (*header_fields, (MESSAGE_GROUP, group_field), (DEDUPLICATION_ID, dedup_field))
        return cls(tuple(fixed), tuple((name, field) for name, field in fields if field))

    def of_record(self, record: Record) -> Record:
        """The record with its headers; ``Invalid`` when it lacks a field that was named."""
        if not self.fixed and not self.fields:
            return record
        headers = list(self.fixed)
        for name, field in self.fields:
            text = field_text(record.value, field)
            if text is None:
                shown = (record.value or b"")[:60].decode("utf-8", "replace")
                raise Invalid("An event has no field «{field}»: {shown}", "Name a field that every event has.",
                              field=field, shown=shown)
            if name in _NUMBERS and not text.isdigit():
                shown = text[:60].decode("utf-8", "replace")
                raise Invalid("The field «{field}» of an event is «{shown}».", "{name} needs a whole number.",
                              field=field, shown=shown, name=name)
            headers.append((name, text))
        return record._replace(headers=tuple(headers))
