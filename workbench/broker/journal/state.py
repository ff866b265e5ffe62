"""The state of a session as its journal tells it: a fold of entries, the same for the writer and for every reader.

The writer keeps one to make keyframes (a keyframe is exactly the fold of all entries before it); a reader starts
from a keyframe and applies the entries after it, so both always agree. Entries carry absolute numbers, so applying
one twice does no harm (but for ``route``, which counts). Not thread-safe: it belongs to whoever folds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.core.journal import (
    QUIET_ACTS,
    AppendEntry,
    BacklogEntry,
    CommitEntry,
    DeliverEntry,
    DoneEntry,
    GroupEntry,
    HostEntry,
    JoinEntry,
    JournalEntry,
    LeaveEntry,
    MemberEntry,
    ProducerEntry,
    QueueEntry,
    RebalanceEntry,
    ResetEntry,
    RetentionEntry,
    RouteEntry,
    RunEntry,
    StoreEntry,
    TopicEntry,
)
from workbench.core.records import TopicPartition
from workbench.core.stores import StoreCounts

Offsets = dict[TopicPartition, int]

_RUN_ACTS = {"started": "running", "resumed": "running", "paused": "paused", "stopped": "stopped"}


@dataclass(slots=True)
class PastPartition:
    log_start: int = 0
    end: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class PastTopic:
    kind: str = "stream"
    config: dict[str, str] = field(default_factory=dict)
    partitions: list[PastPartition] = field(default_factory=list)
    last_append_ms: int | None = None

    def partition(self, number: int) -> PastPartition:
        while len(self.partitions) <= number:
            self.partitions.append(PastPartition())
        return self.partitions[number]


@dataclass(slots=True)
class PastMember:
    """``act`` is the last thing done to it (paused, killed ...); ``gone``: killed, and the broker has found out."""

    client: str = ""
    instance: str = ""
    act: str = ""
    partitions: list[TopicPartition] = field(default_factory=list)
    slow: bool = False


@dataclass(slots=True)
class PastGroup:
    """``queues``: those that it reads by leases; none for a group that reads by offsets."""

    state: str = "Empty"
    generation: int = 0
    assignor: str = ""
    members: dict[str, PastMember] = field(default_factory=dict)
    committed: Offsets = field(default_factory=dict)
    positions: Offsets = field(default_factory=dict)
    queues: list[str] = field(default_factory=list)

    def owners(self) -> dict[TopicPartition, str]:
        return {part: member_id for member_id, member in self.members.items() for part in member.partitions}


@dataclass(slots=True)
class PastQueue:
    """``consumers`` and how much each had in flight."""

    topic: str = ""
    ready: int = 0
    delayed: int = 0
    in_flight: int = 0
    dead: int = 0
    consumers: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class PastExchange:
    """What could not be routed since the host had started."""

    unroutable: int = 0
    returned: int = 0
    last_unroutable: str = ""


@dataclass(slots=True)
class PastProducer:
    """``act`` is the last thing that was told of it."""

    name: str = ""
    act: str = ""
    reason: str = ""


class JournalState:
    """Topics, groups, queues, stores, producers and the run at one place of the journal."""

    __slots__ = ("exchanges", "groups", "producers", "queues", "run", "seed", "speed", "stores", "topics")

    def __init__(self) -> None:
        self.topics: dict[str, PastTopic] = {}
        self.groups: dict[str, PastGroup] = {}
        self.queues: dict[str, PastQueue] = {}
        self.exchanges: dict[str, PastExchange] = {}
        self.stores: dict[str, StoreCounts] = {}
        self.producers: dict[str, PastProducer] = {}
        self.run = "stopped"
        self.speed = 1.0
        self.seed: int | None = None

    @property
    def size(self) -> int:
        """How many numbers it holds: what a keyframe costs."""
        parts = sum(len(topic.partitions) for topic in self.topics.values())
        groups = sum(len(group.committed) + len(group.positions) for group in self.groups.values())
        return parts + groups + sum(4 + len(queue.consumers) for queue in self.queues.values())

    def apply(self, entry: JournalEntry) -> None:
        """Take one entry into account; kinds that change no state are passed over."""
        if change := _CHANGES.get(type(entry)):
            change(self, entry)

    def group(self, name: str) -> PastGroup:
        return self.groups.setdefault(name, PastGroup())

    def topic(self, name: str) -> PastTopic:
        return self.topics.setdefault(name, PastTopic())

    # -- keyframes -----------------------------------------------------------------------------------------
    def dump(self) -> dict[str, Any]:
        """The whole state in JSON's words."""
        topics = {
            name: {"kind": t.kind, "config": t.config, "last_append_ms": t.last_append_ms,
                   "partitions": [[p.log_start, p.end, p.size_bytes] for p in t.partitions]}
            for name, t in self.topics.items()
        }
        groups = {
            name: {"state": g.state, "generation": g.generation, "assignor": g.assignor,
                   "members": {member_id: _dump_member(m) for member_id, m in g.members.items()},
                   "committed": _dump_offsets(g.committed), "positions": _dump_offsets(g.positions),
                   "queues": list(g.queues)}
            for name, g in self.groups.items()
        }
        producers = {node: {"node": node, **asdict(producer)} for node, producer in self.producers.items()}
        return {"topics": topics, "groups": groups, "producers": producers, "run": self.run, "speed": self.speed,
                "seed": self.seed, "queues": {name: asdict(queue) for name, queue in self.queues.items()},
                "exchanges": {name: asdict(exchange) for name, exchange in self.exchanges.items()},
                "stores": {name: asdict(store) for name, store in self.stores.items()}}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> JournalState:
        self = cls()
        for name, t in state["topics"].items():
            parts = [PastPartition(*numbers) for numbers in t["partitions"]]
            self.topics[name] = PastTopic(t["kind"], dict(t["config"]), parts, t["last_append_ms"])
        for name, g in state["groups"].items():
            members = {
                member_id: PastMember(m["client"], m["instance"], m["act"], _parts(m["partitions"]),
                                      bool(m.get("slow")))
                for member_id, m in g["members"].items()
            }
            self.groups[name] = PastGroup(g["state"], g["generation"], g["assignor"], members,
                                          _load_offsets(g["committed"]), _load_offsets(g["positions"]),
                                          list(g.get("queues", ())))
        self.queues = {name: PastQueue(**queue) for name, queue in state.get("queues", {}).items()}
        self.exchanges = {name: PastExchange(**exchange) for name, exchange in state.get("exchanges", {}).items()}
        self.stores = {name: StoreCounts(**store) for name, store in state.get("stores", {}).items()}
        self.producers = {node: PastProducer(p.get("name", ""), p.get("act", ""), p.get("reason", ""))
                          for node, p in state["producers"].items()}
        self.run, self.speed, self.seed = state["run"], state["speed"], state["seed"]
        return self


def _dump_member(member: PastMember) -> dict[str, Any]:
    return {"client": member.client, "instance": member.instance, "act": member.act,
            "partitions": [list(part) for part in member.partitions],
            **({"slow": True} if member.slow else {})}


def _dump_offsets(offsets: Offsets) -> list[list[Any]]:
    return [[topic, partition, offset] for (topic, partition), offset in offsets.items()]


def _load_offsets(rows: list[list[Any]]) -> Offsets:
    return {TopicPartition(topic, partition): offset for topic, partition, offset in rows}


def _parts(rows: Sequence[Sequence[Any]]) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for topic, partition in rows]


# -- what each kind changes --------------------------------------------------------------------------------
def _append(state: JournalState, entry: AppendEntry) -> None:
    topic = state.topic(entry.topic)
    part = topic.partition(entry.partition)
    part.end = max(part.end, entry.last + 1)
    part.size_bytes += entry.bytes
    topic.last_append_ms = entry.at_ms


def _deliver(state: JournalState, entry: DeliverEntry) -> None:
    if not entry.held:
        _done(state, entry)


def _done(state: JournalState, entry: DeliverEntry | DoneEntry) -> None:
    state.group(entry.group).positions[TopicPartition(entry.topic, entry.partition)] = entry.last + 1


def _commit(state: JournalState, entry: CommitEntry) -> None:
    state.group(entry.group).committed[TopicPartition(entry.topic, entry.partition)] = entry.last


def _retention(state: JournalState, entry: RetentionEntry) -> None:
    part = state.topic(entry.topic).partition(entry.partition)
    part.log_start = max(part.log_start, entry.last)
    part.end = max(part.end, part.log_start)
    part.size_bytes = max(0, part.size_bytes - entry.bytes)


def _topic(state: JournalState, entry: TopicEntry) -> None:
    if entry.act == "deleted":
        state.topics.pop(entry.topic, None)
        for group in state.groups.values():
            for offsets in (group.committed, group.positions):
                for part in [p for p in offsets if p.topic == entry.topic]:
                    del offsets[part]
        return
    if entry.was:
        _rename_topic(state, entry.was, entry.topic)
    topic = state.topic(entry.topic)
    topic.kind = entry.topic_kind or topic.kind
    topic.config = dict(topic.config if entry.config is None else entry.config)
    if entry.partitions:
        topic.partition(entry.partitions - 1)
    for number, bounds in enumerate(entry.bounds):
        topic.partitions[number] = PastPartition(*bounds)


def _rename_topic(state: JournalState, old: str, new: str) -> None:
    if old in state.topics:
        state.topics[new] = state.topics.pop(old)
    for group in state.groups.values():
        for offsets in (group.committed, group.positions):
            for part in [p for p in offsets if p.topic == old]:
                offsets[TopicPartition(new, part.partition)] = offsets.pop(part)


def _group(state: JournalState, entry: GroupEntry) -> None:
    if entry.act != "state":
        gone = state.groups.pop(entry.group, None)
        if gone is not None and entry.act == "renamed":
            state.groups[entry.to] = gone
        return
    group = state.group(entry.group)
    if (group.state, entry.state) == ("CompletingRebalance", "PreparingRebalance"):
        for member in group.members.values():  # overtaken before the leader had shared out: nobody holds anything
            member.partitions = []
    group.state = entry.state or group.state
    group.generation = group.generation if entry.generation is None else entry.generation
    group.assignor = group.assignor if entry.assignor is None else entry.assignor


def _join(state: JournalState, entry: JoinEntry) -> None:
    members = state.group(entry.group).members
    replaced = members.pop(entry.replaces, PastMember())
    for gone in [who for who, member in members.items() if member.act == "gone" and member.client == entry.client]:
        del members[gone]  # it was started again
    members[entry.member] = PastMember(entry.client, entry.instance, partitions=replaced.partitions)


def _leave(state: JournalState, entry: LeaveEntry) -> None:
    """Who was killed stays, without partitions, until it is started again or the flow ends."""
    members = state.group(entry.group).members
    member = members.pop(entry.member, None)
    if member is not None and member.act == "killed" and state.run != "stopped":
        members[entry.member] = PastMember(member.client, member.instance, "gone")


def _rebalance(state: JournalState, entry: RebalanceEntry) -> None:
    group = state.group(entry.group)
    before = group.owners()
    for member_id, parts in entry.assignment.items():
        group.members.setdefault(member_id, PastMember()).partitions = _parts(parts)
    for part, owner in group.owners().items():
        if before.get(part) != owner:
            group.positions.pop(part, None)  # the new owner starts where the group committed


def _reset(state: JournalState, entry: ResetEntry) -> None:
    group = state.group(entry.group)
    for partition, _, after in entry.moves:
        part = TopicPartition(entry.topic, partition)
        group.committed[part] = group.positions[part] = after


def _member(state: JournalState, entry: MemberEntry) -> None:
    group = state.groups.get(entry.group)
    if group is not None and entry.act == "removed":
        _forget_gone(group, entry.member)
    for member_id, member in group.members.items() if group is not None else ():
        if entry.member not in (member_id, member.client, member.instance):
            continue
        if entry.act in QUIET_ACTS:
            member.slow = entry.act == "slow"
        elif member.act != "gone":
            member.act = entry.act


def _producer(state: JournalState, entry: ProducerEntry) -> None:
    state.producers[entry.node] = PastProducer(entry.name, entry.act, entry.reason)


def _run(state: JournalState, entry: RunEntry) -> None:
    state.run = _RUN_ACTS.get(entry.act, state.run)
    state.speed, state.seed = entry.speed, entry.seed
    if entry.act == "started":
        state.producers.clear()  # what they did in an earlier run is over
    if state.run == "stopped":
        _end_leasing(state)  # those who were killed, and did not detach
        for group in state.groups.values():
            _forget_gone(group)


def _forget_gone(group: PastGroup, name: str = "") -> None:
    """Let go of those who were killed and are known no more: all, or the one of that name."""
    for who in [who for who, one in group.members.items() if one.act == "gone" and name in ("", who, one.client)]:
        del group.members[who]


def _queue(state: JournalState, entry: QueueEntry) -> None:
    if entry.act == "deleted":
        state.queues.pop(entry.group, None)
        return
    queue = state.queues.setdefault(entry.group, PastQueue(entry.topic))
    if entry.act == "attached":
        queue.consumers[entry.member] = 0
        if entry.reading_group:
            group = state.group(entry.reading_group)
            group.state, group.members[entry.member] = "Stable", PastMember()
            group.queues = [*dict.fromkeys((*group.queues, entry.group))]
    elif entry.act == "detached":
        queue.consumers.pop(entry.member, None)
        _detached(state, entry)


def _detached(state: JournalState, entry: QueueEntry) -> None:
    """A member that is in none of its queues any more has left its group, unless it was killed."""
    for name, group in list(state.groups.items()):
        if entry.group not in group.queues or entry.member not in group.members:
            continue
        if entry.vanished:
            group.members[entry.member].act = "killed"
        elif not any(entry.member in state.queues[queue].consumers for queue in group.queues if queue in state.queues):
            del group.members[entry.member]
            if not group.members:
                _end_leasing(state, name)


def _end_leasing(state: JournalState, only: str = "") -> None:
    """Groups by leases are there as long as somebody reads; what their names once committed is another matter."""
    for name, group in list(state.groups.items()):
        if not group.queues or only not in ("", name):
            continue
        if group.committed:
            state.groups[name] = PastGroup(committed=group.committed)
        else:
            del state.groups[name]


def _backlog(state: JournalState, entry: BacklogEntry) -> None:
    state.queues[entry.group] = PastQueue(entry.topic, entry.ready, entry.delayed, entry.in_flight, entry.dead,
                                          dict(entry.consumers))


def _route(state: JournalState, entry: RouteEntry) -> None:
    exchange = state.exchanges.setdefault(entry.group, PastExchange())
    exchange.unroutable += entry.count
    exchange.returned += entry.count if entry.act == "returned" else 0
    exchange.last_unroutable = entry.key


def _store(state: JournalState, entry: StoreEntry) -> None:
    state.stores.pop(entry.was, None)
    state.stores[entry.group] = StoreCounts(entry.rows, entry.writes, entry.repeats, entry.reads, entry.refused)


def _host(state: JournalState, entry: HostEntry) -> None:
    """Every start and stop of a host leaves groups without members, queues without leases, and nothing running."""
    state.run = "stopped"
    _end_leasing(state)
    for group in state.groups.values():
        group.members.clear()
        group.state = "Empty"
    for queue in state.queues.values():
        queue.ready, queue.in_flight, queue.consumers = queue.ready + queue.in_flight, 0, {}
    state.exchanges.clear()


_CHANGES: Mapping[type[JournalEntry], Callable[[JournalState, Any], None]] = {
    AppendEntry: _append, DeliverEntry: _deliver, DoneEntry: _done, CommitEntry: _commit, RetentionEntry: _retention,
    TopicEntry: _topic, GroupEntry: _group, JoinEntry: _join, LeaveEntry: _leave, RebalanceEntry: _rebalance,
    ResetEntry: _reset, MemberEntry: _member, ProducerEntry: _producer, RunEntry: _run, QueueEntry: _queue,
    BacklogEntry: _backlog, RouteEntry: _route, StoreEntry: _store, HostEntry: _host,
}
