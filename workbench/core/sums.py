"""Sums over rows that many ask for and that seldom change."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from operator import is_not
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Sums(Generic[T]):
    """What is summed up over partitions, kept for the tuples that were asked about lately: they are the same objects
    from one snapshot to the next where nothing changed, and many ask."""

    def __init__(self, total: Callable[[Any], T], kept: int = 4_096) -> None:
        self._total = total
        self._kept = kept
        self._known: dict[int, tuple[object, T]] = {}

    def __call__(self, parts: tuple[Any, ...]) -> T:
        known = self._known.get(id(parts))
        if known is not None and known[0] is parts:
            return known[1]
        if len(self._known) >= self._kept:
            self._known = {}
        total = self._total(parts)
        self._known[id(parts)] = parts, total
        return total


class RunningSum:
    """A sum over rows, from one snapshot to the next: of rows that are the same objects nothing is asked again.
    Whole numbers only, so that nothing drifts."""

    def __init__(self, value: Callable[[Any], int]) -> None:
        self._value = value
        self._rows: tuple[Any, ...] = ()
        self._total = 0

    def __call__(self, rows: tuple[Any, ...]) -> int:
        if len(rows) != len(self._rows):
            self._total = sum(map(self._value, rows))
        else:
            for at in compress(range(len(rows)), map(is_not, rows, self._rows)):
                self._total += self._value(rows[at]) - self._value(self._rows[at])
        self._rows = rows
        return self._total
