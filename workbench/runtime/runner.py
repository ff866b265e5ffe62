"""A running flow: follows the drawing, starts and stops its parts, and tells how they do.

    stopped --run--> running <--pause / run--> paused --step--> paused
       ^________________stop________________________|

Everything lives on one asyncio loop. Acts are taken one at a time; parts work in slices of a few milliseconds, so
that a control channel on the same loop stays quick.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from workbench.core.acts import GroupControl, MemberControl, ProducerControl
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Invalid, Refused, WorkbenchError
from workbench.core.journal import FaultEntry, JournalEntry, MemberAct, ProducerEntry, RunAct, RunEntry
from workbench.core.records import TopicPartition
from workbench.core.snapshot import LinkStat, MemberStat, PartState, ProducerStat, RunState
from workbench.engines.base import Engine
from workbench.flow.document import FlowDocument
from workbench.flow.settings import ProducerSettings
from workbench.runtime.backlog import Backlog
from workbench.runtime.group import GroupRun, GroupRunStat, NoteDone
from workbench.runtime.parts import Builder, Tally
from workbench.runtime.plan import FlowPlan, GroupPlan, ProducerPlan, plan_of
from workbench.runtime.producer import Producer
from workbench.runtime.provisioning import Provisioning
from workbench.runtime.routes import DeadLetterLinks, Routes
from workbench.runtime.sources import GeneratorSource
from workbench.runtime.storing import StoreGates
from workbench.runtime.summary import RunSummary
from workbench.runtime.tempo import Tempo

_REFRESH_S = 0.25


@dataclass(frozen=True, slots=True)
class RunnerStats:
    """What moved since the last call, and how every part stands."""

    run: RunState
    speed: float
    producers: tuple[ProducerStat, ...]
    groups: tuple[GroupRunStat, ...]
    links: tuple[LinkStat, ...]


class FlowRunner:
    """``note_done(topic, partition, first, last, group, member, again)`` is told of every handled range.

    Files are read on threads beside the loop, unless ``background`` is off: then what comes when is the loop's alone.
    """

    def __init__(self, engine: Engine, *, clock: Clock | None = None, seed: int | None = None,
                 journal: Callable[[JournalEntry], None] = lambda entry: None,
                 note_done: NoteDone = lambda *range_: None, background: bool = True) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()
        self._wished_seed = seed
        self._journal = journal
        self._tempo = Tempo(self._clock)
        self._tally = Tally()
        self._ground = Provisioning(engine)
        self._backlog = Backlog(engine)
        self.stores = StoreGates(self._tempo)
        self._builder = Builder(engine, self._ground, self._backlog, self._tempo, self._tally, journal,
                                note_done, self.stores, background)
        self._plan = FlowPlan()
        self._state = RunState.STOPPED
        self._producers: dict[str, Producer] = {}
        self._groups: dict[str, GroupRun] = {}
        self._broken: dict[str, str] = {}
        self._dead_letters = DeadLetterLinks(())
        self._refreshing: asyncio.Task[None] | None = None
        self._started_ms: float | None = None
        self._calm = 0
        self._last_totals: tuple[int, ...] = ()
        self._acting = asyncio.Lock()

    # -- the drawing ---------------------------------------------------------------------------------------
    async def apply(self, document: FlowDocument) -> None:
        """Take the drawing as it is now: topics drawn and not there are created, running parts follow at once."""
        async with self._acting:
            before, self._plan = self._plan, plan_of(document)
            await self._ground.lay(self._plan)
            self.stores.take(self._plan)
            self._tally.routes = Routes(self._plan.exchanges, self._plan.bindings, self._plan.alternates)
            self._dead_letters = DeadLetterLinks(self._plan.dead_letters, self._tally.routes)
            if self._state is not RunState.STOPPED:
                await self._follow(before)

    async def _follow(self, before: FlowPlan) -> None:
        """Stop what is gone, start what is new, change or restart what is other than before."""
        for node_id in before.producers:
            if self._plan.producers.get(node_id) != before.producers[node_id]:
                await self._change_producer(before.producers[node_id], self._plan.producers.get(node_id))
        for node_id in before.groups:
            if self._plan.groups.get(node_id) != before.groups[node_id]:
                await self._change_group(before.groups[node_id], self._plan.groups.get(node_id))
        self._start_groups([plan for node_id, plan in self._plan.groups.items() if node_id not in before.groups])
        self._start_producers([p for node_id, p in self._plan.producers.items() if node_id not in before.producers])

    async def _change_producer(self, before: ProducerPlan, after: ProducerPlan | None) -> None:
        running = self._producers.get(before.node_id)
        if after and running and before.goes_on_in(after):
            with suppress(WorkbenchError):  # starting it anew says why not
                await running.retarget(self._builder.sender(after))
                return
        if after and running and self._only_source(before, after) and isinstance(running.source, GeneratorSource) \
                and isinstance(after.settings, ProducerSettings):
            try:
                running.source.change(after.settings, self._tempo.elapsed_s())
                running.name = after.name
                running.nudge()
                return
            except Invalid as reason:
                self._broken[before.node_id] = reason.sentence()
        if running:
            await self._producers.pop(before.node_id).stop()
        if after:
            self._start_producers([after])

    @staticmethod
    def _only_source(before: ProducerPlan, after: ProducerPlan) -> bool:
        sending = before.settings.sending() == after.settings.sending()
        return sending and (before.to, before.kind, after.broken) == (after.to, after.kind, "")

    async def _change_group(self, before: GroupPlan, after: GroupPlan | None) -> None:
        running = self._groups.get(before.node_id)
        if after and running and before.joins_like(after):
            try:
                running.change(after.settings)
            except Invalid as reason:
                self._broken[before.node_id] = reason.sentence()
                return
            self._broken.pop(before.node_id, None)
            if before.settings.members != after.settings.members:
                await running.count_members(after.settings.members)
            return
        if running:
            await self._groups.pop(before.node_id).close()
        if after:
            self._start_groups([after])

    def _start_groups(self, plans: list[GroupPlan]) -> None:
        for plan in plans:
            self._broken.pop(plan.node_id, None)
            try:
                if plan.broken:
                    raise Invalid(plan.broken)
                group = self._groups[plan.node_id] = self._builder.group(plan)
            except WorkbenchError as reason:
                self._broken[plan.node_id] = reason.sentence()
                continue
            for _ in range(plan.settings.members):
                group.add_member()

    def _start_producers(self, plans: list[ProducerPlan]) -> None:
        for plan in plans:
            self._broken.pop(plan.node_id, None)
            try:
                if plan.broken:
                    raise Invalid(plan.broken)
                producer = self._producers[plan.node_id] = self._builder.producer(plan)
            except WorkbenchError as reason:
                self._broken[plan.node_id] = reason.sentence()
                if plan.to is not None:  # one that nobody linked yet waits for a link
                    self._journal(ProducerEntry(self._clock.now_ms(), node=plan.node_id, name=plan.name, act="failed",
                                                reason=reason.sentence()))
                continue
            producer.start()

    # -- run, pause, step, stop ----------------------------------------------------------------------------
    async def run(self, seed: int | None = None) -> None:
        """Start, or go on after a pause."""
        async with self._acting:
            if self._state is RunState.RUNNING:
                return
            started = self._state is RunState.STOPPED
            self._tempo.go()
            if started:
                await self._start(seed)
            self._state = RunState.RUNNING
            self._nudge()
            self._note_run("started" if started else "resumed")

    async def pause(self) -> None:
        """Hold all parts where they are; members keep their partitions."""
        async with self._acting:
            if self._state is RunState.RUNNING:
                self._tempo.hold()
                self._state = RunState.PAUSED
                self._note_run("paused")

    async def step(self) -> None:
        """While paused (or from stopped): every producer sends one batch, every member handles one poll."""
        async with self._acting:
            if self._state is RunState.RUNNING:
                raise Refused("The flow is running.", "Pause it, then step.")
            if self._state is RunState.STOPPED:
                self._tempo.hold()
                await self._start(None)
                self._state = RunState.PAUSED
            for producer in self._producers.values():
                producer.step()
            for group in self._groups.values():
                for member in group.members:
                    member.step()
            self._note_run("stepped")

    async def stop(self) -> None:
        """Stop in order: producers send what they hold, members commit what they worked, and leave."""
        async with self._acting:
            if self._state is RunState.STOPPED:
                return
            self._tempo.hold()
            await asyncio.gather(*(producer.stop() for producer in self._producers.values()))
            await asyncio.gather(*(group.close() for group in self._groups.values()))
            if self._refreshing is not None:
                self._refreshing.cancel()
                await asyncio.wait((self._refreshing,))
            await self._refresh_backlog()
            self._state = RunState.STOPPED
            self._note_run("stopped")

    async def _start(self, seed: int | None) -> None:
        self._builder.seed = next(s for s in (seed, self._wished_seed, secrets.randbits(31)) if s is not None)
        self._started_ms = self._clock.monotonic_ms()
        self._tally.produced.clear()
        self._producers, self._groups, self._calm = {}, {}, 0
        await self._refresh_backlog()
        self._start_groups(list(self._plan.groups.values()))
        self._start_producers(list(self._plan.producers.values()))
        self._refreshing = asyncio.create_task(self._refresh(), name="flow refresh")

    async def set_speed(self, speed: float) -> None:
        """Multiply rates, divide processing times."""
        if not 0.1 <= speed <= 100:
            raise Invalid("The speed can't be {speed:g}.", "Give 0.1 to 100.", speed=speed)
        self._tempo.set_speed(speed)
        self._nudge()
        self._note_run("speed")

    def _nudge(self) -> None:
        for producer in self._producers.values():
            producer.nudge()
        for group in self._groups.values():
            for member in group.members:
                member.nudge()

    # -- control of single parts ---------------------------------------------------------------------------
    async def control_producer(self, node_id: str, act: ProducerControl, number: float = 0.0) -> None:
        async with self._acting:
            running = self._state is not RunState.STOPPED
            if act == ProducerControl.RESTART and node_id in self._plan.producers and running:
                if node_id in self._producers:
                    await self._producers.pop(node_id).stop()
                self._start_producers([self._plan.producers[node_id]])
                return
            producer = self._producers.get(node_id)
            if producer is None or not running:
                raise Refused("This producer is not running.", "Run the flow first.")
            match act:
                case ProducerControl.PAUSE:
                    producer.pause()
                case ProducerControl.RESUME:
                    producer.resume()
                case ProducerControl.FLUSH:
                    producer.sender.flush()
                case ProducerControl.RATE:
                    producer.set_rate(number)
                case _:
                    raise _no_act("producer", act, ProducerControl)

    async def control_group(self, node_id: str, act: GroupControl) -> None:
        """The whole group."""
        group = self._running_group(node_id)
        if act not in tuple(GroupControl):
            raise _no_act("group", act, GroupControl)
        group.paused = act == GroupControl.PAUSE
        for member in group.members:
            member.nudge()
            group.report(member, "paused" if group.paused else "resumed")

    async def control_member(self, node_id: str, act: MemberControl, member: str = "") -> None:
        """To add one needs no member."""
        async with self._acting:
            group = self._running_group(node_id)
            if act == MemberControl.ADD:
                group.report(group.add_member(), "added")
                return
            one = group.member(member)
            match act:
                case MemberControl.PAUSE:
                    one.pause()
                case MemberControl.RESUME:
                    one.resume()
                case MemberControl.KILL:
                    await one.kill()
                case MemberControl.REMOVE:
                    await group.remove_member(one)
                case MemberControl.RESTART:
                    if one.state is not PartState.KILLED:
                        await one.stop()
                    one.start()
                case _:
                    raise _no_act("member", act, MemberControl)
            group.report(one, _DONE[act])

    async def seek_member(self, node_id: str, topic: str, partition: int, offset: int) -> None:
        """Move the position of the member that reads the partition; nothing is committed by it."""
        place = TopicPartition(topic, partition)
        for member in self._running_group(node_id).members:
            if place in member.positions:
                member.seek(place, offset)
                return
        raise Refused("No member reads {place} now.", "Wait until the group has shared its partitions.", place=place)

    async def release_group(self, group: str) -> int:
        """Let all members of a group leave, so that its offsets can be moved; gives how many left."""
        async with self._acting:
            members = [m for run in self._groups.values() if run.name == group for m in run.members]
            left = [member for member in members if member.state is not PartState.KILLED]
            await asyncio.gather(*(member.stop() for member in left))
            return len(left)

    async def release_topic(self, topic: str) -> None:
        """Let go of a topic that is about to have another name: producers send what they hold and wait, members that
        read it or write to it leave. All go on when the drawing says the new name."""
        async with self._acting:
            writers = [self._producers[node_id] for node_id, plan in self._plan.producers.items()
                       if node_id in self._producers and plan.to is not None and plan.to.topic == topic]
            users = [self._groups[node_id] for node_id, plan in self._plan.groups.items()
                     if node_id in self._groups and topic in plan.topics]
            members = [member for run in users for member in run.members if member.state is not PartState.KILLED]
            await asyncio.gather(*(writer.hold() for writer in writers), *(member.stop() for member in members))

    async def release_store(self, store: str) -> None:
        """The same of a store: members that write to it or look up in it leave, and what they wrote is safe."""
        async with self._acting:
            users = [self._groups[node_id] for node_id, plan in self._plan.groups.items()
                     if node_id in self._groups and plan.store is not None and plan.store.topic == store]
            members = [member for run in users for member in run.members if member.state is not PartState.KILLED]
            await asyncio.gather(*(member.stop() for member in members))
            await asyncio.gather(*(run.passed_on() for run in users))

    async def rejoin_group(self, group: str) -> None:
        """Let the members that left join again; they read on from what is committed."""
        async with self._acting:
            for run in self._groups.values():
                for member in run.members if run.name == group else ():
                    if member.state is PartState.IDLE:
                        member.start()

    def control_store(self, node_id: str, refuse_s: float) -> None:
        """Have a store refuse everything for so long; 0 ends it."""
        gate = self.stores.gate(node_id)
        gate.refuse_for(refuse_s)
        text = f"{gate.plan.name} refuses everything for {refuse_s:g} s" if refuse_s else f"{gate.plan.name} is back"
        self._journal(FaultEntry(self._clock.now_ms(), what="outage", where=gate.plan.name, text=text))

    def _running_group(self, node_id: str) -> GroupRun:
        if self._state is RunState.STOPPED or node_id not in self._groups:
            raise Refused("This group is not running.", "Run the flow first.")
        return self._groups[node_id]

    # -- watching ------------------------------------------------------------------------------------------
    @property
    def state(self) -> RunState:
        return self._state

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_S)
            await self._refresh_backlog()
            for group in self._groups.values():
                group.tick()
                group.judge()
            totals = (*self._tally.produced.values(), *(group.consumed for group in self._groups.values()))
            calm = totals == self._last_totals and self._is_quiet()
            self._calm = self._calm + 1 if calm else 0
            self._last_totals = totals

    async def _refresh_backlog(self) -> None:
        plans = self._plan.groups.values()
        topics = {arrow.topic for plan in plans if not plan.by_leases for arrow in plan.reads}
        queues = {queue for plan in plans for queue in plan.queues} | {way.queue for way in self._plan.dead_letters}
        await self._backlog.refresh(topics & set(self._ground.partitions), queues)
        self._dead_letters.look(self._backlog, self._tally.meter)

    def _is_quiet(self) -> bool:
        """All producers are over, nothing is on its way, and every group has handled everything."""
        return (
            all(producer.over for producer in self._producers.values())
            and all(group.idle for group in self._groups.values())
            and all(group.behind() == 0 for group in self._groups.values())
        )

    def drained(self) -> bool:
        """Nothing will happen any more: producers over, everything handled, twice looked."""
        return self._calm >= 2

    def stats(self) -> RunnerStats:
        running = self._state is not RunState.STOPPED
        now_ms = self._clock.monotonic_ms()
        producers = self._producer_stats()
        groups = [group.stat() for group in self._groups.values()] if running else []
        groups += [
            GroupRunStat(p.node_id, p.name, False, (
                MemberStat("", p.name, PartState.FAILED if p.reads else PartState.IDLE, node_id=p.node_id,
                           reason=self._broken[p.node_id]),))  # without a link nothing is wrong yet
            for p in self._plan.groups.values() if p.node_id in self._broken
        ]
        return RunnerStats(self._state, self._tempo.speed, tuple(producers), tuple(groups), self._links(now_ms))

    def _producer_stats(self) -> list[ProducerStat]:
        broken = [
            ProducerStat(plan.node_id, plan.name, PartState.FAILED if plan.to else PartState.IDLE,
                         reason=self._broken[plan.node_id])
            for plan in self._plan.producers.values() if plan.node_id in self._broken
        ]
        return [producer.stat() for producer in self._producers.values()] + broken

    def _links(self, now_ms: float) -> tuple[LinkStat, ...]:
        waiting: dict[str, tuple[int, int]] = {}
        for node_id, group in self._groups.items():
            behind = group.waiting()
            for arrow in self._plan.groups[node_id].reads if node_id in self._plan.groups else ():
                waiting[arrow.link_id] = behind.get(arrow.topic, 0), group.settings.lag_threshold_records
        return tuple(
            self._tally.meter(link_id).stat(link_id, now_ms, *waiting.get(link_id, ())) for link_id in self._plan.links
        )

    def summary(self) -> RunSummary:
        groups = {group.name: group.summary() for node_id, group in self._groups.items()
                  if node_id in self._plan.groups}
        failed = sum(producer.sender.failed for producer in self._producers.values())
        told = [*self._ground.troubles.values(), *(stat.reason for stat in self._producer_stats() if stat.reason)]
        told += [self._broken[node_id] for node_id in self._plan.groups if node_id in self._broken]
        notes = tuple(note for producer in self._producers.values() for note in producer.source.notes)
        began_ms = self._started_ms
        seconds = 0.0 if began_ms is None else (self._clock.monotonic_ms() - began_ms) / 1000.0
        produced = dict(self._tally.produced)
        return RunSummary(seconds, self._builder.seed, produced, failed, groups, tuple(told), notes)

    # -- journal -------------------------------------------------------------------------------------------
    def _note_run(self, act: RunAct) -> None:
        self._journal(RunEntry(self._clock.now_ms(), act=act, speed=self._tempo.speed, seed=self._builder.seed))


_DONE: Mapping[MemberControl, MemberAct] = {
    MemberControl.PAUSE: "paused", MemberControl.RESUME: "resumed", MemberControl.KILL: "killed",
    MemberControl.RESTART: "restarted", MemberControl.REMOVE: "removed",
}
"""Acts on members, as the journal calls them once they are done."""


def _no_act(noun: str, act: str, there_are: type[StrEnum]) -> Invalid:
    return Invalid("A {noun} can't «{act}».", "Use one of {there_are}.", noun=noun, act=act,
                   there_are=', '.join(there_are))
