"""A consumer of a queue of the embedded broker: receives by leases, and sleeps until something is ready for it.

The broker answers at once, but for acks: those answer once they are in the file. One asyncio loop; the broker wakes it
from any of its threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from workbench.broker import Queues
from workbench.core.errors import AlreadyExists, Fenced, NotFound
from workbench.core.queues import Delivery, Receipt
from workbench.engines.base import LeaseSettings

_WITHOUT_CONNECTION = ("sqs", "kinesis")
"""Profiles of systems that do not notice when a consumer is killed: its leases have to run out."""


def subscribe(queues: Queues, settings: LeaseSettings) -> None:
    """Make the subscription, or let it take the settings."""
    try:
        queues.alter(settings.queue, dict(settings.config))
    except NotFound:
        with suppress(AlreadyExists):  # another member of the group was quicker, with the same settings
            queues.subscribe(settings.topic, settings.subscription, dict(settings.config))


class EmbeddedQueueConsumer:
    """One consumer. Calls are made from one task at a time."""

    def __init__(self, queues: Queues, settings: LeaseSettings) -> None:
        self._queues = queues
        self._queue = settings.queue
        self._consumer = settings.consumer
        self._visibility_ms = settings.visibility_ms
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._closed = False
        self._waits = False
        queues.attach(self._queue, self._consumer, prefetch=settings.prefetch, group=settings.group)
        self._no_more_news = queues.on_ready(self._queue, self._wake)

    def _wake(self) -> None:
        """On any thread. Waking the loop is a system call: nobody who does not wait for news is told."""
        if self._waits and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def receive(self, max_messages: int, timeout_s: float) -> Sequence[Delivery]:
        if self._closed:
            raise Fenced("This consumer is closed.", "Open another one.")
        await asyncio.sleep(0)  # others compete for the same messages: each gets its turn
        until = self._loop.time() + timeout_s
        self._waits = timeout_s > 0  # before looking: what comes after the look notifier us
        try:
            while not (found := self._take(max_messages)):
                left_s = until - self._loop.time()
                if left_s <= 0:
                    break
                with suppress(TimeoutError):  # it looks once more
                    async with asyncio.timeout(left_s):
                        await self._news.wait()
        finally:
            self._waits = False
        return found

    def _take(self, max_messages: int) -> Sequence[Delivery]:
        self._news.clear()
        return self._queues.receive(self._queue, self._consumer, max_messages, self._visibility_ms)

    async def ack(self, receipts: Sequence[Receipt], multiple: bool = False) -> None:
        done = self._queues.ack(self._queue, receipts, multiple=multiple, consumer=self._consumer)
        await asyncio.wrap_future(done)

    async def nack(self, receipts: Sequence[Receipt], delay_ms: int | None = None, reason: str = "") -> None:
        self._queues.nack(self._queue, receipts, delay_ms=delay_ms, reason=reason)

    async def reject(self, receipts: Sequence[Receipt], reason: str = "") -> None:
        self._queues.reject(self._queue, receipts, reason=reason)

    async def extend(self, receipts: Sequence[Receipt], visibility_ms: int) -> None:
        self._queues.extend(self._queue, receipts, visibility_ms)

    async def release(self, receipts: Sequence[Receipt]) -> None:
        self._queues.release(self._queue, receipts)

    async def close(self, leave: bool = True) -> None:
        if self._closed:
            return
        self._closed = True
        self._no_more_news()
        if leave or self._queues.meta(self._queue).config.get("queue.profile") not in _WITHOUT_CONNECTION:
            self._queues.detach(self._queue, self._consumer, vanished=not leave)
