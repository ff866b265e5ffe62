"""Time as an argument. Everything that waits, expires or stamps takes a ``Clock``; tests move a ``ManualClock``."""

from __future__ import annotations

import time
from typing import Protocol

_SET_MS = 1_000
"""Less than this is the drift of two clocks, or the time between two readings."""


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


class SteadyClock:
    """Wall time as it was at the start, carried on by the monotonic clock.

    For instants that end durations (leases, delays, time-outs): somebody who sets the machine's clock neither ends
    nor prolongs one. ``ahead_ms`` is what the wall clock has gained on it since, for showing such an instant.
    """

    __slots__ = ("_clock", "_offset_ms")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = clock.now_ms() - clock.monotonic_ms()

    def now_ms(self) -> int:
        return int(self._offset_ms + self._clock.monotonic_ms())

    def monotonic_ms(self) -> float:
        return self._clock.monotonic_ms()

    def ahead_ms(self) -> int:
        """Milliseconds to add to an instant of this clock to get the wall clock's; 0 while the two just tick apart."""
        gained = self._clock.now_ms() - self.now_ms()
        return gained if abs(gained) >= _SET_MS else 0


class ManualClock:
    """A clock that moves only when told: ``advance`` moves both times, ``set_wall`` is somebody setting the clock."""

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

    def set_wall(self, by_ms: int) -> None:
        """Set the wall clock ``by_ms`` ahead (or back) of what it says."""
        self._start_ms += by_ms
