"""The newest batches of every partition, kept in memory so that live consumers never ask the file.

Bounded by the memory it takes over all partitions; the batch that came first leaves first. Invariant: what is kept of
a partition is its unbroken newest end. Thread-safe.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque

DEFAULT_BYTES = 8 << 20
"""Two seconds of 20,000 events/s of 200 bytes; who is further behind reads the file. It is full within minutes of any
flow, and then a host takes no more memory (it was four times as much, and grew for a quarter of an hour)."""
OVERHEAD_BYTES = 96
"""What keeping one batch takes beside its bytes: the object's head, its offset and three places in lists."""


class _Tail:
    """One partition's kept batches, oldest at ``head``."""

    __slots__ = ("batches", "end", "head", "offsets")

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.batches: list[bytes | None] = []
        self.head = 0
        self.end = -1

    def drop_oldest(self) -> int:
        batch = self.batches[self.head]
        self.batches[self.head] = None
        self.head += 1
        if self.head > 64 and self.head * 2 > len(self.offsets):
            del self.offsets[: self.head], self.batches[: self.head]
            self.head = 0
        return weight_of(batch)


def weight_of(batch: bytes | None) -> int:
    return len(batch or b"") + OVERHEAD_BYTES


class TailCache:
    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._tails: dict[int, _Tail] = {}
        self._arrivals: deque[_Tail] = deque()
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def put(self, partition_no: int, base_offset: int, next_offset: int, batch: bytes) -> None:
        """Keep a committed batch; batches of a partition come in offset order."""
        with self._lock:
            tail = self._tails.get(partition_no)
            if tail is None:
                tail = self._tails[partition_no] = _Tail()
            tail.offsets.append(base_offset)
            tail.batches.append(batch)
            tail.end = next_offset
            self._arrivals.append(tail)
            self._bytes += weight_of(batch)
            while self._bytes > self._max_bytes:
                self._bytes -= self._arrivals.popleft().drop_oldest()

    def get(self, partition_no: int, offset: int, max_bytes: int) -> list[bytes] | None:
        """Batches from the one that holds ``offset``, at least one; None when it is not kept."""
        with self._lock:
            tail = self._tails.get(partition_no)
            if tail is None or offset >= tail.end:
                return None
            at = bisect_right(tail.offsets, offset, tail.head) - 1
            if at < tail.head:
                return None
            found: list[bytes] = []
            for index in range(at, len(tail.batches)):
                batch = tail.batches[index] or b""
                max_bytes -= len(batch)
                if found and max_bytes < 0:
                    break
                found.append(batch)
            return found

    def forget(self, partition_no: int) -> None:
        """The partition is gone: keep nothing of it."""
        with self._lock:
            tail = self._tails.pop(partition_no, None)
            if tail is not None:
                self._arrivals = deque(other for other in self._arrivals if other is not tail)
                self._bytes -= sum(weight_of(batch) for batch in tail.batches[tail.head :])
