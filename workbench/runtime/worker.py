"""A member that reads by leases: receive up to its prefetch, spend the processing time, say of each what became of it.

``after`` acknowledges what was worked; ``auto`` what was handed out, which is lost with a member that is killed;
``none`` never. What failed goes back, is rejected, or its lease is left to run out. Whoever stops lets go of what it
did not come to; whoever is killed says nothing: where the system sees the connection close the leases return at once,
else (SQS, Kinesis) when they run out. One task, and one that ends leases behind its back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from workbench.core.acts import Settlement
from workbench.core.queues import Delivery
from workbench.core.records import StoredRecord
from workbench.core.snapshot import PartState
from workbench.engines.base import QueueConsumer
from workbench.runtime.ack_batcher import AckBatcher
from workbench.runtime.member import HELD_TEND_S, IDLE_POLL_S, Member, MembersGroup

_AT_ONCE = 64
"""Messages taken in one turn: few enough that the loop is held for some milliseconds."""


class Held(NamedTuple):
    """A message in the hand, and who leased it."""

    consumer: QueueConsumer
    delivery: Delivery


class LeasingGroup(MembersGroup, Protocol):
    """A group by leases as its members see it."""

    @property
    def prefetch(self) -> int: ...
    async def open_consumers(self, member: Member[Any]) -> list[QueueConsumer]: ...
    def cost(self) -> float: ...
    def took(self, deliveries: Sequence[Delivery]) -> None: ...
    def handle(self, member: Member[Any], deliveries: Sequence[Delivery]) -> list[str]: ...
    def act_on(self, reason: str) -> Settlement | None: ...
    def lose(self, count: int) -> None: ...


class Worker(Member[Held]):
    _group: LeasingGroup

    def __init__(self, group: LeasingGroup, name: str, number: int) -> None:
        super().__init__(group, name, number)
        self._consumers: deque[QueueConsumer] = deque()
        self._ack_batcher = AckBatcher(group.passed_on)

    # -- work ----------------------------------------------------------------------------------------------
    async def _turn(self) -> None:
        if not self._consumers:
            self.state = PartState.JOINING
            self._consumers = deque(await self._group.open_consumers(self))
        stepping = self._steps > 0
        if not stepping and not self._may_work():
            self.state = PartState.PAUSED
            await self._nudge.wait(HELD_TEND_S)
            return
        await self._fill(IDLE_POLL_S)
        self.state = PartState.RUNNING
        if stepping:
            self._steps -= 1
        if self._hand:
            await self._work(stepping)

    async def _fill(self, timeout_s: float) -> None:
        """Take as much as there is room for, from each queue in turn; where nothing is ready, wait for some time."""
        self._ack_batcher.check()
        room = min(self._group.prefetch - len(self._hand), _AT_ONCE)
        for _ in range(len(self._consumers)):
            room -= await self._receive(room, 0.0)
        if not self._hand and timeout_s:
            await self._receive(room, timeout_s / len(self._consumers))

    async def _receive(self, room: int, timeout_s: float) -> int:
        """From the next queue in turn; gives how many came."""
        consumer = self._consumers[0]
        self._consumers.rotate(-1)
        if room <= 0:
            return 0
        deliveries = await consumer.receive(room, timeout_s)
        self._hand.extend(Held(consumer, delivery) for delivery in deliveries)
        self._group.took(deliveries)
        if self._group.settings.ack == "auto":
            self._ack_batcher.add(consumer, Settlement.ACK, [delivery.receipt for delivery in deliveries])
        return len(deliveries)

    def _cost(self, item: Held) -> float:
        return self._group.cost()

    def _hand_over(self, items: list[Held]) -> None:
        self.rate.total += len(items)
        reasons = self._group.handle(self, [item.delivery for item in items])
        self.failed += sum(map(bool, reasons))
        if self._group.settings.ack == "after":
            for item, reason in zip(items, reasons, strict=True):
                act = self._group.act_on(reason)
                if act is not None:
                    self._ack_batcher.add(item.consumer, act, [item.delivery.receipt], reason)

    def _tend_is_due(self, since_ms: float) -> bool:
        return True

    async def _tend(self) -> None:
        """Keep the prefetch full."""
        if self._may_work() and not self._leaving and not self._steps:
            await self._fill(0.0)

    async def _tell(self) -> None:
        await self._ack_batcher.drain()

    async def _let_go(self, leave: bool) -> None:
        """What it did not come to returns with its leases; what was acknowledged as it was handed out is lost."""
        if self._group.settings.ack == "auto":
            self._group.lose(len(self._hand))
        self._hand.clear()
        await self._ack_batcher.cancel()
        consumers, self._consumers = self._consumers, deque()
        for consumer in consumers:
            await consumer.close(leave)

    # -- being watched -------------------------------------------------------------------------------------
    @property
    def member_id(self) -> str:
        return self.name if self._consumers else ""

    @property
    def at_work(self) -> StoredRecord | None:
        return self._hand[0].delivery.record if self._hand else None

    @property
    def idle(self) -> bool:
        return not self._hand and self._ack_batcher.idle
