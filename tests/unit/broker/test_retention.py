"""Retention: by time, by size, when all have read it; whole batches from the head, and holds keep it away."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader, decode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import Invalid, NotFound, OutOfRange
from workbench.core.records import Record, TopicPartition

MINUTE = 60_000


def fill(broker: Broker, batches: int, each: int = 10, size: int = 1000, partition: int = 0, step_ms: int = 0) -> int:
    """Bytes of one stored batch."""
    for _ in range(batches):
        broker.append("t", partition, [Record(b"k", bytes(size))] * each).result()
        if step_ms:
            broker.clock.advance(step_ms)  # type: ignore[attr-defined]
    return len(broker.fetch("t", partition, broker.bounds("t")[partition].end - 1)[0])


def start(broker: Broker, partition: int = 0) -> int:
    return broker.bounds("t")[partition].log_start


def commit(broker: Broker, group: str, offset: int, partition: int = 0) -> None:
    broker.commit_offsets(group, "", -1, {TopicPartition("t", partition): (offset, "")}).result()


def stored_batches(broker: Broker) -> int:
    return broker.store.read(lambda db: db.execute("SELECT count(*) FROM batch").fetchone()[0])


def test_nothing_goes_unless_asked(broker: Broker, clock: ManualClock):
    broker.create_topic("t")
    fill(broker, 5)
    clock.advance(10 * 365 * 24 * 60 * MINUTE)
    broker.keep_house()
    assert (start(broker), stored_batches(broker)) == (0, 5)


def test_by_time_whole_batches_go_once_their_newest_record_is_old(broker: Broker, clock: ManualClock, path: Path):
    broker.create_topic("t", config={"retention.ms": str(5 * MINUTE)})
    fill(broker, 10, step_ms=MINUTE)
    broker.keep_house()
    assert (start(broker), stored_batches(broker)) == (50, 5)
    with pytest.raises(OutOfRange, match="holds 50 to 100"):
        broker.fetch("t", 0, 49)
    with BrokerReader(path) as reader:
        assert reader.bounds("t")[0].log_start == 50
        assert reader.read("t", 0, 0, 1)[0].offset == 50
    clock.advance(60 * MINUTE)
    broker.keep_house()
    assert broker.bounds("t")[0].log_start == broker.bounds("t")[0].end == 100
    assert broker.append("t", 0, [Record(b"k")]).result().base_offset == 100


def test_an_old_batch_behind_a_young_one_waits(broker: Broker, clock: ManualClock):
    broker.create_topic("t", config={"retention.ms": str(MINUTE)})
    for stamp in (clock.now_ms(), 5, 6):
        broker.append("t", 0, [Record(b"k", timestamp_ms=stamp)]).result()
    broker.keep_house()
    assert start(broker) == 0
    clock.advance(2 * MINUTE)
    broker.keep_house()
    assert start(broker) == 3


def test_by_size_each_partition_keeps_at_least_what_was_asked(broker: Broker):
    broker.create_topic("t", 2)
    size = fill(broker, 10)
    fill(broker, 3, partition=1)
    broker.alter_topic("t", config={"retention.bytes": str(4 * size + 1)})
    broker.keep_house()
    assert (start(broker), start(broker, 1)) == (50, 0)
    assert broker.stats().topics[0].partitions[0].size_bytes == 5 * size


def test_what_a_step_removes_is_bounded_and_the_rest_follows(broker: Broker):
    broker.create_topic("t")
    fill(broker, 700, each=1, size=1)
    broker.delete_records("t", 0, -1)
    left = []
    broker.store.on_before_commit(lambda db: left.append(db.execute("SELECT count(*) FROM batch").fetchone()[0]))
    broker.keep_house()
    assert left[-1] == 0
    assert max(before - after for before, after in zip([700, *left], left, strict=False)) <= 256


def test_a_batch_goes_only_when_the_log_start_has_passed_all_of_it(broker: Broker):
    broker.create_topic("t")
    fill(broker, 3)
    broker.delete_records("t", 0, 15)
    broker.keep_house()
    assert (start(broker), stored_batches(broker)) == (15, 2)
    first = decode_batch(broker.fetch("t", 0, 15)[0], "t", 0)
    assert first[0].offset == 10


def test_when_all_groups_have_read_it(broker: Broker):
    broker.create_topic("t", config={"workbench.retention.all.read": "true"})
    fill(broker, 5)
    broker.keep_house()
    assert start(broker) == 0, "no group: nothing has been read by all"
    commit(broker, "fast", 50)
    commit(broker, "slow", 25)
    broker.keep_house()
    assert start(broker) == 20
    commit(broker, "slow", 50)
    broker.keep_house()
    assert start(broker) == 50


def test_a_hold_keeps_retention_away_until_the_group_is_past_it(broker: Broker, clock: ManualClock, path: Path):
    broker.create_topic("t", config={"retention.ms": "1"})
    fill(broker, 5)
    commit(broker, "g", 10)
    broker.hold_retention("t", "g", {0: 40})
    clock.advance(MINUTE)
    broker.keep_house()
    assert start(broker) == 0
    broker.close()
    with Broker.open(path, clock=clock, background=False) as again:
        again.keep_house()
        assert start(again) == 0, "a hold outlives a restart"
        commit(again, "g", 39)
        again.keep_house()
        assert start(again) == 0
        commit(again, "g", 40)
        again.keep_house()
        assert start(again) == 50


def test_a_hold_of_a_group_that_is_gone_holds_nothing(broker: Broker, clock: ManualClock):
    broker.create_topic("t", config={"retention.ms": "1"})
    fill(broker, 2)
    broker.hold_retention("t", "never", {0: 40})
    clock.advance(MINUTE)
    broker.keep_house()
    assert start(broker) == 20


def test_deleting_records_is_not_held(broker: Broker):
    broker.create_topic("t", config={"retention.ms": "99999999"})
    fill(broker, 5)
    commit(broker, "g", 0)
    broker.hold_retention("t", "g", {0: 50})
    broker.delete_records("t", 0, 30)
    broker.keep_house()
    assert (start(broker), stored_batches(broker)) == (30, 2)


def test_a_hold_names_a_group_and_partitions_that_are_there(broker: Broker):
    broker.create_topic("t")
    with pytest.raises(Invalid, match="needs a group"):
        broker.hold_retention("t", "", {0: 1})
    with pytest.raises(NotFound, match="has no partition 7"):
        broker.hold_retention("t", "g", {7: 1})


def test_it_happens_by_itself_in_the_background(path: Path):
    with Broker.create(path) as broker:
        broker.create_topic("t", config={"retention.bytes": "0"})
        broker.append("t", 0, [Record(b"k", b"v")]).result()
        assert_soon(lambda: start(broker) == 1)


def assert_soon(holds, seconds: float = 10.0) -> None:
    """Ask until it holds; a deadline, no fixed wait."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it never came about"
        tick.wait(0.01)
