"""What went through each exchange since the file was opened, and what could not be routed, for the journal.

Any thread may count; ``stats`` is for one caller, for its rates are taken between its askings. In the journal stands
at most one entry a second of each kind and exchange.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.broker.journal.journal import Journal
from workbench.core.clock import Clock
from workbench.core.journal import RouteAct, RouteEntry
from workbench.core.routing import DEFAULT_EXCHANGE, Exchange, ExchangeType, Published, Routed
from workbench.core.snapshot import ExchangeStat

JOURNAL_SPACING_MS = 1000.0
RATE_WINDOW_MS = 1000.0
_DEFAULT = Exchange(DEFAULT_EXCHANGE, ExchangeType.DIRECT)


@dataclass(slots=True)
class _Counts:
    published: int = 0
    routed: int = 0
    unroutable: int = 0
    returned: int = 0
    last_unroutable: str = ""


class ExchangeCounts:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, _Counts] = {}
        self._unentered: dict[tuple[str, RouteAct], tuple[int, str]] = {}  # (exchange, act): how many, newest key
        self._entered_ms = clock.monotonic_ms() - JOURNAL_SPACING_MS
        self._samples: deque[tuple[float, dict[str, int]]] = deque()

    def count(self, exchange: str, key: str, routes: Sequence[Routed], answers: Sequence[Published]) -> None:
        """Messages were sent to ``exchange``: each counts at every exchange it passed."""
        with self._lock:
            for routed, answer in zip(routes, answers, strict=True):
                for name in routed.passed:
                    counts = self._counts.setdefault(name, _Counts())
                    counts.published += 1
                    counts.routed += name in routed.matched
                if not (answer.queues or answer.refused):
                    self._count_unroutable(exchange, key, bool(answer.returned))
            self._enter()

    def _count_unroutable(self, exchange: str, key: str, returned: bool) -> None:
        counts = self._counts.setdefault(exchange, _Counts())
        counts.unroutable += 1
        counts.returned += returned
        counts.last_unroutable = key
        act: RouteAct = "returned" if returned else "unroutable"
        so_far, _ = self._unentered.get((exchange, act), (0, ""))
        self._unentered[exchange, act] = (so_far + 1, key)

    def forget(self, exchange: str) -> None:
        """It was deleted; another of its name begins at nothing."""
        with self._lock:
            self._counts.pop(exchange, None)

    def flush(self) -> None:
        """Enter in the journal what was not yet entered."""
        with self._lock:
            self._entered_ms -= JOURNAL_SPACING_MS
            self._enter()

    def _enter(self) -> None:
        elapsed = self._clock.monotonic_ms()
        if not self._unentered or elapsed - self._entered_ms < JOURNAL_SPACING_MS:
            return
        self._entered_ms = elapsed
        for (exchange, act), (count, key) in self._unentered.items():
            self._journal.add(RouteEntry(self._clock.now_ms(), group=exchange, count=count, act=act, key=key))
        self._unentered.clear()

    def stats(self, exchanges: Sequence[Exchange]) -> list[ExchangeStat]:
        """Of ``exchanges``, and of the default one once it was used."""
        with self._lock:
            self._enter()
            counts = {name: replace(found) for name, found in self._counts.items()}
        before, per_second = self._sample({name: found.published for name, found in counts.items()})
        shown = [_DEFAULT, *exchanges] if DEFAULT_EXCHANGE in counts else exchanges
        return [_stat(each, counts.get(each.name, _Counts()), before.get(each.name, 0), per_second) for each in shown]

    def _sample(self, published: dict[str, int]) -> tuple[dict[str, int], float]:
        """What had been published about a second ago, and the factor that makes a rate of what came since."""
        now = self._clock.monotonic_ms()
        while len(self._samples) > 1 and self._samples[1][0] <= now - RATE_WINDOW_MS:
            self._samples.popleft()
        then, before = self._samples[0] if self._samples else (now, published)
        if not self._samples or now > self._samples[-1][0]:
            self._samples.append((now, published))
        return before, 1000.0 / (now - then) if now > then else 0.0


def _stat(exchange: Exchange, counts: _Counts, before: int, per_second: float) -> ExchangeStat:
    rate = max(0, counts.published - before) * per_second
    return ExchangeStat(exchange.name, str(exchange.type), counts.published, counts.routed, counts.unroutable,
                        counts.returned, rate, counts.last_unroutable)
