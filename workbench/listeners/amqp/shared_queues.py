"""What all AMQP connections of a listener share: queues in use, with who declared and who consumes. On the loop.

A queue of ours has no owner and does not go by itself; in AMQP an exclusive one goes with its connection, an
auto-delete one with its last consumer, one with x-expires when nobody used it. How it was declared is a setting of the
queue (``declarations``), who is there is known here only. Acts that change what there is take turns (``turn``).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from workbench.broker import HELD, Broker
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.names import shown_name
from workbench.core.queues import Delivery
from workbench.core.routing import Exchange, ExchangeType
from workbench.listeners.amqp.declarations import Declared, declared_as
from workbench.listeners.base.settings import ListenerSettings
from workbench.listeners.base.users import Users
from workbench.listeners.base.waiting import Bridge, Turn

AT_ONCE = 256
"""Messages are pushed before others have their turn on the loop."""
STEP, STEP_BYTES = 8, 64 << 10
"""Messages that a consumer alone is handed first; so many are asked for next as come to some ``STEP_BYTES``."""
LOOK_S = 1.0
PREDECLARED = {
    "amq.direct": ExchangeType.DIRECT, "amq.fanout": ExchangeType.FANOUT, "amq.topic": ExchangeType.TOPIC,
    "amq.headers": ExchangeType.HEADERS, "amq.match": ExchangeType.HEADERS,
}
"""RabbitMQ has them from the start; here one is made when it is first bound."""
log = logging.getLogger(__name__)


class Taker(Protocol):
    """A consumer, as its queue sees it. ``name`` is the broker's name of it."""

    name: str
    priority: int
    exclusive: bool

    def room(self) -> int:
        """How many messages it takes now."""
        ...

    def take(self, deliveries: list[Delivery]) -> int:
        """Hand them out; how many bytes that were."""
        ...

    def queue_gone(self) -> None:
        """The queue was deleted."""
        ...


@dataclass(slots=True, eq=False)
class QueueInUse:
    stored: str
    declared: Declared | None
    owner: object = None  # the connection that has it for itself
    takers: deque[Taker] | None = None
    had_taker: bool = False
    stop: Callable[[], None] | None = None
    asked: bool = False  # a push is on its way
    step: int = STEP
    expiry: asyncio.TimerHandle | None = None

    @property
    def counts_deliveries(self) -> bool:
        """Whether it tells with a message how often it came back."""
        return self.declared is not None and self.declared.quorum

    @property
    def consumers(self) -> int:
        return len(self.takers or ())


class SharedQueues:
    def __init__(self, broker: Broker, settings: ListenerSettings, bridge: Bridge, broker_turn: Turn) -> None:
        self.broker = broker
        self.clock = broker.clock
        self.settings = settings
        self.users = Users(broker)
        self.bridge = bridge
        self.held = broker_turn
        self.turn = asyncio.Lock()
        self.replies: dict[str, Callable[[str, bytes, bytes], None]] = {}  # direct reply-to, by token
        self._loop = asyncio.get_running_loop()
        self._queues: dict[str, QueueInUse] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._look: asyncio.TimerHandle | None = None
        self._serial = 0

    # -- as the listener starts and stops ------------------------------------------------------------------
    def sweep(self) -> list[str]:
        """What was not to outlive the server goes, as in RabbitMQ; the queues with x-expires that stay. Any thread."""
        left = []
        for meta in self.broker.queues.metas():
            declared = declared_as(meta.config)
            if declared is None or meta.subscription:
                continue
            if declared.exclusive or not declared.durable:
                self.broker.delete_topic(meta.name)
            elif declared.expires_ms is not None:
                left.append(meta.name)
        for exchange in self.broker.exchanges.exchanges():
            if not exchange.durable:
                self.broker.exchanges.delete(exchange.name)
        return left

    def begin(self, expiring: list[str]) -> None:
        for stored in expiring:
            self.used(self.in_use(stored))

    async def close(self) -> None:
        if self._look is not None:
            self._look.cancel()
        for queue in list(self._queues.values()):
            self._forget(queue)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it without anybody waiting for it."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- queues --------------------------------------------------------------------------------------------
    def has(self, stored: str) -> bool:
        try:
            return self.broker.topic(stored).kind == "queue"
        except NotFound:
            return False

    def in_use(self, stored: str) -> QueueInUse:
        """What is known of a queue that is there."""
        queue = self._queues.get(stored)
        if queue is None:
            queue = self._queues[stored] = QueueInUse(stored, declared_as(self.broker.topic_config(stored)))
        return queue

    def known(self, stored: str) -> QueueInUse | None:
        return self._queues.get(stored)

    def used(self, queue: QueueInUse) -> None:
        """It was used: its x-expires begins anew."""
        if queue.expiry is not None:
            queue.expiry.cancel()
            queue.expiry = None
        expires_ms = queue.declared.expires_ms if queue.declared is not None else None
        if expires_ms is not None and not queue.takers:
            queue.expiry = self._loop.call_later(expires_ms / 1000.0, self._expire, queue)

    def _expire(self, queue: QueueInUse) -> None:
        if not queue.takers:
            self.later(self.delete(queue.stored))

    async def delete(self, stored: str) -> None:
        """The queue goes; its consumers are told."""
        async with self.turn:
            await self.delete_now(stored)

    async def delete_now(self, stored: str) -> None:
        """The same within ``turn``."""
        queue = self._queues.get(stored)
        if queue is not None:
            self._forget(queue)
        try:
            await asyncio.to_thread(self.broker.delete_topic, stored)
        except WorkbenchError as reason:
            log.debug("%s was not deleted: %s", stored, reason)
        if queue is not None:
            for taker in list(queue.takers or ()):
                taker.queue_gone()

    def _forget(self, queue: QueueInUse) -> None:
        self._queues.pop(queue.stored, None)
        if queue.stop is not None:
            queue.stop()
        if queue.expiry is not None:
            queue.expiry.cancel()

    async def connection_gone(self, owner: object) -> None:
        for queue in [queue for queue in self._queues.values() if queue.owner is owner]:
            await self.delete(queue.stored)

    # -- exchanges -----------------------------------------------------------------------------------------
    def exchange(self, name: str) -> Exchange | None:
        """As it is declared, or would be; None: it is not there."""
        if self.broker.exchanges.has(name):
            return self.broker.exchanges.exchange(name)
        return Exchange(name, PREDECLARED[name]) if name in PREDECLARED else None

    # -- consumers -----------------------------------------------------------------------------------------
    def new_name(self, tag: str, who: str) -> str:
        """A name that no other consumer has, for the broker."""
        self._serial += 1
        return f"{tag} {who} {self._serial}"

    def add(self, queue: QueueInUse, taker: Taker) -> None:
        if queue.takers is None:
            queue.takers = deque()
            queue.stop = self.broker.queues.on_ready(queue.stored, partial(self.ask, queue))
        queue.takers.append(taker)
        queue.had_taker = True
        self.used(queue)
        self.ask(queue)
        if self._look is None:
            self._look = self._loop.call_later(LOOK_S, self._look_round)

    def remove(self, queue: QueueInUse, taker: Taker) -> bool:
        """Whether the queue goes with this consumer, its last."""
        if queue.takers is None or taker not in queue.takers:
            return False
        queue.takers.remove(taker)
        self.used(queue)
        return not queue.takers and queue.declared is not None and queue.declared.auto_delete

    def _look_round(self) -> None:
        """Queues that were deleted in the window: their consumers are told."""
        self._look = None
        taken = [queue for queue in self._queues.values() if queue.takers]
        for queue in taken:
            if not self.has(queue.stored):
                self._forget(queue)
                for taker in list(queue.takers or ()):
                    taker.queue_gone()
        if taken:
            self._look = self._loop.call_later(LOOK_S, self._look_round)

    # -- pushing -------------------------------------------------------------------------------------------
    def ask(self, queue: QueueInUse) -> None:
        """Push soon. Any thread."""
        if not queue.asked:
            queue.asked = True
            self.bridge.call(partial(self._push, queue))

    def _push(self, queue: QueueInUse) -> None:
        queue.asked = False
        pushed = 0
        while self._queues.get(queue.stored) is queue and queue.takers and (found := self._push_round(queue)):
            pushed += found
            if pushed >= AT_ONCE:
                self._loop.call_soon(self.ask, queue)
                return

    def _push_round(self, queue: QueueInUse) -> int:
        """One message to each that has room, of those with the highest priority that have; how many that were. Who
        was handed one stands last then."""
        takers = list(queue.takers or ())
        if len(takers) == 1:
            return self._push_to(queue, takers[0], queue.step)
        pushed = 0
        for priority in sorted({taker.priority for taker in takers}, reverse=True):
            for taker in takers:
                if taker.priority == priority and self._push_to(queue, taker, 1) and queue.takers is not None:
                    pushed += 1
                    queue.takers.remove(taker)
                    queue.takers.append(taker)
            if pushed:
                break
        return pushed

    def _push_to(self, queue: QueueInUse, taker: Taker, most: int) -> int:
        room = taker.room()
        if room <= 0:
            return 0
        try:
            found = self.broker.queues.receive(queue.stored, taker.name, min(room, most), HELD)
        except WorkbenchError as reason:
            log.debug("nothing was taken from %s: %s", queue.stored, reason)
            return 0
        if found:
            size = taker.take(found) // len(found) + 1
            queue.step = max(1, min(AT_ONCE, STEP_BYTES // size))
        return len(found)

    def show(self, stored: str) -> str:
        return shown_name(stored)
