"""What queues did, in the journal's words: see ``core.journal``. Plain functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.broker.queues.leases import Leases
from workbench.broker.queues.tally import Told, Word
from workbench.core.journal import (
    AckEntry,
    BacklogEntry,
    DeadEntry,
    LeaseEntry,
    MessagesEntry,
    NackEntry,
    PurgeEntry,
    RedriveEntry,
    ReturnEntry,
)
from workbench.core.runs import Run, joined, pack_runs

ROWS = 16
"""So many ranges of a word in a tick are entries of their own."""


def told_entries(told: Told, topic: str, queue: str, at_ms: int) -> Iterator[MessagesEntry]:
    """Ranges beyond ``ROWS`` are one entry from the first to the last of them that names its offsets."""

    def entry(first: int, last: int, count: int, *, offsets: str = "") -> MessagesEntry:
        where = (at_ms, topic, told.partition, first, last, count, 0, queue, told.consumer)
        return _entry(told.word, told.about, where, offsets)

    ranges = told.ranges if len(told.ranges) <= ROWS else told.ranges[: ROWS - 1]
    yield from (entry(*each) for each in ranges)
    if not (rest := told.ranges[len(ranges) :]):
        return
    if rest[-1][2] <= rest[-1][1] - rest[-1][0]:  # it widened
        yield entry(*rest.pop())
    runs = joined((first, last) for first, last, _ in rest)
    if runs:
        yield entry(runs[0][0], runs[-1][1], sum(each[2] for each in rest), offsets=pack_runs(runs))


def _entry(word: Word, about: Any, where: tuple[int, str, int, int, int, int, int, str, str],
           offsets: str) -> MessagesEntry:
    match word:
        case "lease":
            return LeaseEntry(*where, attempt=about, offsets=offsets)
        case "ack":
            return AckEntry(*where, offsets=offsets)
        case "nack":
            requeue, delay_ms, reason, attempt = about
            return NackEntry(*where, requeue=requeue, delay_ms=delay_ms, reason=reason, attempt=attempt,
                             offsets=offsets)
        case "return":
            return ReturnEntry(*where, attempt=about, offsets=offsets)
        case "dead":
            reason, to = about
            return DeadEntry(*where, reason=str(reason), to=to, offsets=offsets)
        case "redrive":
            return RedriveEntry(*where, to=about, offsets=offsets)


def backlog_entry(leases: Leases, topic: str, queue: str, at_ms: int) -> BacklogEntry:
    """The queue as it stands."""
    counts = leases.counts()
    consumers = {consumer.name: consumer.in_flight for consumer in leases.consumers.values()}
    return BacklogEntry(at_ms, topic, group=queue, ready=counts.ready, delayed=counts.delayed,
                        in_flight=counts.in_flight, dead=counts.dead, consumers=consumers)


def purge_entries(purged: Mapping[int, Sequence[Run]], topic: str, queue: str, at_ms: int) -> Iterator[PurgeEntry]:
    """Which messages a purge removed: the runs of each partition as one entry."""
    for partition, runs in purged.items():
        count = sum(last - first + 1 for first, last in runs)
        offsets = pack_runs(runs) if len(runs) > 1 else ""
        yield PurgeEntry(at_ms, topic, partition, runs[0][0], runs[-1][1], count, group=queue, offsets=offsets)


def tick_entries(leases: Leases, topic: str, queue: str, at_ms: int) -> Iterator[MessagesEntry]:
    """Everything the queue did since the last time."""
    for told in leases.tally.take():
        yield from told_entries(told, topic, queue, at_ms)
