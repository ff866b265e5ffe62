"""What queues did, in the journal's words: see ``core.journal``. Plain functions."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from workbench.broker.leases import Leases
from workbench.broker.tally import Told
from workbench.core.journal import JournalEntry


def told_entry(told: Told, topic: str, queue: str, at_ms: int) -> JournalEntry:
    return JournalEntry(told.word, at_ms, topic, told.partition, told.first, told.last, told.count, group=queue,
                        member=told.consumer, detail=_detail(told.word, told.about))  # fmt: skip


def _detail(word: str, about: Hashable) -> dict[str, Any]:
    if word == "lease":
        return {"attempt": about}
    if word == "nack" and isinstance(about, tuple):
        requeue, delay_ms, reason = about
        return {"requeue": requeue, "delay_ms": delay_ms, "reason": reason}
    if word == "dead" and isinstance(about, tuple):
        reason, to = about
        return {"reason": str(reason), "to": to}
    return {"to": about} if word == "redrive" else {}


def backlog_of(leases: Leases) -> dict[str, Any]:
    """The detail of ``backlog``."""
    counts = leases.counts()
    consumers = {consumer.name: consumer.in_flight for consumer in leases.consumers.values()}
    return {"ready": counts.ready, "delayed": counts.delayed, "in_flight": counts.in_flight, "dead": counts.dead,
            "consumers": consumers}  # fmt: skip


def queue_entry(act: str, topic: str, queue: str, at_ms: int, member: str = "") -> JournalEntry:
    return JournalEntry("queue", at_ms, topic, group=queue, member=member, detail={"act": act})


def tick_entries(leases: Leases, topic: str, queue: str, at_ms: int) -> Iterator[JournalEntry]:
    """Everything the queue did since the last time."""
    for told in leases.tally.take():
        yield told_entry(told, topic, queue, at_ms)
