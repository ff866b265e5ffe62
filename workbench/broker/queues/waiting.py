"""The order in which ready messages leave a queue. Pure; each keeps only what may be handed out next.

    Spans   plain queues and priorities: a heap of runs of offsets a partition, highest priority first, then the
            lowest offset; partitions take turns. A message that comes back is a run of one at its original position.
            A backlog of any length that came in order is one run, so taking from it costs the same as from a short one.
    Lines   ordered groups and key-shared: a line of messages a group.
            Strict: while one of a group is in flight no other of it is handed out, so that a message that comes back
            is never overtaken. In batches (SQS FIFO): one receive takes as many of a group as it can, in order; a
            later receive gets nothing that stands behind one in flight. What comes back while others of its batch
            are out may be had at once, as it stands before them (the developer guide; on real queues, LocalStack's
            tests that were validated against AWS).
            Key-shared (Pulsar, concepts): a key belongs to one consumer, who may have several of it; it moves on only
            when none of it is in flight with another.

What was settled while it waited is not searched for: ``stands(partition, offset)`` tells READY, DELAYED or GONE when
its turn comes. Every step is O(log n) of runs or groups, never of messages behind it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from enum import Enum
from heapq import heappop, heappush
from typing import Protocol

Place = tuple[int, int]
"""(partition, offset)"""


class Standing(Enum):
    READY = "ready"
    DELAYED = "delayed"
    GONE = "gone"


Stands = Callable[[int, int], Standing]


class Order(Protocol):
    doubtful: bool
    """Set once something may have been settled while it waited."""

    def put(self, partition: int, first: int, end: int, rank: int, group: str) -> None:
        """Messages wait; a lower rank goes first."""
        ...

    def begin(self) -> None:
        """A receive begins: the takes until the next one belong together."""
        ...

    def take(self, consumer: str) -> Place | None:
        """The next message ``consumer`` may have."""
        ...

    def settled(self, group: str, partition: int, offset: int) -> None:
        """That message of the group is no longer in flight."""
        ...

    def wake(self, group: str) -> None:
        """A delayed message of the group is ready."""
        ...

    def assign(self, consumers: Iterable[str]) -> None:
        """Who is there now."""
        ...

    def hold(self, group: str, partition: int, offset: int, consumer: str) -> None:
        """That message of the group is in flight already: the order was made anew around it."""
        ...


class Spans:
    """Runs are lists [rank, first, end]: they shrink in place, which can't disturb the heap as no run begins inside
    another."""

    def __init__(self, stands: Stands) -> None:
        self._stands = stands
        self._heaps: dict[int, list[list[int]]] = {}
        self._tails: dict[int, list[int]] = {}
        self.doubtful = False

    def put(self, partition: int, first: int, end: int, rank: int, group: str) -> None:
        tail = self._tails.get(partition)
        if tail is not None and tail[2] == first and tail[0] == rank:
            tail[2] = end
            return
        span = [rank, first, end]
        heappush(self._heaps.setdefault(partition, []), span)
        if tail is None or first > tail[1]:
            self._tails[partition] = span

    def begin(self) -> None:
        pass

    def take(self, consumer: str) -> Place | None:
        heaps = self._heaps
        while heaps:
            partition = next(iter(heaps)) if len(heaps) == 1 else self._whose_turn()
            heap = heaps[partition]
            span = heap[0]
            offset = span[1]
            if offset + 1 == span[2]:
                self._pop(partition, heap)
            else:
                span[1] = offset + 1
            if not self.doubtful or self._stands(partition, offset) is Standing.READY:
                return partition, offset
        return None

    def _whose_turn(self) -> int:
        best = min(heap[0][0] for heap in self._heaps.values())
        partition = next(number for number, heap in self._heaps.items() if heap[0][0] == best)
        self._heaps[partition] = self._heaps.pop(partition)  # next time it comes after the others
        return partition

    def _pop(self, partition: int, heap: list[list[int]]) -> None:
        span = heappop(heap)
        if self._tails.get(partition) is span:
            del self._tails[partition]
        if not heap:
            del self._heaps[partition]

    def settled(self, group: str, partition: int, offset: int) -> None:
        pass

    def wake(self, group: str) -> None:
        pass

    def assign(self, consumers: Iterable[str]) -> None:
        pass

    def hold(self, group: str, partition: int, offset: int, consumer: str) -> None:
        pass


class _Line:
    __slots__ = ("held", "holder", "name", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: list[Place] = []  # heap of (offset, partition)
        self.held: dict[Place, int] = {}  # in flight: (offset, partition), and by which receive
        self.holder = ""


class Lines:
    """``strict``: one in flight a group, or with ``batches`` as many as one receive takes. ``by_owner``: each group
    belongs to one consumer. Offers that no longer hold are passed over when they come up; those of the group that the
    present receive is at come first."""

    def __init__(self, stands: Stands, *, strict: bool, batches: bool, by_owner: bool) -> None:
        self._stands = stands
        self._strict = strict
        self._batches = strict and batches
        self._by_owner = by_owner
        self.doubtful = True
        self._receive = 0
        self._lines: dict[str, _Line] = {}
        self._consumers: tuple[str, ...] = ()
        self._offers: dict[str, list[tuple[int, int, int, str]]] = {}  # by owner: (rank, offset, partition, group)

    def put(self, partition: int, first: int, end: int, rank: int, group: str) -> None:
        line = self._lines.setdefault(group, _Line(group))
        for offset in range(first, end):
            heappush(line.waiting, (offset, partition))
        self._offer(line)

    def _offer(self, line: _Line, rank: int = 0) -> None:
        if line.waiting:
            heappush(self._offers.setdefault(self._owner(line), []), (rank, *line.waiting[0], line.name))
        elif not line.held:
            del self._lines[line.name]

    def _owner(self, line: _Line) -> str:
        """The consumer with the highest hash for the group: when one comes or goes, only its groups move."""
        if not self._by_owner or not self._consumers:
            return ""
        return max(self._consumers, key=lambda consumer: (_weight(consumer, line.name), consumer))

    def begin(self) -> None:
        self._receive += 1

    def take(self, consumer: str) -> Place | None:
        offers = self._offers.get(consumer if self._by_owner else "", [])
        while offers:
            rank, offset, partition, name = heappop(offers)
            line = self._lines.get(name)
            if line is None or not line.waiting or line.waiting[0] != (offset, partition):
                continue
            if rank not in (0, -self._receive):  # it came first in a receive that is over
                self._offer(line)
                continue
            if not self._is_open(line, consumer):
                continue  # offered again when it is settled
            standing = self._stands(partition, offset)
            if standing is Standing.DELAYED:
                continue  # offered again when it wakes; the group waits for it, or its order would break
            heappop(line.waiting)
            if standing is Standing.READY:
                line.held[offset, partition] = self._receive
                line.holder = consumer
                if self._batches or not self._strict:
                    self._offer(line, -self._receive if self._batches else 0)
                return partition, offset
            self._offer(line, rank)
        return None

    def _is_open(self, line: _Line, consumer: str) -> bool:
        """Whether ``consumer`` may have the first of the line."""
        if not line.held:
            return True
        if self._batches:
            return all(at > line.waiting[0] or receive == self._receive for at, receive in line.held.items())
        return not self._strict and line.holder == consumer

    def settled(self, group: str, partition: int, offset: int) -> None:
        line = self._lines[group]
        del line.held[offset, partition]
        self._offer(line)

    def wake(self, group: str) -> None:
        if group in self._lines:
            self._offer(self._lines[group])

    def assign(self, consumers: Iterable[str]) -> None:
        self._consumers = tuple(consumers)
        if self._by_owner:
            self._offers = {}
            for line in list(self._lines.values()):
                self._offer(line)

    def hold(self, group: str, partition: int, offset: int, consumer: str) -> None:
        line = self._lines.setdefault(group, _Line(group))
        line.held[offset, partition] = 0
        line.holder = consumer


def _weight(consumer: str, group: str) -> int:
    """A CRC alone orders two consumers alike for many groups; multiplied, it does not."""
    return zlib.crc32(f"{consumer}\0{group}".encode()) * 0x9E3779B1 & 0xFFFFFFFF


