"""Round steps for axes: numbers in 1, 2, 5 and times in seconds, minutes and hours. Pure functions."""

from __future__ import annotations

import math

_TIME_STEPS_MS = [
    step * unit
    for unit, steps in ((1, (1, 2, 5, 10, 20, 50, 100, 200, 500)), (1000, (1, 2, 5, 10, 20, 30)),
                        (60_000, (1, 2, 5, 10, 20, 30)), (3_600_000, (1, 2, 4, 6, 12)), (86_400_000, (1, 2, 7, 14, 30)))
    for step in steps
]


def number_step(span: float, most: int) -> float:
    """The smallest round step that cuts ``span`` into at most ``most`` parts."""
    rough = span / max(1, most)
    power = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1
    return next((power * factor for factor in (1, 2, 5) if power * factor >= rough), power * 10)


def number_ticks(low: float, high: float, most: int) -> list[float]:
    step = max(1.0, number_step(high - low, most))
    first = math.ceil(low / step)
    return [i * step for i in range(first, math.floor(high / step) + 1)]


def time_step(span_ms: float, most: int) -> int:
    rough = span_ms / max(1, most)
    return next((step for step in _TIME_STEPS_MS if step >= rough), round(rough / 86_400_000 + 1) * 86_400_000)


def time_ticks(low_ms: float, high_ms: float, most: int, zone_ms: int = 0) -> list[int]:
    """Round times of a zone that is ``zone_ms`` ahead of UTC."""
    step = time_step(high_ms - low_ms, most)
    first = math.ceil((low_ms + zone_ms) / step)
    return [i * step - zone_ms for i in range(first, math.floor((high_ms + zone_ms) / step) + 1)]
