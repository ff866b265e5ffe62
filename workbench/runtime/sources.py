"""Where a producer's events come from. A source is asked for what is due and never waits.

``take(elapsed_s, limit)`` gives the events due by that flow time, at most ``limit`` of them; ``force()`` gives the next
one whatever the time (a step). Sources live on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from workbench.core.records import Record
from workbench.flow.placeholders import Dice
from workbench.flow.settings import ProducerSettings
from workbench.flow.template import Template
from workbench.runtime.rates import Constant, Rate, rate_of


class Source(Protocol):
    @property
    def done(self) -> bool:
        """No event will ever come again."""
        ...

    @property
    def progress(self) -> float | None: ...

    @property
    def trouble(self) -> str:
        """What could not be read, as a sentence; empty when all is well."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What it decided about its input and is worth knowing, as sentences."""
        ...

    def per_second(self, elapsed_s: float) -> float: ...

    def take(self, elapsed_s: float, limit: int) -> Sequence[Record]: ...

    def force(self, elapsed_s: float) -> Sequence[Record]: ...

    def set_rate(self, rate: float, elapsed_s: float) -> None: ...

    def close(self) -> None: ...


class GeneratorSource:
    """Draws events from a template at a rate. New settings are taken without losing counters or the count sent."""

    trouble = ""
    notes = ()

    def __init__(self, settings: ProducerSettings, random: Random, now_ms: Callable[[], int]) -> None:
        self._dice = Dice(random, now_ms)
        self.made = 0
        self._origin_s = 0.0
        self._made_before = 0
        self.change(settings, 0.0)

    def change(self, settings: ProducerSettings, elapsed_s: float) -> None:
        """Go on from here with other settings."""
        self._template = Template(settings.template, settings.key, self._dice, settings.headers)
        self._limit = settings.limit
        self._restart(rate_of(settings, self._dice.random), elapsed_s)

    def set_rate(self, rate: float, elapsed_s: float) -> None:
        self._restart(Constant(rate), elapsed_s)

    def _restart(self, rate: Rate, elapsed_s: float) -> None:
        self._rate = rate
        self._origin_s = elapsed_s
        self._made_before = self.made

    @property
    def done(self) -> bool:
        return bool(self._limit) and self.made >= self._limit

    @property
    def progress(self) -> float | None:
        return min(1.0, self.made / self._limit) if self._limit else None

    def per_second(self, elapsed_s: float) -> float:
        return self._rate.per_second(max(0.0, elapsed_s - self._origin_s))

    def take(self, elapsed_s: float, limit: int) -> Sequence[Record]:
        due = self._rate.due(max(0.0, elapsed_s - self._origin_s)) - (self.made - self._made_before)
        return self._make(min(due, limit))

    def force(self, elapsed_s: float) -> Sequence[Record]:
        return self._make(1)

    def _make(self, count: int) -> Sequence[Record]:
        if self._limit:
            count = min(count, self._limit - self.made)
        if count <= 0:
            return ()
        self.made += count
        return self._template.draw(count)

    def close(self) -> None:
        pass
