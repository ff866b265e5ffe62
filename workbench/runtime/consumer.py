"""One member of a drawn group at work: poll, spend the processing time, hand over, commit.

    joining --> running <--pause/resume--> paused
                  |--> killed   (vanishes without a word: nothing is committed, the session time-out finds out)
                  `--> failed   (the reason is a sentence)

Commit modes, as Kafka's: ``auto`` commits at a poll what the poll before returned; ``before`` commits what a poll
returned before working on it; ``after`` commits what was worked, at every poll and meanwhile in long work. While
long at work a member tends its membership, so that a rebalance need not wait for it; records it loses or will read
anew are dropped from its hand. One task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from workbench.core.errors import Fenced, WorkbenchError
from workbench.core.records import StoredRecord, TopicPartition
from workbench.core.snapshot import MemberStat, PartState
from workbench.engines.base import Consumer
from workbench.runtime.meters import RateMeter
from workbench.runtime.tempo import Nudge, Portion

if TYPE_CHECKING:
    from workbench.runtime.group import GroupRun

_IDLE_POLL_S = 0.2
_HELD_TEND_S = 0.25
_DEBT_S = 0.004


def by_partition(records: Sequence[StoredRecord]) -> Iterator[tuple[TopicPartition, list[StoredRecord]]]:
    """Records cut into runs of one partition."""
    for place, run in groupby(records, key=itemgetter(0, 1)):
        yield TopicPartition(*place), list(run)


class Member:
    def __init__(self, group: GroupRun, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.state = PartState.IDLE
        self.reason = ""
        self.failed = 0
        self.slow = False
        self._group = group
        self._tempo = group.tempo
        self._consumer: Consumer | None = None
        self._hand: deque[StoredRecord] = deque()
        self._handled: dict[TopicPartition, int] = {}
        self._polled: dict[TopicPartition, int] = {}
        self._committed_ms = 0.0
        self._busy_until_ms = 0.0
        self._paused = False
        self._leaving = False
        self._steps = 0
        self._nudge = Nudge()
        self._portion = Portion(self._tempo.clock)
        self.rate = RateMeter()
        self._task: asyncio.Task[None] | None = None

    # -- control -------------------------------------------------------------------------------------------
    def start(self) -> None:
        self._leaving = False
        self.reason = ""
        self.state = PartState.JOINING
        self._task = asyncio.create_task(self._run(), name=f"member {self.name}")

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._nudge.now()

    def nudge(self) -> None:
        self._nudge.now()

    def step(self) -> None:
        """Handle one poll, although the flow is paused."""
        self._steps += 1
        self._nudge.now()

    async def stop(self) -> None:
        """Finish the record at work, commit, leave the group."""
        self._leaving = True
        self._nudge.now()
        if self._task is not None:
            await asyncio.wait((self._task,))
        if self.state is not PartState.FAILED:
            self.state = PartState.IDLE

    async def kill(self) -> None:
        """Vanish as a killed process would: nothing more is committed, the group is not told."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        await self._let_go(leave=False)
        self.state = PartState.KILLED

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Move the position only; records in hand of that partition are dropped."""
        if self._consumer is None:
            return
        self._consumer.seek(place, offset)
        self._hand = deque(r for r in self._hand if (r.topic, r.partition) != place)
        self._handled.pop(place, None)
        self._polled.pop(place, None)

    # -- work ----------------------------------------------------------------------------------------------
    async def _run(self) -> None:
        try:
            while not self._leaving:
                try:
                    await self._turn()
                except Fenced:
                    await self._let_go(leave=True)
            await self._leave()
        except (WorkbenchError, OSError) as error:
            self.state = PartState.FAILED
            self.reason = error.sentence() if isinstance(error, WorkbenchError) else f"The engine failed: {error}."
            self._group.report(self, "failed", self.reason)
            await self._let_go(leave=False)

    async def _turn(self) -> None:
        if self._consumer is None:
            self.state = PartState.JOINING
            self._consumer = await self._group.open_consumer(self)
        stepping = self._steps > 0
        if not stepping and not self._may_work():
            self.state = PartState.PAUSED
            await self._consumer.poll(0, 0.0)
            await self._nudge.wait(_HELD_TEND_S)
            return
        await self._before_poll()
        records = await self._consumer.poll(self._group.values["poll_records"], _IDLE_POLL_S)
        self.state = PartState.RUNNING if self._consumer.assignment or records else PartState.JOINING
        if records:
            if stepping:
                self._steps -= 1
            await self._take(records, stepping)
        elif stepping and self._consumer.assignment:
            self._steps -= 1

    def _may_work(self) -> bool:
        return self._tempo.going and not self._paused and not self._group.paused

    async def _before_poll(self) -> None:
        """Commit what this mode commits here; a poll may take partitions away, so worked records do not wait."""
        if self._group.values["commit"] == "after" and self._handled:
            await self._commit(self._handled)
        if self._group.values["commit"] == "auto" and self._polled and self._commit_is_due():
            await self._commit(self._polled)

    async def _take(self, records: Sequence[StoredRecord], stepping: bool) -> None:
        consumer = self._consumer
        assert consumer is not None, "records only come from a consumer"
        mode = self._group.values["commit"]
        reached = {place: run[-1].offset + 1 for place, run in by_partition(records)}
        if mode == "before":
            await self._commit(dict(reached))
        self._hand.extend(records)
        self._busy_until_ms = max(self._busy_until_ms, self._now_ms())
        await self._work(stepping)
        if mode == "auto":
            self._polled |= reached

    async def _work(self, stepping: bool) -> None:
        """Handle what is in hand: whole slices when no time is spent, else record by record as the time passes."""
        tended_ms = self._now_ms()
        while self._hand and not self._leaving:
            if not stepping and not self._may_work():
                self.state = PartState.PAUSED
                await self._nudge.wait(_HELD_TEND_S)
                await self._tend()
                self.state = PartState.RUNNING
                self._busy_until_ms = self._now_ms()
                continue
            cost_ms = self._group.process_ms(self) / self._tempo.speed
            if cost_ms > 0:
                await self._spend(self._group.attempts(self._hand[0]) * cost_ms)
                if self._hand and not self._leaving:
                    self._hand_over([self._hand.popleft()])
            else:
                count = min(self._portion.begin(), len(self._hand))
                self._hand_over([self._hand.popleft() for _ in range(count)])
                self._portion.end(count)
                await self._portion.give_way()
            if self._now_ms() - tended_ms >= self._group.values["auto_commit_ms"]:
                tended_ms = self._now_ms()
                await self._tend()

    def _hand_over(self, records: list[StoredRecord]) -> None:
        self.rate.total += len(records)
        for place, run in by_partition(records):
            self.failed += self._group.handle(self, place, run)
            self._handled[place] = run[-1].offset + 1

    async def _spend(self, cost_ms: float) -> None:
        """Let the processing time pass; short times add up, so that the rate is right."""
        self._busy_until_ms += cost_ms
        left_s = (self._busy_until_ms - self._now_ms()) / 1000.0
        if left_s > 0.1:
            await self._nudge.wait(left_s)
        elif left_s > _DEBT_S:
            await asyncio.sleep(left_s)

    async def _tend(self) -> None:
        """Commit what was worked (after work), answer a rebalance, and drop from the hand what is no longer ours."""
        consumer = self._consumer
        assert consumer is not None, "only called at work"
        if self._group.values["commit"] == "after":
            await self._commit(self._handled)
        generation = consumer.generation
        await consumer.poll(0, 0.0)
        positions = consumer.positions
        if consumer.generation == generation and positions:
            return
        if self._group.values["commit"] != "before":
            self._hand = deque(r for r in self._hand
                               if positions.get(TopicPartition(r.topic, r.partition), -1) > r.offset)  # fmt: skip
        self._handled = {place: at for place, at in self._handled.items() if place in positions}

    def _commit_is_due(self) -> bool:
        return self._now_ms() - self._committed_ms >= self._group.values["auto_commit_ms"]

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        consumer = self._consumer
        mine = {place: at for place, at in offsets.items() if consumer and place in consumer.assignment}
        offsets.clear()
        self._committed_ms = self._now_ms()
        if mine and consumer is not None:
            await self._group.before_commit()
            await consumer.commit(mine)
            self._group.committed(mine)

    async def _leave(self) -> None:
        if self._consumer is None:
            return
        if self._group.values["commit"] != "before":
            try:
                await self._commit(self._polled | self._handled)
            except Fenced:
                self.reason = "Its last commit came too late: the group had moved on."
        await self._let_go(leave=True)

    async def _let_go(self, leave: bool) -> None:
        """Close the consumer and forget what was in hand; it will be delivered again."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.close(leave)
        self._hand.clear()
        self._handled, self._polled = {}, {}

    def _now_ms(self) -> float:
        return self._tempo.clock.monotonic_ms()

    # -- being watched -------------------------------------------------------------------------------------
    @property
    def member_id(self) -> str:
        return self._consumer.member_id if self._consumer else ""

    @property
    def positions(self) -> dict[TopicPartition, int]:
        return dict(self._consumer.positions) if self._consumer else {}

    @property
    def at_work(self) -> StoredRecord | None:
        return self._hand[0] if self._hand else None

    @property
    def idle(self) -> bool:
        return not self._hand

    def stat(self, lag_records: int) -> MemberStat:
        state = self.state
        if state is PartState.RUNNING and not self._may_work():
            state = PartState.PAUSED
        return MemberStat(
            self.member_id, self.name, state, tuple(sorted(self.positions)), self.rate.rate(self._now_ms()),
            lag_records, self._group.process_ms(self), self.rate.total, self.failed, self._group.node_id, "",
            self.slow, self.reason,
        )  # fmt: skip
