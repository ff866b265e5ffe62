"""The engine behind every local drawing: the workspace's own broker, with its log in one SQLite file.

Lives on one asyncio loop. The broker answers from its writer thread; a consumer that sleeps is woken by the append
that concerns it (``Wakes``), so nobody polls in vain and nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from workbench.broker import Broker, readable_batch
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.queues import QueueCounts
from workbench.core.records import Appended, PartitionBounds, Record, StoredRecord, TopicPartition
from workbench.core.routing import Binding, Exchange, Published
from workbench.engines.base import Capabilities, ConsumerSettings, EngineTopic, LeaseSettings
from workbench.engines.embedded_consumer import EmbeddedConsumer
from workbench.engines.embedded_queue import EmbeddedQueueConsumer, subscribe
from workbench.engines.wakes import Wakes

READ_BYTES = 1 << 20


class EmbeddedEngine:
    """Topics, records and groups of one open ``Broker``."""

    capabilities = Capabilities(batches=True, queues=True)

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._wakes = Wakes(broker)

    # -- topics --------------------------------------------------------------------------------------------
    async def topics(self) -> Sequence[EngineTopic]:
        return tuple(EngineTopic(t.name, t.kind, t.partitions, t.config) for t in self._broker.topics())

    async def create_topic(self, name: str, partitions: int, kind: str, config: Mapping[str, str]) -> None:
        await asyncio.to_thread(self._broker.create_topic, name, partitions, kind, dict(config))

    async def bounds(self, topic: str) -> Sequence[PartitionBounds]:
        return self._broker.bounds(topic)

    # -- records -------------------------------------------------------------------------------------------
    async def append(self, topic: str, partition: int, records: Sequence[Record], *, compression: str = "none",
                     producer: tuple[int, int, int] | None = None) -> Appended:  # fmt: skip
        future = self._broker.append(topic, partition, records, compression=compression, producer=producer)
        return await asyncio.wrap_future(future)

    async def new_producer_id(self) -> tuple[int, int]:
        return await asyncio.to_thread(self._broker.new_producer_id)

    async def read(self, topic: str, partition: int, offset: int, max_records: int) -> Sequence[StoredRecord]:
        found: list[StoredRecord] = []
        while len(found) < max_records:
            batches, next_offset = self._broker.fetch_committed(topic, partition, offset, READ_BYTES)
            if next_offset == offset:
                break
            for batch in batches:
                found += [record for record in readable_batch(batch, topic, partition)
                          if record.offset >= offset and record.counts]  # fmt: skip
                if len(found) >= max_records:
                    break
            offset = next_offset
        return found[:max_records]

    async def offset_for_time(self, topic: str, partition: int, timestamp_ms: int) -> int | None:
        return self._broker.offset_for_time(topic, partition, timestamp_ms)

    # -- groups --------------------------------------------------------------------------------------------
    async def consumer(self, settings: ConsumerSettings) -> EmbeddedConsumer:
        return EmbeddedConsumer(self._broker, self._wakes, settings)

    async def committed(self, group: str) -> Mapping[TopicPartition, int]:
        """What ``group`` has committed; empty for a group nobody joined."""
        return {part: done.offset for part, done in self._broker.committed(group).items()}

    async def plan_reset(self, group: str, spec: ResetSpec, topic: str = "",
                         partitions: Sequence[int] = ()) -> ResetPlan:  # fmt: skip
        return await asyncio.to_thread(self._broker.plan_reset, group, spec, topic, partitions)

    async def apply_reset(self, group: str, spec: ResetSpec, topic: str = "",
                          partitions: Sequence[int] = ()) -> ResetPlan:  # fmt: skip
        return await asyncio.to_thread(self._broker.apply_reset, group, spec, topic, partitions)

    # -- queues and exchanges ------------------------------------------------------------------------------
    async def queue_consumer(self, settings: LeaseSettings) -> EmbeddedQueueConsumer:
        if settings.subscription:
            await asyncio.to_thread(subscribe, self._broker.queues, settings)
        return EmbeddedQueueConsumer(self._broker.queues, settings)

    async def queue_counts(self, queue: str) -> QueueCounts:
        return self._broker.queues.counts(queue)

    async def declare_exchange(self, exchange: Exchange) -> None:
        await asyncio.to_thread(self._broker.exchanges.declare, exchange)

    async def bind(self, binding: Binding) -> None:
        await asyncio.to_thread(self._broker.exchanges.bind, binding)

    async def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                      mandatory: bool = False) -> Sequence[Published]:  # fmt: skip
        return await asyncio.wrap_future(self._broker.exchanges.publish(exchange, routing_key, records, mandatory))
