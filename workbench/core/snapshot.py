"""The small live state of a workspace, as one immutable value.

The host sends one at most 20 times a second; ``session.timeline`` rebuilds the same value for any past instant
from the journal. The window paints a ``Snapshot`` and nothing else, so live and past look alike.

Rates are per second over about the last second. Position (what a member will handle next), committed (where the
group would resume) and end (the log's next offset) are three numbers and never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workbench.core.encodings import AUTO
from workbench.core.health import Health
from workbench.core.queues import QueueCounts
from workbench.core.sums import Sums

UNKNOWN_MS = -1
"""A duration that is not known."""
SAMPLE = 24
"""How many events of a link are told by their colour at a time."""


class RunState(StrEnum):
    STOPPED = "stopped"
    RUNNING = "running"
    PAUSED = "paused"


class PartState(StrEnum):
    """State of a producer or of a group member."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    JOINING = "joining"
    KILLED = "killed"
    DONE = "done"  # a file source that reached its end
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PartitionStat:
    partition: int
    log_start: int
    end: int
    size_bytes: int = 0
    rate_in: float = 0.0


@dataclass(frozen=True, slots=True)
class TopicStat:
    """``totals`` are records and bytes, told where the partitions are those of a while ago (see ``core.wanted``). Not
    ``counted``: how many records an attached system keeps there is not known."""

    name: str
    kind: str  # "stream" or "queue"
    partitions: tuple[PartitionStat, ...]
    rate_in: float = 0.0
    bytes_in: float = 0.0  # bytes a second
    last_append_ms: int | None = None
    key_encoding: str = AUTO
    value_encoding: str = AUTO
    totals: tuple[int, int] | None = None
    key_schema: str = ""  # as the topic's settings say
    value_schema: str = ""
    counted: bool = True

    @property
    def records(self) -> int:
        return (self.totals or _kept(self.partitions))[0]

    @property
    def size_bytes(self) -> int:
        return (self.totals or _kept(self.partitions))[1]


@dataclass(frozen=True, slots=True)
class MemberStat:
    """One member of a group. ``node_id`` is the drawn group's node, empty for an outside client."""

    member_id: str
    name: str
    state: PartState
    partitions: tuple[tuple[str, int], ...] = ()
    rate: float = 0.0
    lag_records: int = 0
    process_ms: float = 0.0
    handled: int = 0
    failed: int = 0
    node_id: str = ""
    client: str = ""  # software name and version of an outside client
    slow: bool = False
    reason: str = ""  # why it failed or waits
    session_ms: int = 0  # of a killed one, while the broker still keeps its partitions: its time-out, or UNKNOWN_MS


@dataclass(frozen=True, slots=True)
class GroupPartitionStat:
    topic: str
    partition: int
    log_start: int
    end: int
    committed: int | None = None
    position: int | None = None
    member_id: str = ""
    lag_ms: int | None = None  # age of the record at committed; 0 when nothing waits

    @property
    def lag_records(self) -> int:
        """end - committed; with nothing committed, all that is kept."""
        start = self.log_start if self.committed is None else max(self.committed, self.log_start)
        return max(0, self.end - start)


@dataclass(frozen=True, slots=True)
class HandledRecord:
    """One of the last records a group took, for its panel."""

    at_ms: int
    member: str
    topic: str
    partition: int
    offset: int
    key: str | None
    colour: int
    age_ms: int
    state: str  # "at work", "worked", "committed", "failed", "forwarded"


@dataclass(frozen=True, slots=True)
class GroupStat:
    """A group that reads by leases has no partitions: ``waiting`` are the messages that are ready in its queues, which
    is its lag, and ``oldest_ms`` the age of the oldest of them. ``held_ms``: for how much of that age it stood still by
    a person's wish (paused, stopped), which is no lag; ``health`` is None until somebody judged it. ``totals`` are the
    lag of its partitions in records and the age of what waits there longest, told where those are of a while ago (see
    ``core.wanted``)."""

    name: str
    state: str  # Kafka's: Empty, PreparingRebalance, CompletingRebalance, Stable, Dead
    generation: int = 0
    assignor: str = ""
    members: tuple[MemberStat, ...] = ()
    partitions: tuple[GroupPartitionStat, ...] = ()
    rate: float = 0.0
    trend: float = 0.0  # records a second that the lag grows (negative: drains)
    paused: bool = False
    recent: tuple[HandledRecord, ...] = ()
    waiting: int = 0
    oldest_ms: int | None = None
    held_ms: int = 0
    health: Health | None = None
    totals: tuple[int, int | None] | None = None

    @property
    def lag_records(self) -> int:
        return self.waiting + (self.totals or _lag(self.partitions))[0]

    @property
    def lag_ms(self) -> int | None:
        """How far it is behind in time: the age of what waits longest, less what a person held it."""
        return None if self.age_ms is None else max(0, self.age_ms - self.held_ms)

    @property
    def age_ms(self) -> int | None:
        """Age of what waits longest."""
        known = [age for age in (self.oldest_ms, (self.totals or _lag(self.partitions))[1]) if age is not None]
        return max(known) if known else None

    @property
    def topics(self) -> tuple[str, ...]:
        return _lag(self.partitions)[2]


def _sum_kept(parts: tuple[PartitionStat, ...]) -> tuple[int, int]:
    return sum(p.end - p.log_start for p in parts), sum(p.size_bytes for p in parts)


def _sum_lag(parts: tuple[GroupPartitionStat, ...]) -> tuple[int, int | None, tuple[str, ...]]:
    """Lag in records and in time, and the topics."""
    ages = (p.lag_ms for p in parts if p.lag_ms is not None)
    return sum(p.lag_records for p in parts), max(ages, default=None), tuple(dict.fromkeys(p.topic for p in parts))


_kept = Sums(_sum_kept)
_lag = Sums(_sum_lag)
_named: Sums[dict[str, Any]] = Sums(lambda rows: {row.name: row for row in rows}, kept=16)
"""The rows of a table by name: a snapshot's parts are asked for by name many times a frame."""


@dataclass(frozen=True, slots=True)
class LeaseStat:
    """One message in flight, for a countdown: leased at ``leased_ms`` until ``until_ms``, 0 where no clock ends it."""

    partition: int
    offset: int
    consumer: str
    attempt: int
    leased_ms: int
    until_ms: int
    keyed: bool = False
    colour: int = 0


@dataclass(frozen=True, slots=True)
class QueueConsumerStat:
    """One consumer of a queue. ``prefetch`` 0 means without limit; ``active`` is false for who waits to take over."""

    consumer: str
    in_flight: int = 0
    prefetch: int = 0
    rate: float = 0.0
    active: bool = True
    node_id: str = ""


@dataclass(frozen=True, slots=True)
class QueueStat:
    """A queue as it stands; see ``core.queues`` for the counts. ``leases`` holds the 50 that end first;
    ``takes_dead_letters``: the dead of other queues may come here."""

    name: str
    topic: str
    counts: QueueCounts = field(default_factory=QueueCounts)
    rate_in: float = 0.0
    rate_out: float = 0.0  # acks a second
    oldest_ms: int | None = None  # age of the oldest message that waits
    profile: str = ""
    subscription: str = ""
    type: str = "shared"
    dead_letter: str = ""
    dead_letter_exchange: str = ""
    takes_dead_letters: bool = False
    consumers: tuple[QueueConsumerStat, ...] = ()
    leases: tuple[LeaseStat, ...] = ()
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class ExchangeStat:
    """``last_unroutable`` is the routing key of the newest message that no queue took."""

    name: str
    type: str
    published: int = 0
    routed: int = 0
    unroutable: int = 0
    returned: int = 0
    rate: float = 0.0
    last_unroutable: str = ""


@dataclass(frozen=True, slots=True)
class StoreStat:
    """A keyed table; see ``core.stores`` for the counts. ``rate`` is of writes; ``capacity`` a second, 0 without limit;
    ``down_ms``: so much longer it refuses everything."""

    name: str
    rows: int = 0
    writes: int = 0
    reads: int = 0
    refused: int = 0
    repeats: int = 0
    rate: float = 0.0
    capacity: float = 0.0
    down_ms: int = 0


@dataclass(frozen=True, slots=True)
class BatchGauge:
    """The batch being filled for one partition."""

    partition: int
    records: int
    bytes: int
    max_bytes: int
    age_ms: float
    linger_ms: float


@dataclass(frozen=True, slots=True)
class SentRecord:
    """One of the last records a producer sent, for its panel."""

    at_ms: int
    partition: int
    offset: int
    key: str | None
    colour: int
    acked_ms: float


@dataclass(frozen=True, slots=True)
class ProducerStat:
    node_id: str
    name: str
    state: PartState
    topic: str = ""
    rate: float = 0.0
    target_rate: float = 0.0
    sent: int = 0
    failed: int = 0
    batch: BatchGauge | None = None
    last_flush: str = ""  # a sentence: "by linger: 10 records, 2.3 KiB"
    progress: float | None = None  # 0..1 of a file source
    reason: str = ""
    recent: tuple[SentRecord, ...] = ()
    health: Health | None = None
    measured: bool = True  # False in the past: the journal has no figures of single producers


@dataclass(frozen=True, slots=True)
class LinkStat:
    """What has moved along one drawn link since the host started: counters only grow, and each window takes its own
    difference.

    ``sample`` holds the colour indices (see ``core.keys.key_colour``) of the last ``SAMPLE`` of ``sampled`` events, for
    the dots; ``again`` says how many of ``events`` were re-read (hollow dots). ``waiting`` is the backlog behind the
    link, with its threshold.
    """

    link_id: str
    events: int = 0
    rate: float = 0.0
    sample: tuple[int, ...] = ()
    again: int = 0
    waiting: int = 0
    threshold: int = 10_000
    sampled: int = 0


@dataclass(frozen=True, slots=True)
class HostStat:
    pid: int = 0
    rss_bytes: int = 0
    file_bytes: int = 0
    budget_bytes: int = 0  # how large the file may grow before it is warned about; 0: no limit is set
    disk_free_bytes: int = 0
    started_ms: int = 0
    rate_in: float = 0.0
    rate_out: float = 0.0
    journal_to_ms: int = 0
    listeners: dict[str, str] = field(default_factory=dict)  # address by protocol, as its clients are told
    trouble: str = ""  # why nothing can be stored at present, as sentences; empty when it can


@dataclass(frozen=True, slots=True)
class Unserved:
    """Something a client asks for that is not served. ``what`` is in the words of its protocol, ``instead`` a whole
    sentence: what to set or do. ``times`` it was asked for."""

    what: str
    instead: str
    times: int = 1

    def sentence(self) -> str:
        return f"It asks for {self.what}, which is not served. {self.instead}"


@dataclass(frozen=True, slots=True)
class ClientStat:
    """A connected foreign client (a listener fills these)."""

    client_id: str
    address: str
    software: str
    requests: int = 0
    rate_in: float = 0.0
    rate_out: float = 0.0
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    group: str = ""
    note: str = ""  # what a person should know: why it was turned away, what it asks for that is not served
    connections: int = 0  # open ones; 0: it has left, and its note is still of interest
    versions: tuple[tuple[str, int], ...] = ()  # API name and the version it speaks
    unserved: tuple[Unserved, ...] = ()  # what it asked for in vain
    protocol: str = ""  # the listener it came by


@dataclass(frozen=True, slots=True)
class AttachedStat:
    """An attached system as last seen, at ``as_of_ms`` (0: never yet). ``state`` is connecting, ready or failing,
    with the reason as a sentence and the time of the next try (0: now; None: not until asked); what was seen before
    it failed stays. ``counts`` says how exact the lengths of its queues are, if they are not. ``lacks`` says of each
    thing that can't be done there why not (see ``core.capabilities``)."""

    name: str
    system: str
    state: str
    reason: str = ""
    next_try_ms: int | None = None
    about: str = ""
    as_of_ms: int = 0
    topics: tuple[TopicStat, ...] = ()
    groups: tuple[GroupStat, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()
    health: Health | None = None
    counts: str = ""

    def topic(self, name: str) -> TopicStat | None:
        return _named(self.topics).get(name)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a person. ``subject`` is ``kind:name``, e.g. ``group:shipping``."""

    subject: str
    severity: str  # "warn" or "bad"
    text: str
    next_step: str = ""
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    seq: int = 0
    at_ms: int = 0
    live: bool = True
    run: RunState = RunState.STOPPED
    speed: float = 1.0
    topics: tuple[TopicStat, ...] = ()
    groups: tuple[GroupStat, ...] = ()
    producers: tuple[ProducerStat, ...] = ()
    links: tuple[LinkStat, ...] = ()
    clients: tuple[ClientStat, ...] = ()
    problems: tuple[Problem, ...] = ()
    host: HostStat = HostStat()
    queues: tuple[QueueStat, ...] = ()
    exchanges: tuple[ExchangeStat, ...] = ()
    attached: tuple[AttachedStat, ...] = ()
    stores: tuple[StoreStat, ...] = ()

    def connection(self, name: str) -> AttachedStat | None:
        return next((each for each in self.attached if each.name == name), None)

    def topic(self, name: str, connection: str = "") -> TopicStat | None:
        """Of the file, or of an attached system."""
        if connection:
            system = self.connection(connection)
            return None if system is None else system.topic(name)
        return _named(self.topics).get(name)

    def group(self, name: str) -> GroupStat | None:
        return _named(self.groups).get(name)

    def producer(self, node_id: str) -> ProducerStat | None:
        return next((p for p in self.producers if p.node_id == node_id), None)

    def queue(self, name: str) -> QueueStat | None:
        return next((q for q in self.queues if q.name == name), None)

    def exchange(self, name: str) -> ExchangeStat | None:
        return next((e for e in self.exchanges if e.name == name), None)

    def store(self, name: str) -> StoreStat | None:
        return next((s for s in self.stores if s.name == name), None)
