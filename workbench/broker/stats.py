"""What the log holds and how fast it grows, as values for the snapshot. Asked from one thread, some times a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.broker.topics import Partition, Topic
from workbench.core.clock import Clock
from workbench.core.encodings import encodings_of
from workbench.core.snapshot import PartitionStat, TopicStat

RATE_WINDOW_MS = 1000.0


@dataclass(frozen=True, slots=True)
class BrokerStats:
    """Sizes and rates of all topics, by name, and of the file (its write-ahead log included)."""

    topics: tuple[TopicStat, ...]
    file_bytes: int

    @property
    def rate_in(self) -> float:
        return sum(topic.rate_in for topic in self.topics)


@dataclass(slots=True)
class _Sample:
    at_ms: float
    ends: dict[int, int]
    bytes_in: dict[int, int]


class Meter:
    """Rates over about the last second, from the ends and byte counts at earlier askings."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._samples: deque[_Sample] = deque()

    def measure(self, topics: Sequence[Topic], file_bytes: int) -> BrokerStats:
        parts = [partition for topic in topics for partition in topic.partitions]
        now = _Sample(self._clock.monotonic_ms(), {p.no: p.end for p in parts}, {p.no: p.bytes_in for p in parts})
        while len(self._samples) > 1 and self._samples[1].at_ms <= now.at_ms - RATE_WINDOW_MS:
            self._samples.popleft()
        then = self._samples[0] if self._samples else now
        if not self._samples or now.at_ms > self._samples[-1].at_ms:
            self._samples.append(now)
        return BrokerStats(tuple(_topic_stat(topic, then, now) for topic in topics), file_bytes)


def _topic_stat(topic: Topic, then: _Sample, now: _Sample) -> TopicStat:
    seconds = (now.at_ms - then.at_ms) / 1000.0
    per_second = 1.0 / seconds if seconds > 0 else 0.0
    partitions = tuple(_partition_stat(partition, then, now, per_second) for partition in topic.partitions)
    grown = sum(now.bytes_in[p.no] - then.bytes_in.get(p.no, 0) for p in topic.partitions)
    times = [p.last_append_ms for p in topic.partitions if p.last_append_ms is not None]
    return TopicStat(topic.meta.name, topic.meta.kind, partitions, sum(p.rate_in for p in partitions),
                     grown * per_second, max(times, default=None), *encodings_of(topic.meta.config))  # fmt: skip


def _partition_stat(partition: Partition, then: _Sample, now: _Sample, per_second: float) -> PartitionStat:
    end = now.ends[partition.no]
    rate = (end - then.ends.get(partition.no, 0)) * per_second
    return PartitionStat(partition.number, partition.log_start, end, partition.size_bytes, rate)
