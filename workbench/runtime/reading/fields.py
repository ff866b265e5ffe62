"""The key and the time of an event, taken from its parsed value or its line; what lacks them is counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson

from workbench.core.errors import Invalid
from workbench.core.event_times import EventTimes
from workbench.flow.written import field_of_line
from workbench.runtime.reading.findings import Findings


def as_key(value: Any) -> bytes | None:
    """A field as a key: text as it is, null as no key, all else as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return orjson.dumps(value)
    except TypeError:  # a whole number beyond 64 bits
        return json.dumps(value, separators=(",", ":")).encode()


def field_of(value: Any, path: str) -> Any:
    """The field that a dotted path names; None when it is not there."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


class Fields:
    """Names of the fields that were asked for; empty ones were not."""

    def __init__(self, key: str, time: str, time_format: str, now_ms: Callable[[], int], findings: Findings) -> None:
        self.key = key
        self.time = time
        self.time_format = time_format
        self.times = EventTimes(time_format, now_ms)
        self._findings = findings

    def of_value(self, value: Any, line: int) -> tuple[bytes | None, int | None]:
        """Of a JSON value."""
        key = self.as_key(field_of(value, self.key), line) if self.key else None
        return key, self.as_time(field_of(value, self.time), line) if self.time else None

    def of_lines(self) -> Callable[[bytes, int], tuple[bytes | None, int | None]] | None:
        """How a plain line's are found; None when nothing was asked for. A time format alone looks for it anywhere."""
        key_of, time_of = field_of_line(self.key), field_of_line(self.time)
        if time_of is None and self.time_format:
            time_of = self.times.find
        if key_of is None and time_of is None:
            return None

        def of_line(line: bytes, number: int) -> tuple[bytes | None, int | None]:
            text = line.decode("utf-8", "surrogateescape")
            key = at_ms = None
            if key_of is not None and (found := key_of(text)) is not None:
                key = found.encode("utf-8", "surrogateescape")
            elif key_of is not None:
                self._findings.lacks_key(number)
            if time_of is not None:
                at_ms = self.as_time(time_of(text), number)
            return key, at_ms

        return of_line

    def as_key(self, value: Any, line: int) -> bytes | None:
        if value is None:
            self._findings.lacks_key(line)
        return as_key(value)

    def as_time(self, value: Any, line: int) -> int | None:
        """Milliseconds; None where there is none, or none that can be read: either is counted."""
        if value is None or value == "":
            self._findings.lacks_time(line)
            return None
        try:
            return self.times.read(value)
        except Invalid as reason:
            self._findings.cannot_read_time(line, reason.message)
            return None
