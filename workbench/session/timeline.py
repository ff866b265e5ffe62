"""The past of a workspace: its state at any instant, and what moved between two instants.

``state_at`` starts from the keyframe before the instant, folds the entries up to it, and says the result in the same
``Snapshot`` that live state comes in, so the window paints both alike. Entries cover up to a tenth of a second and
carry the time of their last part, so an instant is exact to one tick. Values that no entry holds (lag in time) come
from the lag samples, one a second. Belongs to the thread of its reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.broker import BrokerReader, JournalState, PastGroup, PastMember, PastTopic, QueueSettings
from workbench.core.errors import NotFound
from workbench.core.journal import (
    MARK_KINDS,
    QUIET_ACTS,
    AckEntry,
    AppendEntry,
    DeliverEntry,
    DoneEntry,
    GroupEntry,
    JournalEntry,
    LagSample,
    LeaseEntry,
    MemberEntry,
    NackEntry,
    TopicEntry,
)
from workbench.core.queues import SUBSCRIPTION_MARK, MessageId, MessageState
from workbench.core.records import PartitionBounds, TopicPartition
from workbench.core.snapshot import (
    UNKNOWN_MS,
    GroupPartitionStat,
    GroupStat,
    MemberStat,
    PartitionStat,
    PartState,
    ProducerStat,
    RunState,
    Snapshot,
    TopicStat,
)
from workbench.session.marks import Mark, mark_of, told_together
from workbench.session.past_messages import PastPage, PastQueueView, messages_at
from workbench.session.past_queues import exchanges_of, queues_of, stores_of
from workbench.session.pauses import held_within, is_ours
from workbench.session.renames import NAMING, Names

RATE_WINDOW_MS = 1_000
TREND_WINDOW_MS = 5_000
ALL = 1 << 40
_YOUNG_MS = 5_000  # below it nobody asks whether a lag in time is for a pause
_LONGEST_MS = 3_600_000  # what is older than that is not looked at pause by pause
_ACT_STATES = {"paused": PartState.PAUSED, "killed": PartState.KILLED, "gone": PartState.KILLED,
               "failed": PartState.FAILED}
_PRODUCER_STATES = {"paused": PartState.PAUSED, "failed": PartState.FAILED, "done": PartState.DONE}

Lags = dict[tuple[str, TopicPartition], int | None]


@dataclass(frozen=True, slots=True)
class Movement:
    """A range of records on its way: written to a partition, or handed to a member (``again``: not the first time)."""

    at_ms: int
    kind: Literal["append", "deliver"]
    topic: str
    partition: int
    first: int
    last: int
    group: str = ""
    member: str = ""
    again: bool = False


@dataclass(slots=True)
class _Recent:
    """What moved in the second before the instant."""

    records_in: dict[TopicPartition, int]
    bytes_in: dict[str, int]
    delivered: dict[tuple[str, str], int]
    acked: dict[str, dict[str, int]]  # by queue and consumer
    failed: dict[str, dict[str, int]]  # given back or rejected, by queue and consumer

    @classmethod
    def of(cls, entries: Sequence[JournalEntry]) -> _Recent:
        self = cls({}, {}, {}, {}, {})
        for entry in entries:
            if isinstance(entry, AppendEntry):
                part = TopicPartition(entry.topic, entry.partition)
                self.records_in[part] = self.records_in.get(part, 0) + entry.count
                self.bytes_in[entry.topic] = self.bytes_in.get(entry.topic, 0) + entry.bytes
            elif isinstance(entry, DoneEntry) or (isinstance(entry, DeliverEntry) and not entry.held):
                key = (entry.group, entry.member)
                self.delivered[key] = self.delivered.get(key, 0) + entry.count
            elif isinstance(entry, (AckEntry, NackEntry)):
                by = (self.acked if isinstance(entry, AckEntry) else self.failed).setdefault(entry.group, {})
                by[entry.member] = by.get(entry.member, 0) + entry.count
        return self

    def worked(self, queue: str, consumer: str) -> int:
        """Messages that a consumer was done with, well or not."""
        return sum(by.get(queue, {}).get(consumer, 0) for by in (self.acked, self.failed))

    def topics_in(self) -> dict[str, int]:
        """Records by topic."""
        found: dict[str, int] = {}
        for part, count in self.records_in.items():
            found[part.topic] = found.get(part.topic, 0) + count
        return found


class Timeline:
    """Reads through ``reader``. Moving forward by small steps goes on from the state at hand. What was renamed since is
    told, and asked for, under its name of now: so the drawing and the log know it; else ``as_called_then``."""

    def __init__(self, reader: BrokerReader, as_called_then: bool = False) -> None:
        self._as_called_then = as_called_then
        self._reader = reader
        self._state = JournalState()
        self._base_id = -1  # the keyframe the state at hand began with; -1: none yet
        self._applied_id = 0
        self._at_ms = 0
        self._named_to = 0
        self._naming: list[JournalEntry] = []

    def range(self) -> tuple[int, int]:
        """The first and the last instant that can be shown; (0, 0) when nothing is journalled."""
        return self._reader.journal_range() or (0, 0)

    def marks(self, from_ms: int, to_ms: int) -> list[Mark]:
        """Starts, stops, rebalances, resets, faults, bookmarks ... of ``from_ms <= t < to_ms``."""
        kinds = [kind for kind in MARK_KINDS if kind != "bookmark"]
        entries = self._reader.journal(from_ms=from_ms, to_ms=to_ms, kinds=kinds, limit=ALL)
        entries += self._reader.journal(from_ms=from_ms, kinds=("bookmark",), limit=ALL)  # set later, about this time
        told = (entry for entry in entries if not (isinstance(entry, MemberEntry) and entry.act in QUIET_ACTS))
        found = [mark for mark in map(mark_of, told_together(told)) if from_ms <= mark.at_ms < to_ms]
        return sorted(found, key=lambda mark: mark.at_ms)

    def histogram(self, from_ms: int, to_ms: int, buckets: int) -> list[int]:
        """Records written in each of ``buckets`` equal parts of the range."""
        return self._reader.append_histogram(from_ms, to_ms, buckets)

    def flow_of(self, from_ms: int, to_ms: int) -> list[Movement]:
        """What was written and delivered in ``from_ms <= t < to_ms``, in order. Of what was leased ``group`` is the
        queue and ``member`` the consumer."""
        entries = self._reader.journal(from_ms=from_ms, to_ms=to_ms, kinds=("append", "deliver", "done", "lease"),
                                       limit=ALL)
        names = self._names_since(from_ms)
        return [
            Movement(e.at_ms, "append" if isinstance(e, AppendEntry) else "deliver", names.topic(e.topic), e.partition,
                     e.first, e.last, names.queue(e.group) if isinstance(e, LeaseEntry) else names.group(e.group),
                     e.member, _again(e))
            for e in entries if not (isinstance(e, DeliverEntry) and e.held)
        ]

    def state_at(self, ms: int) -> Snapshot:
        """Everything as it stood at ``ms``: offsets, commits, positions, members, lag, queues, rates, the run."""
        recent = _Recent.of(self._fold_to(ms))
        lags = self._lags(ms)
        topics = tuple(_topic(name, past, recent) for name, past in sorted(self._state.topics.items()))
        groups = tuple(self._group(name, past, recent, lags, ms) for name, past in sorted(self._state.groups.items()))
        run = RunState(self._state.run)
        producers = tuple(past_producer(node, past.name or node, run, past.act, past.reason)
                          for node, past in self._state.producers.items())
        return self._names_since(ms).told(Snapshot(
            at_ms=ms, live=False, run=run, speed=self._state.speed, topics=topics, groups=groups,
            producers=producers, queues=queues_of(self._state, recent.topics_in(), recent.acked),
            exchanges=exchanges_of(self._state), stores=stores_of(self._state),
        ))

    def _names_since(self, ms: int) -> Names:
        """What things of ``ms`` are called now."""
        if self._as_called_then:
            return Names()
        for entry in self._reader.journal(self._named_to, kinds=("topic", "group"), limit=ALL):
            self._named_to = entry.id
            if isinstance(entry, (TopicEntry, GroupEntry)) and entry.act in NAMING:
                self._naming.append(entry)
        return Names.since(entry for entry in self._naming if entry.at_ms > ms)

    def messages_at(self, ms: int, queue: str, states: Sequence[MessageState] = (), after: MessageId | None = None,
                    limit: int = 100) -> PastPage:
        """A page of a queue's messages as they stood at ``ms``; see ``past_messages``. NotFound when it was not there
        then, or was made anew since."""
        self._fold_to(ms)
        names = self._names_since(ms)
        past = self._state.queues.get(names.queue_then(queue))
        topic = None if past is None else self._state.topics.get(past.topic)
        if past is None or topic is None:
            raise NotFound("There was no queue {queue} then.", "Go on in time until it was made.", queue=queue)
        made = self._reader.journal(from_ms=ms + 1, kinds=("topic",), limit=ALL)
        name = names.topic(past.topic)
        if any(isinstance(entry, TopicEntry) and entry.topic == name and entry.act == "created"
               for entry in made):
            raise NotFound("{queue} was deleted and made anew since then: its messages of that time are not kept.",
                           "The counts of that time are.", queue=queue)
        bounds = tuple(PartitionBounds(number, p.log_start, p.end) for number, p in enumerate(topic.partitions))
        own = QueueSettings.of({} if SUBSCRIPTION_MARK in queue else topic.config)
        view = PastQueueView(queue, name, ms, bounds, own.delay_ms, own.by_key)
        return messages_at(self._reader, view, states, after, limit)

    # -- folding -------------------------------------------------------------------------------------------
    def _fold_to(self, ms: int) -> list[JournalEntry]:
        """Bring the state at hand to ``ms``; returns the entries of the second before it."""
        keyframe = self._reader.keyframe_before(ms)
        base_id = keyframe[0] if keyframe else 0
        if self._base_id < 0 or ms < self._at_ms or base_id > self._applied_id:
            self._state = JournalState.load(keyframe[2]) if keyframe else JournalState()
            self._base_id = self._applied_id = base_id
        self._at_ms = ms
        for entry in self._reader.journal(self._applied_id, to_ms=ms + 1, limit=ALL):
            self._state.apply(entry)
            self._applied_id = entry.id
        return self._reader.journal(
            from_ms=ms - RATE_WINDOW_MS + 1, to_ms=ms + 1, kinds=("append", "deliver", "done", "ack", "nack"),
            limit=ALL
        )

    def _lags(self, ms: int) -> tuple[Lags, list[LagSample]]:
        """The lag samples of the instant, and the oldest ones of the seconds before it."""
        now = {(s.group, TopicPartition(s.topic, s.partition)): s.lag_ms for s in self._reader.lags_before(ms)}
        window = self._reader.lag_samples(ms - TREND_WINDOW_MS, ms, TREND_WINDOW_MS)
        return now, [sample for sample in window if sample.at_ms == window[0].at_ms]

    # -- saying it -----------------------------------------------------------------------------------------
    def _group(
        self, name: str, past: PastGroup, recent: _Recent, lags: tuple[Lags, list[LagSample]], ms: int
    ) -> GroupStat:
        if past.queues:
            return self._leasing(name, past, recent, lags, ms)
        owners = past.owners()
        partitions = tuple(
            self._partition(name, part, past, owners, lags[0]) for part in sorted(set(past.committed) | set(owners))
            if part.topic in self._state.topics
        )
        rate = sum(count for (group, _), count in recent.delivered.items() if group == name)
        lag = sum(p.lag_records for p in partitions)
        trend = _trend([sample for sample in lags[1] if sample.group == name], lag, ms)
        run = RunState(self._state.run)
        members = tuple(_member(name, member_id, past, partitions, recent, run) for member_id in past.members)
        oldest_ms = max((p.lag_ms or 0 for p in partitions), default=0)
        return GroupStat(name, past.state, past.generation, past.assignor, members, partitions, float(rate), trend,
                         _paused(past), held_ms=self._held_ms(name, past, oldest_ms, ms))

    def _held_ms(self, name: str, past: PastGroup, age_ms: int, ms: int) -> int:
        """How much of the last ``age_ms`` a group of the flow stood still by a person's wish."""
        ours = {member.client for member in past.members.values() if is_ours(name, member.client)}
        if age_ms < _YOUNG_MS or (not ours and not past.queues):
            return 0
        from_ms = ms - min(age_ms, _LONGEST_MS)
        entries = self._reader.journal(from_ms=from_ms, to_ms=ms + 1, kinds=("run", "member", "host"), limit=ALL)
        acts = {member.client or who: member.act for who, member in past.members.items() if member.act != "gone"}
        held = held_within([entry for entry in entries if entry.group in ("", name)], RunState(self._state.run),
                           {who for who, act in acts.items() if act == "paused"}, set(acts), from_ms, ms)
        return held + max(0, age_ms - _LONGEST_MS)

    def _leasing(
        self, name: str, past: PastGroup, recent: _Recent, lags: tuple[Lags, list[LagSample]], ms: int
    ) -> GroupStat:
        """A group by leases; ages are those of the lag samples."""
        ready = {queue: self._state.queues[queue].ready for queue in past.queues if queue in self._state.queues}
        ages = [age for queue, count in ready.items() if count
                and (age := lags[0].get((name, TopicPartition(queue, 0)))) is not None]
        members = tuple(
            MemberStat(who, who, _state(member, PartState.RUNNING, RunState(self._state.run)),
                       rate=float(sum(recent.worked(queue, who) for queue in past.queues)))
            for who, member in sorted(past.members.items())
        )
        waiting = sum(ready.values())
        return GroupStat(
            name, "Stable" if any(member.state is not PartState.KILLED for member in members) else "Empty",
            members=members, rate=sum(member.rate for member in members),
            trend=_trend([sample for sample in lags[1] if sample.group == name], waiting, ms),
            paused=_paused(past), waiting=waiting, oldest_ms=max(ages, default=None),
            held_ms=self._held_ms(name, past, max(ages, default=0), ms),
        )

    def _partition(self, group: str, part: TopicPartition, past: PastGroup, owners: dict[TopicPartition, str],
                   lags: Lags) -> GroupPartitionStat:
        bounds = self._state.topics[part.topic].partition(part.partition)
        committed = past.committed.get(part)
        stat = GroupPartitionStat(
            part.topic, part.partition, bounds.log_start, bounds.end,
            None if committed is None or committed < 0 else committed,
            past.positions.get(part) if part in owners else None, owners.get(part, ""),
        )
        age_ms = lags.get((group, part)) if stat.lag_records else 0
        return GroupPartitionStat(stat.topic, stat.partition, stat.log_start, stat.end, stat.committed, stat.position,
                                  stat.member_id, age_ms)


def _trend(before: Sequence[LagSample], lag: int, ms: int) -> float:
    """How fast the lag grew since the samples ``before``, in records a second."""
    since_ms = ms - before[0].at_ms if before else 0
    return (lag - sum(sample.lag_records for sample in before)) * 1000.0 / since_ms if since_ms > 0 else 0.0


def _topic(name: str, past: PastTopic, recent: _Recent) -> TopicStat:
    partitions = tuple(
        PartitionStat(number, part.log_start, part.end, part.size_bytes,
                      float(recent.records_in.get(TopicPartition(name, number), 0)))
        for number, part in enumerate(past.partitions)
    )
    return TopicStat(name, past.kind, partitions, sum(p.rate_in for p in partitions),
                     float(recent.bytes_in.get(name, 0)), past.last_append_ms)


def _member(group: str, member_id: str, past: PastGroup, partitions: Sequence[GroupPartitionStat],
            recent: _Recent, run: RunState) -> MemberStat:
    member = past.members[member_id]
    held = tuple((part.topic, part.partition) for part in member.partitions)
    lag = sum(p.lag_records for p in partitions if p.member_id == member_id)
    name = member.client or member_id
    going = PartState.RUNNING if past.state == "Stable" else PartState.JOINING
    state = _state(member, going, run if is_ours(group, name) else RunState.RUNNING)
    rate = sum(recent.delivered.get((group, known), 0) for known in {member_id, name})
    waits = UNKNOWN_MS if member.act == "killed" else 0
    return MemberStat(member_id, name, state, held, float(rate), lag, slow=member.slow, session_ms=waits)


def _state(member: PastMember, going: PartState, run: RunState) -> PartState:
    """What a member did: what was last done to it, else what the flow did, else ``going``."""
    held = PartState.PAUSED if run is RunState.PAUSED and going is PartState.RUNNING else going
    return _ACT_STATES.get(member.act, held)


def _paused(past: PastGroup) -> bool:
    """Whether all who are left were paused by hand; that the flow was is another matter."""
    left = [member.act for member in past.members.values() if member.act not in ("killed", "gone")]
    return bool(left) and all(act == "paused" for act in left)


def past_producer(node: str, name: str, run: RunState, act: str = "", reason: str = "") -> ProducerStat:
    """What a producer did: what was last told of it, else what the flow did. It has no figures: none are kept."""
    going = {RunState.PAUSED: PartState.PAUSED, RunState.STOPPED: PartState.IDLE}.get(run, PartState.RUNNING)
    state = PartState.IDLE if run is RunState.STOPPED else _PRODUCER_STATES.get(act, going)
    return ProducerStat(node, name, state, reason=reason, measured=False)


def _again(entry: JournalEntry) -> bool:
    """Whether what was handed out had been handed out before."""
    match entry:
        case DeliverEntry() | DoneEntry():
            return entry.again
        case LeaseEntry():
            return entry.attempt > 1
    return False
