"""The moving dots as arrays: births, lifetimes, colours and the place of each at a time.

A dot stands for ``step`` events, one step for the whole canvas so that the legend can say it; a link under five events
a second shows each of its events. Places come from one table of 65 points a link, at equal lengths, so that all dots
are placed by a few numpy operations. Time is an argument and only moves on while the flow runs. GUI thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF

from workbench.ui.bridge.movement import Movement
from workbench.ui.theme.tokens import MOTION

STEPS = (1, 2, 5, 10, 20, 40, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 1_000_000)
POINTS = 65
EACH_UNDER_RATE = 5.0
_CAPACITY = 4096
_RATE_MEMORY_MS = 1000.0
_STEP_EVERY_MS = 1000.0
_EASE = 1.25  # a smaller step is taken only with room to spare, so that it does not flicker


_SLACK = 4
_SLOW_LIFE = 1.6
_FIRST_AT_ONCE = 0.99  # the first event on a link shows, whatever a dot stands for


@dataclass(slots=True)
class _Lane:
    """A link's share of the field: its row in the table, its pace, its load."""

    row: int
    life_ms: float
    slow: bool = False
    rate: float = 0.0
    owed: float = _FIRST_AT_ONCE
    last_ms: float = -1.0


def table_of(chain: list[QPointF]) -> tuple[np.ndarray, float]:
    """``POINTS`` points at equal lengths along a chain, and its length."""
    points = np.array([(p.x(), p.y()) for p in chain])
    lengths = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    at = np.linspace(0.0, lengths[-1], POINTS)
    return np.column_stack((np.interp(at, lengths, points[:, 0]), np.interp(at, lengths, points[:, 1]))), lengths[-1]


def life_ms(length: float) -> float:
    """How long a dot is under way: 140 px/s, held between 450 and 1600 ms."""
    return min(MOTION["dot_max_ms"], max(MOTION["dot_min_ms"], length / MOTION["dot_px_s"] * 1000))


class DotField:
    """See the module."""

    def __init__(self) -> None:
        self.step = 1
        self._lanes: dict[str, _Lane] = {}
        self._table = np.zeros((64, POINTS, 2), np.float32)
        self._free = list(range(63, -1, -1))
        self._slow_rows = np.zeros(64, bool)
        self._birth = np.full(_CAPACITY, -np.inf)
        self._life = np.ones(_CAPACITY)
        self._row = np.zeros(_CAPACITY, np.int32)
        self._colour = np.zeros(_CAPACITY, np.int8)
        self._hollow = np.zeros(_CAPACITY, bool)
        self._next = 0
        self._last_end = -np.inf
        self._step_at = -np.inf

    # -- links ---------------------------------------------------------------------------------------------
    def put_link(self, link_id: str, chain: list[QPointF]) -> None:
        """Learn a link's curve, or its new curve: dots under way follow it."""
        table, length = table_of(chain)
        lane = self._lanes.get(link_id)
        if lane is None:
            if not self._free:
                self._grow()
            lane = self._lanes[link_id] = _Lane(self._free.pop(), 0.0)
        lane.life_ms = life_ms(length)
        self._table[lane.row] = table

    def drop_link(self, link_id: str) -> None:
        lane = self._lanes.pop(link_id, None)
        if lane is not None:
            self._birth[self._row == lane.row] = -np.inf
            self._free.append(lane.row)

    def set_slow(self, link_id: str, slow: bool) -> None:
        """Dots of a slow link bunch at its end."""
        lane = self._lanes.get(link_id)
        if lane is not None:
            lane.slow = slow
            self._slow_rows[lane.row] = slow

    def _grow(self) -> None:
        size = len(self._table)
        self._table = np.concatenate((self._table, np.zeros_like(self._table)))
        self._slow_rows = np.concatenate((self._slow_rows, np.zeros_like(self._slow_rows)))
        self._free = list(range(2 * size - 1, size - 1, -1))

    # -- events --------------------------------------------------------------------------------------------
    def feed(self, movements: Iterable[Movement], now_ms: float, over_ms: float) -> None:
        """Let events set out, spread over the next ``over_ms``."""
        fed = [(m, self._lanes[m.link_id]) for m in movements if m.link_id in self._lanes and m.count > 0]
        for movement, lane in fed:
            self._measure(lane, movement.count, now_ms, over_ms)
        self._choose_step(now_ms)
        leaving = self._leaving(fed, now_ms)
        if leaving:
            self._set_out(leaving, now_ms, over_ms)

    def _measure(self, lane: _Lane, events: int, now_ms: float, over_ms: float) -> None:
        gap = over_ms if lane.last_ms < 0 else max(over_ms, now_ms - lane.last_ms)
        weight = 1.0 if lane.last_ms < 0 else min(1.0, gap / _RATE_MEMORY_MS)
        lane.rate += (events / gap * 1000 - lane.rate) * weight
        lane.last_ms = now_ms

    def _choose_step(self, now_ms: float) -> None:
        if now_ms - self._step_at < _STEP_EVERY_MS:
            return
        self._step_at = now_ms
        busy = [lane for lane in self._lanes.values() if lane.last_ms >= max(0.0, now_ms - 2 * _RATE_MEMORY_MS)]
        under_way = [lane.rate * lane.life_ms / 1000 for lane in busy if lane.rate >= EACH_UNDER_RATE]
        wanted = max(max(under_way, default=0.0) / MOTION["dots_a_link"], sum(under_way) / MOTION["max_dots"])
        fitting = next((step for step in STEPS if step >= wanted), STEPS[-1])
        if fitting > self.step or wanted * _EASE < fitting:
            self.step = fitting

    def _leaving(self, fed: list[tuple[Movement, _Lane]], now_ms: float) -> list[tuple[Movement, _Lane, int]]:
        """How many dots set out on each link, within what a link and the whole canvas hold."""
        on_way = self._row[self._birth + self._life > now_ms]
        on_link = np.bincount(on_way, minlength=len(self._table)).tolist()
        room = MOTION["max_dots"] - len(on_way)
        leaving = []
        for movement, lane in fed:
            lane.owed += movement.count / (1 if lane.rate < EACH_UNDER_RATE else self.step)
            count = min(int(lane.owed), MOTION["dots_a_link"] + _SLACK - on_link[lane.row], room)
            lane.owed %= 1.0
            if count > 0:
                room -= count
                leaving.append((movement, lane, count))
        return leaving

    def _set_out(self, leaving: list[tuple[Movement, _Lane, int]], now_ms: float, over_ms: float) -> None:
        counts = np.array([count for _, _, count in leaving])
        total = int(counts.sum())
        slots = (self._next + np.arange(total)) % _CAPACITY
        self._next = int(slots[-1] + 1) % _CAPACITY
        nth = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        births = now_ms + (nth + 0.5) * np.repeat(over_ms / counts, counts)
        lives = np.repeat([lane.life_ms * (_SLOW_LIFE if lane.slow else 1.0) for _, lane, _ in leaving], counts)
        again = np.repeat([round(n * min(1.0, m.again / m.count)) for m, _, n in leaving], counts)
        self._birth[slots], self._life[slots] = births, lives
        self._row[slots] = np.repeat([lane.row for _, lane, _ in leaving], counts)
        self._colour[slots] = [colour for m, _, n in leaving for colour in _spread(m.colours, n)]
        self._hollow[slots] = nth < again
        self._last_end = max(self._last_end, float((births + lives).max()))

    # -- places --------------------------------------------------------------------------------------------
    def moving(self, now_ms: float) -> bool:
        """Whether any dot is still under way."""
        return now_ms < self._last_end

    def places(self, now_ms: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points, colours and hollowness of the dots on their way now."""
        share = (now_ms - self._birth) / self._life
        on_way = np.nonzero((share >= 0) & (share < 1))[0]
        row, share = self._row[on_way], share[on_way]
        share = np.where(self._slow_rows[row], 1 - (1 - share) ** 3, share) * (POINTS - 1)
        index = share.astype(np.int32)
        part = (share - index)[:, None]
        points = self._table[row, index] * (1 - part) + self._table[row, np.minimum(index + 1, POINTS - 1)] * part
        return points, self._colour[on_way], self._hollow[on_way]

    def wanted(self) -> float:
        """Dots there would be with one a step on every busy link: over the limit links are drawn by density."""
        return sum(lane.rate * lane.life_ms / 1000 / self.step for lane in self._lanes.values())

    def clear(self) -> None:
        """Forget every dot (a jump in time, a stop)."""
        self._birth[:] = -np.inf
        self._last_end = self._step_at = -np.inf
        for lane in self._lanes.values():
            lane.rate, lane.owed, lane.last_ms = 0.0, _FIRST_AT_ONCE, -1.0


def _spread(colours: tuple[int, ...], count: int) -> list[int]:
    """``count`` colours taken evenly from those there are; -1, a null key's, when there are none."""
    return [colours[i * len(colours) // count % len(colours)] for i in range(count)] if colours else [-1] * count
