"""What a system of topics, queues and groups is to the workbench: a connection, and the few things it has or has not.

    Connection   open, close, state: connecting, ready, failing (with the reason and when it is tried next)
      browse     look without disturbing: topics, bounds, records, times, groups, what they committed, queues
      sender     write to it, where the user has turned writing on for it
      engine     what a drawn flow runs on: ``Produce``, ``Consume``, ``Lease``, ``Admin``; None where it may not write

The workspace's own file is the connection named "". What a system can't do is an answer: ``lacks`` says so beforehand
and the call raises ``Unsupported`` with the reason. *Unavailable* is another error than *refused*: it will be tried
again. Records cross the seam decoded from their batches, with key and value as bytes.

A place in a partition (``Position``) and the right to settle a delivery (``ReceiptToken``) are the system's own values,
opaque outside it: positions have an order within their partition, both have a text form. In the file and in Kafka a
position is an offset, an int. In Kinesis it is a sequence number, an int too, of up to 129 digits, which counts
nothing: what reads goes on at «the first at or after one more than the last», which is true of both. Beyond 64 bits it
is written as text where it leaves the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, runtime_checkable

from workbench.control.exchanges import ExchangeInfo
from workbench.control.queues import QueueInfo
from workbench.core.errors import Unsupported
from workbench.core.queues import SUBSCRIPTION_MARK, Delivery, QueueCounts, Receipt
from workbench.core.records import Appended, PartitionBounds, Record, StoredRecord, TopicPartition
from workbench.core.routing import Binding, Exchange, Published
from workbench.core.snapshot import GroupStat
from workbench.core.stores import StoreRow, StoreWrite
from workbench.serde import Serdes

ReceiptToken: TypeAlias = Receipt


class Position(Protocol):
    """A place in one partition; an int is one."""

    def __lt__(self, other: Any, /) -> bool: ...

    def __str__(self) -> str: ...


class LinkState(StrEnum):
    CLOSED = "closed"
    CONNECTING = "connecting"
    READY = "ready"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """How a connection stands. ``reason`` is a sentence, empty while all is well; ``next_try_ms`` is the wall time of
    the next try of one that is failing; ``about`` says what was reached: «3 brokers, 12 topics»."""

    state: LinkState = LinkState.CLOSED
    reason: str = ""
    next_try_ms: int | None = None
    about: str = ""


class TopicShape(Protocol):
    """A topic as browsing tells of it."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def partitions(self) -> int: ...
    @property
    def config(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class EngineTopic:
    """``kind`` is stream or queue; ``internal``: the system's own, like Kafka's offsets. Not ``counted``: offsets only
    rise, so that an end less a start is no number of records. ``own_partitioner``: the system takes the partition from
    the key by itself."""

    name: str
    kind: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    counted: bool = True
    own_partitioner: bool = False


class Browse(Protocol):
    """Looking that disturbs nothing: no group is joined, no offset moved, no message received. Calls block, and come
    from one thread at a time. ``NotFound`` for what is not there, ``Unavailable`` while the system is out of reach."""

    def topics(self) -> Sequence[TopicShape]: ...

    def bounds(self, topic: str) -> list[PartitionBounds]: ...

    def stable_bounds(self, topic: str) -> list[PartitionBounds]:
        """The same, ending where the first open transaction begins."""
        ...

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        """Up to ``max_records`` from the first at or after ``offset``; fewer only at the end."""
        ...

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        """The first offset whose record is at or after ``ms``; None when there is none."""
        ...

    def close(self) -> None: ...


class BatchTimes(Protocol):
    """Where the batches of one partition lie in time, by look-up; see ``broker.reader.StoredBatches``."""

    def span_at(self, offset: int) -> Any: ...

    def times(self, base_offset: int) -> list[int]: ...


class BrowseTable(Browse, Protocol):
    """What a table of any length asks besides: it jumps, looks through everything, and goes by time."""

    def between(self, topic: str, partition: int, first: int, end: int) -> list[StoredRecord]:
        """All records of ``first <= offset < end``, the quickest way there is to look through many."""
        ...

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        """``read`` of several partitions at once, from an offset each."""
        ...

    def stored_batches(self, topic: str, partition: int) -> BatchTimes | None:
        """The index of the batches; None where a system keeps it to itself. Then ``offsets_for_time`` is asked."""
        ...

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]:
        """``offset_for_time`` of every partition at once."""
        ...

    def time_bounds(self, topic: str) -> Mapping[int, tuple[int, int]]:
        """The time of the first record and the greatest of all, by partition; without those that hold nothing."""
        ...


class BrowseMany(Protocol):
    """What a system that is far away is asked at once rather than one by one."""

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]: ...

    def time_bounds(self, topic: str) -> Mapping[int, tuple[int, int]]: ...

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]: ...

    def bounds_of(self, topics: Iterable[str]) -> Mapping[str, list[PartitionBounds]]: ...

    def config(self, topic: str) -> tuple[dict[str, str], dict[str, str]]:
        """The settings the topic has of its own, and those it has from elsewhere."""
        ...


@runtime_checkable
class BrowseDecided(Protocol):
    """What a system has whose transactions may be undecided, and whose records do not say so."""

    def only_decided(self) -> None:
        """From now on ``read`` leaves out what was aborted, and ends before what is undecided."""
        ...


class BrowseGroups(Protocol):
    """Who reads, and how far they are."""

    def group_stats(self) -> Sequence[GroupStat]:
        """All groups with members, bounds and committed offsets, as of now."""
        ...


class BrowseQueues(Protocol):
    """Queues and exchanges, where a system has them. A queue that can only be looked into by taking its messages and
    putting them back is a topic of kind queue: ``read`` refuses it with the sentence of ``disturbs``, and ``peek`` does
    it for who has read that."""

    def queues(self) -> Sequence[QueueInfo]: ...

    def exchanges(self) -> Sequence[ExchangeInfo]: ...

    def counts_are(self) -> str:
        """How exact the counts of queues are, and as of when, in a sentence; empty where they are exact."""
        ...

    def disturbs(self, topic: str) -> str:
        """What looking at its records changes, in a sentence; empty where it changes nothing."""
        ...

    def peek(self, topic: str, max_records: int) -> list[StoredRecord]:
        """The messages that come next, looked at in the disturbing way and put back. Their offsets only count them."""
        ...


class LogsOnly:
    """The ``BrowseQueues`` of a system whose topics are all logs."""

    def queues(self) -> Sequence[QueueInfo]:
        return ()

    def exchanges(self) -> Sequence[ExchangeInfo]:
        return ()

    def counts_are(self) -> str:
        return ""

    def disturbs(self, topic: str) -> str:
        return ""

    def peek(self, topic: str, max_records: int) -> list[StoredRecord]:
        raise Unsupported("{topic} is a log: reading it disturbs nobody.", "Read it without --disturb.", topic=topic)


class Sender(Protocol):
    """Writes to an attached system. Calls block, and come from one thread at a time; what they answer for was
    confirmed by the system."""

    def call_for(self, topic: str, exchange: str | None = None) -> str:
        """The call that is made for a record, in the system's own words, to be shown before it is made: by ``append``,
        or by ``publish`` to an exchange, where ``topic`` is the routing key."""
        ...

    def append(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """``core.partitioners.BY_SYSTEM``, a partition of -1, leaves the choice to the system."""
        ...

    def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                mandatory: bool = False) -> Sequence[Published]:
        """See ``Lease.publish``; which queues took a message may not be known."""
        ...

    def close(self) -> None: ...


class Connection(Protocol):
    """A system that is attached. ``open`` and ``close`` block; ``state`` may be asked on any thread."""

    @property
    def name(self) -> str: ...

    @property
    def system(self) -> str:
        """kafka, rabbitmq, ... as in ``resources/profiles.json``."""
        ...

    @property
    def state(self) -> ConnectionState: ...

    def open(self) -> None:
        """Reach the system; ``Unavailable`` or ``Refused`` says why not. Calling it again tries again."""
        ...

    def close(self) -> None: ...

    def browse(self) -> AttachedBrowse:
        """A new one, to be closed by who asked. ``Unsupported`` where the system can't be browsed."""
        ...

    def sender(self) -> Sender:
        """A new one, to be closed by who asked. ``Refused`` while writing is off for this connection, ``Unsupported``
        where nothing can be written."""
        ...

    def lacks(self, what: str) -> str:
        """Why the system, or this connection, can't do ``what`` (one of ``core.capabilities.ACTS``); empty when it
        can."""
        ...


class AttachedBrowse(Browse, BrowseMany, BrowseGroups, BrowseQueues, Protocol):
    """What a connection's browsing has."""

    def topics(self) -> Sequence[EngineTopic]: ...


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """How a consumer joins. ``start`` is earliest, latest, offset:N or time:MS, used only where nothing valid is
    committed; ``instance_id`` makes it a static member."""

    group: str
    topics: tuple[str, ...]
    client_id: str
    assignors: tuple[str, ...] = ("range",)
    session_timeout_ms: int = 10_000
    max_poll_interval_ms: int = 300_000
    start: str = "latest"
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseSettings:
    """How a consumer reads a queue: one of its own, or with ``subscription`` a stream topic, as the queue named
    ``TOPIC:SUBSCRIPTION``, which is made with ``config`` or takes it. ``prefetch`` and ``visibility_ms`` None: as the
    queue says. ``group`` is what the consumer is a member of, for those who watch; competing does not ask for it."""

    topic: str
    consumer: str
    subscription: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    prefetch: int | None = None
    visibility_ms: int | None = None
    group: str = ""

    @property
    def queue(self) -> str:
        return f"{self.topic}{SUBSCRIPTION_MARK}{self.subscription}" if self.subscription else self.topic


class QueueConsumer(Protocol):
    """One of those who compete for a queue's messages. Calls are made from one task at a time.

    An ack answers once it is safe. A receipt that is no longer the latest of its message is ``Refused``, for somebody
    else has the message, or will get it again; the others of the same call are taken all the same.
    """

    async def receive(self, max_messages: int, timeout_s: float) -> Sequence[Delivery]:
        """The next messages, leased to this consumer; empty after the time-out, or while its prefetch is used up."""
        ...

    async def ack(self, receipts: Sequence[Receipt], multiple: bool = False) -> None:
        """They are done; with ``multiple`` also all of this consumer's before them."""
        ...

    async def nack(self, receipts: Sequence[Receipt], delay_ms: int | None = None, reason: str = "") -> None:
        """Back to the queue, after the queue's delay or ``delay_ms``."""
        ...

    async def reject(self, receipts: Sequence[Receipt], reason: str = "") -> None:
        """Dead: to the dead-letter queue, or kept aside."""
        ...

    async def extend(self, receipts: Sequence[Receipt], visibility_ms: int) -> None:
        """Lease them for so long from now."""
        ...

    async def release(self, receipts: Sequence[Receipt]) -> None:
        """Back to the queue at once, as if the lease had run out."""
        ...

    async def close(self, leave: bool = True) -> None:
        """Let go of the queue; what is leased comes back at once. With ``leave=False`` vanish as a killed process
        would: a system that holds a connection to its consumers notices at once, in others the leases run out."""
        ...


class Consumer(Protocol):
    """One member of a group. Calls are made from one task at a time."""

    @property
    def member_id(self) -> str: ...

    @property
    def generation(self) -> int: ...

    @property
    def assignment(self) -> tuple[TopicPartition, ...]: ...

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The next offset each assigned partition will be read from."""
        ...

    async def poll(self, max_records: int, timeout_s: float) -> Sequence[StoredRecord]:
        """The next records of the assigned partitions, in offset order per partition; empty after the time-out.

        Joining and rejoining happen inside; ``assignment`` may differ after any poll. With ``max_records`` 0 it only
        tends the membership: a member long at work calls it so that a rebalance need not wait for it. Raises
        ``Fenced`` when this member was replaced.
        """
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int], metadata: str = "") -> None:
        """Commit the next offset to read of each partition; ``Fenced`` when the generation is stale."""
        ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...

    def pause(self) -> None:
        """Keep membership (heartbeats go on), deliver nothing."""
        ...

    def resume(self) -> None: ...

    async def close(self, leave: bool = True) -> None:
        """Leave the group; with ``leave=False`` vanish as a killed process would (the session time-out finds out)."""
        ...


class RecordProducer(Protocol):
    """One sending program. A batch that is sent again after an error is stored once where the system can do that: the
    identity and its sequences are the engine's business."""

    @property
    def in_flight(self) -> int:
        """How many batches of one partition may be on their way at once: 1, unless the producer keeps their order by
        itself. Then nothing that it gave up may be sent again by others: it raises ``InDoubt`` or what is final."""
        ...

    async def append(self, topic: str, partition: int, records: Sequence[Record],
                     compression: str = "none") -> Appended:
        """Write one batch; the answer comes after it is safe. ``in_flight`` calls at a time for one
        partition, in order."""
        ...


class Produce(Protocol):
    async def producer(self, idempotent: bool = True) -> RecordProducer: ...


class Consume(Protocol):
    async def consumer(self, settings: ConsumerSettings) -> Consumer: ...


class Lease(Protocol):
    """Queues and exchanges."""

    async def queue_consumer(self, settings: LeaseSettings) -> QueueConsumer: ...

    async def queue_counts(self, queue: str) -> QueueCounts:
        """What waits in a queue, and what came of the rest; NotFound while it is not there."""
        ...

    async def declare_exchange(self, exchange: Exchange) -> None:
        """Make it, or let it be if it is there just so; ``Refused`` when it is there otherwise."""
        ...

    async def bind(self, binding: Binding) -> None: ...

    async def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                      mandatory: bool = False) -> Sequence[Published]:
        """Send records through an exchange; one answer each, once every queue that takes one has it."""
        ...


class Keep(Protocol):
    """Stores: keyed tables beside the log."""

    async def declare_store(self, name: str) -> None:
        """Make it, or let it be if it is there."""
        ...

    async def write_to_store(self, name: str, writes: Sequence[StoreWrite], once: bool) -> None:
        """Apply them in order, with ``once`` each event id a single time; the answer comes after they are safe."""
        ...

    def look_up(self, name: str, key: bytes) -> StoreRow | None:
        """The row of a key as it is committed, None where there is none; it counts as a read."""
        ...

    def refuse_at_store(self, name: str, count: int) -> None:
        """Count reads and writes that were not let in."""
        ...


class Admin(Protocol):
    async def topics(self) -> Sequence[EngineTopic]: ...

    def topic_config(self, topic: str) -> Mapping[str, str]:
        """The settings that a topic has of its own, as of now and without waiting; none while it is not there."""
        ...

    @property
    def serdes(self) -> Serdes:
        """The schemas that records here name."""
        ...

    async def create_topic(self, name: str, partitions: int, kind: str, config: Mapping[str, str]) -> None: ...

    async def bounds(self, topic: str) -> Sequence[PartitionBounds]: ...


class Engine(Produce, Consume, Lease, Keep, Admin, Protocol):
    """What a drawn flow runs on; on one asyncio loop."""
