"""A stage of queues, beside the mockups' orders: a video upload goes through an exchange to queues and their groups.

``upload_document`` and ``upload_snapshot`` are values; ``QueueCaller`` answers as a host would and keeps what it was
asked; ``upload_messages`` are the messages of one queue in every state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.entries import entry_of
from tests.ui.stage import NOW_MS, START_MS, StageCaller
from workbench.control.command import Command
from workbench.control.queues import (
    DeliveryList,
    MessageList,
    PeekQueue,
    Purge,
    PurgeQueue,
    ReceiveMessages,
    RedriveOutcome,
    RedriveQueue,
)
from workbench.core.journal import JournalEntry
from workbench.core.keys import key_colour
from workbench.core.queues import (
    DeadLetterEvent,
    DeadLetterReason,
    Delivery,
    MessageId,
    MessageState,
    PurgePlan,
    QueueCounts,
    QueuedMessage,
    Receipt,
    Redriven,
)
from workbench.core.records import StoredRecord
from workbench.core.snapshot import (
    ExchangeStat,
    HostStat,
    LeaseStat,
    LinkStat,
    PartitionStat,
    PartState,
    ProducerStat,
    QueueConsumerStat,
    QueueStat,
    RunState,
    Snapshot,
    TopicStat,
)
from workbench.flow.document import FlowDocument, Link, Node

_KEYS = ("V-3310", "V-3311", "V-3312", "V-3313", "V-3314", "V-3315", "V-3316", "V-3317")
COUNTS = {
    "subtitles": QueueCounts(ready=212, in_flight=96, dead=0, received=4_120, acked=3_812, redelivered=40, returned=12),
    "transcode": QueueCounts(ready=184, delayed=12, in_flight=24, dead=5, received=4_090, acked=3_865, redelivered=61,
                             returned=18, dead_lettered=0),
    "copyright": QueueCounts(ready=6_400, in_flight=40, received=9_801, acked=3_361, dead_lettered=463),
    "copyright.dead": QueueCounts(ready=463, received=463),
}


def upload_document() -> FlowDocument:
    """A producer, an exchange of type topic, three queues with their groups, and one queue's dead letters."""
    nodes = [
        Node("uploads", "producer", "uploads", 16, 150, params={"rate": 64.0}),
        Node("video", "exchange", "video", 236, 138, params={"type": "topic"}),
        Node("subtitles", "queue", "subtitles", 500, 20),
        Node("transcode", "queue", "transcode", 500, 138),
        Node("copyright", "queue", "copyright", 500, 256),
        Node("dead", "queue", "copyright.dead", 760, 330),
        Node("subtitler", "group", "subtitler", 760, 11, params={"members": 2}),
        Node("encoder", "group", "encoder", 760, 129, params={"members": 3}),
        Node("checker", "group", "checker", 1010, 247, params={"members": 1}),
    ]
    links = [
        Link("u", "uploads", "video"),
        Link("b1", "video", "subtitles", {"key": "video.*.en"}),
        Link("b2", "video", "transcode", {"key": "video.#"}),
        Link("b3", "video", "copyright", {"key": "video.public.#"}),
        Link("g1", "subtitles", "subtitler"),
        Link("g2", "transcode", "encoder"),
        Link("g3", "copyright", "checker"),
        Link("d", "copyright", "dead"),
    ]
    return FlowDocument(nodes, links, "uploads.flow")


def _leases(queue: str, consumers: tuple[str, ...], at_ms: int, count: int) -> tuple[LeaseStat, ...]:
    found = []
    for n in range(count):
        key = _KEYS[n % len(_KEYS)]
        leased = at_ms - 28_000 + n * 1_150
        found.append(LeaseStat(0, 3_865 + n, consumers[n % len(consumers)], 1 if n % 4 else 2, leased, leased + 30_000,
                               True, key_colour(key.encode())))
    return tuple(found)


def _queue(name: str, rates: tuple[float, float], consumers: tuple[QueueConsumerStat, ...], at_ms: int,
           **more: Any) -> QueueStat:
    names = tuple(c.consumer for c in consumers) or ("nobody",)
    leases = _leases(name, names, at_ms, min(24, COUNTS[name].in_flight)) if consumers else ()
    return QueueStat(name, name, COUNTS[name], *rates, consumers=consumers, leases=leases, **more)


def upload_queues(at_ms: int = NOW_MS) -> tuple[QueueStat, ...]:
    two = tuple(QueueConsumerStat(f"subtitler-{n}", 48, 50, 29.0, node_id="subtitler") for n in (1, 2))
    three = tuple(QueueConsumerStat(f"encoder-{n}", 8, 10, 14.0, node_id="encoder") for n in (1, 2, 3))
    one = (QueueConsumerStat("checker-1", 40, 0, 12.0, node_id="checker"),)
    return (
        _queue("subtitles", (64.0, 58.0), two, at_ms, oldest_ms=3_600),
        _queue("transcode", (64.0, 42.0), three, at_ms, oldest_ms=12_400, profile="sqs"),
        _queue("copyright", (60.0, 12.0), one, at_ms, oldest_ms=140_000, dead_letter="copyright.dead"),
        _queue("copyright.dead", (1.2, 0.0), (), at_ms, takes_dead_letters=True),
    )


def upload_snapshot(at_ms: int = NOW_MS) -> Snapshot:
    queues = upload_queues(at_ms)
    topics = tuple(TopicStat(q.name, "queue", (PartitionStat(0, 0, q.counts.messages, 290 * q.counts.messages),),
                             q.rate_in, q.rate_in * 290, at_ms - 10) for q in queues)
    rates = {"u": 64.0, "b1": 40.0, "b2": 64.0, "b3": 24.0, "g1": 58.0, "g2": 42.0, "g3": 12.0, "d": 1.2}
    seconds = (at_ms - START_MS) / 1000
    links = tuple(
        LinkStat(link, round(rate * seconds), rate, tuple(i % 8 for i in range(24)), sampled=round(rate * seconds),
                 waiting=6_400 if link == "g3" else 0)
        for link, rate in rates.items()
    )
    return Snapshot(
        seq=at_ms, at_ms=at_ms, run=RunState.RUNNING, topics=topics, queues=queues, links=links,
        producers=(ProducerStat("uploads", "uploads", PartState.RUNNING, "video", 64.0, 64.0, 38_400),),
        exchanges=(ExchangeStat("video", "topic", 38_400, 38_281, 119, 0, 64.0, "video.private"),),
        host=HostStat(4242, 84 << 20, 21 << 20, started_ms=START_MS, rate_in=64.0, rate_out=112.0, journal_to_ms=at_ms),
    )


def message(offset: int, state: MessageState, at_ms: int = NOW_MS, **more: Any) -> QueuedMessage:
    """One message of ``transcode``."""
    key = _KEYS[offset % len(_KEYS)]
    value = f'{{"video":"{key}","format":"1080p","seconds":{offset % 600},"codec":"av1"}}'.encode()
    headers = (("source", b"upload-app"), ("workbench.priority", b"4"))
    record = StoredRecord("transcode", 0, offset, at_ms - 600_000 + offset * 10, key.encode(), value, headers)
    return QueuedMessage(MessageId(0, offset), state, record, group=key, **more)


def upload_messages(at_ms: int = NOW_MS) -> tuple[QueuedMessage, ...]:
    """Messages of every state, in queue order."""
    dead = [
        message(120 + n * 7, MessageState.DEAD, at_ms, attempts=3, reason="codec av1 is not known",
                deaths=(DeadLetterEvent("transcode", DeadLetterReason.REJECTED, 1, at_ms - 60_000, at_ms - 60_000,
                              MessageId(0, 120 + n * 7), "codec av1 is not known"),))
        for n in range(5)
    ]
    flight = [
        message(lease.offset, MessageState.IN_FLIGHT, at_ms, attempts=lease.attempt, consumer=lease.consumer,
                leased_ms=lease.leased_ms, until_ms=lease.until_ms)
        for lease in upload_queues(at_ms)[1].leases
    ]
    delayed = [message(4_000 + n, MessageState.DELAYED, at_ms, attempts=1, until_ms=at_ms + 4_000 + n * 900,
                       reason="no encoder free") for n in range(12)]
    ready = [message(4_100 + n, MessageState.READY, at_ms) for n in range(184)]
    return (*dead, *flight, *delayed, *ready)


def upload_journal(at_ms: int = NOW_MS) -> list[JournalEntry]:
    """What the file would tell about message 0-120: sent, leased twice, given back, and dead."""

    def entry(kind: str, ago: int, member: str = "", **detail: Any) -> JournalEntry:
        queue = "" if kind == "append" else "transcode"
        return entry_of(kind, at_ms - ago, "transcode", 0, 120, 120, 1, group=queue, member=member, detail=detail)

    entries = [
        entry("append", 598_800), entry("lease", 500_000, "encoder-1", attempt=1),
        entry("nack", 499_000, "encoder-1", requeue=True, delay_ms=5_000, reason="no encoder free"),
        entry("lease", 490_000, "encoder-2", attempt=2), entry("return", 460_000, "encoder-2"),
        entry("lease", 61_000, "encoder-3", attempt=3),
        entry("nack", 60_000, "encoder-3", requeue=False, reason="codec av1 is not known"),
        entry("dead", 60_000, reason="rejected", to=""),
    ]
    return [replace(each, id=number) for number, each in enumerate(entries, 1)]


class StageJournal:
    """A reader with this stage's journal in it."""

    def journal_about(self, topic: str, partition: int, first: int, last: int) -> list[JournalEntry]:
        return [entry for entry in upload_journal() if (entry.topic, entry.partition) == (topic, partition)]

    def journal(self, after_id: int = 0, from_ms: int | None = None, to_ms: int | None = None,
                kinds: Sequence[str] = (), limit: int = 1000) -> list[JournalEntry]:
        found = [entry for entry in upload_journal() if entry.id > after_id and (not kinds or entry.kind in kinds)]
        return found[:limit]


@dataclass
class QueueCaller(StageCaller):
    """A host with the queues of this stage. ``slow`` holds back the answer to a redrive until it is called."""

    messages: list[QueuedMessage] = field(default_factory=lambda: list(upload_messages()))
    before_redrive: Callable[[], None] | None = None

    def call(self, command: Command) -> Any:
        if isinstance(command, PeekQueue):
            self.asked.append(command)
            return MessageList(self._page(command))
        if isinstance(command, PurgeQueue):
            self.asked.append(command)
            counts = COUNTS.get(command.queue, QueueCounts())
            return Purge(PurgePlan(command.queue, counts.ready, counts.delayed, counts.dead, counts.in_flight))
        if isinstance(command, RedriveQueue):
            self.asked.append(command)
            if not command.dry_run and self.before_redrive is not None:
                self.before_redrive()
            return RedriveOutcome(self._redriven(command))
        if isinstance(command, ReceiveMessages):
            self.asked.append(command)
            ready = [m for m in self.messages if m.state is MessageState.READY][: command.max_messages]
            return DeliveryList(tuple(self._leased(m, command.consumer) for m in ready))
        return super().call(command)

    def _page(self, command: PeekQueue) -> tuple[QueuedMessage, ...]:
        if command.queue != "transcode":
            return ()
        found = [m for m in self.messages if (not command.states or m.state in command.states)
                 and (command.after is None or m.id > command.after)]
        return tuple(found[: command.limit])

    def _redriven(self, command: RedriveQueue) -> Redriven:
        dead = [m for m in self.messages if m.state is MessageState.DEAD]
        chosen = len(command.spec.messages) or len(dead)
        return Redriven({command.spec.to or command.queue: chosen})

    def _leased(self, message: QueuedMessage, consumer: str) -> Delivery:
        leased = replace(message, state=MessageState.IN_FLIGHT, attempts=message.attempts + 1, consumer=consumer,
                         leased_ms=NOW_MS, until_ms=NOW_MS + 30_000)
        self.messages[self.messages.index(message)] = leased
        return Delivery(Receipt(*message.id, leased.attempts), message.record, NOW_MS + 30_000)
