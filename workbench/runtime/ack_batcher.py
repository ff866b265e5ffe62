"""Ends leases behind a member's back: what was passed on first, then acks and their like, in the order they came.

Alike and next to one another they go as one. A receipt that comes too late is passed over: its message is somebody
else's by now, or will be, and is counted when it is handled again. One task while there is something to do; any other
error is kept for ``check``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple

from workbench.core.acts import Settlement
from workbench.core.errors import Refused, WorkbenchError
from workbench.core.queues import Receipt
from workbench.engines.base import QueueConsumer


class _Outcome(NamedTuple):
    consumer: QueueConsumer
    act: Settlement
    reason: str
    receipt: Receipt


class AckBatcher:
    """``passed_on`` waits until what the messages were made into is safe."""

    def __init__(self, passed_on: Callable[[], Awaitable[None]]) -> None:
        self._passed_on = passed_on
        self._waiting: list[_Outcome] = []
        self._task: asyncio.Task[None] | None = None
        self._failure: WorkbenchError | None = None

    def add(self, consumer: QueueConsumer, act: Settlement, receipts: Iterable[Receipt], reason: str = "") -> None:
        self._waiting += [_Outcome(consumer, act, reason, receipt) for receipt in receipts]
        if self._waiting and self._task is None:
            self._task = asyncio.create_task(self._run(), name="ack batcher")

    def check(self) -> None:
        """Raise what went wrong since the last time."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    @property
    def idle(self) -> bool:
        return self._task is None

    async def drain(self) -> None:
        """Wait until all is answered."""
        while self._task is not None:
            await asyncio.wait((self._task,))
        self.check()

    async def cancel(self) -> None:
        """Say nothing more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        try:
            while self._waiting:
                outcomes, self._waiting = self._waiting, []
                await self._passed_on()
                for (consumer, act, reason), alike in groupby(outcomes, key=lambda outcome: outcome[:3]):
                    with suppress(Refused):
                        await _ACTS[act](consumer, [outcome.receipt for outcome in alike], reason)
        except WorkbenchError as error:
            self._failure = error
        finally:
            self._task = None


_ACTS: dict[Settlement, Callable[[QueueConsumer, Sequence[Receipt], str], Awaitable[None]]] = {
    Settlement.ACK: lambda consumer, receipts, reason: consumer.ack(receipts),
    Settlement.NACK: lambda consumer, receipts, reason: consumer.nack(receipts, reason=reason),
    Settlement.REJECT: lambda consumer, receipts, reason: consumer.reject(receipts, reason),
}
