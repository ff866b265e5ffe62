"""The seam between a running flow and the system that carries it.

``Engine`` is asynchronous: the embedded broker answers at once, a foreign client may answer from a worker thread.
What a system can't do is an answer: ``Capabilities`` says so beforehand, and the call raises ``Unsupported`` with
the reason. Records cross the seam decoded, or as RecordBatch v2 bytes where ``Capabilities.batches`` is true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.queues import SUBSCRIPTION_MARK, Delivery, QueueCounts, Receipt
from workbench.core.records import Appended, PartitionBounds, Record, StoredRecord, TopicPartition
from workbench.core.routing import Binding, Exchange, Published


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do. ``absent`` gives the reason for each missing one, by name."""

    streams: bool = True
    queues: bool = False
    groups: bool = True
    seek_offset: bool = True
    seek_time: bool = True
    reset_running: bool = False
    batches: bool = False
    writable: bool = True
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineTopic:
    name: str
    kind: str
    partitions: int
    config: Mapping[str, str]


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


class Engine(Protocol):
    """A system of topics, groups and records; of queues and exchanges where ``Capabilities.queues`` says so."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def topics(self) -> Sequence[EngineTopic]: ...

    async def create_topic(self, name: str, partitions: int, kind: str, config: Mapping[str, str]) -> None: ...

    async def bounds(self, topic: str) -> Sequence[PartitionBounds]: ...

    async def append(self, topic: str, partition: int, records: Sequence[Record], *, compression: str = "none",
                     producer: tuple[int, int, int] | None = None) -> Appended:  # fmt: skip
        """Write one batch; the answer comes after it is committed. ``producer`` = (id, epoch, first sequence)."""
        ...

    async def new_producer_id(self) -> tuple[int, int]:
        """A producer id and epoch for idempotent appends."""
        ...

    async def read(self, topic: str, partition: int, offset: int, max_records: int) -> Sequence[StoredRecord]:
        """Browse without joining a group: records from the first at or after ``offset``."""
        ...

    async def offset_for_time(self, topic: str, partition: int, timestamp_ms: int) -> int | None: ...

    async def consumer(self, settings: ConsumerSettings) -> Consumer: ...

    async def plan_reset(self, group: str, spec: ResetSpec, topic: str = "",
                         partitions: Sequence[int] = ()) -> ResetPlan: ...  # fmt: skip

    async def apply_reset(self, group: str, spec: ResetSpec, topic: str = "",
                          partitions: Sequence[int] = ()) -> ResetPlan: ...  # fmt: skip

    # -- queues and exchanges ------------------------------------------------------------------------------
    async def queue_consumer(self, settings: LeaseSettings) -> QueueConsumer: ...

    async def queue_counts(self, queue: str) -> QueueCounts:
        """What waits in a queue, and what came of the rest; NotFound while it is not there."""
        ...

    async def declare_exchange(self, exchange: Exchange) -> None:
        """Make it, or let it be if it is there just so; ``Refused`` when it is there otherwise."""
        ...

    async def bind(self, binding: Binding) -> None: ...

    async def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                      mandatory: bool = False) -> Sequence[Published]:  # fmt: skip
        """Send records through an exchange; one answer each, once every queue that takes one has it."""
        ...
