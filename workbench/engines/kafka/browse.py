"""Looking into a Kafka cluster: topics, bounds, records, times, groups and their lag. Blocking; one thread at a time.

Records are read by a consumer that is told what to read (``assign``): no group is joined and no offset is committed.
As long as pages follow one another in one partition, librdkafka reads ahead and a page costs no round trip.

Lag is end minus committed; where nothing is committed, all that the partition holds. Gaps in offsets (compaction, ends
of transactions) are normal: a page goes on behind them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, OffsetSpec

from workbench.core.errors import NotFound, Unavailable
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat
from workbench.engines.base import EngineTopic
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.errors import translated
from workbench.engines.kafka.groups import GroupReading

_PAGE = 5_000
_KNOWN_S = 1.0


class KafkaBrowse:
    """Keeps a consumer, made with the first page that is read."""

    def __init__(self, spec: ConnectionSpec, admin: AdminClient) -> None:
        self._spec = spec
        self._admin = admin
        self._consumer: Consumer | None = None
        self._reading: tuple[str, int, int] | None = None  # topic, partition, the offset that comes next
        self._partitions_of: dict[str, list[int]] = {}
        self._known_s = 0.0
        self._ahead: list[Any] = []  # messages taken from librdkafka and not asked for yet

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    # -- topics ----------------------------------------------------------------------------------------------
    def topics(self) -> Sequence[EngineTopic]:
        """All of them by name, without their settings (see ``config``)."""
        self._partitions_of.clear()
        shapes = (EngineTopic(name, "stream", len(parts), {}, name.startswith("__"))
                  for name, parts in self._known().items())  # fmt: skip
        return sorted(shapes, key=lambda topic: topic.name)

    def _known(self) -> dict[str, list[int]]:
        """Partitions by topic, as last told, a second ago at most. All topics are asked for: a question about one that
        is not there would make it, where the cluster allows that."""
        now_s = time.monotonic()
        if not self._partitions_of or now_s - self._known_s > _KNOWN_S:
            found = self._call(lambda: self._admin.list_topics(timeout=client.CALL_S)).topics
            self._partitions_of = {name: sorted(topic.partitions) for name, topic in found.items()}
            self._known_s = now_s
        return self._partitions_of

    def config(self, topic: str) -> tuple[dict[str, str], dict[str, str]]:
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        asked = self._admin.describe_configs([resource], request_timeout=client.CALL_S)
        entries = self._call(asked[resource].result)
        own, others = {}, {}
        for name, entry in sorted(entries.items()):
            of_topic = entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
            (own if of_topic else others)[name] = "" if entry.value is None else entry.value
        return own, others

    def bounds(self, topic: str) -> list[PartitionBounds]:
        return self.bounds_of([topic])[topic]

    def stable_bounds(self, topic: str) -> list[PartitionBounds]:
        return self.bounds_of([topic], committed_only=True)[topic]

    def bounds_of(self, topics: Iterable[str], committed_only: bool = False) -> dict[str, list[PartitionBounds]]:
        """Of several topics at once: two questions to the cluster, however many."""
        topics = list(topics)
        parts = [TopicPartition(name, number) for name in topics for number in self._partitions(name)]
        starts = self._offsets(parts, OffsetSpec.earliest())
        ends = self._offsets(parts, OffsetSpec.latest(), committed_only)
        found: dict[str, list[PartitionBounds]] = {name: [] for name in topics}
        for part, start, end in zip(parts, starts, ends, strict=True):
            found[part.topic].append(PartitionBounds(part.partition, start, max(start, end)))
        return found

    def _partitions(self, topic: str) -> list[int]:
        found = self._known().get(topic)
        if not found:
            self._refuse_unknown(topic)
        return found or []

    def _refuse_unknown(self, topic: str, partition: int | None = None) -> None:
        what = f"no topic {topic}" if partition is None else f"no partition {partition} of {topic}"
        raise NotFound(f"@{self._spec.name} has {what}.", f"See: workbench topics @{self._spec.name} list.")

    def _offsets(self, parts: Sequence[TopicPartition], of: OffsetSpec, committed_only: bool = False) -> list[int]:
        if not parts:
            return []
        level = IsolationLevel.READ_COMMITTED if committed_only else IsolationLevel.READ_UNCOMMITTED
        asked = self._call(lambda: self._admin.list_offsets(dict.fromkeys(parts, of), isolation_level=level,
                                                            request_timeout=client.CALL_S))  # fmt: skip
        return [self._call(asked[part].result).offset for part in parts]

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        if partition not in self._partitions(topic):
            self._refuse_unknown(topic, partition)
        (found,) = self._offsets([TopicPartition(topic, partition)], OffsetSpec.for_timestamp(ms))
        return None if found < 0 else found

    # -- records ---------------------------------------------------------------------------------------------
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        """An offset before the log start begins at the log start; one at or after the end finds nothing."""
        (place,) = [b for b in self.bounds(topic) if b.partition == partition] or [None]
        if place is None:
            self._refuse_unknown(topic, partition)
        offset = max(offset, place.log_start)
        if offset >= place.end:
            return []
        self._seek(topic, partition, offset)
        found: list[StoredRecord] = []
        deadline_s = time.monotonic() + client.CALL_S
        while len(found) < max_records:
            if not self._ahead and not self._fetch(place.end, deadline_s):
                break
            taken, self._ahead = self._ahead[: max_records - len(found)], self._ahead[max_records - len(found) :]
            found += [_stored(message) for message in taken]
            deadline_s = time.monotonic() + client.CALL_S
        if found:
            self._reading = (topic, partition, found[-1].offset + 1)
        return found

    def _seek(self, topic: str, partition: int, offset: int) -> None:
        if self._consumer is None:
            self._consumer = client.consumer(self._spec)
        if self._reading != (topic, partition, offset):
            self._ahead = []
            self._consumer.assign([TopicPartition(topic, partition, offset)])
            self._reading = (topic, partition, offset)

    def _fetch(self, end: int, deadline_s: float) -> bool:
        """Take what librdkafka has; False once all before ``end`` was taken."""
        assert self._consumer is not None
        while time.monotonic() < deadline_s:
            for message in self._call(lambda: self._consumer.consume(_PAGE, 0.2)):  # type: ignore[union-attr]
                error = message.error()
                if error is None:
                    self._ahead.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    if not self._ahead:
                        return False
                else:
                    self._reading = None
                    raise translated(KafkaException(error), self._spec.address)
            if self._ahead:
                return True
        self._reading = None
        raise Unavailable(f"Kafka at {self._spec.address} did not answer within {client.CALL_S:g} s.",
                          "Is it running, and is the address right?")  # fmt: skip

    # -- groups ----------------------------------------------------------------------------------------------
    def group_stats(self) -> Sequence[GroupStat]:
        return GroupReading(self._admin, self._call, self.bounds_of, self._known).stats()

    def _call(self, ask: Any) -> Any:
        try:
            return ask()
        except KafkaException as error:
            raise translated(error, self._spec.address) from None


def _stored(message: Any) -> StoredRecord:
    _, stamp = message.timestamp()
    headers = tuple((name, value) for name, value in message.headers() or ())
    return StoredRecord(message.topic(), message.partition(), message.offset(), stamp, message.key(), message.value(),
                        headers)  # fmt: skip
