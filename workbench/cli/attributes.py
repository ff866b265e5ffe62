"""Attributes that ``produce`` gives to messages: headers, fixed for all or taken from a field of each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import orjson

from workbench.core.errors import Invalid
from workbench.core.queues import DEDUPLICATION_ID, DELAY_MS, MESSAGE_GROUP, PRIORITY, TTL_MS
from workbench.core.records import Headers, Record
from workbench.flow.written import field_of_line
from workbench.runtime.formats import as_key, field_of


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


class NumberOrField(click.ParamType):
    """A whole number for all events, or the name of the field that holds each event's own."""

    name = "number or field"

    def __init__(self, most: int = 1 << 62) -> None:
        self._most = most

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        try:
            number = int(value)
        except ValueError:
            return value
        if not 0 <= number <= self._most:
            self.fail(f"{number} is not in the range 0 to {self._most:,}, nor the name of a field.", param, ctx)
        return number


@dataclass(frozen=True, slots=True)
class Attributes:
    """``fields`` are pairs of a header's name and the field it is taken from; ``numbers`` the headers among them that
    must be whole numbers."""

    fixed: Headers = ()
    fields: tuple[tuple[str, str], ...] = ()
    numbers: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, headers: Sequence[tuple[str, str]], delay: int | str | None, ttl: int | str | None,
        priority: int | str | None, group_field: str, dedup_field: str,
        header_fields: Sequence[tuple[str, str]] = (),
    ) -> Attributes:  # fmt: skip
        """``delay``, ``ttl`` (ms) and ``priority`` are numbers, or fields."""
        asked = ((DELAY_MS, delay), (TTL_MS, ttl), (PRIORITY, priority))
        fixed = [(name, text.encode()) for name, text in headers]
        fixed += [(name, b"%d" % number) for name, number in asked if isinstance(number, int)]
        numbers = [(name, field) for name, field in asked if isinstance(field, str)]
        fields = [*header_fields, *numbers, (MESSAGE_GROUP, group_field), (DEDUPLICATION_ID, dedup_field)]
        return cls(tuple(fixed), tuple((name, field) for name, field in fields if field),
                   frozenset(name for name, _ in numbers))  # fmt: skip

    def of_record(self, record: Record) -> Record:
        """The record with its headers; ``Invalid`` when it lacks a field that was named."""
        if not self.fixed and not self.fields:
            return record
        headers = list(self.fixed)
        for name, field in self.fields:
            text = field_text(record.value, field)
            if text is None:
                shown = (record.value or b"")[:60].decode("utf-8", "replace")
                raise Invalid(f"An event has no field «{field}»: {shown}", "Name a field that every event has.")
            if name in self.numbers and not text.isdigit():
                shown = text[:60].decode("utf-8", "replace")
                raise Invalid(f"The field «{field}» of an event is «{shown}».", f"{name} needs a whole number.")
            headers.append((name, text))
        return record._replace(headers=tuple(headers))
