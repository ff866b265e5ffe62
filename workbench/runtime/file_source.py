"""A file played as events: at its own spacing times a speed, at a fixed rate, or flat out.

Original spacing goes by the time field; a line without a time goes with the line before it. Bad lines are counted and
the last one is told with its number; nothing in a file stops the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.core.errors import Invalid
from workbench.core.records import Record
from workbench.runtime.formats import Line, LineFormat, format_of
from workbench.runtime.lines import LineReader

_SCAN_BYTES = 1 << 20
_SCAN_LINES = 2_000


class FileSource:
    def __init__(self, values: dict[str, Any], now_ms: Callable[[], int]) -> None:
        if not values["path"]:
            raise Invalid("No file is chosen.", "Choose a file, or - for standard input.")
        self._values = values
        self._now_ms = now_ms
        self._reader = LineReader(values["path"], values["follow"])
        self._format: LineFormat | None = None
        self._rate = values["rate"]
        self._next: Line | None = None
        self._first_ms: int | None = None
        self._last_ms = 0
        self._origin_s: float | None = None
        self._made_since = 0
        self.made = 0
        self.bad = 0
        self.untimed = 0
        self._last_bad = ""
        self.done = False

    # -- what the producer asks ----------------------------------------------------------------------------
    @property
    def progress(self) -> float | None:
        return 1.0 if self.done else self._reader.progress

    @property
    def trouble(self) -> str:
        told = []
        if self.bad:
            told.append(f"{_lines(self.bad)} could not be read. {self._last_bad}")
        if self.untimed:
            have = "has" if self.untimed == 1 else "have"
            told.append(f"{_lines(self.untimed)} {have} no time in «{self._values['time']}».")
        if self._reader.notice:
            told.append(self._reader.notice)
        return " ".join(told)

    def per_second(self, elapsed_s: float) -> float:
        return self._rate if self._values["pace"] == "rate" else 0.0

    def set_rate(self, rate: float, elapsed_s: float) -> None:
        """Play on at a fixed rate from here."""
        self._values = self._values | {"pace": "rate"}
        self._rate = rate
        self._origin_s, self._made_since = elapsed_s, 0

    def take(self, elapsed_s: float, limit: int) -> Sequence[Record]:
        if self._origin_s is None:
            self._origin_s = elapsed_s
        records: list[Record] = []
        scanned = 0
        while len(records) < limit and scanned < _SCAN_BYTES and self._ahead():
            if not self._is_due(elapsed_s):
                break
            record = self._pop()
            scanned += len(record.value or b"") + 64
            records.append(record)
        return records

    def force(self, elapsed_s: float) -> Sequence[Record]:
        if not self._ahead():
            return ()
        self._origin_s = self._origin_s if self._origin_s is not None else elapsed_s
        return [self._pop()]

    def close(self) -> None:
        self._reader.close()

    # -- lines ---------------------------------------------------------------------------------------------
    def _is_due(self, elapsed_s: float) -> bool:
        since_s = elapsed_s - (self._origin_s or 0.0)
        pace = self._values["pace"]
        if pace == "rate":
            return self._made_since < since_s * self._rate
        if pace == "flat_out" or self._next is None or self._first_ms is None:
            return True
        at_ms = self._last_ms if self._next.time_ms is None else self._next.time_ms
        return (at_ms - self._first_ms) / 1000.0 <= since_s * self._values["speed"]

    def _pop(self) -> Record:
        line, self._next = self._next, None
        assert line is not None, "only called after _ahead() found a line"
        if line.time_ms is not None:
            self._last_ms = line.time_ms
        elif self._values["time"]:
            self.untimed += 1
        self.made += 1
        self._made_since += 1
        stamp = line.time_ms if line.time_ms is not None and line.time_ms >= 0 else self._now_ms()
        return Record(line.key, line.value, (), stamp)

    def _ahead(self) -> bool:
        """Have the next good line in hand; false when there is none now (bad lines are looked at in bounded steps)."""
        for _ in range(_SCAN_LINES):
            if self._next is not None or self.done:
                break
            text = self._reader.next()
            if text is None:
                if self._reader.ended:
                    self._at_end()
                return False
            self._next = self._read(text)
        if self._next is not None and self._first_ms is None and self._next.time_ms is not None:
            self._first_ms = self._last_ms = self._next.time_ms
        return self._next is not None

    def _read(self, text: bytes) -> Line | None:
        try:
            if self._format is None:
                values = self._values
                self._format = format_of(values["format"], values["path"], text, values["key"], values["time"])
            return self._format.read(text)
        except Invalid as reason:
            self.bad += 1
            self._last_bad = f"Line {self._reader.line:,}: {reason.message.rstrip('.')}."
            return None

    def _at_end(self) -> None:
        """The file is over: begin again when it loops (an empty one does not)."""
        if self._values["loop"] and self._made_since and self._values["path"] != "-":
            self._reader.rewind()
            self._format = None
            self._origin_s, self._first_ms = None, None
            self._made_since = 0
        else:
            self.done = True


def _lines(number: int) -> str:
    return f"{number:,} line{'' if number == 1 else 's'}"
