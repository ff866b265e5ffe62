"""Which record stands in which row of the table: three orders behind one Protocol.

Rows count upwards in time from a *number* that never changes for a record while the log grows or its head is removed:
an offset in one partition, the sum of offsets over all partitions merged by time, an index from where a scan began.
``span`` is asked on the GUI thread; what takes a reader, on a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

from workbench.core.errors import NotFound
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.engines.base import BrowseTable
from workbench.session.scan import Scan
from workbench.session.time_order import TimeOrder

PAGE_ROWS = 128
PAGE_BYTES = 64 << 20


def page_rows_of(records: int, size_bytes: int) -> int:
    """How many of a topic's records a page holds: the fewer, the larger they are on average; at least one."""
    return max(1, min(PAGE_ROWS, PAGE_BYTES * records // max(1, size_bytes))) if records else PAGE_ROWS


class Rows(Protocol):
    @property
    def page_rows(self) -> int: ...

    @property
    def connection(self) -> str:
        """Whose records they are: the reader is one of that connection."""
        ...

    def span(self, bounds: Sequence[PartitionBounds]) -> tuple[int, int]:
        """First number, and the one after the last, for what the log holds."""
        ...

    def read(self, reader: BrowseTable, first: int, count: int) -> dict[int, StoredRecord]:
        """Records by number; what retention removed is missing."""
        ...

    def number_of(self, reader: BrowseTable, partition: int, offset: int) -> int:
        """The number of that record, or of the next one there is."""
        ...

    def number_at(self, reader: BrowseTable, ms: int) -> int:
        """The number of the first record at or after a time."""
        ...


@dataclass(frozen=True, slots=True)
class PartitionRows:
    """One partition: the number is the offset."""

    topic: str
    partition: int
    page_rows: int = PAGE_ROWS
    connection: str = ""

    def span(self, bounds: Sequence[PartitionBounds]) -> tuple[int, int]:
        return next(((b.log_start, b.end) for b in bounds if b.partition == self.partition), (0, 0))

    def read(self, reader: BrowseTable, first: int, count: int) -> dict[int, StoredRecord]:
        records = reader.read(self.topic, self.partition, max(0, first), count)
        return {record.offset: record for record in records if record.offset < first + count}

    def number_of(self, reader: BrowseTable, partition: int, offset: int) -> int:
        return offset

    def number_at(self, reader: BrowseTable, ms: int) -> int:
        found = reader.offset_for_time(self.topic, self.partition, ms)
        return self.span(reader.bounds(self.topic))[1] if found is None else found


@dataclass(frozen=True, slots=True)
class TimeOrderedRows:
    """All partitions by time: the number is the row plus what was removed so far (the sum of the log starts)."""

    topic: str
    page_rows: int = PAGE_ROWS
    connection: str = ""
    _orders: WeakKeyDictionary[BrowseTable, TimeOrder] = field(default_factory=WeakKeyDictionary, compare=False)

    def span(self, bounds: Sequence[PartitionBounds]) -> tuple[int, int]:
        return sum(b.log_start for b in bounds), sum(b.end for b in bounds)

    def _order(self, reader: BrowseTable) -> TimeOrder:
        """What a reader learnt of the log stays as long as nothing was added or removed."""
        known = self._orders.get(reader)
        if known is None or known.bounds != reader.bounds(self.topic):
            known = self._orders[reader] = TimeOrder(reader, self.topic)
        return known

    def read(self, reader: BrowseTable, first: int, count: int) -> dict[int, StoredRecord]:
        order = self._order(reader)
        removed = self.span(order.bounds)[0]
        row = max(0, first - removed)
        records = order.read(row, first - removed + count - row)
        return {removed + row + i: record for i, record in enumerate(records) if record is not None}

    def number_of(self, reader: BrowseTable, partition: int, offset: int) -> int:
        order = self._order(reader)
        own = next((b for b in order.bounds if b.partition == partition), None)
        if own is None or not own.records:
            raise NotFound("Partition {partition} of {topic} holds no records.", partition=partition, topic=self.topic)
        inside = min(max(offset, own.log_start), own.end - 1)
        return self.span(order.bounds)[0] + order.row_of(partition, inside)

    def number_at(self, reader: BrowseTable, ms: int) -> int:
        order = self._order(reader)
        return self.span(order.bounds)[0] + order.row_at_time(ms)


@dataclass(frozen=True, slots=True)
class MatchedRows:
    """What a filter found: numbers from 0 up arrived after the scan began, below 0 lies what was there before."""

    scan: Scan
    page_rows: int = 32

    @property
    def connection(self) -> str:
        return self.scan.connection

    def span(self, bounds: Sequence[PartitionBounds]) -> tuple[int, int]:
        return -len(self.scan.older), len(self.scan.newer)

    def _place(self, number: int) -> tuple[int, int, int] | None:
        found, index = (self.scan.newer, number) if number >= 0 else (self.scan.older, -1 - number)
        return found[index] if index < len(found) else None

    def read(self, reader: BrowseTable, first: int, count: int) -> dict[int, StoredRecord]:
        found: dict[int, StoredRecord] = {}
        for number in range(first, first + count):
            place = self._place(number)
            records = reader.read(self.scan.topic, place[1], place[2], 1) if place else []
            if place and records and records[0].offset == place[2]:
                found[number] = records[0]
        return found

    def number_of(self, reader: BrowseTable, partition: int, offset: int) -> int:
        first, end = self.span(())
        for number in range(first, end):
            place = self._place(number)
            if place and place[1] == partition and place[2] >= offset:
                return number
        return end

    def number_at(self, reader: BrowseTable, ms: int) -> int:
        low, high = self.span(())
        while low < high:
            middle = (low + high) // 2
            place = self._place(middle)
            if place is not None and place[0] < ms:
                low = middle + 1
            else:
                high = middle
        return low
