"""CSV under a header, as RFC 4180 readers of the field take it: rows become JSON objects of texts, nothing is guessed.

A quote opens a quoted field only where the field begins, anywhere else it is text. A quoted field may hold delimiters,
ends of lines (kept as they are, CRLF too) and doubled quotes. A quote that is never closed is told with the line where
it opened; nothing after it is taken, as nobody can say where the next row begins. Text after a closing quote is kept,
and told. A row with fewer fields than the header has null for the rest, as csv.DictReader and pandas have it, and is
told; one with more is refused, for nobody can say which of them is too much. Reading is linear: a chunk goes through C
at once where each of its lines is a row; else line by line, where each line of an open field is looked at once, and the
row is read when it is whole.
"""

from __future__ import annotations

import csv

import orjson

from workbench.core.errors import Invalid
from workbench.runtime.reading.base import Event, Ground
from workbench.runtime.reading.lines import LineSplitter

LONGEST_ROW_BYTES = 32 * 1024 * 1024


class CsvRows:
    def __init__(self, ground: Ground) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW_BYTES))
        self._ground = ground
        self._splitter = LineSplitter(ground.newline, ground.findings)
        self._newline = ground.newline.decode()
        self._delimiter = ground.delimiter
        self._row: list[str] = []  # lines of a row whose quoted field is open
        self._row_bytes = 0
        self._row_line = self._quote_line = 0
        self._key: int | None = None
        self._time: int | None = None
        self.header: tuple[str, ...] = ()
        self.over = False

    @property
    def line(self) -> int:
        return self._splitter.line

    def feed(self, data: bytes) -> list[Event]:
        return [event for first, lines in self._splitter.feed(data) for event in self._events(first, lines)]

    def finish(self) -> list[Event]:
        events = [event for first, lines in self._splitter.finish() for event in self._events(first, lines)]
        if self._row and not self.over:
            self._give_up(self.line, "to the end")
        return events

    def _events(self, first: int, lines: list[bytes]) -> list[Event]:
        begin = 1 if first == 1 and lines and separator_of(lines[0]) else 0
        events: list[Event] = []
        while begin < len(lines) and not self.header and not self.over:  # until the header is whole
            self._take(first + begin, lines[begin], events)
            begin += 1
        if begin:
            first, lines = first + begin, lines[begin:]
        rows = None if self._row or self.over else self._simple_rows(lines)
        if rows is not None:
            for number, row in enumerate(rows, first):
                self._give(number, row, events)
            return events
        for number, line in enumerate(lines, first):
            if self.over:
                break
            self._take(number, line, events)
        return events

    def _simple_rows(self, lines: list[bytes]) -> list[list[str]] | None:
        """The rows of lines each of which is one row, at once; None when they have to be looked at one by one."""
        try:
            text = b"\n".join(lines).decode()
        except UnicodeDecodeError:
            return None
        if '"' not in text and "\r" not in text:
            return [line.split(self._delimiter) if line else [] for line in text.split("\n")]
        texts = text.split("\n")
        try:
            rows = list(csv.reader(texts, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(texts) else None

    def _take(self, number: int, line: bytes, events: list[Event]) -> None:
        """One line, which may begin, go on with, or end a row."""
        text = line.decode("utf-8", "surrogateescape")
        was_open = bool(self._row)
        if not was_open:
            self._row_line, self._row_bytes = number, 0
        opened = open_after(text, self._delimiter, was_open)
        self._row.append(text)
        self._row_bytes += len(line) + 1
        if opened is None:
            whole, self._row = self._newline.join(self._row).removesuffix("\r"), []
            self._read_row(whole, events)
            return
        if opened or not was_open:
            self._quote_line = number
        if self._row_bytes > LONGEST_ROW_BYTES:
            self._give_up(number, f"within {LONGEST_ROW_BYTES // (1024 * 1024)} MiB, and nothing more is taken")

    def _read_row(self, text: str, events: list[Event]) -> None:
        line = self._row_line
        try:
            text.encode()
        except UnicodeEncodeError as error:
            before = len(text[: error.start].encode())
            reason = f"not {self._ground.charset()} at byte {before + 1}"
            if not self.header:
                said = f"The header (line {line:,}) is {reason}."
                raise Invalid(said, "Name its character set (--charset).") from None
            self._ground.findings.skip("charset", line, reason)
            return
        fields, odd = fields_of(text, self._delimiter)
        if odd:
            self._ground.findings.keep_odd("quote", line, "text follows a closing quote")
        self._give(line, fields if text else [], events)

    def _give(self, number: int, row: list[str], events: list[Event]) -> None:
        blank = not row or (len(row) == 1 and not row[0].strip())
        if not self.header:
            if not blank:
                self._start(row)
            return
        cells: list[str | None] = [*row]
        if len(row) != len(self.header):
            if blank:
                return
            said = f"{'1 field' if len(row) == 1 else f'{len(row)} fields'} where the header has {len(self.header)}"
            if len(row) > len(self.header):
                self._ground.findings.skip("fields", number, said)
                return
            self._ground.findings.keep_odd("short", number, f"{said}; those that are missing are null")
            cells += [None] * (len(self.header) - len(row))
        wanted = self._ground.fields
        key = at_ms = None
        if wanted.key:
            key = wanted.as_key(None if self._key is None else cells[self._key], number)
        if wanted.time:
            at_ms = wanted.as_time(None if self._time is None else cells[self._time], number)
        value = orjson.dumps(dict(zip(self.header, cells, strict=True)))
        events.append(Event(value, key, at_ms, number))

    def _start(self, names: list[str]) -> None:
        self.header, twice = distinct(names)
        for name, others in twice.items():
            self._ground.findings.choose(f"Columns of the name «{name}» are kept as {', '.join(others)}.")
        for asked, place in ((self._ground.fields.key, "_key"), (self._ground.fields.time, "_time")):
            if asked in self.header:
                setattr(self, place, self.header.index(asked))

    def _give_up(self, last: int, where: str) -> None:
        """The quote that opened is not closed: nothing from its row on can be told apart."""
        lines = f"line {self._row_line:,}" if last == self._row_line else f"lines {self._row_line:,} to {last:,}"
        reason = f"a quote opens here and is not closed {where}; {lines} can't be told apart"
        self._ground.findings.skip("quote", self._quote_line, reason, last - self._row_line + 1)
        self._row = []
        self.over = True


def open_after(text: str, delimiter: str, is_open: bool) -> bool | None:
    """Whether a quoted field is open at the end of a line: None no, False still the one from before, True a new one."""
    at = 0
    new = not is_open
    while True:
        if is_open or text.startswith('"', at):
            at += not is_open
            while (quote := text.find('"', at)) >= 0 and text.startswith('"', quote + 1):
                at = quote + 2
            if quote < 0:
                return new
            at, is_open, new = quote + 1, False, True
        at = text.find(delimiter, at) + 1
        if not at:
            return None


def fields_of(text: str, delimiter: str) -> tuple[list[str], bool]:
    """The fields of a row, and whether text followed a closing quote. An open one holds all that is left."""
    fields, at, odd = [], 0, False
    while True:
        quoted = ""
        if text.startswith('"', at):
            end = at + 1
            while (quote := text.find('"', end)) >= 0 and text.startswith('"', quote + 1):
                end = quote + 2
            quote = len(text) if quote < 0 else quote
            quoted, at = text[at + 1 : quote].replace('""', '"'), min(quote + 1, len(text))
            odd = odd or (at < len(text) and not text.startswith(delimiter, at))
        end = text.find(delimiter, at)
        fields.append(quoted + (text[at:end] if end >= 0 else text[at:]))
        if end < 0:
            return fields, odd
        at = end + 1


def distinct(names: list[str]) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Names of columns, each its own: v, v_2; and which stood there more than once. Empty ones are named by place."""
    taken: set[str] = set()
    given = set(names)
    made: list[str] = []
    twice: dict[str, list[str]] = {}
    for place, name in enumerate(names, 1):
        own = name or f"column_{place}"
        number = 1
        while own in taken or (number > 1 and own in given) or (not name and own in given):
            number += 1
            own = f"{name or f'column_{place}'}_{number}"
        taken.add(own)
        made.append(own)
        if name:
            twice.setdefault(name, []).append(own)
    return tuple(made), {name: own for name, own in twice.items() if len(own) > 1}


def separator_of(line: bytes) -> str:
    """The delimiter that a first line ``sep=;`` names, as spreadsheets write it; empty where it is none."""
    text = line.decode("utf-8", "replace").strip("\r\n").strip('"')
    return text[4] if len(text) == 5 and text[:4].lower() == "sep=" else ""
