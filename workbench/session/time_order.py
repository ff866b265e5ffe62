"""All partitions of a topic as one list, ordered by time: row numbers to records and back, without a scan.

A record's place in time is the greatest timestamp of its partition up to it, so that offsets keep their order even
where timestamps jump back; records of one millisecond stand by partition, then offset. For an instant ``t`` every
partition has a cut, its first offset that has reached ``t``; the rows before ``t`` are the sum of what lies before
the cuts. That sum only grows with ``t``, so a row is found by guessing ``t`` by proportion and closing in. Most steps
need only the spans of batches, each looked up once and remembered; the last ones decode the few batches at the cut.

An order is of the moment it was made: make another when the log has grown. Belongs to the thread of its reader.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, islice
from typing import Protocol

from workbench.broker import BatchSpan
from workbench.core.errors import OutOfRange
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.engines.base import BatchTimes, BrowseTable
from workbench.session.asked_times import AskedTimes, Entry

READ_RECORDS = 64
KEPT_BATCHES = 64
NEVER = -(1 << 62)
_BY_SHARE = 4  # so many looks go by proportion alone; after them every other one halves, whatever the times are


class Part(Protocol):
    """One partition as the order asks it."""

    number: int
    start: int
    end: int

    def first_time(self) -> int: ...
    def last_time(self) -> int: ...
    def time_of(self, offset: int) -> int: ...
    def cut(self, time: int) -> int: ...
    def bracket(self, time: int) -> tuple[int, int]: ...
    def entries(self, offset: int, time: int) -> Iterator[Entry]: ...


class TimeOrder:
    """Rows of ``topic``: 0 is the oldest, or the newest with ``newest_first``."""

    def __init__(self, reader: BrowseTable, topic: str, newest_first: bool = False) -> None:
        self._newest_first = newest_first
        self.bounds = reader.bounds(topic)
        kept = [bounds for bounds in self.bounds if bounds.records]
        indexes = [reader.stored_batches(topic, bounds.partition) for bounds in kept]
        self._asked = None if all(index is not None for index in indexes) else AskedTimes(reader, topic, kept)
        self._parts: Sequence[Part] = self._asked.parts if self._asked is not None else [
            _Part(reader, topic, bounds, index) for bounds, index in zip(kept, indexes, strict=True)
            if index is not None
        ]
        self._rows = sum(bounds.records for bounds in kept)
        self._first_time = min((part.first_time() for part in self._parts), default=NEVER)
        self._last_time = max((part.last_time() for part in self._parts), default=NEVER)

    def rows(self) -> int:
        """How many records there are."""
        return self._rows

    def read(self, first_row: int, count: int) -> list[StoredRecord | None]:
        """The records of rows ``first_row`` and after; fewer at the end. None: an offset that holds no record, which
        only a foreign log has."""
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
            raise OutOfRange("Partition {partition} holds no offset {offset:,}.", "Look at its first and last offset.",
                             partition=partition, offset=offset)
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

    def _read(self, row: int, count: int) -> list[StoredRecord | None]:
        time = self._time_of(row)
        starts = self._starts(row, time)
        if self._asked is not None:
            self._asked.fetch({part.number: at for part, at in zip(self._parts, starts, strict=True)})
        streams = [part.entries(start, time) for part, start in zip(self._parts, starts, strict=True)]
        return [entry[3] for entry in islice(heapq.merge(*streams, key=lambda entry: entry[:3]), count)]

    def _starts(self, row: int, time: int) -> list[int]:
        """In each partition, the first offset whose row is ``row`` or later; ``time`` is that of the row."""
        cuts = [part.cut(time) for part in self._parts]
        left = row - sum(cut - part.start for cut, part in zip(cuts, self._parts, strict=True))
        starts = []
        for cut, part in zip(cuts, self._parts, strict=True):
            taken = min(left, part.cut(time + 1) - cut) if left else 0
            starts.append(cut + taken)
            left -= taken
        return starts

    def _time_of(self, row: int) -> int:
        """The time of the record in ``row``: the greatest with no more than ``row`` rows before it."""
        low, high, rows_low, rows_high = self._first_time, self._last_time + 1, 0, self._rows
        one_sided = 0
        while high - low > 1:
            share = 0.5 if abs(one_sided) > 1 else (row - rows_low) / max(1, rows_high - rows_low)
            time = min(max(low + int((high - low) * share), low + 1), high - 1)
            rows = self._rows_before(time, row)
            if rows > row:
                high, rows_high, one_sided = time, rows, max(1, one_sided + 1)
            else:
                low, rows_low, one_sided = time, rows, min(-1, one_sided - 1)
        return low

    def _rows_before(self, time: int, row: int) -> int:
        """How many rows lie before ``time``, exact enough to tell whether that is more than ``row``."""
        brackets = [part.bracket(time) for part in self._parts]
        least = sum(from_ - part.start for part, (from_, _) in zip(self._parts, brackets, strict=True))
        most = least + sum(to - from_ for from_, to in brackets)
        for part, (from_, to) in zip(self._parts, brackets, strict=True):
            if not least <= row < most:
                break
            cut = part.cut(time)
            least, most = least + cut - from_, most - (to - cut)
        return least if least > row else most


class _Part:
    """One partition: its batches by look-up, and the times of the records in those that were decoded."""

    def __init__(self, reader: BrowseTable, topic: str, bounds: PartitionBounds, batches: BatchTimes) -> None:
        self.number, self.start, self.end = bounds.partition, bounds.log_start, bounds.end
        self._reader = reader
        self._topic = topic
        self._batches = batches
        self._times: dict[int, list[int]] = {}
        self._spans: list[BatchSpan] = []
        self._look_at(self.start)
        self._look_at(self.end - 1)

    def first_time(self) -> int:
        return self._reader.read(self._topic, self.number, self.start, 1)[0].timestamp_ms

    def last_time(self) -> int:
        return self._spans[-1].time_high

    def time_of(self, offset: int) -> int:
        span = self._span(offset)
        return self._times_in(span)[offset - max(span.base_offset, self.start)]

    def cut(self, time: int) -> int:
        """The first offset that has reached ``time``; the end when there is none."""
        from_, to = self.bracket(time)
        if from_ == to:
            return to
        return from_ + bisect_left(self._times_in(self._span(from_)), time)

    def bracket(self, time: int) -> tuple[int, int]:
        """Bounds of the cut: the batch it falls in, or twice the same where it falls between two."""
        for looks in count():
            at = bisect_left(self._spans, time, key=_height)
            if at == len(self._spans):
                return self.end, self.end
            above, low = self._spans[at], self.start
            if at == 0 or above.base_offset <= (low := self._spans[at - 1].last_offset + 1):
                between = low == above.base_offset and time <= above.first_time
                return low, low if between else min(above.last_offset + 1, self.end)
            below_ms = self._spans[at - 1].time_high
            share = 0.5 if looks > _BY_SHARE and looks % 2 else (time - below_ms) / (above.time_high - below_ms)
            self._look_at(min(low + int((above.last_offset - low) * share), above.base_offset - 1))
        raise AssertionError  # each look halves what is unknown

    def entries(self, offset: int, time: int) -> Iterator[Entry]:
        """Records from ``offset`` on, each with its place in the order; what lies before is of ``time`` or older."""
        while offset < self.end:
            records = self._reader.read(self._topic, self.number, offset, min(READ_RECORDS, self.end - offset))
            if not records:
                return  # retention was quicker than this order
            for record in records:
                time = max(time, record.timestamp_ms)
                yield time, self.number, record.offset, record
            offset = records[-1].offset + 1

    def _span(self, offset: int) -> BatchSpan:
        at = bisect_right(self._spans, offset, key=_base) - 1
        known = self._spans[at] if at >= 0 else None
        return known if known is not None and offset <= known.last_offset else self._look_at(offset)

    def _look_at(self, offset: int) -> BatchSpan:
        """Look the batch of ``offset`` up, and remember it."""
        span = self._batches.span_at(offset)
        if span is None or span.last_offset < offset:
            raise OutOfRange("{topic}/{number} has lost offset {offset:,} to retention.", "Look again.",
                             topic=self._topic, number=self.number, offset=offset)
        at = bisect_left(self._spans, span.base_offset, key=_base)
        if at == len(self._spans) or self._spans[at].base_offset != span.base_offset:
            self._spans.insert(at, span)
        return span

    def _times_in(self, span: BatchSpan) -> list[int]:
        """The places in time of a batch's records (those the log still counts as kept)."""
        if span.base_offset not in self._times:
            first = max(span.base_offset, self.start)
            before = self._span(first - 1).time_high if first > self.start else NEVER
            kept = self._batches.times(span.base_offset)[first - span.base_offset :]
            if len(self._times) >= KEPT_BATCHES:
                del self._times[next(iter(self._times))]
            self._times[span.base_offset] = list(accumulate(kept, max, initial=before))[1:]
        return self._times[span.base_offset]


def _base(span: BatchSpan) -> int:
    return span.base_offset


def _height(span: BatchSpan) -> int:
    return span.time_high
