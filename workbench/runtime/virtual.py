"""Virtual time: an asyncio loop whose clock jumps to the next timer once nothing is ready, and never waits.

    ready callbacks ──► run them all ──► nothing is ready ──► time := the next timer's ──► its callbacks are ready ...

Time is a whole number of microseconds, so that no rounding differs between machines; each jump is one at least.
Work for other threads runs at once on this one. A program that uses no clock but ``VirtualClock``, no chance but a
seeded one and no thread runs the same way each time. Sockets, pipes and signals never come: what waits for nothing
but those stands still, and is told so (``Stalled``).
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_US = 1_000_000


class Stalled(RuntimeError):
    """Nothing is ready and no timer runs: in virtual time nothing would ever happen again."""


class _NoWait(selectors.SelectSelector):
    """Asked to wait, it moves the loop's time on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stalled("Nothing is ready and no timer runs.")
        if timeout > 0:
            self.now_us += max(1, round(timeout * _US))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._no_wait = _NoWait()
        super().__init__(self._no_wait)
        self._clock_resolution = 0.5 / _US  # what is due within half a microsecond is due

    @property
    def now_us(self) -> int:
        """Microseconds since the loop was made."""
        return self._no_wait.now_us

    def time(self) -> float:
        return self.now_us / _US

    def _write_to_self(self) -> None:
        """Nobody sleeps in the selector, so nobody has to be woken."""

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Here and now: another thread would take its own time."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class VirtualClock:
    """A ``Clock`` that tells the loop's time; ``start_ms`` is the wall time it begins at."""

    def __init__(self, loop: VirtualLoop, start_ms: int) -> None:
        self._loop = loop
        self._start_ms = start_ms

    def now_ms(self) -> int:
        return self._start_ms + self._loop.now_us // 1000

    def monotonic_ms(self) -> float:
        return self._loop.now_us / 1000.0
