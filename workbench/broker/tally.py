"""What a queue did: counted since it was made, and at the grain of ranges until the journal takes it. Pure.

A range is exact (first to last, all of them) while a word has few ranges in a tick; beyond that the last one widens,
and its ``count`` says how many of it are meant.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

EXACT_RANGES = 32


@dataclass(slots=True)
class Counters:
    """Since the queue was made."""

    received: int = 0
    acked: int = 0
    redelivered: int = 0
    returned: int = 0
    expired: int = 0
    dead_lettered: int = 0
    duplicates: int = 0
    refused: int = 0


class Told(NamedTuple):
    """``about``: what the word carries, see ``queue_journal``."""

    word: str
    partition: int
    first: int
    last: int
    count: int
    consumer: str
    about: Hashable


class Tally:
    __slots__ = ("_ranges",)

    def __init__(self) -> None:
        self._ranges: dict[tuple[str, int, str, Hashable], list[list[int]]] = {}

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def note(self, word: str, partition: int, offset: int, consumer: str, about: Hashable = None) -> None:
        key = (word, partition, consumer, about)
        ranges = self._ranges.get(key)
        if ranges is None:
            self._ranges[key] = [[offset, offset, 1]]
            return
        last = ranges[-1]
        if offset == last[1] + 1:
            last[1] = offset
            last[2] += 1
        elif len(ranges) < EXACT_RANGES:
            ranges.append([offset, offset, 1])
        else:
            last[0], last[1], last[2] = min(last[0], offset), max(last[1], offset), last[2] + 1

    def take(self) -> list[Told]:
        """All of it, once."""
        taken, self._ranges = self._ranges, {}
        return [
            Told(word, partition, *span, consumer, about)
            for (word, partition, consumer, about), spans in taken.items()
            for span in spans
        ]
