"""JSON Lines and plain lines: one event a line, its value the bytes that stand in the file.

In plain lines a field is a word by its number (``4``, ``1-2``) or the first group of a ``/regular expression/``.
"""

from __future__ import annotations

import orjson

from workbench.runtime.reading.base import Event, Ground
from workbench.runtime.reading.lines import LineSplitter


class JsonLines:
    header: tuple[str, ...] = ()
    over = False

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._splitter = LineSplitter(ground.newline, ground.findings)

    @property
    def line(self) -> int:
        return self._splitter.line

    def feed(self, data: bytes) -> list[Event]:
        return self._events(self._splitter.feed(data))

    def finish(self) -> list[Event]:
        return self._events(self._splitter.finish())

    def _events(self, blocks: list[tuple[int, list[bytes]]]) -> list[Event]:
        fields, loads, of_value = self._ground.fields, orjson.loads, self._ground.fields.of_value
        wanted = bool(fields.key or fields.time)
        events = []
        key = at_ms = None
        for first, lines in blocks:
            for number, line in enumerate(lines, first):
                try:
                    value = loads(line)
                except orjson.JSONDecodeError as error:
                    self._skip(number, line, error)
                    continue
                if wanted:
                    key, at_ms = of_value(value, number)
                events.append(Event(line[:-1] if line[-1] == 13 else line, key, at_ms, number))
        return events

    def _skip(self, number: int, line: bytes, error: orjson.JSONDecodeError) -> None:
        if not line.strip():
            return
        try:
            line.decode()
        except UnicodeDecodeError as wrong:
            self._ground.findings.skip("charset", number, f"not {self._ground.charset()} at byte {wrong.start + 1}")
        else:
            self._ground.findings.skip("json", number, f"not JSON, {str(error).split(': line')[0]}")


class PlainLines:
    header: tuple[str, ...] = ()
    over = False

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._splitter = LineSplitter(ground.newline, ground.findings)
        self._fields = ground.fields.of_lines()

    @property
    def line(self) -> int:
        return self._splitter.line

    def feed(self, data: bytes) -> list[Event]:
        return self._events(self._splitter.feed(data))

    def finish(self) -> list[Event]:
        return self._events(self._splitter.finish())

    def _events(self, blocks: list[tuple[int, list[bytes]]]) -> list[Event]:
        of_line = self._fields
        events = []
        key = at_ms = None
        for first, lines in blocks:
            for number, line in enumerate(lines, first):
                line = line.removesuffix(b"\r")
                if not line.isascii():
                    self._look_at(number, line)
                if of_line is not None:
                    key, at_ms = of_line(line, number)
                events.append(Event(line, key, at_ms, number))
        return events

    def _look_at(self, number: int, line: bytes) -> None:
        """A line that is no text is kept as it is, and told."""
        try:
            line.decode()
        except UnicodeDecodeError:
            reason = f"not {self._ground.charset()}; its bytes are kept (--charset reads them as text)"
            self._ground.findings.keep_odd("charset", number, reason)
