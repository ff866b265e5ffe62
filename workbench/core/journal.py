"""The words of the journal: what happened, when, to whom. One entry covers a range, never a single event.

A kind of entry is a type of its own: writers make it, readers match on it. All have a time and the columns of the
journal's table, each used as the kind needs it; what only one kind has are its own fields. ``first`` and ``last`` are
offsets, both inclusive. What queues did to offsets that are scattered between them names them in ``offsets`` (see
``core.runs``). Where even that would be too much, ``count`` is below the width of the range: so many of it are meant,
and nobody knows which.

``broker.journal.entries`` is the only place that knows how an entry looks in the file: a field without a default is
always written, one with a default only where it differs from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from workbench.core.runs import unpack_runs

MARK_KINDS = ("run", "rebalance", "reset", "fault", "bookmark", "member", "dead", "redrive", "purge")
"""Kinds that show as marks on the time strip."""
QUIET_ACTS = ("slow", "steady")
"""What is noted of members for the state alone."""
TopicAct = Literal["created", "altered", "deleted", "restored", "renamed"]
QueueAct = Literal["created", "altered", "deleted", "attached", "detached"]
MemberAct = Literal["paused", "resumed", "killed", "restarted", "added", "removed", "failed", "slow", "steady"]
ProducerAct = Literal["paused", "resumed", "failed", "done"]
SendOutcome = Literal["acked", "failed", "unknown"]
RouteAct = Literal["unroutable", "returned"]
SchemaAct = Literal["registered", "deleted", "removed", "settings"]
RunAct = Literal["started", "resumed", "paused", "stepped", "stopped", "speed"]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What all kinds have. ``id`` is 0 until it is stored; ids and times never go back. ``group`` is a consumer group,
    queue, exchange or store, ``member`` who of it."""

    kind: ClassVar[str] = ""

    at_ms: int
    topic: str = ""
    partition: int = -1
    first: int = -1
    last: int = -1
    count: int = 0
    bytes: int = 0
    group: str = ""
    member: str = ""
    id: int = field(default=0, kw_only=True)

    def holds(self, offset: int) -> bool:
        """Whether it is about that offset of its partition; see ``vague``."""
        return self.first <= offset <= self.last

    @property
    def vague(self) -> bool:
        """Whether the range is wider than what is meant."""
        return 0 < self.count <= self.last - self.first


# -- the log -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AppendEntry(JournalEntry):
    """Records were written: topic, partition, first, last, count, bytes."""

    kind: ClassVar[str] = "append"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEntry(JournalEntry):
    """Records were handed to a member of a group. ``again``: the group had them before. ``held``: the member is one of
    the flow's own, and a ``done`` tells when it has worked them, and whether again; of a client nobody knows. An older
    workbench told of its own members when they had worked, and not as held."""

    kind: ClassVar[str] = "deliver"
    again: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneEntry(JournalEntry):
    """A member of the flow has worked records that it held. ``again``: the group had worked them before."""

    kind: ClassVar[str] = "done"
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEntry(JournalEntry):
    """A drawn producer (``member``) or group sent ``count`` records, and was told this. They are its records
    ``sequence`` and following to this partition; -1 is an exchange. ``acked``: they lie between ``first`` and ``last``,
    perhaps with others' among them; ``duplicates`` of them lay there before: the first answer had been lost.
    ``failed``: none was taken. ``unknown``: no answer came, they may lie there or not. ``retries``: so many batches
    were sent again."""

    kind: ClassVar[str] = "send"
    sequence: int
    outcome: SendOutcome = "acked"
    retries: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class CommitEntry(JournalEntry):
    """The committed offset is now ``last`` (next to read); ``count`` commits were joined."""

    kind: ClassVar[str] = "commit"


@dataclass(frozen=True, slots=True)
class RetentionEntry(JournalEntry):
    """The log start moved from ``first`` to ``last``."""

    kind: ClassVar[str] = "retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicEntry(JournalEntry):
    """A topic came or changed. ``bounds``: (log start, end, bytes) of each partition of one that was restored; ``was``:
    the name before it was renamed. Empty where nothing is said of it."""

    kind: ClassVar[str] = "topic"
    act: TopicAct
    topic_kind: str = ""
    partitions: int = 0
    config: Mapping[str, str] | None = None
    bounds: Sequence[Sequence[int]] = ()
    was: str = ""


# -- consumer groups -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEntry(JournalEntry):
    """A group took a step (``state``, with the three after it), ended, or goes on under the name ``to``."""

    kind: ClassVar[str] = "group"
    act: Literal["state", "deleted", "expired", "renamed"]
    state: str | None = None
    generation: int | None = None
    assignor: str | None = None
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinEntry(JournalEntry):
    """``replaces``: the id that a static member, who came back, had before."""

    kind: ClassVar[str] = "join"
    client: str
    instance: str
    reason: str
    replaces: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveEntry(JournalEntry):
    kind: ClassVar[str] = "leave"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalanceEntry(JournalEntry):
    """Who has which (topic, partition) now."""

    kind: ClassVar[str] = "rebalance"
    generation: int
    assignor: str
    assignment: Mapping[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetEntry(JournalEntry):
    """A group was moved on ``topic``: (partition, committed before or None, after). ``spec`` is what was asked for."""

    kind: ClassVar[str] = "reset"
    moves: Sequence[Sequence[Any]]
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEntry(JournalEntry):
    """``slow`` and ``steady``: it began to get more than it handles, and ceased to."""

    kind: ClassVar[str] = "member"
    act: MemberAct
    reason: str


# -- the run -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerEntry(JournalEntry):
    """A drawn producer paused, resumed, failed (``reason``) or is done."""

    kind: ClassVar[str] = "producer"
    node: str
    name: str
    act: ProducerAct
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry(JournalEntry):
    kind: ClassVar[str] = "run"
    act: RunAct
    speed: float
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEntry(JournalEntry):
    """Something was made to fail: ``where`` is the part."""

    kind: ClassVar[str] = "fault"
    what: str
    where: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntry(JournalEntry):
    """What a person did."""

    kind: ClassVar[str] = "user"
    act: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookmarkEntry(JournalEntry):
    """``marked_ms`` is the time it is about, where that is another than it was set at."""

    kind: ClassVar[str] = "bookmark"
    text: str
    marked_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEntry(JournalEntry):
    """The drawing was saved."""

    kind: ClassVar[str] = "flow"
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry(JournalEntry):
    """The file was opened (after a crash: recovered), or closed in order."""

    kind: ClassVar[str] = "host"
    act: Literal["started", "stopped", "recovered"]


# -- queues: ``group`` is the queue, ``member`` the consumer ---------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesEntry(JournalEntry):
    """Something happened to messages of a queue. ``offsets``: those that are meant, packed; empty: all of the range."""

    offsets: str = ""

    def holds(self, offset: int) -> bool:
        if not self.first <= offset <= self.last:
            return False
        return not self.offsets or any(first <= offset <= last for first, last in unpack_runs(self.offsets))

    @property
    def vague(self) -> bool:
        return 0 < self.count <= self.last - self.first and not self.offsets


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseEntry(MessagesEntry):
    """Messages were handed out."""

    kind: ClassVar[str] = "lease"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AckEntry(MessagesEntry):
    kind: ClassVar[str] = "ack"


@dataclass(frozen=True, slots=True, kw_only=True)
class NackEntry(MessagesEntry):
    """Given back, or rejected (``requeue`` false). An older workbench named no attempt: 0."""

    kind: ClassVar[str] = "nack"
    requeue: bool
    delay_ms: int
    reason: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEntry(MessagesEntry):
    """Leases ran out or were let go; without a member: those that a crash ended."""

    kind: ClassVar[str] = "return"
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadEntry(MessagesEntry):
    """``to`` is the dead-letter queue; empty: kept there."""

    kind: ClassVar[str] = "dead"
    reason: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveEntry(MessagesEntry):
    """Dead messages were sent on; ``to`` is empty where they came from."""

    kind: ClassVar[str] = "redrive"
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeEntry(MessagesEntry):
    """Messages that somebody removed; an older workbench named no partition, and meant all."""

    kind: ClassVar[str] = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry(JournalEntry):
    """A queue came, changed, or (``attached``, ``detached``) a member of ``reading_group`` began or ceased to read it.
    ``vanished``: killed without a word. ``floors``: by partition, where a subscription begins, unless at the log's
    first offset."""

    kind: ClassVar[str] = "queue"
    act: QueueAct
    reading_group: str = ""
    vanished: bool = False
    floors: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogEntry(JournalEntry):
    """A queue as it stood then; ``consumers`` and what each has in flight."""

    kind: ClassVar[str] = "backlog"
    ready: int
    delayed: int
    in_flight: int
    dead: int
    consumers: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry(JournalEntry):
    """``count`` messages through the exchange ``group`` found no queue; ``key`` is the last one's."""

    kind: ClassVar[str] = "route"
    act: RouteAct
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEntry(JournalEntry):
    """A store, ``group``, as it stood then. ``was``: the name before it was renamed."""

    kind: ClassVar[str] = "store"
    rows: int
    writes: int
    repeats: int
    reads: int
    refused: int
    was: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaEntry(JournalEntry):
    """Versions of a subject came or went; settings: its level or mode was set, or that of all (subject '')."""

    kind: ClassVar[str] = "schema"
    act: SchemaAct
    subject: str
    versions: Sequence[int] = ()
    schema_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEntry(JournalEntry):
    """A kind of a newer workbench, met in an export."""

    word: str
    detail: Mapping[str, Any]


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
