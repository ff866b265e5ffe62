"""What the log holds and how fast it grows, as values for the snapshot. Asked from one thread, some times a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.broker.topics import Partition, Topic, TopicMeta
from workbench.core.clock import Clock
from workbench.core.encodings import KEY_SCHEMA, VALUE_SCHEMA, encodings_of
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
    """Ends and byte counts of a topic's partitions, as they stood from ``at_ms`` until the next sample."""

    at_ms: float
    ends: tuple[int, ...] = ()
    bytes_in: tuple[int, ...] = ()


@dataclass(slots=True)
class _Course:
    """One topic: samples from when it changed, and what was told of it last. ``still``: that its rates are none."""

    meta: TopicMeta
    changes: int
    samples: deque[_Sample]
    stat: TopicStat | None = None
    still: bool = False


class Meter:
    """Rates over about the last second, from the ends and byte counts at earlier askings. Of a topic that did not
    change nothing is made anew: ten thousand partitions that rest cost what their topics do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: deque[float] = deque()
        self._courses: dict[int, _Course] = {}

    def measure(self, topics: Sequence[Topic], file_bytes: int) -> BrokerStats:
        now_ms = self._clock.monotonic_ms()
        while len(self._asked) > 1 and self._asked[1] <= now_ms - RATE_WINDOW_MS:
            self._asked.popleft()
        then_ms = self._asked[0] if self._asked else now_ms
        if not self._asked or now_ms > self._asked[-1]:
            self._asked.append(now_ms)
        found = tuple(self._topic(topic, then_ms, now_ms) for topic in topics)
        if len(self._courses) > len(topics):
            there = {topic.meta.id for topic in topics}
            self._courses = {number: course for number, course in self._courses.items() if number in there}
        return BrokerStats(found, file_bytes)

    def _topic(self, topic: Topic, then_ms: float, now_ms: float) -> TopicStat:
        changes, course = topic.changes, self._courses.get(topic.meta.id)
        if course is None:
            course = self._courses[topic.meta.id] = _Course(topic.meta, changes, deque())
        elif course.still and course.stat is not None and course.changes == changes and course.meta is topic.meta:
            return course.stat
        course.meta = topic.meta
        if course.changes != changes or course.stat is None:
            course.changes = changes
            course.samples.append(_Sample(now_ms, tuple(p.end for p in topic.partitions),
                                          tuple(p.bytes_in for p in topic.partitions)))
        while len(course.samples) > 1 and course.samples[1].at_ms <= then_ms:
            course.samples.popleft()
        then = course.samples[0] if course.samples[0].at_ms <= then_ms else _Sample(then_ms)  # it was not there then
        course.still = then is course.samples[-1]
        course.stat = _topic_stat(topic, then, (now_ms - then_ms) / 1000.0)
        return course.stat


def _topic_stat(topic: Topic, then: _Sample, seconds: float) -> TopicStat:
    per_second = 1.0 / seconds if seconds > 0 else 0.0
    partitions = tuple(
        _partition_stat(partition, then.ends[number] if number < len(then.ends) else 0, per_second)
        for number, partition in enumerate(topic.partitions)
    )
    grown = sum(p.bytes_in for p in topic.partitions) - sum(then.bytes_in)
    times = [p.last_append_ms for p in topic.partitions if p.last_append_ms is not None]
    return TopicStat(topic.meta.name, topic.meta.kind, partitions, sum(p.rate_in for p in partitions),
                     grown * per_second, max(times, default=None), *encodings_of(topic.meta.config),
                     key_schema=topic.meta.config.get(KEY_SCHEMA, ""),
                     value_schema=topic.meta.config.get(VALUE_SCHEMA, ""))


def _partition_stat(partition: Partition, before: int, per_second: float) -> PartitionStat:
    end = partition.end
    rate = (end - before) * per_second
    return PartitionStat(partition.number, partition.log_start, end, partition.size_bytes, rate)
