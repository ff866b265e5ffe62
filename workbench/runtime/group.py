"""A drawn group at work: its members, what they hand over, and what the group as a whole is judged by.

Handling a record marks it as covered, checks the order of its key, passes it on, or sends it to the dead letters. An
event that fails (by the failure rate) fails at every attempt; its retries cost time. Lives on the runner's loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from workbench.core.errors import Invalid, NotFound
from workbench.core.keys import key_colour
from workbench.core.records import Record, StoredRecord, TopicPartition
from workbench.core.snapshot import HandledRecord, MemberStat, PartState
from workbench.engines.base import Consumer, ConsumerSettings, Engine
from workbench.flow.written import start_policy, times_by_member
from workbench.runtime.audit import Coverage, KeyOrder
from workbench.runtime.consumer import Member
from workbench.runtime.handlers import Forwarding, dead_letter
from workbench.runtime.meters import LinkMeter
from workbench.runtime.sender import Sender, shown_key
from workbench.runtime.tempo import Tempo

_RECENT = 12
_FAILURE = "It was drawn to fail by the failure rate."
_GROWING_MS = 5_000.0

Report = Callable[[str, str, str, str], None]
Delivered = Callable[[str, int, int, int, str, str, bool], None]


@dataclass(slots=True)
class Wiring:
    """What a group is linked to: its topics by link meter, and senders for what it passes on."""

    topics: dict[str, LinkMeter]
    forward: Sender | None = None
    dead: Sender | None = None


@dataclass(slots=True)
class _Seen:
    at_ms: int
    member: str
    record: StoredRecord
    state: str


@dataclass(frozen=True, slots=True)
class GroupRunStat:
    """A running group as its panel shows it. ``positions`` maps partitions to (position, member id)."""

    node_id: str
    group: str
    paused: bool
    members: tuple[MemberStat, ...] = ()
    rate: float = 0.0
    trend: float = 0.0
    handled: int = 0
    recent: tuple[HandledRecord, ...] = ()
    positions: Mapping[TopicPartition, tuple[int, str]] = field(default_factory=dict)


class GroupRun:
    def __init__(self, node_id: str, name: str, values: dict[str, Any], wiring: Wiring, engine: Engine, tempo: Tempo,
                 random: Random, report: Report, delivered: Delivered) -> None:  # fmt: skip
        self.node_id = node_id
        self.name = name
        self.tempo = tempo
        self.wiring = wiring
        self.paused = False
        self.members: list[Member] = []
        self.consumed = self.again = self.dead = self.skipped = 0
        self.order = KeyOrder()
        self._engine = engine
        self._random = random
        self._report = report
        self._delivered = delivered
        self._coverage: dict[TopicPartition, Coverage] = {}
        self._commits: dict[TopicPartition, int] = {}
        self._failing: StoredRecord | None = None
        self._decided: StoredRecord | None = None
        self._recent: deque[_Seen] = deque(maxlen=_RECENT)
        self._lags: deque[tuple[float, dict[str, tuple[int, int]]]] = deque()
        self._numbers = 0
        self.change(values)

    # -- settings ------------------------------------------------------------------------------------------
    def change(self, values: dict[str, Any]) -> None:
        """Take new settings; those of membership act when a member joins again."""
        self._forwarding = Forwarding(values)
        self._times = times_by_member(values["member_process_ms"])
        self.start = start_policy(values["start"], values["start_at"])
        self.values = values

    def process_ms(self, member: Member) -> float:
        """The processing time of a member, before spread."""
        own = self._times[member.number - 1] if member.number <= len(self._times) else None
        return self.values["process_ms"] if own is None else own

    def attempts(self, record: StoredRecord) -> float:
        """How many times the processing time a record costs: its spread, and every attempt of one that fails."""
        spread = self.values["process_spread"]
        factor = 1.0 + spread * (2.0 * self._random.random() - 1.0) if spread else 1.0
        self._decided = record
        self._failing = record if self._draw_failure() else None
        return factor * (1 + self.values["max_retries"] if self._failing is not None else 1)

    def _draw_failure(self) -> bool:
        rate = self.values["failure_rate"]
        return rate > 0 and self._random.random() < rate

    # -- members -------------------------------------------------------------------------------------------
    async def open_consumer(self, member: Member) -> Consumer:
        values = self.values
        return await self._engine.consumer(ConsumerSettings(
            self.name, tuple(self.wiring.topics), member.name, (values["assignor"],), values["session_timeout_ms"],
            start=self.start, instance_id=member.name if values["static_members"] else None,
        ))  # fmt: skip

    def add_member(self) -> Member:
        """One more, with the lowest number that is free."""
        taken = {member.number for member in self.members}
        number = next(n for n in range(1, len(taken) + 2) if n not in taken)
        member = Member(self, f"{self.name}-{number}", number)
        self.members.append(member)
        self.members.sort(key=lambda m: m.number)
        member.start()
        return member

    async def remove_member(self, member: Member) -> None:
        self.members.remove(member)
        await member.stop()

    def member(self, name: str) -> Member:
        for member in self.members:
            if name in (member.name, member.member_id):
                return member
        raise NotFound(f"«{self.name}» has no member «{name}».")

    def report(self, member: Member, act: str, reason: str = "") -> None:
        self._report(self.name, member.name, act, reason)

    # -- handling ------------------------------------------------------------------------------------------
    def handle(self, member: Member, place: TopicPartition, run: list[StoredRecord]) -> int:
        """Hand over worked records of one partition; gives how many failed."""
        first, last = run[0].offset, run[-1].offset
        if place not in self._coverage:
            self._coverage[place] = Coverage(first)
        again = self._coverage[place].add(first, last)
        if not again:
            self.order.check(run)
        self.consumed += len(run)
        self.again += again
        meter = self.wiring.topics.get(place.topic)
        if meter is not None:
            meter.add(run, again)
        self._delivered(place.topic, place.partition, first, last, self.name, member.member_id, again > 0)
        failed = 0
        simple = not self.values["failure_rate"] and self.wiring.forward is None
        if not simple:
            failed = self._pass_on(member, run)
        if simple or not failed:
            state = "worked" if self.wiring.forward is None else "forwarded"
            now = self.tempo.clock.now_ms()
            self._recent.extend(_Seen(now, member.name, record, state) for record in run[-3:])
        return failed

    def _pass_on(self, member: Member, run: list[StoredRecord]) -> int:
        failed = 0
        forwarded: list[Record] = []
        for record in run:
            fails = self._failing is record if self._decided is record else self._draw_failure()
            reason = _FAILURE if fails else ""
            if not fails and self.wiring.forward is not None:
                try:
                    passed = self._forwarding.apply(record)
                except Invalid as error:
                    reason = error.message
                else:
                    if passed is not None:
                        forwarded.append(passed)
            if reason:
                failed += 1
                self._fail(member, record, reason)
        if forwarded and self.wiring.forward is not None:
            self.wiring.forward.offer(forwarded)
        return failed

    def _fail(self, member: Member, record: StoredRecord, reason: str) -> None:
        self._recent.append(_Seen(self.tempo.clock.now_ms(), member.name, record, "failed"))
        if self.wiring.dead is None:
            self.skipped += 1
            return
        self.dead += 1
        self.wiring.dead.offer([dead_letter(record, reason, self.values["max_retries"] + 1)])

    async def before_commit(self) -> None:
        """What was passed on must be acknowledged before the offsets behind it are committed."""
        for sender in (self.wiring.forward, self.wiring.dead):
            if sender is not None:
                await sender.drain()

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._commits.update(offsets)

    def tick(self) -> None:
        """Send what lingered long enough."""
        for sender in (self.wiring.forward, self.wiring.dead):
            if sender is not None:
                sender.tick()

    async def close(self) -> None:
        for member in tuple(self.members):
            await member.stop()
        await self.before_commit()

    # -- being watched -------------------------------------------------------------------------------------
    @property
    def lost(self) -> int:
        """Records below the committed offsets that nobody handled, and failed ones that went nowhere."""
        return self.skipped + sum(
            self._coverage[place].missing(at) for place, at in self._commits.items() if place in self._coverage
        )

    @property
    def idle(self) -> bool:
        senders = [s for s in (self.wiring.forward, self.wiring.dead) if s is not None]
        return all(m.idle for m in self.members) and all(sender.idle for sender in senders)

    def reached(self, place: TopicPartition) -> int:
        """How far the group is in a partition: the position of its reader, else what was committed in this run."""
        for member in self.members:
            if place in member.positions and member.idle:
                return member.positions[place]
        return self._commits.get(place, 0)

    def lag(self, ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records not yet handled or committed, by partition of the assigned ones."""
        behind: dict[TopicPartition, int] = {}
        for member in self.members:
            for place, position in member.positions.items():
                at = self._commits.get(place, position)
                behind[place] = max(0, ends.get(place, at) - at)
        return behind

    def judge(self, ends: Mapping[TopicPartition, int]) -> None:
        """Look for slow members: the lag of their partitions grew over five seconds, by more than they can spare."""
        now_ms = self.tempo.clock.monotonic_ms()
        lag = self.lag(ends)
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
                backlog = state[member.name][0] > max(10.0, one_second)
                member.slow = backlog and (member.slow or grown > 0.05 * max(handled, 1))

    def trend(self) -> float:
        """Records a second by which the lag grew over the last seconds."""
        if len(self._lags) < 2 or self._lags[-1][0] <= self._lags[0][0]:
            return 0.0
        (since_ms, before), (now_ms, after) = self._lags[0], self._lags[-1]
        grown = sum(lag for lag, _ in after.values()) - sum(lag for lag, _ in before.values())
        return grown * 1000.0 / (now_ms - since_ms)

    def stat(self, ends: Mapping[TopicPartition, int]) -> GroupRunStat:
        lag = self.lag(ends)
        members = tuple(m.stat(sum(lag.get(place, 0) for place in m.positions)) for m in self.members)
        positions = {place: (at, m.member_id) for m in self.members for place, at in m.positions.items()}
        return GroupRunStat(self.node_id, self.name, self.paused, members, sum(m.rate for m in members),
                            self.trend(), self.consumed, self._shown(), positions)  # fmt: skip

    def _shown(self) -> tuple[HandledRecord, ...]:
        """Records at work, then the last handled, newest first."""
        now = self.tempo.clock.now_ms()
        shown = [
            _Seen(now, m.name, m.at_work, "at work")
            for m in self.members
            if m.at_work is not None and m.state is PartState.RUNNING
        ]
        for seen in reversed(self._recent):
            place = TopicPartition(seen.record.topic, seen.record.partition)
            done = seen.state == "worked" and seen.record.offset < self._commits.get(place, 0)
            shown.append(_Seen(seen.at_ms, seen.member, seen.record, "committed") if done else seen)
        return tuple(
            HandledRecord(s.at_ms, s.member, s.record.topic, s.record.partition, s.record.offset,
                          shown_key(s.record.key), key_colour(s.record.key),
                          max(0, s.at_ms - s.record.timestamp_ms), s.state)
            for s in shown[:_RECENT]
        )  # fmt: skip
