"""The story of one message: everything the journal knows of it, in order and in words.

Entries cover ranges, so a line may speak of a lease that took neighbours too; what is said of a message is so. Within a
tick of the journal the order is that of the message's attempts. What a killed host had not journalled yet, a tenth of a
second at most, is missing. Only where far too much happened in one tick was it journalled more coarsely; the line says
«perhaps», and why. A message that died elsewhere and was moved here begins its story there, as far as the log of its
origin is still known. Belongs to the thread of its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from workbench.core.journal import (
    AckEntry,
    AppendEntry,
    DeadEntry,
    JournalEntry,
    LeaseEntry,
    NackEntry,
    PurgeEntry,
    RedriveEntry,
    ReturnEntry,
)
from workbench.core.queues import SUBSCRIPTION_MARK, DeadLetterEvent, MessageId
from workbench.core.times import duration_words, format_time
from workbench.session.marks import DROPPED

_MOST_ORIGINS = 8
_LAST = 1 << 60
_PHASES = {AppendEntry: 0, LeaseEntry: 1, NackEntry: 2, ReturnEntry: 2, AckEntry: 3, DeadEntry: 3, RedriveEntry: 4,
           PurgeEntry: 5}
_COARSE = "; too much happened at that moment to be journalled exactly"


class JournalSource(Protocol):
    """The part of a workspace's reader that a story needs."""

    def journal_about(self, topic: str, partition: int, first: int, last: int) -> Iterable[JournalEntry]: ...


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """``who`` is the consumer, where one had to do with it; ``queue`` the one it happened in."""

    at_ms: int
    kind: str
    text: str
    queue: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class MessageHistory:
    message: MessageId
    lines: tuple[HistoryLine, ...]

    def document(self) -> list[dict[str, Any]]:
        """The lines in JSON's words."""
        return [
            {"at": format_time(line.at_ms), "kind": line.kind, "queue": line.queue, "consumer": line.who or None,
             "text": line.text}
            for line in self.lines
        ]


def history_of(
    reader: JournalSource, queue: str, topic: str, message: MessageId, deaths: Sequence[DeadLetterEvent] = ()
) -> MessageHistory:
    """All that happened to ``message`` of ``queue``, which reads ``topic``; ``deaths`` are those it carries."""
    return histories_of(reader, queue, topic, {message: tuple(deaths)})[message]


def histories_of(
    reader: JournalSource, queue: str, topic: str, messages: Mapping[MessageId, Sequence[DeadLetterEvent]]
) -> dict[MessageId, MessageHistory]:
    """The stories of several messages of one queue, by one pass over the journal."""
    wanted: dict[MessageId, list[_Place]] = {}
    for message, deaths in messages.items():
        origins = [_Place(death.queue, _topic_of(death.queue), MessageId(*death.origin)) for death in deaths]
        wanted[message] = [_Place(queue, topic, message), *origins[:_MOST_ORIGINS]]
    index: dict[tuple[str, int], list[tuple[_Place, MessageId]]] = {}
    for message, places in wanted.items():
        for place in dict.fromkeys(places):
            index.setdefault((place.topic, place.id.partition), []).append((place, message))
    found: dict[MessageId, list[tuple[_Place, JournalEntry]]] = {message: [] for message in messages}
    for (name, partition), places in index.items():
        offsets = [place.id.offset for place, _ in places]
        for entry in reader.journal_about(name, partition, min(offsets), max(offsets)):
            for place, message in places:
                if entry.group in ("", place.queue) and entry.holds(place.id.offset):
                    found[message].append((place, entry))
    return {message: MessageHistory(message, _lines(entries)) for message, entries in found.items()}


def _lines(entries: Sequence[tuple[_Place, JournalEntry]]) -> tuple[HistoryLine, ...]:
    """One place after the other, for a message leaves each but once; in each in the order of attempts, which entries of
    one tick need not be in. What ended in a place is told with its tick, which may be after it came to the next."""
    by_place: dict[_Place, list[JournalEntry]] = {}
    for place, entry in sorted(entries, key=lambda one: one[1].id):
        by_place.setdefault(place, []).append(entry)
    told: list[HistoryLine] = []
    until_ms = _LAST
    for place, own in reversed(by_place.items()):  # each is done by when the message came to the next
        lines = [_line(entry, place.queue) for entry in in_order(own)]
        told[:0] = [replace(line, at_ms=min(line.at_ms, until_ms)) for line in lines]
        until_ms = min(until_ms, lines[0].at_ms)
    return tuple(told)


def in_order(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """Attempts only grow, and each is leased before it ends. A file of an older workbench names none where one ends."""
    keyed, attempt = [], 0
    for entry in entries:
        if isinstance(entry, (LeaseEntry, NackEntry, ReturnEntry)):
            attempt = entry.attempt or attempt
        end = _PHASES[type(entry)]
        keyed.append((0 if not end else _LAST if end > 2 else attempt, end))
    order = sorted(range(len(entries)), key=lambda at: keyed[at])
    return [entries[at] for at in order]


@dataclass(frozen=True, slots=True)
class _Place:
    queue: str
    topic: str
    id: MessageId


def _topic_of(queue: str) -> str:
    return queue.partition(SUBSCRIPTION_MARK)[0]


def _line(entry: JournalEntry, queue: str) -> HistoryLine:
    text = _said(entry)
    said = f"perhaps {text}{_COARSE}" if entry.vague else text
    return HistoryLine(entry.at_ms, entry.kind, said, queue, entry.member)


def _said(entry: JournalEntry) -> str:
    match entry:
        case AppendEntry():
            return f"sent to {entry.topic}"
        case LeaseEntry():
            again = f", attempt {entry.attempt}" if entry.attempt > 1 else ""
            return f"leased by {entry.member or 'a consumer'}{again}"
        case AckEntry():
            return f"acked by {entry.member or 'its consumer'}"
        case NackEntry():
            return _nack(entry)
        case ReturnEntry():
            return f"lease of {entry.member} ended without an answer" if entry.member else (
                "its lease ended with the host, which died")
        case DeadEntry():
            where = "dropped" if entry.to == DROPPED else f"moved to {entry.to}" if entry.to else "kept here"
            return f"died ({entry.reason or 'for no reason given'}), {where}"
        case RedriveEntry():
            return f"redriven to {entry.to or 'its origin'}"
        case PurgeEntry():
            return "removed by a purge"
    raise TypeError(f"{entry.kind} does not concern one message")


def _nack(entry: NackEntry) -> str:
    act = "given back" if entry.requeue else "rejected"
    wait = f", to wait {duration_words(entry.delay_ms)}" if entry.delay_ms else ""
    why = f": {entry.reason}" if entry.reason else ""
    return f"{act} by {entry.member or 'its consumer'}{wait}{why}"
