"""Reading a range and replaying it: order, spacing, partitions."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.control.messages import AppendRecords, ListTopics, TopicInfo, TopicList
from workbench.core.errors import Invalid, NotFound
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import TopicStat
from workbench.session.reading import merged, spans
from workbench.session.replay import Pace, replay


@dataclass
class ListReader:
    """A topic ``t`` as lists of times, one list a partition."""

    times: list[list[int]]
    log_start: int = 0

    def bounds(self, topic: str) -> list[PartitionBounds]:
        return [PartitionBounds(p, min(self.log_start, len(t)), len(t)) for p, t in enumerate(self.times)]

    def stable_bounds(self, topic: str) -> list[PartitionBounds]:
        return self.bounds(topic)

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        times = self.times[partition]
        return [
            StoredRecord(topic, partition, at, times[at], b"k", b"%d" % at)
            for at in range(offset, min(offset + max_records, len(times)))
        ]

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        return next((at for at, time in enumerate(self.times[partition]) if time >= ms), None)


@dataclass
class Target:
    """Takes appends to ``into`` with so many partitions."""

    partitions: int = 2
    taken: list[tuple[int | None, int]] = field(default_factory=list)

    def call(self, command):
        if isinstance(command, ListTopics):
            return TopicList((TopicInfo("into", "stream", self.partitions, {}, 0, TopicStat("into", "stream", ())),))
        assert isinstance(command, AppendRecords)
        self.taken += [(command.partition, record.timestamp_ms or 0) for record in command.records]
        return None


@dataclass
class Time:
    """A clock that waiting moves."""

    at: float = 0.0

    def now_s(self) -> float:
        return self.at

    def wait_s(self, seconds: float) -> None:
        self.at += seconds


times = st.lists(st.lists(st.integers(0, 1000), max_size=30), min_size=1, max_size=4)


@given(times)
def test_merging_keeps_every_record_and_the_order_of_each_partition(lists: list[list[int]]):
    reader = ListReader(lists)
    seen = list(merged(reader, "t", spans(reader, "t")))
    for partition, expected in enumerate(lists):
        assert [r.timestamp_ms for r in seen if r.partition == partition] == expected
    ordered = [sorted(one) for one in lists]
    reader = ListReader(ordered)
    assert [r.timestamp_ms for r in merged(reader, "t", spans(reader, "t"))] == sorted(t for one in lists for t in one)


def test_a_span_is_kept_inside_the_log():
    reader = ListReader([[10, 20, 30, 40]], log_start=1)
    assert spans(reader, "t", LogPoint("offset", 0), LogPoint("offset", 99)) == [PartitionBounds(0, 1, 4)]
    assert spans(reader, "t", LogPoint("time", 25), LATEST) == [PartitionBounds(0, 2, 4)]
    assert spans(reader, "t", LogPoint("time", 99), LATEST) == [PartitionBounds(0, 4, 4)]
    assert spans(reader, "t", LATEST, EARLIEST) == [PartitionBounds(0, 4, 4)]
    with pytest.raises(NotFound):
        spans(reader, "t", partition=7)


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 9.0), (100.0, 0.09), (None, 0.0)])
def test_a_replay_keeps_the_spacing_times_the_speed(speed: float | None, seconds: float):
    target, time = Target(), Time()
    pace = Pace(speed, time.now_s, time.wait_s)
    assert replay(ListReader([[1000, 5000], [2000, 10_000]]), target, "t", "into", pace=pace) == 4
    assert target.taken == [(0, 1000), (1, 2000), (0, 5000), (1, 10_000)]
    assert time.at == pytest.approx(seconds, abs=0.03)


def test_a_target_with_fewer_partitions_goes_by_the_key():
    target = Target(partitions=1)
    replay(ListReader([[1], [2]]), target, "t", "into", pace=Pace(None))
    assert [partition for partition, _ in target.taken] == [0, None]


def test_a_replay_into_itself_or_nowhere_is_refused():
    with pytest.raises(Invalid):
        replay(ListReader([[1]]), Target(), "t", "t")
    with pytest.raises(NotFound):
        replay(ListReader([[1]]), Target(), "t", "elsewhere")
