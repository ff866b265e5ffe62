"""A transactional producer for tests of whatever shows or moves records."""

from __future__ import annotations

from workbench.broker import Broker, encode_batch
from workbench.core.records import Record, TopicPartition


class Writer:
    """A transactional producer, as a client is one."""

    def __init__(self, broker: Broker, name: str = "tx", timeout_ms: int = 60_000) -> None:
        self.broker, self.name = broker, name
        self.producer = broker.transactions.begin_producer(name, timeout_ms).result()
        self.sequences: dict[TopicPartition, int] = {}

    def write(self, part: TopicPartition, *values: bytes) -> int:
        self.broker.transactions.add_partitions(self.name, self.producer, [part]).result()
        return self.send(part, *values)

    def send(self, part: TopicPartition, *values: bytes) -> int:
        first = self.sequences.get(part, 0)
        batch = encode_batch([Record(None, value) for value in values], producer=(*self.producer, first),
                             timestamp_type=2, now_ms=self.broker.clock.now_ms())
        base = self.broker.append_batch(*part, batch).result().base_offset
        self.sequences[part] = first + len(values)
        return base

    def end(self, commit: bool = True) -> None:
        self.broker.transactions.end(self.name, self.producer, commit).result()
