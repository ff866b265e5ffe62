"""The time of a running flow: it stands still while paused and runs faster or slower by the speed.

Every part asks ``going`` before it works and ``elapsed_s`` for what is due. Lives on the runner's loop.
"""

from __future__ import annotations

import asyncio

from workbench.core.clock import Clock

_SHORT_TURN_MS, _LONG_TURN_MS, _LONG_ROUND_MS = 0.5, 1.5, 10.0
_LEAST_PORTION, _FIRST_PORTION, _MOST_PORTION = 10, 100, 2_000


class Tempo:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.speed = 1.0
        self.going = False
        self._elapsed_s = 0.0
        self._since_ms = 0.0

    def elapsed_s(self) -> float:
        """Seconds of flow time since the start."""
        if not self.going:
            return self._elapsed_s
        return self._elapsed_s + (self.clock.monotonic_ms() - self._since_ms) / 1000.0 * self.speed

    def go(self) -> None:
        self._settle()
        self.going = True

    def hold(self) -> None:
        self._settle()
        self.going = False

    def set_speed(self, speed: float) -> None:
        self._settle()
        self.speed = speed

    def _settle(self) -> None:
        self._elapsed_s = self.elapsed_s()
        self._since_ms = self.clock.monotonic_ms()


class Portion:
    """How many records a part takes at once: few enough that its turn, and a round of everybody's, stays short."""

    def __init__(self, clock: Clock) -> None:
        self.count = _FIRST_PORTION
        self._clock = clock
        self._began_ms = 0.0
        self._could_be_more = False

    def begin(self) -> int:
        """How many this turn may take."""
        self._began_ms = self._clock.monotonic_ms()
        return self.count

    def end(self, taken: int) -> None:
        """Learn from how long the turn took."""
        took_ms = self._clock.monotonic_ms() - self._began_ms
        self._could_be_more = taken >= self.count and took_ms < _SHORT_TURN_MS
        if took_ms > _LONG_TURN_MS:
            self._take_less()

    async def give_way(self) -> None:
        """Let everybody else have a turn, and learn from how long the round took."""
        await asyncio.sleep(0)
        if self._clock.monotonic_ms() - self._began_ms > _LONG_ROUND_MS:
            self._take_less()
        elif self._could_be_more:
            self.count = min(_MOST_PORTION, self.count * 2)

    def _take_less(self) -> None:
        self.count = max(_LEAST_PORTION, self.count // 2)


class Nudge:
    """AppendNotifier one waiting task early: ``await nudge.wait(s)`` ends after that time or at ``nudge.now()``."""

    def __init__(self) -> None:
        self._nudged = False
        self._waiter: asyncio.Future[None] | None = None

    def now(self) -> None:
        self._nudged = True
        self._release()

    async def wait(self, timeout_s: float) -> None:
        if not self._nudged:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(timeout_s, self._release)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        self._nudged = False

    def _release(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
