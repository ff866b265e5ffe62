"""What a drawn flow runs on at a Kafka cluster: topics, producers and groups there, for a connection that is writable.

Lives on one asyncio loop; what blocks is on threads: one that asks, one a member, one a kind of producer (its answers).
The settings that a drawn topic has for the workbench alone (how values are written) are kept here for the run: Kafka
would refuse them. What was made is kept in mind, so that it can be taken away again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

from workbench.control.messages import CreateTopic, DeleteGroup, DeleteTopic
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.records import Appended, PartitionBounds, Record
from workbench.engines.attached_engine import LogsAlone
from workbench.engines.base import ConsumerSettings, EngineTopic
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.administration import KafkaAdministration, create_call
from workbench.engines.kafka.browse import KafkaBrowse
from workbench.engines.kafka.connection import KafkaConnection
from workbench.engines.kafka.consumer import KafkaConsumer
from workbench.engines.kafka.known import KnownTopics
from workbench.engines.kafka.sending import Batch, RecordSending
from workbench.serde import NO_SCHEMAS, Serdes

T = TypeVar("T")
_SETTINGS = ("cleanup.policy", "compression.type", "delete.retention.ms", "file.delete.delay.ms", "flush.messages",
             "flush.ms", "index.interval.bytes", "max.compaction.lag.ms", "max.message.bytes",
             "message.timestamp.after.max.ms", "message.timestamp.before.max.ms", "message.timestamp.type",
             "min.cleanable.dirty.ratio", "min.compaction.lag.ms", "min.insync.replicas", "preallocate",
             "retention.bytes", "retention.ms", "segment.bytes", "segment.index.bytes", "segment.jitter.ms",
             "segment.ms", "unclean.leader.election.enable")
_LACKS = {
    "lease": "Kafka has topics and groups, no queues; its share groups are not joined so far.",
    "exchange": "Kafka has no exchanges: who sends names the topic.",
    "store": "A store stands for a table outside; there is none at a Kafka cluster.",
    "sticky": "librdkafka has no assignor sticky: cooperative-sticky takes its place.",
}


class KafkaEngine(LogsAlone):
    system = "kafka"
    serdes: Serdes = NO_SCHEMAS

    def __init__(self, spec: ConnectionSpec) -> None:
        self._spec = spec
        self._faults = client.Faults()
        self._admin = client.admin(spec, self._faults)
        self._known = KnownTopics(spec, self._admin)
        self._browse = KafkaBrowse(spec, self._admin, self._faults)
        self._changes = KafkaAdministration(spec)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kafka asks {spec.name}")
        self._offering = asyncio.Lock()
        self._sendings: dict[tuple[bool, str], RecordSending] = {}
        self._config: dict[str, dict[str, str]] = {}
        self._made: list[str] = []
        self._groups_before: frozenset[str] = frozenset()
        self._joined: set[str] = set()

    async def _ask(self, what: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, what)

    async def open(self) -> None:
        await self._ask(self._reach)
        found = await self._ask(self._browse.group_stats)
        self._groups_before = frozenset(group.name for group in found)

    def _reach(self) -> None:
        """As a connection is opened: it is known within a second or two that nobody is there, or lets nobody in."""
        with closing(KafkaConnection(self._spec)) as connection:
            connection.open()

    def lacks(self, what: str) -> str:
        return _LACKS.get(what, "")

    # -- topics --------------------------------------------------------------------------------------------
    def call_for(self, topic: EngineTopic) -> str:
        return create_call(topic.name, topic.partitions, _theirs(topic.config))

    def left_out(self, topic: EngineTopic) -> Sequence[str]:
        """Encodings are known to this run, and nobody else learns of them."""
        return [f"{name}={value} of {topic.name} is known to this run only: Kafka has no such setting."
                for name, value in sorted(topic.config.items()) if name not in _SETTINGS]

    async def topics(self) -> Sequence[EngineTopic]:
        found = await self._ask(self._browse.topics)
        return tuple(EngineTopic(t.name, t.kind, t.partitions, self._config.get(t.name, {}))
                     for t in found if not t.internal)

    def topic_config(self, topic: str) -> Mapping[str, str]:
        """Of those that were made here; others have none that the workbench could use."""
        return self._config.get(topic, {})

    async def create_topic(self, name: str, partitions: int, kind: str, config: Mapping[str, str]) -> None:
        await self._ask(lambda: self._changes.do(CreateTopic(name, partitions, kind, _theirs(config))))
        self._made.append(name)
        self._config[name] = dict(config)

    async def bounds(self, topic: str) -> Sequence[PartitionBounds]:
        return await self._ask(lambda: self._browse.bounds(topic))

    # -- records and groups --------------------------------------------------------------------------------
    async def producer(self, idempotent: bool = True) -> KafkaProducer:
        return KafkaProducer(self, idempotent)

    async def send(self, topic: str, partition: int, records: Sequence[Record], idempotent: bool,
                   compression: str) -> Appended:
        sending = self._sendings.get((idempotent, compression))
        if sending is None:
            sending = self._sendings[idempotent, compression] = RecordSending(self._spec, idempotent, compression)
        loop, answered = asyncio.get_running_loop(), asyncio.Event()

        def done(_: Batch) -> None:
            loop.call_soon_threadsafe(answered.set)

        batch = Batch(topic, partition, records, done)
        async with self._offering:  # one after the other: the next must not overtake one that waits for room
            if not self._known.has(topic, partition):
                await self._ask(lambda: self._known.check(topic, partition))
            while not sending.offer(batch):
                await asyncio.sleep(0.01)
        await answered.wait()
        if problem := batch.problem(self._spec.address):
            raise problem
        assert batch.first is not None
        return Appended(topic, partition, batch.first, len(records), -1)

    async def consumer(self, settings: ConsumerSettings) -> KafkaConsumer:
        self._joined.add(settings.group)
        assignors = tuple("cooperative-sticky" if name == "sticky" else name for name in settings.assignors)
        settings = replace(settings, assignors=assignors)
        return KafkaConsumer(self._spec, settings, KafkaBrowse(self._spec, self._admin, self._faults))

    # -- the end -------------------------------------------------------------------------------------------
    async def remove_made(self) -> Sequence[str]:
        told = []
        for group in sorted(self._joined - self._groups_before):
            told.append(await self._removed(f"group {group}", DeleteGroup(group)))
        for topic in self._made:
            told.append(await self._removed(f"topic {topic}", DeleteTopic(topic)))
        self._made, self._joined = [], set()
        return [sentence for sentence in told if sentence]

    async def _removed(self, what: str, change: DeleteGroup | DeleteTopic) -> str:
        try:
            await self._ask(lambda: self._changes.do(change))
        except NotFound:
            return ""
        except WorkbenchError as error:
            return f"The {what} stays: {error.sentence()}"
        return f"The {what} is gone again."

    async def close(self) -> None:
        for sending in self._sendings.values():
            await self._ask(sending.close)
        await self._ask(self._browse.close)
        await self._ask(self._changes.close)
        self._thread.shutdown(wait=False)


class KafkaProducer:
    """One sending program. librdkafka's producer behind it may be that of others too; the order of a partition holds,
    and what is sent again is stored once."""

    in_flight = 5

    def __init__(self, engine: KafkaEngine, idempotent: bool) -> None:
        self._engine = engine
        self._idempotent = idempotent

    async def append(self, topic: str, partition: int, records: Sequence[Record],
                     compression: str = "none") -> Appended:
        return await self._engine.send(topic, partition, records, self._idempotent, compression)


def _theirs(config: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in config.items() if name in _SETTINGS}
