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
from workbench.core.records import Appended, PartitionBounds, Record, StoredRecord, TopicPartition


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
    """A system of topics, groups and records."""

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
