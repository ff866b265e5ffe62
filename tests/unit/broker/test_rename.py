"""A topic with another name has all it had, and nothing answers to the old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.clock import ManualClock
from workbench.core.errors import AlreadyExists, Invalid, NotFound
from workbench.core.queues import MessageState
from workbench.core.records import Record, TopicPartition
from workbench.core.routing import Binding, Exchange, ExchangeType
from workbench.session.timeline import Timeline


def test_records_settings_and_what_groups_had_committed_go_along(broker: Broker, path: Path):
    before = broker.create_topic("orders", 2, config={"retention.bytes": "123456"})
    broker.append("orders", 1, [Record(b"k", b"one"), Record(b"k", b"two")]).result()
    broker.commit_offsets("billing", "", -1, {TopicPartition("orders", 1): (1, "so far")}).result()
    meta = broker.rename_topic("orders", "sales")
    assert (meta.name, meta.partitions, meta.config) == ("sales", 2, {"retention.bytes": "123456"})
    assert meta.uuid != before.uuid, "to Kafka clients it is another topic"
    assert [topic.name for topic in broker.topics()] == ["sales"]
    with pytest.raises(NotFound):
        broker.bounds("orders")
    (part,) = broker.committed("billing")
    assert part == TopicPartition("sales", 1) and broker.committed("billing")[part].metadata == "so far"
    assert broker.append("sales", 1, [Record(None, b"three")]).result().base_offset == 2
    with BrokerReader(path) as reader:
        assert [record.value for record in reader.read("sales", 1, 0, 10)] == [b"one", b"two", b"three"]


def test_a_queue_with_its_state_bindings_and_those_that_send_their_dead_there(broker: Broker):
    broker.exchanges.declare(Exchange("x", ExchangeType.DIRECT))
    broker.create_topic("work", kind="queue")
    broker.create_topic("other", kind="queue", config={"queue.dead.letter": "work"})
    broker.create_topic("stream")
    subscribed = broker.queues.subscribe("stream", "s", {"queue.dead.letter": "work"}).name
    broker.exchanges.bind(Binding("x", "work", "key"))
    broker.append("work", 0, [Record(None, str(n).encode()) for n in range(5)]).result()
    taken = broker.queues.receive("work", "c", 4)
    broker.queues.ack("work", [taken[0].receipt, taken[2].receipt]).result()
    broker.rename_topic("work", "jobs")

    assert broker.exchanges.bindings("x") == [Binding("x", "jobs", "key")]
    found = broker.queues.peek("jobs", states=(MessageState.READY, MessageState.IN_FLIGHT))
    assert [(m.id.offset, m.attempts) for m in found] == [(1, 1), (3, 1), (4, 0)]
    assert broker.topic("other").config["queue.dead.letter"] == "jobs"
    assert broker.queues.meta(subscribed).config["queue.dead.letter"] == "jobs"
    (first,) = broker.queues.receive("jobs", "d")
    broker.queues.ack("jobs", [first.receipt]).result()
    broker.exchanges.publish("x", "key", [Record(None, b"5")]).result()
    assert [d.record.offset for d in broker.queues.receive("jobs", "d", 9)] == [3, 4, 5]


def test_a_subscription_goes_along(broker: Broker):
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"0"), Record(None, b"1")]).result()
    name = broker.queues.subscribe("t", "s").name
    (first,) = broker.queues.receive(name, "c")
    broker.queues.ack(name, [first.receipt]).result()
    broker.rename_topic("t", "u")
    (meta,) = broker.queues.metas()
    assert meta.topic == "u" and meta.name == name.replace("t", "u", 1)
    assert [m.id.offset for m in broker.queues.peek(meta.name)] == [1]


def test_it_is_so_after_the_next_start_and_in_the_past(path: Path, clock: ManualClock):
    with Broker.create(path, clock=clock, background=False) as broker:
        broker.create_topic("t")
        broker.append("t", 0, [Record(None, b"one")]).result()
        broker.commit_offsets("g", "", -1, {TopicPartition("t", 0): (1, "")}).result()
        broker.keep_house()
        clock.advance(1_000)
        broker.rename_topic("t", "u")
        broker.keep_house()
    with Broker.open(path, clock=clock, background=False) as broker:
        assert broker.bounds("u")[0].end == 1 and broker.committed("g")[TopicPartition("u", 0)].offset == 1
    with BrokerReader(path) as reader:
        (entry,) = [e for e in reader.journal(kinds=("topic",)) if e.act == "renamed"]
        assert (entry.topic, entry.was) == ("u", "t")
        timeline = Timeline(reader)
        assert [topic.name for topic in timeline.state_at(entry.at_ms - 1).topics] == ["u"], "under the names of now"
        now = timeline.state_at(entry.at_ms)
        assert [(topic.name, topic.records) for topic in now.topics] == [("u", 1)]
        assert [(p.topic, p.committed) for p in now.groups[0].partitions] == [("u", 1)]


def test_what_can_t_be_is_refused_and_changes_nothing(broker: Broker):
    broker.create_topic("t")
    broker.create_topic("u")
    for new, error in (("u", AlreadyExists), ("no name", Invalid)):
        with pytest.raises(error):
            broker.rename_topic("t", new)
    with pytest.raises(NotFound):
        broker.rename_topic("v", "w")
    assert [topic.name for topic in broker.topics()] == ["t", "u"]
