"""The messages of a queue as they stood at an instant, told from the journal a page at a time.

What happened to a message is folded in the order of its attempts, as its story is told. It is exact to one tick of the
journal; in the file of an older workbench a purge counts as the first thing in its tick. What no entry says is not
known: when a lease would have ended, and which messages were repeats that were not taken in (they look as if they
waited). Where the journal is coarse, or begins later, a message says «perhaps»; where the log no longer has its record,
that. Nothing is kept between pages, and a page looks at a bounded stretch of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbench.broker import deaths_of, record_traits, routing_metadata_of
from workbench.core.journal import (
    AckEntry,
    AppendEntry,
    DeadEntry,
    HostEntry,
    JournalEntry,
    LeaseEntry,
    NackEntry,
    PurgeEntry,
    QueueEntry,
    RedriveEntry,
    ReturnEntry,
    TopicEntry,
)
from workbench.core.queues import SUBSCRIPTION_MARK, MessageId, MessageState, QueuedMessage
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.session.message_history import in_order

STRETCH = 2_000
MOST_LOOKED = 40_000
"""So many places of the log are looked at for one page, however few messages of them are left."""

_ALL = 1 << 40
_COARSE = "perhaps: too much happened then to be journalled exactly"
_BEFORE = "perhaps: the journal begins later"
_NOT_KEPT = "the record is no longer kept"
_GONE = frozenset({MessageState.ACKED})


class MessageSource(Protocol):
    """The part of a workspace's reader that this needs."""

    def journal_about(self, topic: str, partition: int, first: int, last: int) -> Iterable[JournalEntry]: ...
    def journal(self, after_id: int = 0, from_ms: int | None = None, to_ms: int | None = None,
                kinds: Sequence[str] = (), limit: int = 1000) -> list[JournalEntry]: ...
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]: ...


@dataclass(frozen=True, slots=True)
class PastPage:
    """``looked_to`` is the last place that was looked at: a page after it goes on. None: there is no more."""

    messages: tuple[QueuedMessage, ...] = ()
    looked_to: MessageId | None = None


@dataclass(frozen=True, slots=True)
class PastQueueView:
    """A queue at an instant: which stretch of which log it reads, and the settings that the journal knows of it."""

    name: str
    topic: str
    at_ms: int
    bounds: tuple[PartitionBounds, ...]
    delay_ms: int = 0
    by_key: bool = False


def messages_at(source: MessageSource, queue: PastQueueView, states: Sequence[MessageState] = (),
                after: MessageId | None = None, limit: int = 100) -> PastPage:
    """Messages by partition and offset after ``after``, those not acked when no state is named."""
    wanted = frozenset(states) or frozenset(MessageState) - _GONE
    events = _Events.of(source, queue)
    found: list[QueuedMessage] = []
    looked, place = 0, after
    for part in queue.bounds:
        first = part.log_start if place is None or place.partition < part.partition else place.offset + 1
        first = max(first, part.log_start, events.floors.get(part.partition, 0))
        if place is not None and part.partition < place.partition:
            continue
        while first < part.end:
            if looked >= MOST_LOOKED:
                return PastPage(tuple(found), place)
            last = min(first + STRETCH, part.end) - 1
            for message in _stretch(source, queue, events, part.partition, first, last, wanted):
                if len(found) == limit:
                    return PastPage(tuple(found), found[-1].id)
                found.append(message)
            looked += last - first + 1
            place, first = MessageId(part.partition, last), last + 1
    return PastPage(tuple(found))


@dataclass(slots=True)
class _Life:
    """What one message has been through."""

    state: MessageState = MessageState.READY
    attempts: int = 0
    consumer: str = ""
    leased_ms: int | None = None
    until_ms: int | None = None
    reason: str = ""
    sent_ms: int | None = None
    coarse: bool = False

    def take(self, entry: JournalEntry) -> None:
        self.coarse = self.coarse or entry.vague
        match entry:
            case AppendEntry():
                self.sent_ms = entry.at_ms
                return
            case LeaseEntry():
                self.attempts = entry.attempt or self.attempts + 1
                self.state, self.consumer, self.leased_ms = MessageState.IN_FLIGHT, entry.member, entry.at_ms
                self.until_ms = None
                return
            case NackEntry():
                self._wait(entry.at_ms, entry.delay_ms)
                self.reason = entry.reason
            case ReturnEntry():
                self._wait(entry.at_ms, 0)
            case DeadEntry():
                self.state = MessageState.ACKED if entry.to else MessageState.DEAD
                self.reason = f"{entry.reason}: {self.reason}" if self.reason else entry.reason
            case AckEntry() | RedriveEntry():
                self.state = MessageState.ACKED
            case PurgeEntry():
                if entry.partition < 0 and self.state is MessageState.IN_FLIGHT:
                    return
                self.state = MessageState.ACKED
            case HostEntry():
                if self.state is MessageState.IN_FLIGHT:
                    self._wait(entry.at_ms, 0)
        if self.state is not MessageState.IN_FLIGHT:
            self.consumer, self.leased_ms = "", None

    def _wait(self, at_ms: int, delay_ms: int) -> None:
        self.state = MessageState.DELAYED if delay_ms else MessageState.READY
        self.until_ms = at_ms + delay_ms if delay_ms else None
        self.consumer, self.leased_ms = "", None


@dataclass(frozen=True, slots=True)
class _Events:
    """What concerns every message of a queue: starts and stops of the host, and purges of an older workbench; and where
    it begins."""

    entries: tuple[JournalEntry, ...]
    floors: Mapping[int, int]

    @classmethod
    def of(cls, source: MessageSource, queue: PastQueueView) -> _Events:
        rare = source.journal(to_ms=queue.at_ms + 1, kinds=("purge", "host", "queue", "topic"), limit=_ALL)
        own = [entry for entry in rare if isinstance(entry, HostEntry) or entry.group == queue.name
               or (isinstance(entry, TopicEntry) and entry.topic == queue.topic)]
        made = [at for at, entry in enumerate(own)
                if isinstance(entry, (QueueEntry, TopicEntry)) and entry.act == "created"]
        own = own[made[-1] :] if made else own
        begun = own[0] if made and SUBSCRIPTION_MARK in queue.name else None
        floors = begun.floors if isinstance(begun, QueueEntry) else ()
        common = tuple(e for e in own if isinstance(e, HostEntry) or (isinstance(e, PurgeEntry) and e.partition < 0))
        return cls(common, dict(enumerate(floors)))


def _stretch(source: MessageSource, queue: PastQueueView, events: _Events, partition: int, first: int, last: int,
             wanted: frozenset[MessageState]) -> list[QueuedMessage]:
    """The wanted messages of ``first..last``."""
    told: dict[int, list[JournalEntry]] = {}
    for entry in source.journal_about(queue.topic, partition, first, last):
        if entry.at_ms > queue.at_ms:
            break  # they only go on from here
        if entry.group in ("", queue.name):
            for offset in range(max(first, entry.first), min(last, entry.last) + 1):
                if entry.holds(offset):
                    told.setdefault(offset, []).append(entry)
    lives = ((offset, _life(told.get(offset, ()), events)) for offset in range(first, last + 1))
    left = [(offset, life) for offset, life in lives if life.state not in _GONE or wanted & _GONE]
    records = _records(source, queue.topic, partition, [offset for offset, _ in left])
    messages = (_message(queue, partition, offset, life, records.get(offset)) for offset, life in left)
    return [message for message in messages if message.state in wanted]


def _life(entries: Sequence[JournalEntry], events: _Events) -> _Life:
    """Fold what happened to one message; what concerns all comes where it was journalled."""
    life, appended = _Life(), next((entry.id for entry in entries if isinstance(entry, AppendEntry)), 0)
    common = [entry for entry in events.entries if entry.id > appended]
    for entry in in_order(sorted(entries, key=lambda entry: entry.id)):
        while common and common[0].id < entry.id:
            life.take(common.pop(0))
        life.take(entry)
    for entry in common:
        life.take(entry)
    return life


def _records(source: MessageSource, topic: str, partition: int, offsets: Sequence[int]) -> dict[int, StoredRecord]:
    """Those that the log still has."""
    if not offsets:
        return {}
    read = source.read(topic, partition, offsets[0], offsets[-1] - offsets[0] + 1)
    return {record.offset: record for record in read}


def _message(queue: PastQueueView, partition: int, offset: int, life: _Life,
             found: StoredRecord | None) -> QueuedMessage:
    sent_ms = queue.at_ms if life.sent_ms is None else life.sent_ms
    record = found or StoredRecord(queue.topic, partition, offset, sent_ms, None, None)
    traits = record_traits(record, queue.by_key)
    delay_ms = queue.delay_ms if traits.delay_ms is None else traits.delay_ms
    if life.state is MessageState.READY and delay_ms and not life.attempts:
        life.state, life.until_ms = MessageState.DELAYED, sent_ms + delay_ms
    if life.state is MessageState.DELAYED and (life.until_ms or 0) <= queue.at_ms:
        life.state, life.until_ms = MessageState.READY, None
    doubt = _COARSE if life.coarse else _BEFORE if life.sent_ms is None else "" if found else _NOT_KEPT
    exchange, key = routing_metadata_of(record.headers) or (None, None)
    return QueuedMessage(
        MessageId(partition, offset), life.state, record, life.attempts, life.consumer, life.leased_ms, life.until_ms,
        priority=traits.priority, group=traits.group, reason="; ".join(filter(None, (life.reason, doubt))),
        deaths=deaths_of(record.headers), exchange=exchange, routing_key=key, kept=found is not None,
    )
