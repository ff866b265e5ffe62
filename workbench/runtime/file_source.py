"""A file played as events: at its own spacing times a speed, at a fixed rate, or flat out.

Original spacing goes by the time field; an event without a time goes with the one before it, and has its time. Only
where no event before or near has a time is it stamped as it is sent, and that is told. Bad rows are counted and told
by ``reading``; nothing in a file stops the flow but what makes all of it unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from workbench.core.records import Record
from workbench.flow.settings import FileSettings
from workbench.runtime.reading.ahead import ReadAhead
from workbench.runtime.reading.base import Event
from workbench.runtime.reading.reader import EventReader, ReadSettings

_SCAN_BYTES = 1 << 20
_SCAN_BATCHES = 8


class FileSource:
    """``ahead``: read on a thread of its own, for a source that is asked on an event loop."""

    def __init__(self, settings: FileSettings, now_ms: Callable[[], int], ahead: bool = False) -> None:
        reader = EventReader(ReadSettings.of(settings), now_ms)
        self._reader: EventReader | ReadAhead = ReadAhead(reader) if ahead else reader
        self._settings = settings
        self._now_ms = now_ms
        self._rate = settings.rate_per_s
        self._batch: list[Event] = []
        self._at = 0
        self._first_ms: int | None = None
        self._last_ms: int | None = None
        self._origin_s: float | None = None
        self._made_since = 0
        self._stamped_now = self._borrowed = 0
        self.made = 0
        self.done = False

    # -- what the producer asks ----------------------------------------------------------------------------
    @property
    def progress(self) -> float | None:
        return 1.0 if self.done else self._reader.progress

    @property
    def bad(self) -> int:
        return self._reader.findings.skipped_count

    @property
    def trouble(self) -> str:
        told = self._reader.findings.problems()
        if self._stamped_now and self._settings.time:
            count = "1 event was" if self._stamped_now == 1 else f"{self._stamped_now:,} events were"
            told.append(f"{count} stamped with the time of sending.")
        if self._reader.notice:
            told.append(self._reader.notice)
        return " ".join(told)

    @property
    def notes(self) -> list[str]:
        """What was decided or assumed, as sentences."""
        told = self._reader.findings.notes()
        if self._borrowed:
            got = "1 event got" if self._borrowed == 1 else f"{self._borrowed:,} events got"
            told.append(f"{got} the time of the event before (or after).")
        return told

    def per_second(self, elapsed_s: float) -> float:
        return self._rate if self._settings.pace == "rate" else 0.0

    def set_rate(self, rate: float, elapsed_s: float) -> None:
        """Play on at a fixed rate from here."""
        self._settings = replace(self._settings, pace="rate")
        self._rate = rate
        self._origin_s, self._made_since = elapsed_s, 0

    def take(self, elapsed_s: float, limit: int) -> Sequence[Record]:
        if self._origin_s is None:
            self._origin_s = elapsed_s
        records: list[Record] = []
        scanned = 0
        flat_out = self._settings.pace == "flat_out"
        while len(records) < limit and scanned < _SCAN_BYTES and self._have_next():
            if not flat_out and not self._is_due(elapsed_s):
                break
            record = self._pop()
            scanned += len(record.value or b"") + 64
            records.append(record)
        return records

    def force(self, elapsed_s: float) -> Sequence[Record]:
        if not self._have_next() and isinstance(self._reader, ReadAhead):
            self._reader.wait()
        if not self._have_next():
            return ()
        self._origin_s = self._origin_s if self._origin_s is not None else elapsed_s
        return [self._pop()]

    def close(self) -> None:
        self._reader.close()

    # -- events --------------------------------------------------------------------------------------------
    def _is_due(self, elapsed_s: float) -> bool:
        since_s = elapsed_s - (self._origin_s or 0.0)
        if self._settings.pace == "rate":
            return self._made_since < since_s * self._rate
        at_ms = self._batch[self._at].time_ms
        at_ms = self._last_ms if at_ms is None else at_ms
        if at_ms is None:
            return True
        if self._first_ms is None:
            self._first_ms = at_ms
        return (at_ms - self._first_ms) / 1000.0 <= since_s * self._settings.speed

    def _pop(self) -> Record:
        event = self._batch[self._at]
        self._at += 1
        self.made += 1
        self._made_since += 1
        if event.time_ms is not None:
            self._last_ms = event.time_ms
        elif self._last_ms is not None:
            self._borrowed += 1
        stamp = self._last_ms
        if stamp is None:
            stamp = self._now_ms()
            self._stamped_now += 1
        return Record(event.key, event.value, (), stamp)

    def _have_next(self) -> bool:
        """Have the next event in hand; false when there is none now (what gives none is read in bounded steps)."""
        if self._at < len(self._batch):
            return True
        for _ in range(_SCAN_BATCHES):
            self._batch, self._at = self._reader.next_batch(), 0
            if self._batch:
                if self._last_ms is None:  # what comes before the first time goes with it
                    self._last_ms = next((event.time_ms for event in self._batch if event.time_ms is not None), None)
                return True
            if self._reader.ended:
                self._at_end()
                return False
            if not self._reader.busy:
                return False
        return False

    def _at_end(self) -> None:
        """The file is over: begin again when it loops (an empty one does not)."""
        if self._settings.loop and self._made_since and self._settings.path != "-":
            self._reader.rewind()
            self._origin_s, self._first_ms, self._last_ms = None, None, None
            self._made_since = 0
        else:
            self.done = True
