"""The blocking ``Sender`` of a Kafka cluster: what ``produce`` and a bridge write by. One thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from confluent_kafka.admin import AdminClient

from workbench.core.errors import Unsupported
from workbench.core.records import Record
from workbench.core.routing import Published
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka.known import KnownTopics
from workbench.engines.kafka.sending import Batch, RecordSending

_NO_ROOM_S = 0.01


class KafkaSender:
    """See the module."""

    def __init__(self, spec: ConnectionSpec, admin: AdminClient) -> None:
        self._known = KnownTopics(spec, admin)
        self._sending = RecordSending(spec)

    def close(self) -> None:
        self._sending.close()

    def call_for(self, topic: str, exchange: str | None = None) -> str:
        if exchange is not None:
            raise _no_exchange()
        return f"Produce to {topic} with acks=all and idempotence, in the partition that the workbench chose."

    def append(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        if not records:
            return
        self._known.check(topic, partition)
        answered = threading.Event()
        batch = Batch(topic, partition, records, lambda _: answered.set())
        while not self._sending.offer(batch):
            answered.wait(_NO_ROOM_S)
        answered.wait()
        if problem := batch.problem(self._sending.address):
            raise problem

    def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                mandatory: bool = False) -> Sequence[Published]:
        raise _no_exchange()


def _no_exchange() -> Unsupported:
    return Unsupported("Kafka has no exchanges: who sends names the topic.", "Name a topic.")
