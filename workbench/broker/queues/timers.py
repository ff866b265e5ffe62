"""What is due when in one queue: a heap of (time, kind, place), and the leases by the millisecond they end in. Pure;
one caller at a time.

A timer is never searched for and removed: whoever takes it looks whether it still means something. Those that do not
pile up where leases end early, so they are weeded out once they are many more than those that can mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from workbench.broker.queues.partition_state import Lease

_SPARE = 4096


class Due(IntEnum):
    LEASES_END = 0
    DELAY_ENDS = 1
    LIFE_ENDS = 2


class Timer(NamedTuple):
    """The place of ``LEASES_END`` says nothing: ``ended`` has the leases."""

    at_ms: int
    kind: Due
    partition: int
    offset: int


class Timers:
    __slots__ = ("_ends", "_leases", "_most", "heap")

    def __init__(self) -> None:
        self.heap: list[tuple[int, Due, int, int]] = []  # read in the machine's hot path
        self._ends: dict[int, list[Lease]] = {}
        self._leases = 0
        self._most = _SPARE

    def put(self, at_ms: int, kind: Due, partition: int, offset: int) -> None:
        heappush(self.heap, (at_ms, kind, partition, offset))

    def put_leases(self, until_ms: int, leases: Sequence[Lease]) -> bool:
        """All of them end then. True when it is time to ``renew``."""
        together = self._ends.get(until_ms)
        if together is None:
            together = self._ends[until_ms] = []
            heappush(self.heap, (until_ms, Due.LEASES_END, 0, 0))
        together += leases
        self._leases += len(leases)
        return self._leases + len(self.heap) > self._most

    def due(self, now: int) -> Iterator[Timer]:
        """Each that is due, once."""
        while self.heap and self.heap[0][0] <= now:
            yield Timer(*heappop(self.heap))

    def ended(self, at_ms: int) -> list[Lease]:
        """The leases of a ``LEASES_END`` that is due; those that ended before, or were extended, among them."""
        leases = self._ends.pop(at_ms, [])
        self._leases -= len(leases)
        return leases

    @property
    def next_ms(self) -> int | None:
        return self.heap[0][0] if self.heap else None

    def of(self, kind: Due) -> list[Timer]:
        return [Timer(*timer) for timer in self.heap if timer[1] is kind]

    def renew(self, timers: Iterable[tuple[int, Due, int, int]], leases: Iterable[Lease]) -> None:
        """These are all that mean something."""
        self.heap[:] = timers
        heapify(self.heap)
        self._ends, self._leases = {}, 0
        for lease in leases:
            self.put_leases(lease.until_ms, [lease])
        self._most = _SPARE + 4 * (self._leases + len(self.heap))
