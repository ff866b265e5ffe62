"""How many events a generator owes by now: constant, burst, ramp and Poisson.

``due(elapsed_s)`` counts events from the start to ``elapsed_s`` (flow time); it never falls when time goes on, and
does not depend on how often it is asked. ``per_second`` is the rate at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Protocol

from workbench.flow.settings import ProducerSettings


class Rate(Protocol):
    def due(self, elapsed_s: float) -> int: ...

    def per_second(self, elapsed_s: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Constant:
    rate: float

    def due(self, elapsed_s: float) -> int:
        return int(elapsed_s * self.rate + 1e-9)

    def per_second(self, elapsed_s: float) -> float:
        return self.rate


@dataclass(frozen=True, slots=True)
class Burst:
    """``burst_rate`` for the first ``for_s`` of every ``every_s``, ``rate`` for the rest."""

    rate: float
    burst_rate: float
    every_s: float
    for_s: float

    def due(self, elapsed_s: float) -> int:
        burst_s = min(self.for_s, self.every_s)
        rounds, rest_s = divmod(elapsed_s, self.every_s)
        in_burst_s = rounds * burst_s + min(rest_s, burst_s)
        return int(in_burst_s * self.burst_rate + (elapsed_s - in_burst_s) * self.rate + 1e-9)

    def per_second(self, elapsed_s: float) -> float:
        return self.burst_rate if elapsed_s % self.every_s < self.for_s else self.rate


@dataclass(frozen=True, slots=True)
class Ramp:
    """From ``rate`` evenly to ``to`` within ``over_s``, then on at ``to``."""

    rate: float
    to: float
    over_s: float

    def due(self, elapsed_s: float) -> int:
        rising_s = min(elapsed_s, self.over_s)
        average = (self.rate + self.per_second(rising_s)) / 2
        return int(rising_s * average + (elapsed_s - rising_s) * self.to + 1e-9)

    def per_second(self, elapsed_s: float) -> float:
        share = min(elapsed_s / self.over_s, 1.0)
        return self.rate + (self.to - self.rate) * share


class Poisson:
    """Independent arrivals: gaps drawn from the exponential distribution, one after the other."""

    def __init__(self, rate: float, random: Random) -> None:
        self._rate = rate
        self._random = random
        self._count = 0
        self._next_s = self._gap_s() if rate > 0 else float("inf")

    def due(self, elapsed_s: float) -> int:
        while self._next_s <= elapsed_s:
            self._count += 1
            self._next_s += self._gap_s()
        return self._count

    def _gap_s(self) -> float:
        """Whole microseconds: the last bits of a logarithm differ between machines."""
        return round(self._random.expovariate(self._rate), 6)

    def per_second(self, elapsed_s: float) -> float:
        return self._rate


def rate_of(settings: ProducerSettings, random: Random) -> Rate:
    """The rate that a producer's settings describe."""
    if settings.shape == "burst":
        return Burst(settings.rate_per_s, settings.burst_rate_per_s, settings.burst_every_s, settings.burst_for_s)
    if settings.shape == "ramp":
        return Ramp(settings.rate_per_s, settings.ramp_to_per_s, settings.ramp_s)
    if settings.shape == "poisson":
        return Poisson(settings.rate_per_s, random)
    return Constant(settings.rate_per_s)
