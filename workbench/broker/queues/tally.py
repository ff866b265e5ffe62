"""What a queue did: counted since it was made, and which messages, as ranges, until the journal takes it. Pure.

A message comes once under a word, a consumer and what the word is about, so the ranges of a tick are exact however
many there are. Only past ``MOST_RANGES`` in one tick (half a million messages a second that follow no order) the last
range widens, and its ``count`` says how many of it are meant.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

MOST_RANGES = 50_000
Word = Literal["lease", "ack", "nack", "return", "dead", "redrive"]


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
    """``ranges`` are (first, last, how many of it); ``about``: what the word carries, see ``journal``."""

    word: Word
    partition: int
    consumer: str
    about: Hashable
    ranges: list[list[int]]


class Tally:
    __slots__ = ("_left", "_ranges")

    def __init__(self) -> None:
        self._ranges: dict[tuple[Word, int, str, Hashable], list[list[int]]] = {}
        self._left = MOST_RANGES

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def note(self, word: Word, partition: int, offset: int, consumer: str, about: Hashable = None) -> None:
        key = (word, partition, consumer, about)
        ranges = self._ranges.get(key)
        if ranges is None:
            self._ranges[key] = [[offset, offset, 1]]
            return
        last = ranges[-1]
        if offset == last[1] + 1:
            last[1] = offset
            last[2] += 1
        elif self._left:
            self._left -= 1
            ranges.append([offset, offset, 1])
        else:
            last[0], last[1], last[2] = min(last[0], offset), max(last[1], offset), last[2] + 1

    def take(self) -> Iterator[Told]:
        """All of it, once."""
        taken, self._ranges, self._left = self._ranges, {}, MOST_RANGES
        return (Told(*key, ranges) for key, ranges in taken.items())
