"""What queues did, in the journal's words: see ``core.journal``. Plain functions."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from workbench.broker.queues.leases import Leases
from workbench.broker.queues.tally import Told
from workbench.core.journal import JournalEntry
from workbench.core.runs import Run, joined, pack_runs

ROWS = 16
"""So many ranges of a word in a tick are entries of their own."""


def told_entries(told: Told, topic: str, queue: str, at_ms: int) -> Iterator[JournalEntry]:
    """Ranges beyond ``ROWS`` are one entry from the first to the last of them that names its offsets."""

    def entry(first: int, last: int, count: int, **more: str) -> JournalEntry:
        return JournalEntry(told.word, at_ms, topic, told.partition, first, last, count, group=queue,
                            member=told.consumer, detail=_detail(told.word, told.about) | more)

    ranges = told.ranges if len(told.ranges) <= ROWS else told.ranges[: ROWS - 1]
    yield from (entry(*each) for each in ranges)
    if not (rest := told.ranges[len(ranges) :]):
        return
    if rest[-1][2] <= rest[-1][1] - rest[-1][0]:  # it widened
        yield entry(*rest.pop())
    runs = joined((first, last) for first, last, _ in rest)
    if runs:
        yield entry(runs[0][0], runs[-1][1], sum(each[2] for each in rest), offsets=pack_runs(runs))


def _detail(word: str, about: Hashable) -> dict[str, Any]:
    if word in ("lease", "return"):
        return {"attempt": about}
    if word == "nack" and isinstance(about, tuple):
        requeue, delay_ms, reason, attempt = about
        return {"requeue": requeue, "delay_ms": delay_ms, "reason": reason, "attempt": attempt}
    if word == "dead" and isinstance(about, tuple):
        reason, to = about
        return {"reason": str(reason), "to": to}
    return {"to": about} if word == "redrive" else {}


def backlog_of(leases: Leases) -> dict[str, Any]:
    """The detail of ``backlog``."""
    counts = leases.counts()
    consumers = {consumer.name: consumer.in_flight for consumer in leases.consumers.values()}
    return {"ready": counts.ready, "delayed": counts.delayed, "in_flight": counts.in_flight, "dead": counts.dead,
            "consumers": consumers}


def queue_entry(act: str, topic: str, queue: str, at_ms: int, member: str = "", **more: Any) -> JournalEntry:
    return JournalEntry("queue", at_ms, topic, group=queue, member=member, detail={"act": act} | more)


def purge_entries(purged: Mapping[int, Sequence[Run]], topic: str, queue: str, at_ms: int) -> Iterator[JournalEntry]:
    """Which messages a purge removed: the runs of each partition as one entry."""
    for partition, runs in purged.items():
        count = sum(last - first + 1 for first, last in runs)
        detail = {"offsets": pack_runs(runs)} if len(runs) > 1 else {}
        yield JournalEntry("purge", at_ms, topic, partition, runs[0][0], runs[-1][1], count, group=queue, detail=detail)


def tick_entries(leases: Leases, topic: str, queue: str, at_ms: int) -> Iterator[JournalEntry]:
    """Everything the queue did since the last time."""
    for told in leases.tally.take():
        yield from told_entries(told, topic, queue, at_ms)
