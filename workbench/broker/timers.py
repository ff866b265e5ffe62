"""What is due when in one queue: a heap of (time, kind, place). Pure; one caller at a time.

A timer is never searched for and removed: whoever takes it looks whether it still means something. Those that do not
pile up where leases end early, so they are weeded out once they are many more than those that can mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from heapq import heapify, heappop, heappush
from typing import NamedTuple

_SPARE = 4096


class Due(IntEnum):
    LEASE_ENDS = 0
    DELAY_ENDS = 1
    LIFE_ENDS = 2


class Timer(NamedTuple):
    at_ms: int
    kind: Due
    partition: int
    offset: int


class Timers:
    __slots__ = ("heap",)

    def __init__(self) -> None:
        self.heap: list[tuple[int, Due, int, int]] = []  # read in the machine's hot path

    def put(self, at_ms: int, kind: Due, partition: int, offset: int) -> None:
        heappush(self.heap, (at_ms, kind, partition, offset))

    def due(self, now: int) -> Iterator[Timer]:
        """Each that is due, once."""
        while self.heap and self.heap[0][0] <= now:
            yield Timer(*heappop(self.heap))

    @property
    def next_ms(self) -> int | None:
        return self.heap[0][0] if self.heap else None

    def of(self, kind: Due) -> list[Timer]:
        return [Timer(*timer) for timer in self.heap if timer[1] is kind]

    def renew(self, timers: Iterable[tuple[int, Due, int, int]]) -> int:
        """These are all that mean something; returned is how many there may be before it should be done again."""
        self.heap[:] = timers
        heapify(self.heap)
        return _SPARE + 4 * len(self.heap)
