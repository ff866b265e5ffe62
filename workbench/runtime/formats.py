"""What lines of a file mean: JSON Lines, CSV, plain lines. Each turns a line into value, key and event time.

Values pass through as the bytes that stand in the file; only CSV rows become JSON objects (of texts: nothing is
guessed). In plain lines a field is a word by its number (``4``, ``1-2``) or the first group of a ``/regular
expression/``. Pure; bad lines raise ``Invalid`` with the reason.
"""

from __future__ import annotations

import csv
from typing import Any, NamedTuple, Protocol

import orjson

from workbench.core.errors import Invalid
from workbench.core.times import time_ms
from workbench.flow.written import field_of_line

_LONGEST_ROW = 8 * 1024 * 1024


class Line(NamedTuple):
    value: bytes
    key: bytes | None
    time_ms: int | None


class LineFormat(Protocol):
    def read(self, line: bytes) -> Line | None:
        """The event of a line; None when the line holds none (a header, the first part of a quoted text)."""
        ...


def as_key(value: Any) -> bytes | None:
    """A field as a key: text as it is, null as no key, all else as JSON."""
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


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


class JsonLines:
    def __init__(self, key: str, time: str) -> None:
        self._key, self._time = key, time

    def read(self, line: bytes) -> Line | None:
        if not line.strip():
            return None
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise Invalid(f"not JSON, {str(error).split(': line')[0]}") from None
        key = as_key(field_of(value, self._key)) if self._key else None
        return Line(line, key, time_ms(field_of(value, self._time)) if self._time else None)


class Csv:
    """Rows under a header. A quoted text may hold newlines: lines are joined until its quotes are closed."""

    def __init__(self, key: str, time: str) -> None:
        self._key, self._time = key, time
        self._header: list[str] = []
        self._delimiter = ","
        self._open = ""

    def read(self, line: bytes) -> Line | None:
        try:
            text = self._open + line.decode("utf-8-sig" if not self._header else "utf-8")
        except UnicodeDecodeError as error:
            raise Invalid(f"not UTF-8 at byte {error.start + 1}") from None
        if text.count('"') % 2:
            self._open = text + "\n"
            if len(self._open) > _LONGEST_ROW:
                self._open = ""
                raise Invalid("a quote is never closed")
            return None
        self._open = ""
        if not text.strip():
            return None
        if not self._header:
            self._start(text)
            return None
        row = self._fields(text)
        if len(row) != len(self._header):
            raise Invalid(f"{len(row)} fields where the header has {len(self._header)}")
        plain = dict(zip(self._header, row, strict=True))
        return Line(orjson.dumps(plain), as_key(plain.get(self._key)) if self._key else None,
                    time_ms(plain.get(self._time)) if self._time else None)  # fmt: skip

    def _start(self, text: str) -> None:
        self._delimiter = max(",;\t|", key=text.count)
        self._header = self._fields(text)
        for name in (self._key, self._time):
            if name and name not in self._header:
                raise Invalid(f"the header has no column «{name}»")

    def _fields(self, text: str) -> list[str]:
        try:
            return next(csv.reader([text], delimiter=self._delimiter), [])
        except csv.Error as error:
            raise Invalid(f"no CSV row, {error}") from None


class PlainLines:
    def __init__(self, key: str, time: str) -> None:
        self._key = field_of_line(key)
        self._time = field_of_line(time)

    def read(self, line: bytes) -> Line | None:
        if self._key is None and self._time is None:
            return Line(line, None, None)
        text = line.decode("utf-8", "surrogateescape")
        key = self._key(text) if self._key else None
        at = time_ms(self._time(text)) if self._time else None
        return Line(line, None if key is None else key.encode("utf-8", "surrogateescape"), at)


def format_of(name: str, path: str, first_line: bytes, key: str, time: str) -> LineFormat:
    """The format called ``name``; ``auto`` looks at the file's name, then at its first line."""
    if name == "auto":
        name = _guess(path.lower(), first_line)
    return {"jsonl": JsonLines, "csv": Csv, "lines": PlainLines}[name](key, time)


def _guess(path: str, first_line: bytes) -> str:
    if path.endswith((".csv", ".tsv")):
        return "csv"
    if path.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    if first_line.lstrip()[:1] in (b"{", b"["):
        return "jsonl"
    return "lines"
