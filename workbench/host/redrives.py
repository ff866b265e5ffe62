"""Redrives under way: dead messages sent on step by step, at a rate, stoppable between any two steps.

A step is one transaction of the broker, journalled there. At most one redrive a queue. A redrive of all takes what is
dead when it begins: what dies again meanwhile stays. Lives on the host's loop.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from workbench.broker import Broker
from workbench.core.errors import Invalid, Refused
from workbench.core.queues import SUBSCRIPTION_MARK, MessageId, Redriven, RedriveSpec

STEP = 100
STEPS_A_SECOND = 10.0
_ALL = 1 << 31


class Redrives:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._queues = broker.queues
        self._clock = broker.clock
        self._stops: dict[str, asyncio.Event] = {}

    async def plan(self, queue: str, spec: RedriveSpec) -> Redriven:
        """What ``run`` would do."""
        self._check(spec)
        return await self._step(queue, spec, spec.messages, _ALL, dry_run=True)

    async def run(self, queue: str, spec: RedriveSpec) -> Redriven:
        """Send them on, until all are or ``stop``."""
        self._check(spec)
        if queue in self._stops:
            raise Refused("A redrive of {queue} is under way.", "Stop it first, or wait for its end.", queue=queue)
        stop = self._stops[queue] = asyncio.Event()
        try:
            return await self._run(queue, spec, stop)
        finally:
            del self._stops[queue]

    def stop(self, queue: str) -> None:
        """End the redrive of ``queue`` after the step it is at; what was not sent on stays where it is."""
        if stop := self._stops.get(queue):
            stop.set()

    def _check(self, spec: RedriveSpec) -> None:
        if not 0.0 <= spec.rate < float("inf"):
            raise Invalid("A redrive can't go at {rate:g} messages a second.", "Use 0 for as fast as it goes.",
                          rate=spec.rate)
        if spec.to:
            self._broker.topic(spec.to.partition(SUBSCRIPTION_MARK)[0])  # NotFound also when nothing would go there

    async def _run(self, queue: str, spec: RedriveSpec, stop: asyncio.Event) -> Redriven:
        before = self._queues.counts(queue)
        left, most = list(spec.messages), len(spec.messages) or before.messages
        moved: Counter[str] = Counter()
        kept, reason = 0, ""
        size = min(STEP, max(1, round(spec.rate / STEPS_A_SECOND))) if spec.rate else STEP
        began_ms = self._clock.monotonic_ms()
        while not stop.is_set():
            chosen, left = left[:size], left[size:]
            done = await self._step(queue, spec, chosen, min(size, most - moved.total()))
            moved.update(done.moved)
            kept = done.kept + (kept if spec.messages else 0)  # of all, each step begins with those that can't go
            reason = reason or done.reason
            if moved.total() >= most or not (left if spec.messages else done.moved):
                break
            if spec.rate and done.moved:
                await self._rest(stop, began_ms + moved.total() * 1000.0 / spec.rate)
        if not stop.is_set():
            return Redriven(dict(moved), kept, reason)
        stayed = kept + len(left) if spec.messages else max(0, (before.dead or before.messages) - moved.total())
        return Redriven(dict(moved), stayed, "It was stopped.")

    async def _step(
        self, queue: str, spec: RedriveSpec, messages: list[MessageId] | tuple[MessageId, ...], limit: int,
        dry_run: bool = False,
    ) -> Redriven:
        return await asyncio.to_thread(
            self._queues.redrive, queue, tuple(messages), spec.to, spec.edits, limit, dry_run
        )

    async def _rest(self, stop: asyncio.Event, until_ms: float) -> None:
        """Wait for the time of the next step, or for the stop."""
        try:
            async with asyncio.timeout(max(0.0, until_ms - self._clock.monotonic_ms()) / 1000.0):
                await stop.wait()
        except TimeoutError:
            pass  # it is time
