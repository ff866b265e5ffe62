"""An engine that keeps everything in memory: for tests, trials and figures. It forgets all when dropped.

It passes the same contract as the embedded broker. Invariant: offsets are dense from 0 in every partition and only
grow. Lives on one asyncio loop; appends, commits and rebalances wake the polls that wait.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import AlreadyExists, Invalid, NotFound, OutOfRange, Refused, Unsupported
from workbench.core.offsets import ResetMove, ResetPlan, ResetSpec
from workbench.core.queues import QueueCounts
from workbench.core.records import Appended, PartitionBounds, Record, StoredRecord, TopicPartition
from workbench.core.routing import Binding, Exchange, Published
from workbench.engines.base import Capabilities, ConsumerSettings, EngineTopic, LeaseSettings, QueueConsumer
from workbench.engines.memory_groups import MemoryConsumer, MemoryGroup

_NO_QUEUES = "The engine in memory has streams and groups only."


@dataclass(slots=True)
class _Partition:
    records: list[StoredRecord] = field(default_factory=list)
    rising: bool = True  # timestamps never went back, so that a time is found by bisection
    sequences: dict[tuple[int, int], tuple[int, list[tuple[int, Appended]]]] = field(default_factory=dict)


class MemoryEngine:
    """Topics as lists, groups as small state machines."""

    capabilities = Capabilities(absent={"queues": _NO_QUEUES})

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._topics: dict[str, EngineTopic] = {}
        self._logs: dict[TopicPartition, _Partition] = {}
        self._groups: dict[str, MemoryGroup] = {}
        self._producers = 0
        self._waiting: set[asyncio.Future[None]] = set()

    # -- topics --------------------------------------------------------------------------------------------
    async def topics(self) -> Sequence[EngineTopic]:
        return tuple(self._topics.values())

    async def create_topic(self, name: str, partitions: int, kind: str, config: Mapping[str, str]) -> None:
        if name in self._topics:
            raise AlreadyExists(f"There is already a topic «{name}».")
        if not 1 <= partitions <= 1000:
            raise Invalid(f"A topic can't have {partitions} partitions.", "Give a number from 1 to 1,000.")
        self._topics[name] = EngineTopic(name, kind, partitions, dict(config))
        for partition in range(partitions):
            self._logs[TopicPartition(name, partition)] = _Partition()
        for group in self._groups.values():
            group.topic_created(name)
        self.wake()

    async def bounds(self, topic: str) -> Sequence[PartitionBounds]:
        return tuple(PartitionBounds(p, 0, self.end(TopicPartition(topic, p))) for p in self.partitions(topic))

    def partitions(self, topic: str) -> range:
        """The partition numbers of ``topic``."""
        if topic not in self._topics:
            raise NotFound(f"There is no topic «{topic}».")
        return range(self._topics[topic].partitions)

    def has_topic(self, topic: str) -> bool:
        return topic in self._topics

    def end(self, partition: TopicPartition) -> int:
        return len(self._log(partition).records)

    def _log(self, partition: TopicPartition) -> _Partition:
        try:
            return self._logs[partition]
        except KeyError:
            self.partitions(partition.topic)
            raise NotFound(f"«{partition.topic}» has no partition {partition.partition}.") from None

    # -- records -------------------------------------------------------------------------------------------
    async def append(self, topic: str, partition: int, records: Sequence[Record], *, compression: str = "none",
                     producer: tuple[int, int, int] | None = None) -> Appended:  # fmt: skip
        place = TopicPartition(topic, partition)
        log = self._log(place)
        if not records:
            raise Invalid("A batch needs at least one record.")
        if producer is not None and (seen := self._sequence(log, producer, len(records))):
            return seen
        now = self.clock.now_ms()
        stored = log.records
        base = len(stored)
        last = stored[-1].timestamp_ms if stored else -1
        for offset, record in enumerate(records, base):
            stamp = now if record.timestamp_ms is None else record.timestamp_ms
            log.rising = log.rising and stamp >= last
            last = stamp
            stored.append(StoredRecord(topic, partition, offset, stamp, record.key, record.value, record.headers))
        appended = Appended(topic, partition, base, len(records), now)
        if producer is not None:
            self._remember(log, producer, appended)
        self.wake()
        return appended

    @staticmethod
    def _sequence(log: _Partition, producer: tuple[int, int, int], count: int) -> Appended | None:
        """The earlier answer when this batch is a retry; ``Refused`` when its sequence leaves a gap."""
        identity, first = producer[:2], producer[2]
        expected, recent = log.sequences.get(identity, (first, []))
        for sequence, appended in recent:
            if sequence == first and appended.count == count:
                return Appended(appended.topic, appended.partition, appended.base_offset, count,
                                appended.timestamp_ms, duplicate=True)  # fmt: skip
        if first != expected:
            raise Refused(f"Producer {identity[0]} sent sequence {first} where {expected} was due.")
        return None

    @staticmethod
    def _remember(log: _Partition, producer: tuple[int, int, int], appended: Appended) -> None:
        _, recent = log.sequences.get(producer[:2], (0, []))
        kept = [*recent[-4:], (producer[2], appended)]
        log.sequences[producer[:2]] = (producer[2] + appended.count, kept)

    async def new_producer_id(self) -> tuple[int, int]:
        self._producers += 1
        return self._producers, 0

    async def read(self, topic: str, partition: int, offset: int, max_records: int) -> Sequence[StoredRecord]:
        return self.slice(TopicPartition(topic, partition), offset, max_records)

    def slice(self, partition: TopicPartition, offset: int, max_records: int) -> list[StoredRecord]:
        """Records from ``offset`` on; ``OutOfRange`` outside 0 .. end."""
        records = self._log(partition).records
        if not 0 <= offset <= len(records):
            raise OutOfRange(f"{partition} has no offset {offset:,}.", f"It holds 0 to {len(records):,}.")
        return records[offset : offset + max_records]

    async def offset_for_time(self, topic: str, partition: int, timestamp_ms: int) -> int | None:
        return self.first_at(TopicPartition(topic, partition), timestamp_ms)

    def first_at(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """The earliest offset whose time is at or after ``timestamp_ms``."""
        log = self._log(partition)
        if log.rising:
            found = bisect_left(log.records, timestamp_ms, key=lambda record: record.timestamp_ms)
            return found if found < len(log.records) else None
        return next((r.offset for r in log.records if r.timestamp_ms >= timestamp_ms), None)

    # -- groups --------------------------------------------------------------------------------------------
    async def consumer(self, settings: ConsumerSettings) -> MemoryConsumer:
        if settings.group not in self._groups:
            self._groups[settings.group] = MemoryGroup(self, settings.group)
        return self._groups[settings.group].enter(settings)

    async def committed(self, group: str) -> Mapping[TopicPartition, int]:
        """What ``group`` has committed; empty for a group nobody joined."""
        found = self._groups.get(group)
        return dict(found.committed) if found else {}

    async def plan_reset(self, group: str, spec: ResetSpec, topic: str = "",
                         partitions: Sequence[int] = ()) -> ResetPlan:  # fmt: skip
        found = self._groups.get(group)
        if found is None and not topic:
            raise NotFound(f"There is no group «{group}».")
        committed = found.committed if found else {}
        members = found.active() if found else 0
        topics = [topic] if topic else sorted({place.topic for place in committed})
        moves = tuple(
            self._move(committed, spec, TopicPartition(name, partition))
            for name in topics
            for partition in (partitions or self.partitions(name))
        )
        refused = f"«{group}» has {members} active members." if members else ""
        return ResetPlan(group, moves, refused, members)

    def _move(self, committed: Mapping[TopicPartition, int], spec: ResetSpec, place: TopicPartition) -> ResetMove:
        before, end = committed.get(place), self.end(place)
        current = 0 if before is None else before
        wanted = current
        if spec.kind in ("earliest", "latest"):
            wanted = 0 if spec.kind == "earliest" else end
        elif spec.kind == "offset":
            wanted = spec.number
        elif spec.kind == "offsets":
            wanted = (spec.offsets or {}).get(place.partition, current)
        elif spec.kind == "shift":
            wanted = current + spec.number
        elif spec.kind == "group":
            other = self._groups.get(spec.group)
            wanted = other.committed.get(place, current) if other else current
        else:
            when = spec.number if spec.kind == "time" else self.clock.now_ms() - spec.number
            found = self.first_at(place, when)
            wanted = end if found is None else found
        after = min(max(wanted, 0), end)
        return ResetMove(place.topic, place.partition, before, after, 0, end, note="clamped" if after != wanted else "")

    async def apply_reset(self, group: str, spec: ResetSpec, topic: str = "",
                          partitions: Sequence[int] = ()) -> ResetPlan:  # fmt: skip
        plan = await self.plan_reset(group, spec, topic, partitions)
        if plan.refused:
            raise Refused(plan.refused, "Stop its members first.")
        found = self._groups.setdefault(group, MemoryGroup(self, group))
        for move in plan.moves:
            found.committed[TopicPartition(move.topic, move.partition)] = move.after
        return ResetPlan(group, plan.moves, applied=True)

    # -- queues and exchanges ------------------------------------------------------------------------------
    async def queue_consumer(self, settings: LeaseSettings) -> QueueConsumer:
        raise _unsupported()

    async def queue_counts(self, queue: str) -> QueueCounts:
        raise _unsupported()

    async def declare_exchange(self, exchange: Exchange) -> None:
        raise _unsupported()

    async def bind(self, binding: Binding) -> None:
        raise _unsupported()

    async def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                      mandatory: bool = False) -> Sequence[Published]:  # fmt: skip
        raise _unsupported()

    # -- waiting -------------------------------------------------------------------------------------------
    def wake(self) -> None:
        """Let every waiting poll look again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def news(self, timeout_s: float) -> None:
        """Wait for an append or a change of a group, at most that long."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.add(waiter)
        timer = loop.call_later(timeout_s, lambda: waiter.done() or waiter.set_result(None))
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiting.discard(waiter)


def _unsupported() -> Unsupported:
    return Unsupported(_NO_QUEUES, "Use the workspace's own engine.")
