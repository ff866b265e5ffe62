"""Gathering for the journal: what happens many times a second becomes ranges, in the order it happened.

Appends, deliveries and commits are joined per (topic, partition, group, member) until they are taken, about every
100 ms; any other entry closes the open ranges first, so that a range never reaches over it. Ranges that are closed
together carry one time, that of the latest part of all: then all of it was true. With a time each, what was committed
would stand for some milliseconds beyond the end of its log. Not thread-safe; the journal locks.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.journal import AppendEntry, CommitEntry, DeliverEntry, JournalEntry

Key = tuple[type[JournalEntry], str, int, str, str, bool]


@dataclass(slots=True)
class _Range:
    at_ms: int
    first: int
    last: int
    count: int
    bytes: int


class Ranges:
    """Entries in the making."""

    def __init__(self) -> None:
        self._closed: list[JournalEntry] = []
        self._open: dict[Key, _Range] = {}

    def __len__(self) -> int:
        return len(self._closed) + len(self._open)

    def append(self, at_ms: int, topic: str, partition: int, first: int, last: int, size: int) -> None:
        self._extend((AppendEntry, topic, partition, "", "", False), _Range(at_ms, first, last, last - first + 1, size))

    def deliver(self, at_ms: int, topic: str, partition: int, first: int, last: int, group: str, member: str,
                again: bool) -> None:
        key = (DeliverEntry, topic, partition, group, member, again)
        self._extend(key, _Range(at_ms, first, last, last - first + 1, 0))

    def commit(self, at_ms: int, topic: str, partition: int, offset: int, group: str, member: str) -> None:
        """A later commit stands for the earlier ones; ``count`` says how many there were."""
        key = (CommitEntry, topic, partition, group, member, False)
        count = self._open[key].count if key in self._open else 0
        self._open[key] = _Range(at_ms, -1, offset, count + 1, 0)

    def add(self, entry: JournalEntry) -> None:
        """An entry of its own; what came before it is closed."""
        self._close()
        self._closed.append(entry)

    def take(self) -> list[JournalEntry]:
        """All entries since the last call."""
        self._close()
        taken, self._closed = self._closed, []
        return taken

    def _extend(self, key: Key, part: _Range) -> None:
        found = self._open.get(key)
        if found is None:
            self._open[key] = part
        elif part.first != found.last + 1:
            self._close()
            self._open[key] = part
        else:
            found.at_ms, found.last = part.at_ms, part.last
            found.count += part.count
            found.bytes += part.bytes

    def _close(self) -> None:
        ordered = sorted(self._open.items(), key=lambda item: item[1].at_ms)
        self._open.clear()
        at_ms = ordered[-1][1].at_ms if ordered else 0
        for (kind, topic, partition, group, member, again), r in ordered:
            columns = (at_ms, topic, partition, r.first, r.last, r.count, r.bytes, group, member)
            self._closed.append(DeliverEntry(*columns, again=again) if kind is DeliverEntry else kind(*columns))
