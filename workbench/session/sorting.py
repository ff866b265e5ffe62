"""Records of a topic in the order of something other than time: their size, their number of headers, a field.

A log knows no such order, so a ``SortScan`` looks at every record once, a slice at a time, and keeps of each only what
it is sorted by and its place (partition and offset in one number). What arrives later is not in it. Belongs to one
worker at a time; ``SortedRows`` may be read once it is complete.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Refused
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.engines.base import BrowseTable
from workbench.serde import GUESSING, Decoder
from workbench.session.fields import MISSING, read_path
from workbench.session.matching import RecordFilter
from workbench.session.scan import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OFFSET_BITS = 40
MOST_VALUES = 2_000_000
_STEP_RECORDS = 2048
_MASK = (1 << OFFSET_BITS) - 1

Measure = Callable[[StoredRecord], Any]


def measure_of(column: str, decoder: Decoder = GUESSING) -> Measure:
    """What a column is sorted by. Numbers come before texts, and what is missing last."""
    if column == "size":
        return lambda record: record.size_bytes
    if column == "headers":
        return lambda record: len(record.headers)
    if column == "key":
        return lambda record: (record.key is None, record.key or b"")
    path = read_path(column)
    return lambda record: _rank(path.of(record, decoder))


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 1, str(value)
    if isinstance(value, int | float | Decimal):
        return 0, value
    if value is MISSING or value is None:
        return 3, 0
    return (1, value) if isinstance(value, str) else (2, str(value))


class SortScan:
    """``columns`` as in the table; ``wanted`` leaves out what a filter does not match."""

    def __init__(self, topic: str, column: str, bounds: Sequence[PartitionBounds],
                 wanted: RecordFilter | None = None, decoder: Decoder = GUESSING,
                 connection: str = "") -> None:
        self.topic, self.column, self.connection = topic, column, connection
        self._measure = measure_of(column, decoder)
        self._wanted = wanted
        self._left = [(b.partition, b.log_start, b.end) for b in bounds if b.records]
        self._total = sum(b.records for b in bounds)
        self._scanned = 0
        self._sorted = False
        self._values: list[Any] = []
        self._places = array("q")
        self.order: Sequence[int] | NDArray[np.int64] = ()  # places, smallest first, once it is complete

    def advance(self, reader: BrowseTable, budget_s: float) -> Progress:
        """Look on for about ``budget_s``."""
        until = time.monotonic() + budget_s
        while self._left and time.monotonic() < until:
            self._step(reader)
        if not self._left and not self._sorted:
            self._sort()
            self._sorted = True
        return self.progress()

    def progress(self) -> Progress:
        return Progress(self._scanned, self._total, len(self._places), 0, self._sorted)

    def _step(self, reader: BrowseTable) -> None:
        partition, first, end = self._left.pop()
        upto = min(first + _STEP_RECORDS, end)
        for record in reader.between(self.topic, partition, first, upto):
            self._scanned += 1
            if not record.has_content or (self._wanted is not None and not self._wanted.matches(record)):
                continue
            self._values.append(self._measure(record))
            self._places.append(partition << OFFSET_BITS | record.offset)
        if len(self._values) > MOST_VALUES:
            raise Refused("These are too many records to sort.", "Filter them first.")
        if upto < end:
            self._left.append((partition, upto, end))

    def _sort(self) -> None:
        """By a library that lets other threads run meanwhile, where the values are plain numbers."""
        if self.column in ("size", "headers"):
            import numpy as np

            by = np.argsort(np.array(self._values, dtype=np.int64), kind="stable")
            self.order = np.frombuffer(self._places, dtype=np.int64)[by] if len(by) else ()
        else:
            self.order = [self._places[i] for i in sorted(range(len(self._values)), key=self._values.__getitem__)]
        self._values = []


@dataclass(frozen=True, slots=True)
class SortedRows:
    """The rows of a sort that is complete: number 0 is the smallest."""

    scan: SortScan
    page_rows: int = 32

    @property
    def connection(self) -> str:
        return self.scan.connection

    def span(self, bounds: Sequence[PartitionBounds]) -> tuple[int, int]:
        return 0, len(self.scan.order)

    def read(self, reader: BrowseTable, first: int, count: int) -> dict[int, StoredRecord]:
        found: dict[int, StoredRecord] = {}
        for number in range(max(0, first), min(first + count, len(self.scan.order))):
            place = int(self.scan.order[number])
            records = reader.read(self.scan.topic, place >> OFFSET_BITS, place & _MASK, 1)
            if records and records[0].offset == place & _MASK:
                found[number] = records[0]
        return found

    def number_of(self, reader: BrowseTable, partition: int, offset: int) -> int:
        wanted = partition << OFFSET_BITS | offset
        return next((number for number, place in enumerate(self.scan.order) if place == wanted), 0)

    def number_at(self, reader: BrowseTable, ms: int) -> int:
        return 0
