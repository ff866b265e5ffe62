"""Idempotent producers (trap 10): a retry gets its first answer, a gap is an error, and a restart changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import Broker, encode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import Fenced, Invalid, OutOfSequence
from workbench.core.records import Appended, Record

PRODUCER = 7


def send(broker: Broker, sequence: int, count: int = 1, epoch: int = 0, partition: int = 0) -> Appended:
    records = [Record(b"k", b"%d" % (sequence + at)) for at in range(count)]
    return broker.append("t", partition, records, producer=(PRODUCER, epoch, sequence)).result()


@pytest.fixture
def topic(broker: Broker) -> Broker:
    broker.create_topic("t", 2)
    return broker


def test_a_retry_is_answered_with_its_first_offset_and_not_written_again(topic: Broker):
    first = [send(topic, n * 2, 2) for n in range(5)]
    again = [send(topic, n * 2, 2) for n in range(5)]
    assert [a.base_offset for a in again] == [a.base_offset for a in first] == [0, 2, 4, 6, 8]
    assert [a.duplicate for a in first + again] == [False] * 5 + [True] * 5
    assert topic.bounds("t")[0].end == 10


def test_retries_in_one_commit_are_known_too(path: Path):
    with Broker.create(path) as broker:
        broker.create_topic("t")
        batch = encode_batch([Record(b"k")], producer=(PRODUCER, 0, 0), now_ms=1)
        answers = [future.result(10) for future in [broker.append_batch("t", 0, batch) for _ in range(20)]]
        assert [a.base_offset for a in answers] == [0] * 20
        assert sum(not a.duplicate for a in answers) == 1


def test_only_the_last_five_are_known(topic: Broker):
    for number in range(6):
        send(topic, number)
    assert send(topic, 1).duplicate
    with pytest.raises(OutOfSequence, match="sent sequence 0; 6 was expected"):
        send(topic, 0)


@pytest.mark.parametrize(("sequence", "count"), [(4, 1), (2, 2), (0, 5), (100, 1)])
def test_a_gap_or_an_overlap_is_refused_and_nothing_is_written(topic: Broker, sequence: int, count: int):
    send(topic, 0, 3)
    with pytest.raises(OutOfSequence, match="3 was expected"):
        send(topic, sequence, count)
    assert topic.bounds("t")[0].end == 3
    assert send(topic, 3).base_offset == 3


def test_partitions_count_apart(topic: Broker):
    send(topic, 0, 3)
    assert send(topic, 0, 3, partition=1).duplicate is False
    assert send(topic, 3, partition=1).base_offset == 3


def test_a_new_epoch_fences_the_old_and_begins_at_zero(topic: Broker):
    send(topic, 0)
    with pytest.raises(OutOfSequence, match="begins its epoch 1 with sequence 1, not 0"):
        send(topic, 1, epoch=1)
    assert send(topic, 0, epoch=1).base_offset == 1
    with pytest.raises(Fenced, match="epoch 0 is older than 1"):
        send(topic, 1, epoch=0)


def test_sequences_wrap_after_the_greatest(topic: Broker):
    top = 2**31 - 1
    send(topic, top - 1)
    assert send(topic, top, 3).base_offset == 1
    assert send(topic, top, 3).duplicate
    assert send(topic, 2).base_offset == 4


def test_a_producer_without_sequence_is_refused(topic: Broker):
    with pytest.raises(Invalid, match="without epoch or sequence"):
        topic.append_batch("t", 0, encode_batch([Record()], producer=(5, -1, -1), now_ms=1))


def test_a_restart_changes_nothing(topic: Broker, path: Path):
    for number in range(7):
        send(topic, number)
    send(topic, 0, epoch=1, partition=1)
    topic.close()
    with Broker.open(path, background=False) as again:
        assert send(again, 6).duplicate and send(again, 2).base_offset == 2
        with pytest.raises(OutOfSequence, match="7 was expected"):
            send(again, 8)
        with pytest.raises(Fenced):
            send(again, 1, partition=1)
        assert send(again, 7).base_offset == 7


def test_retention_of_its_batches_changes_nothing(topic: Broker, path: Path):
    send(topic, 0, 5)
    topic.delete_records("t", 0, -1)
    topic.keep_house()
    topic.close()
    with Broker.open(path, background=False) as again:
        assert send(again, 0, 5).duplicate
        assert send(again, 5).base_offset == 5


def test_a_producer_silent_for_a_day_is_forgotten(topic: Broker, clock: ManualClock):
    send(topic, 0)
    clock.advance(25 * 3600 * 1000)
    topic.keep_house()
    assert send(topic, 50).base_offset == 1
    assert topic.store.read(lambda db: db.execute("SELECT count(*) FROM producer").fetchone()[0]) == 1


def test_a_failed_commit_forgets_the_sequence_with_the_batch(topic: Broker, caplog: pytest.LogCaptureFixture):
    send(topic, 0)
    fail = [True]

    def once(_: object) -> None:
        if fail and fail.pop():
            raise RuntimeError("power")

    topic.store.on_before_commit(once)
    with pytest.raises(RuntimeError):
        send(topic, 1)
    assert send(topic, 1) == Appended("t", 0, 1, 1, topic.clock.now_ms(), duplicate=False)
    assert "was taken back" in caplog.text
