"""A member of a drawn group: what those who read by offsets and those who read by leases have in common.

    joining --> running <--pause/resume--> paused
                  |--> killed   (vanishes without a word)
                  `--> failed   (the reason is a sentence)

It takes things into its hand, spends the processing time on each, and hands them over. One task.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from workbench.core.errors import Fenced, FileError, WorkbenchError
from workbench.core.journal import MemberAct
from workbench.core.records import StoredRecord, TopicPartition
from workbench.core.snapshot import MemberStat, PartState
from workbench.flow.settings import ConsumingSettings
from workbench.runtime.meters import RateMeter
from workbench.runtime.tempo import Nudge, Portion, Tempo

IDLE_POLL_S = 0.2
HELD_TEND_S = 0.25
_DEBT_S = 0.004
_TRY_AGAIN_S = 1.0

Item = TypeVar("Item")
_log = logging.getLogger(__name__)


class MembersGroup(Protocol):
    """A group as its members see it."""

    node_id: str
    paused: bool
    tempo: Tempo
    settings: ConsumingSettings

    def process_ms(self, member: Member[Any]) -> float: ...
    def report(self, member: Member[Any], act: MemberAct, reason: str = "") -> None: ...
    async def passed_on(self) -> None: ...


class Member(ABC, Generic[Item]):
    def __init__(self, group: MembersGroup, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.state = PartState.IDLE
        self.reason = ""
        self.failed = 0
        self.slow = False
        self.rate = RateMeter()
        self._group = group
        self._tempo = group.tempo
        self._hand: deque[Item] = deque()
        self._busy_until_ms = 0.0
        self._paused = False
        self._leaving = False
        self._steps = 0
        self._nudge = Nudge()
        self._portion = Portion(self._tempo.clock)
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

    def set_slow(self, slow: bool) -> None:
        """It gets more than it can handle, or no longer; both are journalled."""
        if slow != self.slow:
            self.slow = slow
            self._group.report(self, "slow" if slow else "steady")

    def step(self) -> None:
        """Handle one poll, although the flow is paused."""
        self._steps += 1
        self._nudge.now()

    async def finish(self) -> None:
        """Finish the record at work, say how far it came, take nothing more."""
        self._leaving = True
        self._nudge.now()
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def stop(self) -> None:
        """Finish, and leave."""
        await self.finish()
        await self._let_go(leave=True)
        if self.state is not PartState.FAILED:
            self.state = PartState.IDLE

    async def kill(self) -> None:
        """Vanish as a killed process would: nothing more is said to anybody."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        await self._let_go(leave=False)
        self.state = PartState.KILLED

    def seek(self, place: TopicPartition, offset: int) -> None:
        """Move the position only; records in hand of that partition are dropped."""

    # -- the parts that differ -----------------------------------------------------------------------------
    @abstractmethod
    async def _turn(self) -> None:
        """Join if need be, take something into the hand, work on it."""

    @abstractmethod
    def _cost(self, item: Item) -> float:
        """How many times the processing time it takes."""

    @abstractmethod
    def _hand_over(self, items: list[Item]) -> None:
        """They are worked."""

    @abstractmethod
    async def _tend(self) -> None:
        """Called now and then at work."""

    @abstractmethod
    def _tend_is_due(self, since_ms: float) -> bool: ...

    @abstractmethod
    async def _tell(self) -> None:
        """Say how far it came, before it lets go."""

    @abstractmethod
    async def _let_go(self, leave: bool) -> None:
        """Forget what was in hand, it will be delivered again; nothing where it let go already."""

    # -- work ----------------------------------------------------------------------------------------------
    async def _run(self) -> None:
        waited = False
        try:
            while not self._leaving:
                try:
                    await self._turn()
                except Fenced:
                    await self._let_go(leave=True)
                except FileError as error:  # nothing can be stored at present: it begins again where it committed
                    self.reason, waited = error.sentence(), True
                    with suppress(FileError):
                        await self._let_go(leave=True)
                    await self._nudge.wait(_TRY_AGAIN_S)
                else:
                    self.reason, waited = "" if waited else self.reason, False
            await self._tell()
        except Exception as error:  # a member that dies without a word would look as if it had nothing to do
            if not isinstance(error, (WorkbenchError, OSError)):
                _log.exception("member %s met an error nobody foresaw", self.name)
            self.state = PartState.FAILED
            self.reason = error.sentence() if isinstance(error, WorkbenchError) else f"The engine failed: {error}."
            self._group.report(self, "failed", self.reason)
            await self._let_go(leave=False)

    def _may_work(self) -> bool:
        return self._tempo.going and not self._paused and not self._group.paused

    async def _work(self, stepping: bool) -> None:
        """Handle what is in hand: whole slices when no time is spent, else one by one as the time passes."""
        tended_ms = self._now_ms()
        self._busy_until_ms = max(self._busy_until_ms, tended_ms)
        while self._hand and not self._leaving:
            if not stepping and not self._may_work():
                self.state = PartState.PAUSED
                await self._nudge.wait(HELD_TEND_S)
                await self._tend()
                self.state = PartState.RUNNING
                self._busy_until_ms = self._now_ms()
                continue
            cost_ms = self._group.process_ms(self) / self._tempo.speed
            if cost_ms > 0:
                await self._spend(self._cost(self._hand[0]) * cost_ms)
                if self._hand and not self._leaving:
                    self._hand_over([self._hand.popleft()])
            else:
                count = min(self._portion.begin(), len(self._hand))
                self._hand_over([self._hand.popleft() for _ in range(count)])
                self._portion.end(count)
                await self._portion.give_way()
            if self._tend_is_due(tended_ms):
                tended_ms = self._now_ms()
                await self._tend()

    async def _spend(self, cost_ms: float) -> None:
        """Let the processing time pass; short times add up, so that the rate is right."""
        self._busy_until_ms += cost_ms
        left_s = (self._busy_until_ms - self._now_ms()) / 1000.0
        if left_s > 0.1:
            await self._nudge.wait(left_s)
        elif left_s > _DEBT_S:
            await asyncio.sleep(left_s)

    def _now_ms(self) -> float:
        return self._tempo.clock.monotonic_ms()

    # -- being watched -------------------------------------------------------------------------------------
    @property
    @abstractmethod
    def member_id(self) -> str:
        """How the system calls it; empty while it has not joined."""

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """What it will read next, by partition; nothing for one who reads by leases."""
        return {}

    def reached(self) -> Mapping[TopicPartition, int]:
        """What it handles next, by partition."""
        return self.positions

    @property
    @abstractmethod
    def at_work(self) -> StoredRecord | None: ...

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
        )
