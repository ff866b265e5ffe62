"""What is told of topics and groups ten times a second: true after every change, and made anew by it only."""

from __future__ import annotations

import pytest

from workbench.broker import Broker
from workbench.core.clock import ManualClock
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record


def append(broker: Broker, topic: str, partition: int, count: int = 1) -> None:
    broker.append(topic, partition, [Record(None, b"x")] * count)


@pytest.fixture
def crowd(broker: Broker, clock: ManualClock) -> Broker:
    """Twenty topics that rest, and a group that has read ten of them."""
    for number in range(20):
        broker.create_topic(f"t{number:02}", 4)
    for number in range(10):
        broker.apply_reset("g", ResetSpec("latest"), f"t{number:02}")
    for _ in range(3):
        broker.stats()
        clock.advance(1_000)
    return broker


def test_what_rests_is_told_by_the_same_objects(crowd: Broker, clock: ManualClock):
    before, read = crowd.stats().topics, crowd.group_partitions("g")
    clock.advance(100)
    append(crowd, "t13", 2, 5)
    clock.advance(100)
    after = crowd.stats().topics
    assert [a.name for a, b in zip(after, before, strict=True) if a is not b] == ["t13"]
    assert (after[13].partitions[2].end, after[13].records, after[13].rate_in > 0) == (5, 5, True)
    assert crowd.group_partitions("g") is read and len(read) == 40
    rates = []
    for _ in range(15):
        clock.advance(100)
        rates.append(crowd.stats().topics[13].rate_in)
    assert rates[0] > 0 and rates[-1] == 0.0
    assert crowd.stats().topics[13] is crowd.stats().topics[13]


def test_every_change_of_a_topic_is_told(crowd: Broker, clock: ManualClock):
    append(crowd, "t03", 1, 9)
    crowd.delete_records("t03", 1, 4)
    part = crowd.stats().topics[3].partitions[1]
    assert (part.log_start, part.end) == (4, 9) and crowd.bounds("t03")[1].log_start == 4
    crowd.alter_topic("t03", 6, {"value.encoding": "text"})
    told = crowd.stats().topics[3]
    assert len(told.partitions) == len(crowd.bounds("t03")) == 6 and "text" in str(told)
    crowd.delete_topic("t03")
    assert [topic.name for topic in crowd.stats().topics][2:4] == ["t02", "t04"]
    crowd.create_topic("t03", 1)
    assert [part.end for part in crowd.stats().topics[3].partitions] == [0]


def test_every_change_of_a_group_is_told(crowd: Broker, clock: ManualClock):
    append(crowd, "t03", 1, 9)

    def told(topic: str = "t03"):
        return {p.partition: p for p in crowd.group_partitions("g") if p.topic == topic}

    assert (told()[1].end, told()[1].lag_records, told()[1].lag_ms) == (9, 9, 0)
    clock.advance(700)
    assert told()[1].lag_ms == 700  # what waits grows older by the clock alone
    crowd.apply_reset("g", ResetSpec("latest"), "t03")
    assert (told()[1].committed, told()[1].lag_records, told()[1].lag_ms) == (9, 0, 0)
    crowd.apply_reset("g", ResetSpec("latest"), "t15")
    assert len(told("t15")) == 4
    crowd.delete_topic("t03")
    assert not told() and len(crowd.group_partitions("g")) == 40
