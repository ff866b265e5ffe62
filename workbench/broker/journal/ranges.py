"""Gathering for the journal: what happens many times a second becomes ranges, in the order it happened.

Appends, sends, deliveries, what was done and commits are joined per (topic, partition, group, member) until they are
taken, about every 100 ms; any other entry closes the open ranges first, so that a range never reaches over it. Ranges
that are closed together carry one time, that of the latest part of all: then all of it was true. With a time each, what
was committed would stand for some milliseconds beyond the end of its log. Not thread-safe; the journal locks.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.journal import (
    AppendEntry,
    CommitEntry,
    DeliverEntry,
    DoneEntry,
    JournalEntry,
    SendEntry,
    SendOutcome,
)

_AGAIN, _HELD = "again", "held"

Key = tuple[type[JournalEntry], str, int, str, str, str]
"""Kind, topic, partition, group, member, and what else has to be equal."""


@dataclass(slots=True)
class _Range:
    at_ms: int
    first: int
    last: int
    count: int
    bytes: int
    sequence: int = 0
    retries: int = 0
    duplicates: int = 0


class Ranges:
    """Entries in the making."""

    def __init__(self) -> None:
        self._closed: list[JournalEntry] = []
        self._open: dict[Key, _Range] = {}

    def __len__(self) -> int:
        return len(self._closed) + len(self._open)

    def append(self, at_ms: int, topic: str, partition: int, first: int, last: int, size: int) -> None:
        self._extend((AppendEntry, topic, partition, "", "", ""), _Range(at_ms, first, last, last - first + 1, size))

    def deliver(self, at_ms: int, topic: str, partition: int, first: int, last: int, group: str, member: str,
                again: bool) -> None:
        key = (DeliverEntry, topic, partition, group, member, _AGAIN if again else "")
        self._extend(key, _Range(at_ms, first, last, last - first + 1, 0))

    def done(self, at_ms: int, topic: str, partition: int, first: int, last: int, group: str, member: str,
             again: bool) -> None:
        key = (DoneEntry, topic, partition, group, member, _AGAIN if again else "")
        self._extend(key, _Range(at_ms, first, last, last - first + 1, 0))

    def hold(self, e: DeliverEntry) -> None:
        """What a member of the flow was handed."""
        key = (DeliverEntry, e.topic, e.partition, e.group, e.member, _HELD)
        self._extend(key, _Range(e.at_ms, e.first, e.last, e.count, 0))

    def send(self, e: SendEntry) -> None:
        """Joined while the sender's own numbers touch: between its offsets may be others'."""
        key = (SendEntry, e.topic, e.partition, e.group, e.member, e.outcome)
        found = self._open.get(key)
        if found is None or found.sequence + found.count != e.sequence:
            if found is not None:
                self._close()
            self._open[key] = _Range(e.at_ms, e.first, e.last, e.count, 0, e.sequence, e.retries, e.duplicates)
            return
        found.at_ms, found.last = e.at_ms, e.last
        found.count += e.count
        found.retries += e.retries
        found.duplicates += e.duplicates

    def commit(self, at_ms: int, topic: str, partition: int, offset: int, group: str, member: str) -> None:
        """A later commit stands for the earlier ones; ``count`` says how many there were."""
        key = (CommitEntry, topic, partition, group, member, "")
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
        self._closed.extend(_entry(key, found, at_ms) for key, found in ordered)


def _entry(key: Key, r: _Range, at_ms: int) -> JournalEntry:
    kind, topic, partition, group, member, also = key
    columns = (at_ms, topic, partition, r.first, r.last, r.count, r.bytes, group, member)
    if kind is DeliverEntry:
        return DeliverEntry(*columns, again=also == _AGAIN, held=also == _HELD)
    if kind is DoneEntry:
        return DoneEntry(*columns, again=also == _AGAIN)
    if kind is SendEntry:
        outcome: SendOutcome = "failed" if also == "failed" else "unknown" if also == "unknown" else "acked"
        return SendEntry(*columns, sequence=r.sequence, outcome=outcome, retries=r.retries, duplicates=r.duplicates)
    return kind(*columns)
