"""Time as an argument. Everything that waits, expires or stamps takes a ``Clock``; tests move a ``ManualClock``."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for stamps, monotonic time for durations; both in milliseconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch (may jump when the system clock is set)."""
        ...

    def monotonic_ms(self) -> float:
        """Milliseconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    __slots__ = ()

    def now_ms(self) -> int:
        return int(time.time() * 1000.0)

    def monotonic_ms(self) -> float:
        return time.monotonic() * 1000.0


class ManualClock:
    """A clock that moves only when told; both times move together."""

    __slots__ = ("_elapsed_ms", "_start_ms")

    def __init__(self, start_ms: int = 1_700_000_000_000) -> None:
        self._start_ms = start_ms
        self._elapsed_ms = 0.0

    def now_ms(self) -> int:
        return self._start_ms + int(self._elapsed_ms)

    def monotonic_ms(self) -> float:
        return self._elapsed_ms

    def advance(self, ms: float) -> None:
        """Move time on by ``ms`` milliseconds."""
        self._elapsed_ms += ms
