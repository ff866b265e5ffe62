"""One partition of a queue: the state of each message that is not plain. Pure; belongs to one ``Leases``.

A message is what the first line that fits says:

    done        its bit is set, or it lies below the floor: acked, or gone to another queue
    in flight   in ``leases``
    dead        in ``dead``
    delayed     in ``delayed``, with the time it becomes ready
    ready       every other one before ``end``; those before ``frontier`` have been looked at (taken in)

So a plain message that waits costs nothing. ``attempts``, ``notes`` and ``traits`` hold what a message has beyond
that; ``changed`` names the messages whose rows in the file are not as they are here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.broker.queues.ack_bitmap import AckBitmap
from workbench.core.queues import DeadLetterReason
from workbench.core.runs import Run, joined

TOGETHER_MS = 10
"""Messages that came within this time share a time of arrival, the first one's."""


class Lease(NamedTuple):
    """One message handed out. ``serial`` is the order of handing out, for acking everything up to one. ``until_ms`` 0:
    no clock ends it."""

    partition: int
    offset: int
    attempt: int
    consumer: str
    leased_ms: int
    until_ms: int
    serial: int


class Traits(NamedTuple):
    """What a message's headers ask for. Times are None, texts empty where they ask for nothing."""

    ttl_ms: int | None = None
    delay_ms: int | None = None
    priority: int = 0
    group: str = ""
    dedup_id: str = ""


PLAIN = Traits()


class Dead(NamedTuple):
    """``leaving``: it goes to the dead-letter queue with the next commit."""

    reason: DeadLetterReason
    text: str
    at_ms: int
    leaving: bool = False


class MessageRow(NamedTuple):
    """What is kept in the file of one message beyond its bits; all empty: no row."""

    offset: int
    attempts: int = 0
    ready_ms: int | None = None
    note: str = ""
    reason: str = ""
    dead_ms: int | None = None


class Arrivals:
    """When messages came: (end, time) of runs, oldest first."""

    __slots__ = ("_ends", "_times")

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._times: list[int] = []

    def note(self, end: int, at_ms: int) -> None:
        if self._times and 0 <= at_ms - self._times[-1] < TOGETHER_MS:
            self._ends[-1] = end
        else:
            self._ends.append(end)
            self._times.append(at_ms)

    def of(self, offset: int) -> tuple[int, int]:
        """The time at which ``offset`` came, and where the run that it came with ends."""
        at = bisect_right(self._ends, offset)
        return (self._times[at], self._ends[at]) if at < len(self._ends) else (0, offset + 1)

    def forget(self, before: int) -> None:
        gone = bisect_right(self._ends, before)
        if gone > 256:
            del self._ends[:gone], self._times[:gone]

    def clear(self) -> None:
        self._ends.clear()
        self._times.clear()


@dataclass(slots=True)
class PartitionState:
    partition: int
    marks: AckBitmap = field(default_factory=AckBitmap)
    frontier: int = 0
    end: int = 0
    head: int = 0  # nothing before it is ready
    aged: int = 0  # everything before it was looked at for its time to live
    arrivals: Arrivals = field(default_factory=Arrivals)
    leases: dict[int, Lease] = field(default_factory=dict)
    dead: dict[int, Dead] = field(default_factory=dict)
    delayed: dict[int, int] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    traits: dict[int, Traits] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    cut_short: tuple[int, ...] = ()  # in flight when the host died

    def is_ready(self, offset: int) -> bool:
        return not (offset in self.leases or offset in self.dead or offset in self.delayed
                    or self.marks.is_done(offset))

    def is_waiting(self, offset: int) -> bool:
        """Ready or delayed."""
        return offset in self.delayed or self.is_ready(offset)

    def waiting_runs(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        """Runs of what is ready or delayed in the range."""
        out, at = self._held_between(first, end), 0
        for start, stop in self.marks.undone_runs(first, end):
            while at < len(out) and out[at] < stop:
                if out[at] > start:
                    yield start, out[at]
                start = max(start, out[at] + 1)
                at += 1
            if start < stop:
                yield start, stop

    def _held_between(self, first: int, end: int) -> list[int]:
        """What is in flight or dead in the range, rising; looked for where there is less to look through."""
        if end - first < len(self.leases) + len(self.dead):
            return [offset for offset in range(first, end) if offset in self.leases or offset in self.dead]
        return sorted(offset for held in (self.leases, self.dead) for offset in held if first <= offset < end)

    def unseen(self) -> int:
        """How many ready messages were not taken in yet."""
        if self.frontier == self.end:
            return 0
        total = sum(stop - start for start, stop in self.waiting_runs(self.frontier, self.end))
        return total - sum(1 for offset in self.delayed if offset >= self.frontier)

    def oldest_ready(self) -> int | None:
        while self.head < self.frontier:
            if self.is_ready(self.head):
                return self.head
            self.head += 1
        return None

    def finish(self, offset: int) -> None:
        """The message is done."""
        self.marks.set_done(offset)
        if self.attempts and self.attempts.pop(offset, None) is not None:
            self.changed.add(offset)
        if self.traits:
            self.traits.pop(offset, None)
        if self.notes:
            self.notes.pop(offset, None)

    def purge(self) -> list[Run]:
        """All but what is in flight is done; returned is what that was."""
        purged: list[Run] = []
        start = self.marks.floor
        for offset in [*sorted(self.leases), self.end]:
            purged += joined((first, stop - 1) for first, stop in self.marks.undone_runs(start, offset))
            self.marks.set_done_range(start, offset)
            start = offset + 1
        self.forget(lambda offset: offset not in self.leases)
        self.frontier = self.aged = self.head = self.end
        return purged

    def forget(self, gone: Callable[[int], bool]) -> None:
        """What is known of messages that are gone."""
        for kept in (self.attempts, self.dead, self.delayed, self.traits, self.notes):
            for offset in [offset for offset in kept if gone(offset)]:
                del kept[offset]
                self.changed.add(offset)

    def row(self, offset: int) -> MessageRow | None:
        """The row of a message as it stands; None when it needs none."""
        if self.marks.is_done(offset):
            return None
        dead = self.dead.get(offset)
        if dead is not None and not dead.leaving:
            return MessageRow(offset, self.attempts.get(offset, 0), None, dead.text, dead.reason, dead.at_ms)
        row = MessageRow(offset, self.attempts.get(offset, 0), self.delayed.get(offset), self.notes.get(offset, ""))
        return row if row.attempts else None

    def load(self, row: MessageRow) -> None:
        if row.attempts:
            self.attempts[row.offset] = row.attempts
        if row.reason:
            self.dead[row.offset] = Dead(DeadLetterReason(row.reason), row.note, row.dead_ms or 0)
            return
        if row.note:
            self.notes[row.offset] = row.note
        if row.ready_ms is not None:
            self.delayed[row.offset] = row.ready_ms
