"""The words of the journal: what happened, when, to whom. One entry covers a range, never a single event.

Every entry has a time and a kind; the other fields are used as the kind needs them. What queues did to offsets that are
scattered between first and last names them in detail.offsets (see ``core.runs``). Where even that would be too much,
``count`` is below the width of the range: so many of it are meant, and nobody knows which.

    append      topic partition first last count bytes                 records written (first..last inclusive)
    deliver     topic partition first last count group member          records handed to a member; detail.again: re-read
    commit      topic partition last group member                      committed offset is now ``last`` (next to read)
    retention   topic partition first last                             log start moved from first to last
    topic       topic; detail.act = created|altered|deleted|restored|renamed   detail holds partitions and config;
                restored: bounds [[log start, end, bytes], ...]; renamed: was, the name before
    group       group; detail.act = deleted|expired, renamed with to (its new name), or
                state with state, generation, assignor (a step on the way)
    join leave  group member; detail.reason; join: client, instance, replaces (a static member came back)
    rebalance   group; detail: generation, assignor, assignment {member: [[topic, partition], ...]}
    reset       group topic; detail: moves [[partition, before, after], ...], spec
    member      group member; detail.act = paused|resumed|killed|restarted|added|removed|failed, or slow|steady: it
                began to get more than it handles, and ceased to
    producer    detail: node, act = paused|resumed|failed|done ...
    run         detail.act = started|paused|resumed|stepped|stopped; speed, seed
    fault       detail: what, where, text
    user        detail: act, text                                      what a person did
    bookmark    detail: text
    lease       topic partition first last group=queue member=consumer  messages handed out; detail.attempt
    ack         topic partition first last group=queue member
    nack        topic partition first last group=queue member; detail.requeue, delay_ms, reason, attempt
    return      topic partition first last group=queue member; detail.attempt   leases that ran out, or were let go;
                                                                       without a member: those that a crash ended
    dead        topic partition first last group=queue; detail.reason, to (dead-letter queue, empty: kept there)
    redrive     topic partition first last group=queue; detail.to       dead messages were sent on
    purge       topic partition first last count group=queue            messages that somebody removed; an older
                                                                       workbench named no partition, and meant all
    queue       topic group=queue; detail.act = created|altered|deleted|attached|detached, with member for the last two;
                attached: group (the member's); detached: vanished (killed without a word)
                detail.floors: by partition, where a subscription begins, unless at the log's first offset
    backlog     topic group=queue; detail.ready, delayed, in_flight, dead, consumers {name: in flight}: as it stood then
    route       topic group=exchange count; detail.act = unroutable|returned, key
    store       group=store count=rows; detail.rows, writes, repeats, reads, refused: as they stood then
    host        detail.act = started|stopped|recovered      entered by the broker when it opens and closes the file
    flow        detail: digest                                         the drawing was saved
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.core.runs import unpack_runs

MARK_KINDS = ("run", "rebalance", "reset", "fault", "bookmark", "member", "dead", "redrive", "purge")
"""Kinds that show as marks on the time strip."""
QUIET_ACTS = ("slow", "steady")
"""What is noted of members for the state alone."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry. ``id`` is 0 until it is stored; ids and times never go back."""

    kind: str
    at_ms: int
    topic: str = ""
    partition: int = -1
    first: int = -1
    last: int = -1
    count: int = 0
    bytes: int = 0
    group: str = ""
    member: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    id: int = 0

    def holds(self, offset: int) -> bool:
        """Whether it is about that offset of its partition; see ``vague``."""
        if not self.first <= offset <= self.last:
            return False
        offsets = self.detail.get("offsets")
        return not offsets or any(first <= offset <= last for first, last in unpack_runs(offsets))

    @property
    def vague(self) -> bool:
        """Whether the range is wider than what is meant."""
        return 0 < self.count <= self.last - self.first and "offsets" not in self.detail


@dataclass(frozen=True, slots=True)
class LagSample:
    """Lag of one group's partition at one time; ``lag_ms`` is None when it is not known. Of a group that reads by
    leases ``topic`` is the queue, and what waits in it the lag."""

    at_ms: int
    group: str
    topic: str
    partition: int
    lag_records: int
    lag_ms: int | None
