"""Looking into Kinesis: streams, shards as partitions, records, times. Blocking; one thread at a time.

A place is a sequence number (``shards.py``). A stream does not tell where its shards end: ``bounds`` reads on from the
end that it found last, and the first time goes back in growing steps (a second, ten, a minute ...) until something was
written since. ``bounds_of``, which those ask that look again and again, reads nothing and leaves the places open.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.core.errors import NotFound
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat
from workbench.engines.aws.errors import translating
from workbench.engines.base import EngineTopic, LogsOnly
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kinesis.reading import PAGE_RECORDS, ShardReader
from workbench.engines.kinesis.shards import Shard, shards_of

_BACK_S = (1, 10, 60, 600, 3_600, 6 * 3_600, 24 * 3_600, 7 * 24 * 3_600, 366 * 24 * 3_600)
_SHARDS_KNOWN_S = 2.0
_NO_SETTINGS = ("StreamName", "StreamARN", "Shards", "StreamCreationTimestamp", "OpenShardCount", "ConsumerCount",
                "EnhancedMonitoring")


class KinesisBrowse(LogsOnly):
    """See the module. ``client`` is boto3's, and stays open."""

    def __init__(self, client: Any, spec: ConnectionSpec, spacing_s: float) -> None:
        self._client = client
        self._spec = spec
        self._spacing_s = spacing_s
        self._shards: dict[str, tuple[float, dict[int, Shard]]] = {}
        self._readers: dict[tuple[str, int], ShardReader] = {}
        self._tails: dict[tuple[str, int], ShardReader] = {}
        self._ends: dict[tuple[str, int], int] = {}
        self._newest_ms: dict[tuple[str, int], int] = {}

    def close(self) -> None:
        """The client is the connection's."""

    # -- what there is ---------------------------------------------------------------------------------------
    def topics(self) -> Sequence[EngineTopic]:
        return [EngineTopic(name, "stream", len(self._shards_of(name)), counted=False, own_partitioner=True)
                for name in self._names()]

    def _names(self) -> list[str]:
        names: list[str] = []
        asked: dict[str, Any] = {}
        while True:
            with translating("Kinesis", self._spec.address):
                page = self._client.list_streams(**asked)
            names += page["StreamNames"]
            if not page.get("HasMoreStreams"):
                return sorted(names)
            asked = {"ExclusiveStartStreamName": names[-1]}

    def _shards_of(self, stream: str) -> dict[int, Shard]:
        """As told a moment ago at most."""
        asked_s, found = self._shards.get(stream, (0.0, {}))
        if found and time.monotonic() - asked_s < _SHARDS_KNOWN_S:
            return found
        told: list[Mapping[str, Any]] = []
        asked: dict[str, Any] = {"StreamName": stream}
        while True:
            try:
                with translating("Kinesis", self._spec.address):
                    page = self._client.list_shards(**asked)
            except NotFound:
                raise NotFound("@{name} has no stream {stream}.", "See: workbench topics @{name} list.",
                               name=self._spec.name, stream=stream) from None
            told += page["Shards"]
            if not (token := page.get("NextToken")):
                break
            asked = {"NextToken": token}
        self._shards[stream] = time.monotonic(), shards_of(told)
        return self._shards[stream][1]

    def shard(self, stream: str, partition: int) -> Shard:
        found = self._shards_of(stream).get(partition)
        if found is None:
            raise NotFound("@{name} has no shard {partition} of {stream}.",
                           "See: workbench topics @{name} describe {stream}.", name=self._spec.name,
                           partition=partition, stream=stream)
        return found

    def config(self, topic: str) -> tuple[dict[str, str], dict[str, str]]:
        with translating("Kinesis", self._spec.address):
            told = self._client.describe_stream_summary(StreamName=topic)["StreamDescriptionSummary"]
        return {}, {name: _plain(value) for name, value in told.items() if name not in _NO_SETTINGS}

    def group_stats(self) -> Sequence[GroupStat]:
        """It has none."""
        return ()

    # -- places ----------------------------------------------------------------------------------------------
    def bounds(self, topic: str) -> list[PartitionBounds]:
        return [PartitionBounds(shard.partition, shard.first, max(shard.first, self._end(topic, shard)))
                for shard in self._shards_of(topic).values()]

    stable_bounds = bounds

    def bounds_of(self, topics: Iterable[str]) -> Mapping[str, list[PartitionBounds]]:
        return {topic: [PartitionBounds(partition, 0, 0) for partition in self._shards_of(topic)] for topic in topics}

    def _end(self, topic: str, shard: Shard) -> int:
        """After the newest record."""
        place = topic, shard.partition
        if shard.last is not None:
            return shard.last + 1
        tail = self._tails.get(place)
        if tail is None:
            tail = self._reader(topic, shard)
            newest = self._newest(tail)
            if newest is None:
                return shard.first
            self._tails[place] = tail
            self._moved(place, newest)
        while page := tail.read(self._ends[place], PAGE_RECORDS):
            self._moved(place, page[-1])
            if len(page) < PAGE_RECORDS:
                break
        return self._ends[place]

    def _moved(self, place: tuple[str, int], newest: StoredRecord) -> None:
        self._ends[place], self._newest_ms[place] = newest.offset + 1, newest.timestamp_ms

    @staticmethod
    def _newest(reader: ShardReader) -> StoredRecord | None:
        now_ms = time.time_ns() // 1_000_000
        for back_s in _BACK_S:
            if newest := reader.newest(max(0, now_ms - back_s * 1000)):
                return newest
        return None

    def _reader(self, topic: str, shard: Shard) -> ShardReader:
        return ShardReader(self._client, self._spec.address, topic, shard, self._spacing_s)

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        found = self._reader(topic, self.shard(topic, partition)).first_at(ms)
        return None if found is None else found.offset

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]:
        return {partition: self.offset_for_time(topic, partition, ms) for partition in self._shards_of(topic)}

    def time_bounds(self, topic: str) -> Mapping[int, tuple[int, int]]:
        found = {}
        for place in self.bounds(topic):
            first = self.read(topic, place.partition, place.log_start, 1)
            if first:
                newest_ms = self._newest_ms.get((topic, place.partition), first[0].timestamp_ms)
                found[place.partition] = first[0].timestamp_ms, max(first[0].timestamp_ms, newest_ms)
        return found

    # -- records ---------------------------------------------------------------------------------------------
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        shard = self.shard(topic, partition)
        reader = self._readers.get((topic, partition))
        if reader is None or reader.shard != shard:
            reader = self._readers[topic, partition] = self._reader(topic, shard)
        if shard.last is not None and offset > shard.last:
            return []
        return reader.read(offset, max_records)

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        return [record for partition, at in offsets.items() for record in self.read(topic, partition, at, max_records)]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else str(value)
