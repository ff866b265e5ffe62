"""All partitions of a topic as one list, ordered by time: row numbers to records and back, without a scan.

A record's place in time is the greatest timestamp of its partition up to it, so that offsets keep their order even
where timestamps jump back; records of one millisecond stand by partition, then offset. For an instant ``t`` every
partition has a cut, its first offset that has reached ``t``; the rows before ``t`` are the sum of what lies before
the cuts. That sum only grows with ``t``, so a row is found by bisecting time. Most steps need only the spans of
batches (one look-up each, in a window that keeps narrowing); the last ones decode the few batches at the cut.

An order is of the moment it was made: make another when the log has grown. Belongs to the thread of its reader.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Protocol

from workbench.broker import BatchSpan, StoredBatches
from workbench.core.errors import OutOfRange
from workbench.core.records import PartitionBounds, StoredRecord

READ_RECORDS = 128
NEVER = -(1 << 62)
Entry = tuple[int, int, int, StoredRecord]


class MergeReader(Protocol):
    """The part of a workspace's reader that merging needs."""

    def bounds(self, topic: str) -> list[PartitionBounds]: ...
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]: ...
    def stored_batches(self, topic: str, partition: int) -> StoredBatches: ...


class MergedOrder:
    """Rows of ``topic``: 0 is the oldest, or the newest with ``newest_first``."""

    def __init__(self, reader: MergeReader, topic: str, newest_first: bool = False) -> None:
        self._newest_first = newest_first
        kept = [bounds for bounds in reader.bounds(topic) if bounds.records]
        self._parts = [_Part(reader, topic, bounds) for bounds in kept]
        self._rows = sum(bounds.records for bounds in kept)

    def rows(self) -> int:
        """How many records there are."""
        return self._rows

    def read(self, first_row: int, count: int) -> list[StoredRecord]:
        """The records of rows ``first_row`` and after; fewer at the end."""
        first, last = max(0, first_row), min(self._rows, first_row + count)
        if first >= last:
            return []
        if not self._newest_first:
            return self._read(first, last - first)
        return self._read(self._rows - last, last - first)[::-1]

    def row_of(self, partition: int, offset: int) -> int:
        """The row of one record."""
        own = next((part for part in self._parts if part.number == partition), None)
        if own is None or not own.start <= offset < own.end:
            raise OutOfRange(f"Partition {partition} holds no offset {offset:,}.", "Look at its first and last offset.")
        time = own.time_of(offset)
        row = sum(
            offset - part.start if part is own else part.cut(time + (part.number < partition)) - part.start
            for part in self._parts
        )
        return self._rows - 1 - row if self._newest_first else row

    def row_at_time(self, ms: int) -> int:
        """The row of the first record at or after ``ms``, seen in the order of rows (``rows()`` when there is none)."""
        before = sum(part.cut(ms) - part.start for part in self._parts)
        return self._rows - before if self._newest_first else before

    def _read(self, row: int, count: int) -> list[StoredRecord]:
        starts = self._starts(row)
        streams = [part.entries(start) for part, start in zip(self._parts, starts, strict=True)]
        return [entry[3] for entry in islice(heapq.merge(*streams, key=lambda entry: entry[:3]), count)]

    def _starts(self, row: int) -> list[int]:
        """In each partition, the first offset whose row is ``row`` or later."""
        time = self._time_of(row)
        cuts = [part.cut(time) for part in self._parts]
        left = row - sum(cut - part.start for cut, part in zip(cuts, self._parts, strict=True))
        starts = []
        for cut, part in zip(cuts, self._parts, strict=True):
            taken = min(left, part.cut(time + 1) - cut)
            starts.append(cut + taken)
            left -= taken
        return starts

    def _time_of(self, row: int) -> int:
        """The time of the record in ``row``: the greatest with no more than ``row`` rows before it."""
        low, high = min(part.first_time() for part in self._parts), max(part.last_time() for part in self._parts) + 1
        windows = [_Window(part, part.start, part.end) for part in self._parts]
        while high - low > 1:
            time = (low + high) // 2
            for window in windows:
                window.look(time)
            if sum(w.least for w in windows) <= row < sum(w.most for w in windows):
                for window in windows:
                    window.look_closely(time)
            if sum(w.least for w in windows) > row:
                high = time
                for window in windows:
                    window.end = window.to
            else:
                low = time
                for window in windows:
                    window.start = window.from_
        return low


class _Part:
    """One partition: its batches by look-up, and the times of the records in those that were decoded."""

    def __init__(self, reader: MergeReader, topic: str, bounds: PartitionBounds) -> None:
        self.number, self.start, self.end = bounds.partition, bounds.log_start, bounds.end
        self._reader = reader
        self._topic = topic
        self._batches = reader.stored_batches(topic, bounds.partition)
        self._times: dict[int, list[int]] = {}

    def first_time(self) -> int:
        return self._reader.read(self._topic, self.number, self.start, 1)[0].timestamp_ms

    def last_time(self) -> int:
        return self._span(self.end - 1).time_high

    def time_of(self, offset: int) -> int:
        span = self._span(offset)
        return self._times_in(span)[offset - max(span.base_offset, self.start)]

    def cut(self, time: int) -> int:
        """The first offset that has reached ``time``; the end when there is none."""
        return self.closely(time, *self.bracket(time, self.start, self.end))

    def bracket(self, time: int, start: int, end: int) -> tuple[int, int]:
        """Bounds of the cut, when it is known to lie in ``start`` to ``end``: the batch it falls in."""
        low, high, until = start, end, end
        while low < high:
            span = self._span((low + high) // 2)
            if span.time_high >= time:
                high, until = max(span.base_offset, start), min(span.last_offset + 1, end)
            else:
                low = span.last_offset + 1
        return min(low, end), until

    def closely(self, time: int, from_: int, to: int) -> int:
        """The cut itself, from its bracket."""
        if from_ == to:
            return from_
        span = self._span(from_)
        return max(span.base_offset, self.start) + bisect_left(self._times_in(span), time)

    def entries(self, offset: int) -> Iterator[Entry]:
        """Records from ``offset`` on, each with its place in the order."""
        time = self.time_of(offset) if offset < self.end else NEVER
        while offset < self.end:
            records = self._reader.read(self._topic, self.number, offset, min(READ_RECORDS, self.end - offset))
            if not records:
                return  # retention was quicker than this order
            for record in records:
                time = max(time, record.timestamp_ms)
                yield time, self.number, record.offset, record
            offset = records[-1].offset + 1

    def _span(self, offset: int) -> BatchSpan:
        span = self._batches.span_at(offset)
        if span is None:
            raise OutOfRange(f"{self._topic}/{self.number} has lost offset {offset:,} to retention.", "Look again.")
        return span

    def _times_in(self, span: BatchSpan) -> list[int]:
        """The places in time of a batch's records (those the log still counts as kept)."""
        if span.base_offset not in self._times:
            first = max(span.base_offset, self.start)
            before = self._span(first - 1).time_high if first > self.start else NEVER
            kept = self._batches.times(span.base_offset)[first - span.base_offset :]
            self._times[span.base_offset] = list(accumulate(kept, max, initial=before))[1:]
        return self._times[span.base_offset]


@dataclass(slots=True)
class _Window:
    """Where the cut of one partition can still be, and what the last look at a time said of it."""

    part: _Part
    start: int
    end: int
    from_: int = 0
    to: int = 0

    def look(self, time: int) -> None:
        self.from_, self.to = self.part.bracket(time, self.start, self.end)

    def look_closely(self, time: int) -> None:
        self.from_ = self.to = self.part.closely(time, self.from_, self.to)

    @property
    def least(self) -> int:
        return self.from_ - self.part.start

    @property
    def most(self) -> int:
        return self.to - self.part.start
