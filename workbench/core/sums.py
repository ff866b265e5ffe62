"""Sums over rows that many ask for and that seldom change."""

from __future__ import annotations

from collections.abc import Callable
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
