"""How long groups of the flow stood still by a person's wish, so that a pause is not counted as lag.

What waits was written at some time and has aged since; of that age a paused (or not yet started) group could read
nothing. ``held_ms`` is that part. Told from snapshot to snapshot; what was before the first one counts as stillness,
for nobody could see it. Asked from one thread.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

KEPT = 64
"""Pauses that are remembered of a group."""


@dataclass(slots=True)
class _Spans:
    closed: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    since_ms: float | None = -inf  # when the present stillness began; None while it reads


class Standstill:
    def __init__(self) -> None:
        self._groups: dict[str, _Spans] = {}

    def look(self, group: str, still: bool, now_ms: float) -> None:
        """Whether a group stands still now."""
        spans = self._groups.setdefault(group, _Spans())
        if still and spans.since_ms is None:
            spans.since_ms = now_ms
        elif not still and spans.since_ms is not None:
            spans.closed.append((spans.since_ms, now_ms))
            spans.since_ms = None

    def held_ms(self, group: str, age_ms: float, now_ms: float) -> int:
        """How much of the last ``age_ms`` it stood still."""
        spans = self._groups.get(group)
        if spans is None or age_ms <= 0:
            return 0
        parts = [*spans.closed, *([] if spans.since_ms is None else [(spans.since_ms, now_ms)])]
        return round(sum(max(0.0, min(end, now_ms) - max(begin, now_ms - age_ms)) for begin, end in parts))

    def keep(self, groups: set[str]) -> None:
        """Forget all others."""
        self._groups = {name: spans for name, spans in self._groups.items() if name in groups}
