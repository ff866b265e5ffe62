"""A drawn group at work: its members, what they do with what they take, and how the group as a whole is seen.

How it reads makes the difference: ``offset_group`` shares partitions out and commits, ``queue_group`` competes for
single messages. Lives on the runner's loop.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from workbench.core.errors import NotFound
from workbench.core.journal import JournalEntry, MemberAct
from workbench.core.keys import key_colour
from workbench.core.records import StoredRecord, TopicPartition
from workbench.core.snapshot import HandledRecord, MemberStat, PartState
from workbench.engines.base import Engine
from workbench.flow.settings import ConsumingSettings
from workbench.flow.written import times_by_member
from workbench.runtime.backlog import Backlog
from workbench.runtime.member import Member
from workbench.runtime.meters import LinkMeter
from workbench.runtime.plan import GroupPlan
from workbench.runtime.sender import Sender, shown_key
from workbench.runtime.storing import StoreLookup, StoreWriter
from workbench.runtime.summary import GroupSummary
from workbench.runtime.tempo import Tempo
from workbench.runtime.work import Work
from workbench.serde import DecoderOf, guessing

_RECENT = 12
_TREND_MS = 5_000.0

Report = Callable[[str, str, MemberAct, str], None]
NoteDone = Callable[[str, int, int, int, str, str, bool], None]
"""Told of what a member has worked: topic, partition, first, last, group, member, again."""
Journal = Callable[[JournalEntry], None]


@dataclass(slots=True)
class Wiring:
    """What a group is linked to: its topics by link meter, and senders for what it passes on."""

    topics: dict[str, LinkMeter]
    forward: Sender | None = None
    dead: Sender | None = None
    store: StoreWriter | None = None
    lookup: StoreLookup | None = None

    @property
    def senders(self) -> tuple[Sender | StoreWriter, ...]:
        return tuple(sender for sender in (self.store, self.forward, self.dead) if sender is not None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all groups of a flow work in."""

    engine: Engine
    tempo: Tempo
    backlog: Backlog
    report: Report
    done: NoteDone
    journal: Journal
    decoders: DecoderOf = guessing


@dataclass(slots=True)
class Seen:
    at_ms: int
    member: str
    record: StoredRecord
    state: str


@dataclass(frozen=True, slots=True)
class GroupRunStat:
    """A running group as its panel shows it. ``positions`` maps partitions to (position, member id); ``queues`` are
    those that it takes messages from, empty for one that reads by offsets."""

    node_id: str
    group: str
    paused: bool
    members: tuple[MemberStat, ...] = ()
    rate: float = 0.0
    trend: float = 0.0
    handled: int = 0
    recent: tuple[HandledRecord, ...] = ()
    positions: Mapping[TopicPartition, tuple[int, str]] = field(default_factory=dict)
    queues: tuple[str, ...] = ()


class GroupRun(ABC):
    def __init__(self, plan: GroupPlan, wiring: Wiring, around: Surroundings, random: Random) -> None:
        self.node_id = plan.node_id
        self.name = plan.name
        self.plan = plan
        self.wiring = wiring
        self.tempo = around.tempo
        self.paused = False
        self.members: list[Member[Any]] = []
        self.consumed = self.again = 0
        self._around = around
        into = plan.forward.topic if plan.forward is not None and plan.forward.kind != "exchange" else ""
        self._work = Work(plan.settings, random, wiring.forward is not None, around.decoders, into,
                          wiring.lookup, around.engine.serdes)
        self._recent: deque[Seen] = deque(maxlen=_RECENT)
        self._course: deque[tuple[float, int]] = deque()
        self.change(plan.settings)

    # -- settings ------------------------------------------------------------------------------------------
    def change(self, settings: ConsumingSettings) -> None:
        """Take new settings; those of membership act when a member joins again."""
        self._work.change(settings)
        self._times = times_by_member(settings.member_process_ms)
        self.settings = settings

    def process_ms(self, member: Member[Any]) -> float:
        """The processing time of a member, before spread."""
        own = self._times[member.number - 1] if member.number <= len(self._times) else None
        return self.settings.process_ms if own is None else own

    # -- members -------------------------------------------------------------------------------------------
    @abstractmethod
    def _new_member(self, name: str, number: int) -> Member[Any]: ...

    def add_member(self) -> Member[Any]:
        """One more, with the lowest number that is free."""
        taken = {member.number for member in self.members}
        number = next(n for n in range(1, len(taken) + 2) if n not in taken)
        member = self._new_member(f"{self.name}-{number}", number)
        self.members.append(member)
        self.members.sort(key=lambda m: m.number)
        member.start()
        return member

    async def remove_member(self, member: Member[Any]) -> None:
        self.members.remove(member)
        await member.stop()

    async def count_members(self, wanted: int) -> None:
        """So many from now on, the lowest numbers: one act, so that the work is shared out once. Those who go finish
        what they have in hand together, and leave before anybody can rejoin between two of them."""
        while len(self.members) < wanted:
            self.add_member()
        going = self.members[wanted:]
        del self.members[wanted:]
        await self._dismiss(going)

    async def _dismiss(self, going: Sequence[Member[Any]]) -> None:
        await asyncio.gather(*(member.finish() for member in going))
        for member in going:
            await member.stop()

    def member(self, name: str) -> Member[Any]:
        for member in self.members:
            if name in (member.name, member.member_id):
                return member
        raise NotFound("«{name}» has no member «{name_2}».", name=self.name, name_2=name)

    def report(self, member: Member[Any], act: MemberAct, reason: str = "") -> None:
        self._around.report(self.name, member.name, act, reason)

    # -- passing on ----------------------------------------------------------------------------------------
    async def passed_on(self) -> None:
        """What was passed on must be acknowledged before what it was made of counts as done."""
        for sender in self.wiring.senders:
            await sender.drain()

    def _stored(self, record: StoredRecord, tries: int) -> str:
        """Write a worked record to the group's store; why that is refused, empty when it is not, or there is none."""
        return "" if self.wiring.store is None else self.wiring.store.offer(self._work.read(record), tries)

    def tick(self) -> None:
        """Send what lingered long enough."""
        for sender in self.wiring.senders:
            sender.tick()

    async def close(self) -> None:
        """All finish before one leaves: what it lets go of is not to be handed to another who is about to leave too,
        and no rebalance may come before the others' last commits."""
        await self._dismiss(tuple(self.members))
        await self.passed_on()

    # -- being watched -------------------------------------------------------------------------------------
    @property
    def idle(self) -> bool:
        return all(m.idle for m in self.members) and all(sender.idle for sender in self.wiring.senders)

    @abstractmethod
    def waiting(self) -> dict[str, int]:
        """What waits for the group, by the topics and queues it is linked to."""

    @abstractmethod
    def behind(self) -> int:
        """How much the group has not handled yet."""

    @abstractmethod
    def summary(self) -> GroupSummary: ...

    @abstractmethod
    def stat(self) -> GroupRunStat: ...

    def judge(self) -> None:
        """Follow how what waits grows."""
        now_ms = self.tempo.clock.monotonic_ms()
        self._course.append((now_ms, sum(self.waiting().values())))
        while len(self._course) > 2 and now_ms - self._course[1][0] >= _TREND_MS:
            self._course.popleft()

    def trend(self) -> float:
        """Records a second by which what waits grew over the last seconds."""
        if len(self._course) < 2 or self._course[-1][0] <= self._course[0][0]:
            return 0.0
        (since_ms, before), (now_ms, after) = self._course[0], self._course[-1]
        return (after - before) * 1000.0 / (now_ms - since_ms)

    def _saw(self, member: Member[Any], state: str, *records: StoredRecord) -> None:
        now = self.tempo.clock.now_ms()
        self._recent.extend(Seen(now, member.name, record, state) for record in records)

    def _state_of(self, seen: Seen) -> str:
        """What is known of a handled record by now."""
        return seen.state

    def _shown(self) -> tuple[HandledRecord, ...]:
        """Records at work, then the last handled, newest first."""
        now, decoders = self.tempo.clock.now_ms(), self._around.decoders
        at_work = [
            Seen(now, m.name, m.at_work, "at work")
            for m in self.members
            if m.at_work is not None and m.state is PartState.RUNNING
        ]
        return tuple(
            HandledRecord(s.at_ms, s.member, s.record.topic, s.record.partition, s.record.offset,
                          shown_key(s.record.key, decoders(s.record.topic)), key_colour(s.record.key),
                          max(0, s.at_ms - s.record.timestamp_ms), self._state_of(s))
            for s in (*at_work, *reversed(self._recent))[:_RECENT]
        )
