"""What time it is in the workspace between two snapshots, for countdowns. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from workbench.core.snapshot import Snapshot

_FURTHEST_MS = 3_000.0


class QueueClock:
    """Runs on from the last live snapshot, and stands when none comes for three seconds. The past stands still."""

    def __init__(self, seconds: Callable[[], float] = perf_counter) -> None:
        self._seconds = seconds
        self._snapshot = (0, 0, False)
        self._taken = 0.0

    def take(self, snapshot: Snapshot) -> None:
        seen = (snapshot.seq, snapshot.at_ms, snapshot.live)
        if seen != self._snapshot:
            self._snapshot, self._taken = seen, self._seconds()

    @property
    def live(self) -> bool:
        return self._snapshot[2]

    def now_ms(self) -> float:
        _, at_ms, live = self._snapshot
        return at_ms + (min(_FURTHEST_MS, (self._seconds() - self._taken) * 1000) if live else 0.0)
