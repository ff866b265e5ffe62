"""A deleted topic stays for a while: what a restore brings back, and when it is too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader, decode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import AlreadyExists, NotFound
from workbench.core.queues import MessageState
from workbench.core.records import Record, TopicPartition
from workbench.core.routing import Binding, Exchange, ExchangeType

DAY = 24 * 3600 * 1000


def stored_batches(broker: Broker) -> int:
    return broker.store.read(lambda db: db.execute("SELECT count(*) FROM batch").fetchone()[0])


def test_records_and_what_groups_had_committed_come_back(broker: Broker, path: Path):
    broker.create_topic("orders", 2, config={"retention.bytes": "123456"})
    broker.append("orders", 1, [Record(b"k", b"one"), Record(b"k", b"two")]).result()
    broker.commit_offsets("billing", "", -1, {TopicPartition("orders", 1): (1, "so far")}).result()
    broker.delete_topic("orders", keep_ms=DAY)
    assert broker.topics() == [] and broker.committed("billing") == {}
    broker.keep_house()
    assert [(one.name, one.partitions, one.records) for one in broker.deleted_topics()] == [("orders", 2, 2)]

    meta = broker.restore_topic("orders")
    assert meta.partitions == 2 and meta.config == {"retention.bytes": "123456"}
    (batch,) = broker.fetch("orders", 1, 0)
    assert [record.value for record in decode_batch(batch, "orders", 1)] == [b"one", b"two"]
    committed = broker.committed("billing")[TopicPartition("orders", 1)]
    assert (committed.offset, committed.metadata) == (1, "so far")
    assert broker.append("orders", 1, [Record(None, b"three")]).result().base_offset == 2
    with BrokerReader(path) as reader:
        assert [record.value for record in reader.read("orders", 1, 0, 10)] == [b"one", b"two", b"three"]


def test_a_kept_topic_outlives_the_host(path: Path, clock: ManualClock):
    with Broker.create(path, clock=clock, background=False) as broker:
        broker.create_topic("t")
        broker.append("t", 0, [Record(None, b"one")]).result()
        broker.commit_offsets("g", "", -1, {TopicPartition("t", 0): (1, "")}).result()
        broker.delete_topic("t", keep_ms=DAY)
    with Broker.open(path, clock=clock, background=False) as broker:
        broker.keep_house()
        broker.restore_topic("t")
        assert broker.bounds("t")[0].end == 1
        assert broker.committed("g")[TopicPartition("t", 0)].offset == 1
    with Broker.open(path, clock=clock, background=False) as broker:
        assert broker.bounds("t")[0].end == 1 and broker.deleted_topics() == []


def test_a_queue_comes_back_as_it_stood(broker: Broker):
    broker.exchanges.declare(Exchange("x", ExchangeType.DIRECT))
    broker.create_topic("work", kind="queue")
    bound = Binding("x", "work", "key")
    broker.exchanges.bind(bound)
    broker.append("work", 0, [Record(None, str(n).encode()) for n in range(5)]).result()
    taken = broker.queues.receive("work", "c", 4)
    broker.queues.ack("work", [taken[0].receipt, taken[2].receipt]).result()
    broker.queues.nack("work", [taken[1].receipt], reason="busy")
    broker.delete_topic("work", keep_ms=DAY)
    assert broker.exchanges.bindings() == [] and broker.queues.metas() == []

    broker.restore_topic("work")
    assert broker.exchanges.bindings("x") == [bound]
    found = broker.queues.peek("work", states=(MessageState.READY, MessageState.IN_FLIGHT))
    assert [(m.id.offset, m.state, m.attempts) for m in found] == [
        (1, MessageState.READY, 1), (3, MessageState.READY, 1), (4, MessageState.READY, 0)]
    assert [d.record.offset for d in broker.queues.receive("work", "d", 9)] == [1, 3, 4]


def test_a_subscription_comes_back_with_its_topic(broker: Broker):
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"0"), Record(None, b"1")]).result()
    name = broker.queues.subscribe("t", "s").name
    (first,) = broker.queues.receive(name, "c")
    broker.queues.ack(name, [first.receipt]).result()
    broker.delete_topic("t", keep_ms=DAY)
    broker.restore_topic("t")
    assert [m.id.offset for m in broker.queues.peek(name)] == [1]


def test_the_time_of_grace_ends(broker: Broker, clock: ManualClock):
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"one")]).result()
    broker.delete_topic("t", keep_ms=DAY)
    clock.advance(DAY - 1)
    broker.keep_house()
    assert stored_batches(broker) == 1
    clock.advance(1)
    with pytest.raises(NotFound):
        broker.restore_topic("t")
    broker.keep_house()
    assert stored_batches(broker) == 0 and broker.deleted_topics() == []


def test_a_clean_up_ends_it_at_once(broker: Broker):
    broker.create_topic("t", kind="queue")
    broker.append("t", 0, [Record(None, b"one")]).result()
    broker.delete_topic("t", keep_ms=DAY)
    broker.drop_deleted()
    broker.keep_house()
    assert stored_batches(broker) == 0
    assert broker.store.read(lambda db: db.execute("SELECT count(*) FROM queue").fetchone()[0]) == 0
    with pytest.raises(NotFound):
        broker.restore_topic("t")


def test_one_that_took_its_name_is_not_overwritten(broker: Broker):
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"old")]).result()
    broker.delete_topic("t", keep_ms=DAY)
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"new")]).result()
    with pytest.raises(AlreadyExists):
        broker.restore_topic("t")
    broker.delete_topic("t")
    broker.restore_topic("t")
    assert broker.bounds("t")[0].end == 1


def test_without_a_time_of_grace_it_is_gone(broker: Broker):
    broker.create_topic("t")
    broker.delete_topic("t")
    assert broker.deleted_topics() == []
    with pytest.raises(NotFound):
        broker.restore_topic("t")


def test_one_is_let_go_and_the_others_stay(broker: Broker):
    for name in ("t", "u"):
        broker.create_topic(name)
        broker.append(name, 0, [Record(None, b"one")]).result()
        broker.delete_topic(name, keep_ms=DAY)
    broker.drop_deleted("t")
    broker.keep_house()
    assert stored_batches(broker) == 1 and [topic.name for topic in broker.deleted_topics()] == ["u"]
    with pytest.raises(NotFound):
        broker.drop_deleted("t")
    assert broker.restore_topic("u").name == "u"


def test_an_empty_one_that_was_made_since_gives_way(broker: Broker):
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"old")]).result()
    broker.delete_topic("t", keep_ms=DAY)
    broker.create_topic("t", 3)  # as what is drawn does, once a host opens the file
    assert broker.restore_topic("t").partitions == 1
    assert broker.bounds("t")[0].end == 1 and len(broker.topics()) == 1 and broker.deleted_topics() == []
