"""Which topics and partitions a cluster has, as last told: asked before something is sent, for a record to a topic that
is not there would make it, or wait for half a minute. Any thread."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from workbench.core.errors import NotFound
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.errors import translated


class KnownTopics:
    def __init__(self, spec: ConnectionSpec, admin: AdminClient) -> None:
        self._spec = spec
        self._admin = admin
        self._partitions: dict[str, frozenset[int]] = {}

    def look(self) -> dict[str, frozenset[int]]:
        """Partitions by topic, as of now."""
        try:
            found = self._admin.list_topics(timeout=client.CALL_S).topics
        except KafkaException as error:
            raise translated(error, self._spec.address) from None
        self._partitions = {name: frozenset(topic.partitions) for name, topic in found.items()}
        return self._partitions

    def has(self, topic: str, partition: int) -> bool:
        return partition in self._partitions.get(topic, ())

    def check(self, topic: str, partition: int) -> None:
        """``NotFound`` for what is not there; only then the cluster is asked."""
        if self.has(topic, partition):
            return
        found = self.look().get(topic)
        if not found:
            raise NotFound("@{name} has no topic {topic}.", "Create it: workbench topics @{name} create {topic}.",
                           name=self._spec.name, topic=topic)
        if partition not in found:
            raise NotFound("{topic} has no partition {partition} at @{name}.", "It has {count:,}: 0 to {found:,}.",
                           topic=topic, partition=partition, name=self._spec.name, count=len(found), found=max(found))
