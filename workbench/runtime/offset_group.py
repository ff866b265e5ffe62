"""A group that reads by offsets: its members share the partitions out and commit how far they are.

Handling a record marks it as covered, checks the order of its key, passes it on, or sends it to the dead letters. An
event that fails fails at every attempt; its retries cost time. Lives on the runner's loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from random import Random
from typing import Any

from workbench.core.journal import DeliverEntry
from workbench.core.records import Record, StoredRecord, TopicPartition
from workbench.core.snapshot import PartState
from workbench.engines.base import Consumer, ConsumerSettings
from workbench.flow.settings import ConsumingSettings
from workbench.flow.written import start_policy
from workbench.runtime.audit import Coverage, KeyOrder
from workbench.runtime.consumer import OffsetMember
from workbench.runtime.group import GroupRun, GroupRunStat, Seen, Surroundings, Wiring
from workbench.runtime.handlers import dead_letter
from workbench.runtime.member import Member
from workbench.runtime.plan import GroupPlan
from workbench.runtime.summary import GroupSummary

_GROWING_MS = 5_000.0


class OffsetGroup(GroupRun):
    def __init__(self, plan: GroupPlan, wiring: Wiring, around: Surroundings, random: Random) -> None:
        super().__init__(plan, wiring, around, random)
        self.dead = self.skipped = 0
        self.order = KeyOrder()
        self._coverage: dict[TopicPartition, Coverage] = {}
        self._commits: dict[TopicPartition, int] = {}
        self._lags: deque[tuple[float, dict[str, tuple[int, int]]]] = deque()

    def change(self, settings: ConsumingSettings) -> None:
        self._start = start_policy(settings.start, settings.start_at)
        super().change(settings)

    def attempts(self, member: Member[Any], record: StoredRecord) -> float:
        """How many times the processing time a record costs: its spread, and every attempt of one that fails."""
        fails = self._work.look_ahead(member.number, record)
        return self._work.spread() * (1 + self.settings.max_retries if fails else 1)

    # -- members -------------------------------------------------------------------------------------------
    def _new_member(self, name: str, number: int) -> OffsetMember:
        return OffsetMember(self, name, number)

    async def open_consumer(self, member: Member[Any]) -> Consumer:
        settings = self.settings
        return await self._around.engine.consumer(ConsumerSettings(
            self.name, tuple(self.wiring.topics), member.name, (settings.assignor,), settings.session_timeout_ms,
            start=self._start, instance_id=member.name if settings.static_members else None,
        ))

    # -- handling ------------------------------------------------------------------------------------------
    def taken(self, member: Member[Any], place: TopicPartition, first: int, last: int) -> None:
        """A member has ``first`` to ``last`` in its hand: what is committed from there on has to be handled."""
        self._around.journal(DeliverEntry(
            self.tempo.clock.now_ms(), *place, first, last, last - first + 1, group=self.name,
            member=member.member_id, held=True))
        coverage = self._coverage.setdefault(place, Coverage(first))
        coverage.start = min(coverage.start, first)

    def handle(self, member: Member[Any], place: TopicPartition, run: list[StoredRecord]) -> int:
        """Hand over worked records of one partition; gives how many failed."""
        first, last = run[0].offset, run[-1].offset
        again = self._coverage[place].add(first, last)
        if not again:
            self.order.check(run)
        self.consumed += len(run)
        self.again += again
        meter = self.wiring.topics.get(place.topic)
        if meter is not None:
            meter.add(run, again)
        self._around.done(place.topic, place.partition, first, last, self.name, member.member_id, again > 0)
        failed = 0 if self._work.simple and self.wiring.store is None else self._pass_on(member, run)
        if not failed:
            self._saw(member, "worked" if self.wiring.forward is None else "forwarded", *run[-3:])
        return failed

    def _pass_on(self, member: Member[Any], run: list[StoredRecord]) -> int:
        failed = 0
        forwarded: list[Record] = []
        for record in run:
            reason, passed = self._work.do(member.number, record)
            reason = reason or self._stored(record, 1 + self.settings.max_retries)
            if reason:
                failed += 1
                self._fail(member, record, reason)
            elif passed is not None:
                forwarded.append(passed)
        if forwarded and self.wiring.forward is not None:
            self.wiring.forward.offer(forwarded)
        return failed

    def _fail(self, member: Member[Any], record: StoredRecord, reason: str) -> None:
        self._saw(member, "failed", record)
        if self.wiring.dead is None:
            self.skipped += 1
            return
        self.dead += 1
        self.wiring.dead.offer([dead_letter(record, reason, self.settings.max_retries + 1)])

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._commits.update(offsets)

    # -- being watched -------------------------------------------------------------------------------------
    @property
    def lost(self) -> int:
        """Records below the committed offsets that nobody handled, and failed ones that went nowhere."""
        return self.skipped + sum(self._coverage[place].missing(at) for place, at in self._commits.items())

    def waiting(self) -> dict[str, int]:
        behind: dict[str, int] = {}
        for place, count in self._lag().items():
            behind[place.topic] = behind.get(place.topic, 0) + count
        return behind

    def behind(self) -> int:
        ends = self._around.backlog.ends
        return sum(max(0, end - self._reached(place)) for place, end in ends.items()
                   if place.topic in self.wiring.topics)

    def _reached(self, place: TopicPartition) -> int:
        """How far the group is in a partition: the position of its reader, else what was committed in this run."""
        for member in self.members:
            if place in member.positions and member.idle:
                return member.positions[place]
        return self._commits.get(place, 0)

    def _lag(self) -> dict[TopicPartition, int]:
        """Records not yet handled or committed, by partition of the assigned ones."""
        behind: dict[TopicPartition, int] = {}
        for member in self.members:
            for place, position in member.positions.items():
                at = self._commits.get(place, position)
                behind[place] = max(0, self._around.backlog.ends.get(place, at) - at)
        return behind

    def judge(self) -> None:
        """Look for slow members: the lag of their partitions grew over five seconds, by more than they can spare, and
        does not shrink since. Who is held by a person is not slow, nor is the time of a pause looked at afterwards."""
        super().judge()
        if self.paused or not self.tempo.going:
            self._lags.clear()
            for member in self.members:
                member.set_slow(False)
            return
        now_ms = self.tempo.clock.monotonic_ms()
        lag = self._lag()
        state = {m.name: (sum(lag.get(place, 0) for place in m.positions), m.rate.total) for m in self.members}
        self._lags.append((now_ms, state))
        while len(self._lags) > 2 and now_ms - self._lags[1][0] >= _GROWING_MS:
            self._lags.popleft()
        since_ms, before = self._lags[0]
        for member in self.members:
            if member.name in before and now_ms - since_ms >= _GROWING_MS / 2:
                grown = state[member.name][0] - before[member.name][0]
                handled = state[member.name][1] - before[member.name][1]
                one_second = handled * 1000.0 / (now_ms - since_ms)
                backlog = state[member.name][0] > max(10.0, one_second) and member.state is PartState.RUNNING
                spare = 0.05 * max(handled, 1)
                member.set_slow(backlog and grown > (-spare if member.slow else spare))

    def stat(self) -> GroupRunStat:
        lag = self._lag()
        members = tuple(m.stat(sum(lag.get(place, 0) for place in m.positions)) for m in self.members)
        positions = {place: (at, m.member_id) for m in self.members for place, at in m.reached().items()}
        return GroupRunStat(self.node_id, self.name, self.paused, members, sum(m.rate for m in members),
                            self.trend(), self.consumed, self._shown(), positions)

    def _state_of(self, seen: Seen) -> str:
        place = TopicPartition(seen.record.topic, seen.record.partition)
        done = seen.state == "worked" and seen.record.offset < self._commits.get(place, 0)
        return "committed" if done else seen.state

    def summary(self) -> GroupSummary:
        return GroupSummary(self.consumed, self.behind(), self.order.violations, self.again, self.lost, self.dead)
