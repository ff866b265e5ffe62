"""The past is told under the names of now, of what is still there."""

from __future__ import annotations

from pathlib import Path

from tests.entries import entry_of
from workbench.broker import Broker, BrokerReader
from workbench.core.clock import ManualClock
from workbench.core.queues import MessageState
from workbench.core.records import Record
from workbench.session.renames import Names
from workbench.session.timeline import Timeline


def renamed(at_ms: int, was: str, now: str):
    return entry_of("topic", at_ms, topic=now, detail={"act": "renamed", "was": was})


def test_a_name_is_followed_from_one_to_the_next_and_not_to_another_topic_of_it():
    names = Names.since([renamed(1, "orders", "sales"), renamed(2, "sales", "shop"), renamed(3, "other", "orders"),
                         entry_of("group", 4, group="billing", detail={"act": "renamed", "to": "invoicing"})])
    assert [names.topic(name) for name in ("orders", "other", "kept")] == ["shop", "orders", "kept"]
    assert (names.queue("orders:mail"), names.queue_then("shop:mail")) == ("shop:mail", "orders:mail")
    assert (names.group("billing"), names.group("orders")) == ("invoicing", "orders")


def test_what_was_deleted_is_not_what_was_made_anew_and_renamed():
    gone = entry_of("topic", 1, topic="orders", detail={"act": "deleted"})
    back = entry_of("topic", 2, topic="orders", detail={"act": "restored"})
    assert Names.since([gone, renamed(3, "orders", "sales")]).topic("orders") == "orders"
    assert Names.since([gone, back, renamed(3, "orders", "sales")]).topic("orders") == "sales"


def test_the_past_of_a_renamed_topic_queue_and_group_can_be_looked_at_by_their_names_of_now(tmp_path: Path):
    clock = ManualClock()
    broker = Broker.create(tmp_path / "a.flow", clock=clock, background=False)
    broker.create_topic("orders", 1)
    broker.create_topic("jobs", 1, "queue")
    broker.append("orders", 0, [Record(None, b"x")] * 5).result()
    broker.append("jobs", 0, [Record(None, b"y")] * 3).result()
    broker.queues.receive("jobs", "ann")
    clock.advance(500)
    broker.keep_house()
    then = clock.now_ms()
    clock.advance(500)
    broker.rename_topic("orders", "sales")
    broker.rename_topic("jobs", "tasks")
    clock.advance(500)
    broker.keep_house()
    broker.close()
    with BrokerReader(tmp_path / "a.flow") as reader:
        timeline = Timeline(reader)
        past = timeline.state_at(then)
        assert {topic.name: topic.records for topic in past.topics} == {"sales": 5, "tasks": 3}
        (queue,) = past.queues
        assert (queue.name, queue.topic, queue.counts.in_flight) == ("tasks", "tasks", 1)
        page = timeline.messages_at(then, "tasks")
        assert [message.state for message in page.messages].count(MessageState.IN_FLIGHT) == 1
        assert {move.topic for move in timeline.flow_of(0, then + 1)} == {"sales", "tasks"}
        assert timeline.flow_of(0, then + 1)[-1].group == "tasks"
