"""Groups as people see them: what the broker knows of offsets and members, joined to what the running flow knows.

Members of the flow bring their names, states and rates; members from outside are shown by their client id. Rates of
groups and members that the flow does not run, and the trend of every group's lag, are measured here, between askings:
by what members were handed, and by what is committed where that is not known (members that can't be told apart).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.broker import Broker, GroupMeta
from workbench.core.clock import Clock
from workbench.core.judgement import is_still
from workbench.core.records import TopicPartition
from workbench.core.snapshot import GroupPartitionStat, GroupStat, MemberStat, PartState, QueueStat, RunState
from workbench.core.sums import Sums
from workbench.host.standstill import Standstill
from workbench.runtime import GroupRunStat

_RATE_WINDOW_MS = 2_000.0
_TREND_WINDOW_MS = 5_000.0


@dataclass(slots=True)
class _Course:
    """How far a group or a member had read and how far it was behind, at earlier askings."""

    points: deque[tuple[float, int, int]] = field(default_factory=deque)

    def add(self, now_ms: float, read: int, behind: int = 0) -> None:
        if not self.points or now_ms > self.points[-1][0]:
            self.points.append((now_ms, read, behind))
        while len(self.points) > 2 and now_ms - self.points[1][0] >= _TREND_WINDOW_MS:
            self.points.popleft()

    def rate(self) -> float:
        now_ms, read, _ = self.points[-1]
        since = next(p for p in self.points if now_ms - p[0] <= _RATE_WINDOW_MS)
        return max(0.0, (read - since[1]) * 1000.0 / (now_ms - since[0])) if now_ms > since[0] else 0.0

    def trend(self) -> float:
        (since_ms, _, before), (now_ms, _, behind) = self.points[0], self.points[-1]
        return (behind - before) * 1000.0 / (now_ms - since_ms) if now_ms > since_ms else 0.0


class GroupView:
    """Asked from one thread, some times a second."""

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._courses: dict[str, _Course] = {}
        self._members: dict[tuple[str, str], _Course] = {}
        self._standstill = Standstill()

    def groups(self, running: Sequence[GroupRunStat], queues: Iterable[QueueStat], run: RunState = RunState.RUNNING,
               drawn: Collection[str] = ()) -> tuple[GroupStat, ...]:
        """Every group, those first seen in the flow and not yet at the broker too; ``queues`` are all there are,
        ``drawn`` the names of the flow's own groups, which stand still while it does not run."""
        runs: dict[str, list[GroupRunStat]] = {}
        for one in running:
            runs.setdefault(one.group, []).append(one)
        metas = {meta.name: meta for meta in self._broker.groups()}
        self._courses = {name: course for name, course in self._courses.items() if name in metas}
        there = {(meta.name, member.member_id) for meta in metas.values() for member in meta.members}
        self._members = {key: course for key, course in self._members.items() if key in there}
        stats = [self._group(meta, runs.get(name, [])) for name, meta in metas.items() if not _leases(runs.get(name))]
        standing = {queue.name: queue for queue in queues}
        stats += [_leasing(name, of, standing) for name, of in runs.items() if _leases(of)]
        stats += [_unborn(name, of) for name, of in runs.items() if name not in metas and not _leases(of)]
        self._standstill.keep({stat.name for stat in stats})
        return tuple(self._held(stat, run) if stat.name in drawn else stat for stat in stats)

    def _held(self, stat: GroupStat, run: RunState) -> GroupStat:
        """With how much of its lag in time it stood still by a person's wish."""
        now_ms = self._clock.monotonic_ms()
        self._standstill.look(stat.name, run is not RunState.RUNNING or is_still(stat), now_ms)
        return replace(stat, held_ms=self._standstill.held_ms(stat.name, stat.age_ms or 0, now_ms))

    def _group(self, meta: GroupMeta, runs: Sequence[GroupRunStat]) -> GroupStat:
        positions = {place: at for run in runs for place, at in run.positions.items()}
        partitions = self._broker.group_partitions(meta.name)
        if positions:
            partitions = tuple(_positioned(stat, positions) for stat in partitions)
        course = self._courses.setdefault(meta.name, _Course())
        course.add(self._clock.monotonic_ms(), *_sums(partitions))
        taken = self._broker.group_taken(meta.name)
        members = tuple(self._paced(meta.name, member, taken) for member in _members(meta, runs, partitions))
        known = any(run.members for run in runs) or any(taken.values())
        return GroupStat(
            meta.name,
            str(meta.state),
            meta.generation,
            meta.assignor,
            members,
            partitions,
            sum(member.rate for member in members) if known else course.rate(),
            course.trend(),
            bool(runs) and all(run.paused for run in runs),
            tuple(seen for run in runs for seen in run.recent),
        )


    def _paced(self, group: str, member: MemberStat, taken: dict[str, int]) -> MemberStat:
        """A member of another program, with what it was handed."""
        if member.node_id or not taken.get(member.member_id):
            return member
        course = self._members.setdefault((group, member.member_id), _Course())
        course.add(self._clock.monotonic_ms(), taken[member.member_id])
        return replace(member, rate=course.rate(), handled=taken[member.member_id])


def _sum_up(partitions: Sequence[GroupPartitionStat]) -> tuple[int, int]:
    return sum(p.committed or 0 for p in partitions), sum(p.lag_records for p in partitions)


_sums = Sums(_sum_up)
"""How far a group has committed in all, and how far it is behind."""


def _positioned(stat: GroupPartitionStat, positions: dict[TopicPartition, tuple[int, str]]) -> GroupPartitionStat:
    at = positions.get(TopicPartition(stat.topic, stat.partition))
    return stat if at is None or at[0] == stat.position else replace(stat, position=at[0])


def _members(
    meta: GroupMeta, runs: Iterable[GroupRunStat], partitions: Sequence[GroupPartitionStat]
) -> Iterable[MemberStat]:
    """The flow's members by name, then the others by client id. A member of ours that was killed has no id any more,
    while the broker waits for its session to end: it is known by its client id, which is its name."""
    ours: set[str] = set()
    sessions = {member.client_id: member.session_ms for member in meta.members}
    behind: dict[str, int] = {}
    for stat in partitions if meta.members or runs else ():
        behind[stat.member_id] = behind.get(stat.member_id, 0) + stat.lag_records
    for run in runs:
        for member in run.members:
            ours |= {member.member_id, member.name}
            killed = member.state is PartState.KILLED
            lag = behind.get(member.member_id, 0) if member.member_id else 0  # committed, as its group is counted
            yield replace(member, lag_records=lag, session_ms=sessions.get(member.name, 0) if killed else 0)
    for member in meta.members:
        if not ours & {member.member_id, member.client_id}:
            held = tuple((place.topic, place.partition) for place in member.assignment)
            state = PartState.RUNNING if held else PartState.JOINING
            name = member.instance_id or member.client_id or member.member_id
            yield MemberStat(member.member_id, name, state, held, lag_records=behind.get(member.member_id, 0),
                             client=member.client_id)


def _unborn(name: str, runs: Sequence[GroupRunStat]) -> GroupStat:
    """A drawn group whose members have not joined yet, or can't."""
    return GroupStat(name, "Empty", members=tuple(member for run in runs for member in run.members))


def _leases(runs: Sequence[GroupRunStat] | None) -> bool:
    """Whether the flow runs the group by leases: what its name once committed does not matter then."""
    return bool(runs) and all(run.queues for run in runs)


def _leasing(name: str, runs: Sequence[GroupRunStat], queues: Mapping[str, QueueStat]) -> GroupStat:
    """A group whose members compete for messages: it has no partitions, and its lag is what waits in its queues."""
    members = tuple(member for run in runs for member in run.members)
    read = [queues[queue] for queue in dict.fromkeys(queue for run in runs for queue in run.queues) if queue in queues]
    ages = [stat.oldest_ms for stat in read if stat.oldest_ms is not None and stat.counts.ready]
    return GroupStat(
        name, "Stable" if any(member.member_id for member in members) else "Empty", members=members,
        rate=sum(run.rate for run in runs), trend=sum(run.trend for run in runs),
        paused=all(run.paused for run in runs), recent=tuple(seen for run in runs for seen in run.recent),
        waiting=sum(stat.counts.ready for stat in read), oldest_ms=max(ages, default=None),
    )
