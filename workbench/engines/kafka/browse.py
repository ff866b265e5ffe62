"""Looking into a Kafka cluster: topics, bounds, records, times, groups and their lag. Blocking; one thread at a time.

Records are read by a consumer that is told what to read (``assign``): no group is joined and no offset is committed.
As long as pages follow one another in one partition, librdkafka reads ahead and a page costs no round trip: what the
partition held is asked again once that is read.

Lag is end minus committed; where nothing is committed, all that the partition holds. Gaps in offsets (compaction, ends
of transactions) are normal: a page goes on behind them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage]  # public, says the module's note; it has no __all__
    ConfigSource,  # pyright: ignore[reportPrivateImportUsage]
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage]
)

from workbench.core.errors import NotFound, Unavailable
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat
from workbench.engines.base import EngineTopic, LogsOnly
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.errors import translated
from workbench.engines.kafka.groups import GroupReading

_PAGE = 5_000
_KNOWN_S = 1.0
_WAIT_S = 0.2
_EACH_BYTES = 1 << 20
# They are filled when the module is imported; its types say that they may be None.
_EARLIEST: Any = OffsetSpec.earliest()
_LATEST: Any = OffsetSpec.latest()
_GREATEST_TIME: Any = OffsetSpec.max_timestamp()


class KafkaBrowse(LogsOnly):
    """Keeps a consumer, made with the first page that is read."""

    def __init__(self, spec: ConnectionSpec, admin: AdminClient, faults: client.Faults) -> None:
        self._spec = spec
        self._faults = faults
        self._admin = admin
        self._consumer: Consumer | None = None
        self._reading: tuple[str, int, int] | None = None  # topic, partition, the offset that comes next
        self._partitions_of: dict[str, list[int]] = {}
        self._known_s = 0.0
        self._ahead: list[StoredRecord] = []  # taken from librdkafka and not asked for yet
        self._place: PartitionBounds | None = None  # of the partition that is read
        self._decided = False
        self._ended = -1  # the last end of it that was met: the mark may come along with records, and comes once

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def only_decided(self) -> None:
        """Before the first page is read."""
        assert self._consumer is None
        self._decided = True

    # -- topics ----------------------------------------------------------------------------------------------
    def topics(self) -> Sequence[EngineTopic]:
        """All of them by name, without their settings (see ``config``)."""
        self._partitions_of.clear()
        shapes = (EngineTopic(name, "stream", len(parts), {}, name.startswith("__"))
                  for name, parts in self._known().items())
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
        starts = self._offsets(parts, _EARLIEST)
        ends = self._offsets(parts, _LATEST, committed_only)
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
        raise NotFound("@{name} has {what}.", "See: workbench topics @{name} list.", name=self._spec.name, what=what)

    def _offsets(self, parts: Sequence[TopicPartition], of: OffsetSpec, committed_only: bool = False) -> list[int]:
        return [found.offset for found in self._listed(parts, of, committed_only)]

    def _listed(self, parts: Sequence[TopicPartition], of: OffsetSpec, committed_only: bool = False) -> list[Any]:
        if not parts:
            return []
        level = IsolationLevel.READ_COMMITTED if committed_only else IsolationLevel.READ_UNCOMMITTED
        asked = self._call(lambda: self._admin.list_offsets(dict.fromkeys(parts, of), isolation_level=level,
                                                            request_timeout=client.CALL_S))
        return [self._call(asked[part].result) for part in parts]

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        if partition not in self._partitions(topic):
            self._refuse_unknown(topic, partition)
        (found,) = self._offsets([TopicPartition(topic, partition)], OffsetSpec.for_timestamp(ms))
        return None if found < 0 else found

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]:
        """Of all partitions, in one question."""
        parts = [TopicPartition(topic, number) for number in self._partitions(topic)]
        found = self._offsets(parts, OffsetSpec.for_timestamp(ms))
        return {part.partition: None if at < 0 else at for part, at in zip(parts, found, strict=True)}

    def time_bounds(self, topic: str) -> Mapping[int, tuple[int, int]]:
        """The cluster knows which record is the latest; one that holds nothing is left out."""
        parts = [TopicPartition(topic, number) for number in self._partitions(topic)]
        first, last = self._listed(parts, OffsetSpec.for_timestamp(0)), self._listed(parts, _GREATEST_TIME)
        return {part.partition: (one.timestamp, max(one.timestamp, other.timestamp))
                for part, one, other in zip(parts, first, last, strict=True) if one.offset >= 0}

    # -- records ---------------------------------------------------------------------------------------------
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        """An offset before the log start begins at the log start; one at or after the end finds nothing."""
        place = self._bounds_at(topic, partition, offset, max_records)
        offset = max(offset, place.log_start)
        if offset >= place.end:
            return []
        self._seek(topic, partition, offset)
        found: list[StoredRecord] = []
        deadline_s = time.monotonic() + client.CALL_S
        while len(found) < max_records and offset < place.end:
            if not self._ahead and not self._fetch(offset, place.end, deadline_s):
                break
            taken, self._ahead = self._ahead[: max_records - len(found)], self._ahead[max_records - len(found) :]
            found += taken
            offset = found[-1].offset + 1
            deadline_s = time.monotonic() + client.CALL_S
        if found:
            self._reading = (topic, partition, found[-1].offset + 1)
        return found

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        """All at once: one round trip, where one partition after the other would cost one each. Of large records
        fewer."""
        held = {place.partition: place for place in self.bounds(topic)}
        starts = {part: max(at, held[part].log_start) for part, at in offsets.items() if part in held}
        left = {part: at for part, at in starts.items() if at < held[part].end}
        found: dict[int, list[StoredRecord]] = {part: [] for part in starts}
        taken = dict.fromkeys(starts, 0)
        if left:
            self._assign([TopicPartition(topic, part, at) for part, at in left.items()])
        deadline_s = time.monotonic() + client.CALL_S
        while left:
            records, ends = self._taken(deadline_s)
            for record in records:
                found[record.partition].append(record)
                taken[record.partition] += record.size_bytes
            left = {part: at for part, at in left.items()
                    if part not in ends and len(found[part]) < max_records and taken[part] < _EACH_BYTES
                    and not (found[part] and found[part][-1].offset + 1 >= held[part].end)}
        return [record for part in starts for record in found[part][:max_records]]

    def _bounds_at(self, topic: str, partition: int, offset: int, max_records: int) -> PartitionBounds:
        """What the partition holds; as it was before, while pages follow one another and this one is within it."""
        if self._place is not None and self._reading == (topic, partition, offset):
            place = self._place
            if place.partition == partition and offset + max_records <= place.end:
                return place
        if partition not in self._partitions(topic):
            self._refuse_unknown(topic, partition)
        part = [TopicPartition(topic, partition)]
        (start,), (end,) = self._offsets(part, _EARLIEST), self._offsets(part, _LATEST, self._decided)
        place = PartitionBounds(partition, start, max(start, end))
        self._place = place
        return place

    def _assign(self, places: list[TopicPartition]) -> None:
        if self._consumer is None:
            self._consumer = client.consumer(self._spec, self._decided)
        self._ahead, self._reading, self._ended = [], None, -1
        self._consumer.assign(places)

    def _seek(self, topic: str, partition: int, offset: int) -> None:
        if self._reading != (topic, partition, offset):
            self._assign([TopicPartition(topic, partition, offset)])
            self._reading = (topic, partition, offset)

    def _fetch(self, offset: int, end: int, deadline_s: float) -> bool:
        """Take what librdkafka has from ``offset`` on; False once all before ``end`` was taken. A mark of an earlier
        end may still be on its way."""
        while not self._ahead and self._ended < end:
            records, ends = self._taken(deadline_s)
            self._ahead = [record for record in records if record.offset >= offset]
            self._ended = max(self._ended, *ends.values(), -1)
        return bool(self._ahead)

    def _taken(self, deadline_s: float) -> tuple[list[StoredRecord], dict[int, int]]:
        """The next records, and the ends of partitions that were met."""
        consumer = self._consumer
        assert consumer is not None
        while True:
            taken = consumer.consume(1, _WAIT_S)
            taken += consumer.consume(_PAGE, 0) if taken else []  # one call would wait for a whole page
            if taken:
                return self._sorted_out(taken)
            if time.monotonic() > deadline_s:
                self._reading = None
                raise Unavailable("Kafka at {address} did not answer within {call_s:g} s.",
                                  "Is it running, and is the address right?", address=self._spec.address,
                                  call_s=client.CALL_S)

    def _sorted_out(self, messages: list[Any]) -> tuple[list[StoredRecord], dict[int, int]]:
        """In one go, for there may be hundreds of thousands a second."""
        records: list[StoredRecord] = []
        ends: dict[int, int] = {}
        make = StoredRecord._make
        for message in messages:
            error = message.error()
            if error is None:
                headers = message.headers()
                records.append(make((message.topic(), message.partition(), message.offset(), message.timestamp()[1],
                                     message.key(), message.value(), tuple(headers) if headers else (), "")))
            elif error.code() == KafkaError._PARTITION_EOF:
                ends[message.partition()] = message.offset()
            else:
                self._reading = None
                raise translated(KafkaException(error), self._spec.address)
        return records, ends

    # -- groups ----------------------------------------------------------------------------------------------
    def group_stats(self) -> Sequence[GroupStat]:
        return self._groups().stats()

    def group_stat(self, name: str) -> GroupStat | None:
        """Of one group; None when nobody knows it."""
        groups = self._groups()
        return next(iter(groups.stats_of([name])), None) if name in groups.names() else None

    def _groups(self) -> GroupReading:
        return GroupReading(self._admin, self._call, self.bounds_of, self._known)

    def _call(self, ask: Any) -> Any:
        try:
            found = ask()
            self._faults.clear()
            return found
        except KafkaException as error:
            self._admin.poll(0)
            raise translated(error, self._spec.address, self._faults.recent()) from None
