"""A partition's records in time where its batches can't be looked up: the system is asked for the offsets of times.

*The first offset at or after t* is just the cut that the time-ordered view needs (``session.merged``), also where
timestamps jump back. One question answers it for all partitions, and is remembered. Offsets that hold no record
(compaction, ends of transactions) have a place all the same, beside the record before them, so that rows can be
counted; they are given as None. Belongs to the thread of its reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.core.records import PartitionBounds, StoredRecord
from workbench.engines.base import BrowseTable

READ_RECORDS = 128
KEPT_TIMES = 512
Entry = tuple[int, int, int, StoredRecord | None]


class AskedTimes:
    """What is known of one topic: cuts by time, and where each partition begins and ends."""

    def __init__(self, reader: BrowseTable, topic: str, of: Sequence[PartitionBounds]) -> None:
        self.reader, self.topic = reader, topic
        self._cuts: dict[int, dict[int, int | None]] = {}
        bounds = dict(reader.time_bounds(topic))
        self.parts = [AskedPart(self, each, bounds.get(each.partition)) for each in of]
        self._pages: dict[tuple[int, int], list[StoredRecord]] = {}

    def cut(self, partition: int, ms: int) -> int | None:
        if ms not in self._cuts:
            if len(self._cuts) >= KEPT_TIMES:
                del self._cuts[next(iter(self._cuts))]
            self._cuts[ms] = dict(self.reader.offsets_for_time(self.topic, ms))
        return self._cuts[ms].get(partition)

    def fetch(self, starts: dict[int, int]) -> None:
        """Read what comes next in each partition, all at once: ``entries`` begins with it."""
        self._pages = {}
        wanted = {part.number: starts[part.number] for part in self.parts if starts[part.number] < part.end}
        found: dict[int, list[StoredRecord]] = {number: [] for number in wanted}
        for record in self.reader.read_each(self.topic, wanted, READ_RECORDS):
            found[record.partition].append(record)
        self._pages = {(number, at): found[number] for number, at in wanted.items() if found[number]}

    def page(self, partition: int, offset: int, count: int) -> list[StoredRecord]:
        known = self._pages.get((partition, offset))
        return self.reader.read(self.topic, partition, offset, count) if known is None else known


class AskedPart:
    """One partition. ``times`` are its first and greatest time; None where it holds only offsets without records."""

    def __init__(self, asked: AskedTimes, bounds: PartitionBounds, times: tuple[int, int] | None) -> None:
        self.number, self.start, self.end = bounds.partition, bounds.log_start, bounds.end
        self._asked = asked
        self._first_ms, self._last_ms = times or (0, 0)

    def first_time(self) -> int:
        return self._first_ms

    def last_time(self) -> int:
        return self._last_ms

    def cut(self, time: int) -> int:
        """The first offset that has reached ``time``; the end when there is none."""
        if time <= self._first_ms:
            return self.start
        found = self._asked.cut(self.number, time) if time <= self._last_ms else None
        return self.end if found is None else min(max(found, self.start), self.end)

    def bracket(self, time: int) -> tuple[int, int]:
        cut = self.cut(time)
        return cut, cut

    def time_of(self, offset: int) -> int:
        """The greatest time whose cut is not behind the offset. Mostly that of its record, which is tried first."""
        found = self._asked.reader.read(self._asked.topic, self.number, offset, 1)
        guess = found[0].timestamp_ms if found else self._last_ms
        low, high = self._first_ms, self._last_ms + 1
        for time in (guess, guess + 1):
            if low < time < high:
                low, high = (time, high) if self.cut(time) <= offset else (low, time)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.cut(middle) <= offset else (low, middle)
        return low

    def entries(self, offset: int, time: int) -> Iterator[Entry]:
        """From ``offset`` on, each with its place in the order; None where an offset holds no record."""
        while offset < self.end:
            page = self._asked.page(self.number, offset, min(READ_RECORDS, self.end - offset))
            for record in page:
                if record.offset >= self.end:
                    return
                yield from ((time, self.number, gap, None) for gap in range(offset, record.offset))
                time = max(time, record.timestamp_ms)
                yield time, self.number, record.offset, record
                offset = record.offset + 1
            if not page:
                yield from ((time, self.number, gap, None) for gap in range(offset, self.end))
                return
