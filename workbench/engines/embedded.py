"""The engine behind every local drawing: the workspace's own broker, with its log in one SQLite file.

Lives on one asyncio loop. The broker answers from its writer thread; a consumer that sleeps is woken by the append
that concerns it (``AppendNotifier``), so nobody polls in vain and nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from workbench.broker import Broker
from workbench.core.queues import QueueCounts
from workbench.core.records import PartitionBounds, Record
from workbench.core.routing import Binding, Exchange, Published
from workbench.core.stores import StoreRow, StoreWrite
from workbench.engines.append_notifier import AppendNotifier
from workbench.engines.base import ConsumerSettings, EngineTopic, LeaseSettings
from workbench.engines.embedded_consumer import EmbeddedConsumer
from workbench.engines.embedded_producer import EmbeddedProducer
from workbench.engines.embedded_queue import EmbeddedQueueConsumer, subscribe
from workbench.engines.schemas import CatalogueSource
from workbench.serde import Serdes


class EmbeddedEngine:
    """Topics, records and groups of one open ``Broker``."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._notifier = AppendNotifier(broker)
        self.serdes = Serdes(CatalogueSource(lambda: broker.schemas.catalogue))

    # -- topics --------------------------------------------------------------------------------------------
    async def topics(self) -> Sequence[EngineTopic]:
        return tuple(EngineTopic(t.name, t.kind, t.partitions, t.config) for t in self._broker.topics())

    def topic_config(self, topic: str) -> Mapping[str, str]:
        return self._broker.topic_config(topic)

    async def create_topic(self, name: str, partitions: int, kind: str, config: Mapping[str, str]) -> None:
        await asyncio.to_thread(self._broker.create_topic, name, partitions, kind, dict(config))

    async def bounds(self, topic: str) -> Sequence[PartitionBounds]:
        return self._broker.bounds(topic)

    # -- records -------------------------------------------------------------------------------------------
    async def producer(self, idempotent: bool = True) -> EmbeddedProducer:
        return EmbeddedProducer(self._broker, idempotent)

    # -- groups --------------------------------------------------------------------------------------------
    async def consumer(self, settings: ConsumerSettings) -> EmbeddedConsumer:
        return EmbeddedConsumer(self._broker, self._notifier, settings)

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
                      mandatory: bool = False) -> Sequence[Published]:
        return await asyncio.wrap_future(self._broker.exchanges.publish(exchange, routing_key, records, mandatory))

    # -- stores --------------------------------------------------------------------------------------------
    async def declare_store(self, name: str) -> None:
        await asyncio.to_thread(self._broker.stores.declare, name)

    async def write_to_store(self, name: str, writes: Sequence[StoreWrite], once: bool) -> None:
        await asyncio.wrap_future(self._broker.stores.write(name, writes, once))

    def look_up(self, name: str, key: bytes) -> StoreRow | None:
        return self._broker.stores.get(name, key)

    def refuse_at_store(self, name: str, count: int) -> None:
        self._broker.stores.refuse(name, count)
