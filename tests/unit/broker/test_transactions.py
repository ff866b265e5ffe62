"""Transactions from outside: visible whole or not at all, fenced, timed out, and the same after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transactions import Writer
from workbench.broker import (
    Broker,
    BrokerReader,
    InvalidTransactionState,
    InvalidTransactionTimeout,
    batch_header,
    decode_batch,
)
from workbench.broker.batch import HEADER_BYTES
from workbench.core.clock import ManualClock
from workbench.core.errors import Fenced, Invalid, NotFound
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record, TopicPartition
from workbench.session.reading import merged, records_of, spans

T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


def committed(broker: Broker, part: TopicPartition = T0) -> list[bytes | None]:
    batches, _ = broker.fetch_committed(*part, 0)
    return [record.value for batch in batches for record in decode_batch(batch, *part)]


@pytest.fixture
def topic(broker: Broker) -> Broker:
    broker.create_topic("t", 2)
    return broker


def test_nothing_is_stable_until_the_commit_and_then_everything(topic: Broker):
    writer = Writer(topic)
    topic.append("t", 0, [Record(None, b"before")]).result()
    writer.write(T0, b"a", b"b")
    writer.write(T1, b"c")
    topic.append("t", 0, [Record(None, b"after")]).result()
    assert (topic.transactions.last_stable(*T0), topic.bounds("t")[0].end) == (1, 4)
    assert committed(topic) == [b"before"]
    writer.end()
    assert committed(topic) == [b"before", b"a", b"b", b"after"]
    assert committed(topic, T1) == [b"c"]
    assert topic.transactions.last_stable(*T0) == topic.bounds("t")[0].end == 5


def test_what_was_aborted_is_listed_and_left_out(topic: Broker):
    writer = Writer(topic)
    base = writer.write(T0, b"no")
    writer.end(commit=False)
    writer.write(T0, b"yes")
    writer.end()
    assert committed(topic) == [b"yes"]
    (aborted,) = topic.transactions.aborted("t", 0, 0, 10)
    assert (aborted.producer_id, aborted.first_offset, aborted.last_offset) == (writer.producer[0], base, 1)
    assert topic.transactions.aborted("t", 0, 2, 10) == []


def test_the_control_batch_is_one_as_kafka_writes_it(topic: Broker):
    writer = Writer(topic)
    writer.write(T0, b"a")
    writer.end()
    control = topic.fetch("t", 0, 1)[0]
    header = batch_header(control)
    assert header.control and header.transactional and header.base_sequence == -1
    assert (header.producer_id, header.producer_epoch) == writer.producer
    assert control[HEADER_BYTES:].endswith(b"\x08" + b"\0\0\0\1" + b"\x0c" + b"\0\0\0\0\0\0" + b"\0")
    (marker,) = decode_batch(control, "t", 0)
    assert (marker.key, marker.value, marker.headers) == (None, None, ())
    assert marker.transaction == "commit"


def test_the_ends_of_transactions_keep_their_offsets_and_are_told_from_events(topic: Broker):
    writer = Writer(topic)
    for value, commit in ((b"a", True), (b"b", False)):
        writer.write(T0, value)
        writer.end(commit=commit)
    topic.append("t", 0, [Record(None, None, (("commit", b"x"),))]).result(5)
    with BrokerReader(topic.path) as reader:
        found = reader.read("t", 0, 0, 10)
        assert [record.offset for record in found] == [0, 1, 2, 3, 4]
        assert [record.transaction for record in found] == ["", "commit", "aborted", "abort", ""]
        assert [record.is_control for record in found] == [False, True, False, True, False]
        assert [record.counts for record in found] == [True, False, False, False, True]
        (span,) = spans(reader, "t", partition=0)
        assert [record.offset for record in records_of(reader, "t", span)] == [0, 2, 4]
        assert [record.offset for record in merged(reader, "t", [span])] == [0, 4]


def test_a_reader_sees_what_is_undecided_become_decided(topic: Broker):
    """One reader all the time: what it keeps of the log must not be older than the transactions."""
    first, second = Writer(topic, "first"), Writer(topic, "second")
    first.write(T0, b"a")
    second.write(T0, b"b")
    first.send(T0, b"c")
    with BrokerReader(topic.path) as reader:

        def standing() -> list[str]:
            return [record.transaction for record in reader.read("t", 0, 0, 10)]

        assert standing() == ["open", "open", "open"]
        assert [bounds.end for bounds in reader.stable_bounds("t")] == [0, 0]
        second.end()
        assert standing() == ["open", "", "open", "commit"]
        first.end(commit=False)
        assert standing() == ["aborted", "", "aborted", "commit", "abort"]
        assert reader.stable_bounds("t") == reader.bounds("t")
        first.write(T0, b"d")
        first.end()
        assert standing() == ["aborted", "", "aborted", "commit", "abort", "", "commit"]


def test_reading_goes_on_behind_what_does_not_count(topic: Broker):
    writer = Writer(topic)
    writer.write(T0, b"no")
    writer.end(commit=False)
    assert topic.fetch_committed("t", 0, 0) == ([], 2)


def test_a_newer_producer_fences_the_older_and_aborts_what_it_had_on(topic: Broker):
    old = Writer(topic)
    old.write(T0, b"half")
    new = Writer(topic)
    assert new.producer == (old.producer[0], old.producer[1] + 1)
    assert topic.transactions.last_stable(*T0) == topic.bounds("t")[0].end
    for act in (lambda: old.send(T0, b"x"), lambda: old.write(T0, b"x"), old.end):
        with pytest.raises(Fenced):
            act()
    new.write(T0, b"whole")
    new.end()
    assert committed(topic) == [b"whole"]


def test_a_batch_needs_a_transaction_that_is_on(topic: Broker):
    writer = Writer(topic)
    with pytest.raises(InvalidTransactionState):
        writer.send(T0, b"x")
    writer.write(T0, b"x")
    writer.end()
    with pytest.raises(InvalidTransactionState):
        writer.send(T0, b"y")
    with pytest.raises(InvalidTransactionState):
        writer.end(commit=False)
    writer.end()  # asking again for what was done


def test_a_transaction_that_takes_too_long_is_aborted(topic: Broker, clock: ManualClock):
    writer = Writer(topic, timeout_ms=1_000)
    writer.write(T0, b"slow")
    clock.advance(999)
    topic.keep_house()
    assert topic.transactions.last_stable(*T0) == 0
    clock.advance(1)
    topic.keep_house()
    assert topic.transactions.last_stable(*T0) == 2
    assert committed(topic) == []
    with pytest.raises(Fenced):
        writer.end()


def test_group_offsets_go_with_the_transaction(topic: Broker):
    writer = Writer(topic)
    topic.append("t", 1, [Record(None, b"in")] * 5).result()
    ask = topic.transactions
    with pytest.raises(InvalidTransactionState):
        ask.put_offsets("tx", writer.producer, "g", {T1: (3, "")}, ("", -1, None)).result()
    for commit, expected in ((False, {}), (True, {T1: 3})):
        ask.add_group("tx", writer.producer, "g").result()
        ask.put_offsets("tx", writer.producer, "g", {T1: (3, "m")}, ("", -1, None)).result()
        assert ask.pending_offsets("g") == {T1}
        writer.end(commit)
        assert {part: done.offset for part, done in topic.committed("g").items()} == expected
    assert ask.pending_offsets("g") == frozenset()


@pytest.mark.parametrize("act", ["move", "commit", "delete"])
def test_offsets_staged_before_an_administrator_sets_them_count_no_more(topic: Broker, act: str):
    """As in Kafka: of two offsets for a partition the one sent later counts, whichever ends later."""
    writer = Writer(topic)
    topic.append("t", 0, [Record(None, b"in")] * 5).result()
    topic.append("t", 1, [Record(None, b"in")] * 5).result()
    topic.commit_offsets("g", "", -1, {T0: (4, ""), T1: (4, "")}).result()
    ask = topic.transactions
    ask.add_group("tx", writer.producer, "g").result()
    ask.put_offsets("tx", writer.producer, "g", {T0: (5, ""), T1: (5, "")}, ("", -1, None)).result()
    match act:
        case "move":
            topic.apply_reset("g", ResetSpec("offset", 1), "t", [1])
        case "commit":
            topic.commit_offsets("g", "", -1, {T1: (1, "")}).result()
        case "delete":
            topic.delete_offsets("g", [T1])
    assert ask.pending_offsets("g") == {T0}, "whoever waits for stable offsets sees the move at once"
    writer.end()
    moved = {} if act == "delete" else {T1: 1}
    assert {part: done.offset for part, done in topic.committed("g").items()} == {T0: 5, **moved}
    ask.add_group("tx", writer.producer, "g").result()
    ask.put_offsets("tx", writer.producer, "g", {T1: (3, "")}, ("", -1, None)).result()
    writer.end()
    assert topic.committed("g")[T1].offset == 3, "what is sent after the move counts"


def test_a_move_that_is_taken_back_takes_nothing_from_the_transaction(topic: Broker):
    writer = Writer(topic)
    topic.append("t", 1, [Record(None, b"in")] * 5).result()
    topic.transactions.add_group("tx", writer.producer, "g").result()
    topic.transactions.put_offsets("tx", writer.producer, "g", {T1: (5, "")}, ("", -1, None)).result()

    def spoil(db):
        raise OSError("no space")

    topic.store._before.append(spoil)
    with pytest.raises(OSError):
        topic.apply_reset("g", ResetSpec("earliest"), "t", [1])
    topic.store._before.remove(spoil)
    writer.end()
    assert topic.committed("g")[T1].offset == 5


def test_all_of_it_survives_a_restart(path: Path, clock: ManualClock):
    with Broker.create(path, clock=clock, background=False) as first:
        first.create_topic("t", 2)
        aborted = Writer(first, "aborted")
        aborted.write(T0, b"no")
        aborted.end(commit=False)
        writer = Writer(first)
        writer.write(T0, b"a")
        first.transactions.add_group("tx", writer.producer, "g").result()
        first.transactions.put_offsets("tx", writer.producer, "g", {T1: (0, "")}, ("", -1, None)).result()
    with Broker.open(path, clock=clock, background=False) as again:
        assert committed(again) == []
        assert again.transactions.last_stable(*T0) == 2
        writer.broker = again
        writer.send(T0, b"b")
        writer.end()
        assert committed(again) == [b"a", b"b"]
        assert again.committed("g")[T1].offset == 0
    with Broker.open(path, clock=clock, background=False) as once_more:
        assert committed(once_more) == [b"a", b"b"]


def test_a_topic_deleted_meanwhile_does_not_hold_the_end_up(topic: Broker):
    topic.create_topic("gone")
    writer = Writer(topic)
    writer.write(TopicPartition("gone", 0), b"x")
    writer.write(T0, b"y")
    topic.delete_topic("gone")
    writer.end()
    assert committed(topic) == [b"y"]


def test_a_transaction_of_the_file_that_fails_changes_nothing(topic: Broker):
    writer = Writer(topic)
    writer.write(T0, b"a")

    def spoil(db):
        raise OSError("no space")

    topic.store._before.append(spoil)
    with pytest.raises(OSError):
        writer.end()
    topic.store._before.remove(spoil)
    assert topic.transactions.last_stable(*T0) == 0
    writer.end()
    assert committed(topic) == [b"a"]


@pytest.mark.parametrize(("name", "timeout_ms", "error"), [
    ("", 1000, Invalid), ("x" * 1001, 1000, Invalid), ("tx", 0, InvalidTransactionTimeout),
    ("tx", 10**9, InvalidTransactionTimeout),
])
def test_what_no_producer_can_be(topic: Broker, name: str, timeout_ms: int, error: type[Exception]):
    with pytest.raises(error):
        topic.transactions.begin_producer(name, timeout_ms).result()


def test_an_unknown_producer_is_told_so(topic: Broker):
    with pytest.raises(NotFound):
        topic.transactions.end("nobody", (1, 0), True).result()
    writer = Writer(topic)
    with pytest.raises(Fenced):
        topic.transactions.begin_producer("tx", 1000, known=(writer.producer[0] + 7, 0)).result()
    assert topic.transactions.begin_producer("tx", 1000, known=writer.producer).result()[1] == 1
