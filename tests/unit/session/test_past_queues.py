"""Queues in the past: at every instant what they were then, whatever happened since; also after a host that died."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.entries import entry_of
from workbench.broker import Broker, BrokerReader
from workbench.core.clock import ManualClock
from workbench.core.errors import NotFound
from workbench.core.queues import DELAY_MS, MessageId, MessageState
from workbench.core.records import PartitionBounds, Record
from workbench.session import past_messages
from workbench.session.message_history import history_of
from workbench.session.timeline import Timeline

QUEUES = {"jobs": "jobs", "orders:mail": "orders", "orders:late": "orders"}


def make(path):
    broker = Broker.create(path, clock=ManualClock(), background=False)
    broker.create_topic("letters", 1, "queue")
    broker.create_topic("jobs", 2, "queue", {"queue.max.deliveries": "2", "queue.dead.letter": "letters"})
    broker.create_topic("orders", 1)
    broker.queues.subscribe("orders", "mail", {})
    broker.append("orders", 0, [Record(None, b"before")] * 2).result()
    broker.queues.subscribe("orders", "late", {"queue.start": "latest"})
    return broker


def pass_time(broker, ms=100):
    """What happened carries the time at which it is told."""
    broker.keep_house()
    broker.clock.advance(ms)
    broker.keep_house()


def listed(messages):
    """What a list of messages says of each."""
    return [(m.id, m.state, m.attempts, m.consumer) for m in messages]


def seen(stats):
    return {
        stat.name: (stat.topic, stat.subscription, stat.counts.ready, stat.counts.delayed, stat.counts.in_flight,
                    stat.counts.dead, {one.consumer: one.in_flight for one in stat.consumers})
        for stat in stats
    }


class QueueSession(RuleBasedStateMachine):
    place = None

    @initialize()
    def open(self):
        self.broker = make(self.place.mktemp("queues") / "a.flow")
        self.truths = []

    def teardown(self):
        if not hasattr(self, "broker"):
            return
        self.look()
        with BrokerReader(self.broker.path) as reader:
            timeline = Timeline(reader)
            for at_ms, truth, messages in (*self.truths, *reversed(self.truths)):
                assert seen(timeline.state_at(at_ms).queues) == truth
                assert {name: listed(timeline.messages_at(at_ms, name).messages) for name in messages} == messages
        self.broker.close()

    @rule()
    def look(self):
        pass_time(self.broker)
        messages = {name: listed(self.broker.queues.peek(name)) for name in (*QUEUES, "letters")}
        self.truths.append((self.broker.clock.now_ms(), seen(self.broker.queues.stats()), messages))
        self.broker.clock.advance(1)  # what comes next is of another instant

    @rule(queue=st.sampled_from(sorted(QUEUES)), count=st.integers(1, 5))
    def send(self, queue, count):
        self.broker.append(QUEUES[queue], 0, [Record(None, b"x")] * count)

    @rule(queue=st.sampled_from(sorted(QUEUES)), who=st.sampled_from(["ann", "bob"]), count=st.integers(1, 4),
          act=st.sampled_from(["keep", "ack", "nack", "later", "reject"]))
    def receive(self, queue, who, count, act):
        receipts = [delivery.receipt for delivery in self.broker.queues.receive(queue, who, count)]
        if act == "ack":
            self.broker.queues.ack(queue, receipts)
        elif act in ("nack", "later"):
            self.broker.queues.nack(queue, receipts, delay_ms=5_000 if act == "later" else None)
        elif act == "reject":
            self.broker.queues.reject(queue, receipts)

    @rule(queue=st.sampled_from(sorted(QUEUES)), who=st.sampled_from(["ann", "bob"]))
    def leave(self, queue, who):
        self.broker.queues.detach(queue, who)

    @rule(queue=st.sampled_from(["jobs", "letters"]))
    def redrive_or_purge(self, queue):
        if queue == "jobs":
            self.broker.queues.purge(queue)
        else:
            self.broker.queues.redrive(queue)


def test_any_instant_is_found_again(tmp_path_factory):
    QueueSession.place = tmp_path_factory
    QueueSession.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
    QueueSession.TestCase().runTest()


@pytest.fixture
def broker(tmp_path):
    with make(tmp_path / "a.flow") as made:
        yield made


def test_rates_are_those_of_the_second_before(broker):
    broker.append("jobs", 0, [Record(None, b"x")] * 30).result()
    broker.queues.ack("jobs", [d.receipt for d in broker.queues.receive("jobs", "ann", 20)])
    pass_time(broker)
    with BrokerReader(broker.path) as reader:
        jobs = Timeline(reader).state_at(broker.clock.now_ms()).queue("jobs")
        assert (jobs.rate_in, jobs.rate_out, jobs.dead_letter) == (30.0, 20.0, "letters")
        assert [(one.consumer, one.rate) for one in jobs.consumers] == [("ann", 20.0)]


def test_what_nobody_took_is_told_of_the_exchange(broker):
    broker.exchanges.publish("", "nowhere", [Record(None, b"x")], mandatory=True).result()
    pass_time(broker)
    with BrokerReader(broker.path) as reader:
        (default,) = Timeline(reader).state_at(broker.clock.now_ms()).exchanges
    assert (default.unroutable, default.returned, default.last_unroutable) == (1, 1, "nowhere")


def test_a_host_that_stopped_leaves_nothing_in_flight(broker):
    broker.append("jobs", 0, [Record(None, b"x")] * 3).result()
    broker.queues.receive("jobs", "ann", 2)
    pass_time(broker)
    at_work = broker.clock.now_ms()
    broker.clock.advance(1000)
    broker.close()
    with Broker.open(broker.path, clock=broker.clock, background=False) as again, BrokerReader(again.path) as reader:
        timeline = Timeline(reader)
        assert timeline.state_at(at_work).queue("jobs").counts.in_flight == 2
        after = timeline.state_at(broker.clock.now_ms()).queue("jobs")
        assert (after.counts.ready, after.counts.in_flight, after.consumers) == (3, 0, ())


def test_a_purge_is_in_the_story_of_what_it_removed_and_of_nothing_else(broker):
    broker.append("jobs", 0, [Record(None, b"x")] * 8).result()
    taken = [delivery.receipt for delivery in broker.queues.receive("jobs", "ann", 5)]
    broker.queues.ack("jobs", taken[:1])
    broker.queues.nack("jobs", taken[1:2], delay_ms=60_000)
    broker.queues.reject("jobs", taken[2:3])
    pass_time(broker)
    before = broker.clock.now_ms()
    broker.clock.advance(1)
    broker.queues.ack("jobs", taken[3:4])  # in the same tick of the journal
    plan = broker.queues.purge("jobs")
    broker.append("jobs", 0, [Record(None, b"x")]).result()
    pass_time(broker)
    with BrokerReader(broker.path) as reader:
        told = {at: [line.text for line in history_of(reader, "jobs", "jobs", MessageId(0, at)).lines]
                for at in range(9)}
        assert {at for at, lines in told.items() if "removed by a purge" in lines} == {1, 5, 6, 7}
        assert told[1][-2:] == ["given back by ann, to wait 1 min", "removed by a purge"]
        assert told[3] == ["sent to jobs", "leased by ann", "acked by ann"]
        timeline = Timeline(reader)
        assert {m.id.offset for m in timeline.messages_at(before, "jobs").messages} == {1, 3, 4, 5, 6, 7}
        now = broker.clock.now_ms()
        assert {m.id.offset for m in timeline.messages_at(now, "jobs").messages} == {4, 8}
        purges = [mark.text for mark in timeline.marks(0, now + 1) if mark.kind == "purge"]
    assert (plan.ready + plan.delayed + plan.dead, purges) == (4, ["jobs purged of 4 messages"])


def test_a_purge_as_an_older_workbench_journalled_it_still_counts():
    class Source:
        entries = [
            entry_of("append", 1, "jobs", 0, 0, 2, 3, id=1),
            entry_of("lease", 2, "jobs", 0, 1, 1, 1, group="jobs", member="ann", detail={"attempt": 1}, id=2),
            entry_of("purge", 3, "jobs", count=2, group="jobs", id=3),
        ]

        def journal_about(self, topic, partition, first, last):
            return [entry for entry in self.entries if entry.partition == partition]

        def journal(self, after_id=0, from_ms=None, to_ms=None, kinds=(), limit=1000):
            return [entry for entry in self.entries if entry.kind in kinds and entry.at_ms < to_ms]

        def read(self, topic, partition, offset, max_records):
            return []

    view = past_messages.PastQueueView("jobs", "jobs", 9, (PartitionBounds(0, 0, 3),))
    assert [m.id.offset for m in past_messages.messages_at(Source(), view).messages] == [1]


def test_messages_come_a_page_at_a_time_over_all_partitions(broker):
    for partition in (0, 1):
        broker.append("jobs", partition, [Record(b"%d" % n, b"x") for n in range(5)]).result()
    gone = [delivery.receipt for delivery in broker.queues.receive("jobs", "ann", 10) if delivery.receipt.offset == 2]
    broker.queues.ack("jobs", gone).result()
    pass_time(broker)
    with BrokerReader(broker.path) as reader:
        timeline, at_ms = Timeline(reader), broker.clock.now_ms()
        found, after = [], None
        while True:
            page = timeline.messages_at(at_ms, "jobs", (), after, 3)
            assert len(page.messages) <= 3
            found += page.messages
            if page.looked_to is None:
                break
            after = page.looked_to
        held = [m.id for m in timeline.messages_at(at_ms, "jobs", (MessageState.IN_FLIGHT,)).messages]
        done = [m.id for m in timeline.messages_at(at_ms, "jobs", (MessageState.ACKED,)).messages]
    assert [m.id for m in found] == [(p, n) for p in (0, 1) for n in range(5) if n != 2] == held
    assert [m.record.key for m in found[:3]] == [b"0", b"1", b"3"]
    assert done == [(0, 2), (1, 2)]


def test_a_page_looks_at_no_more_than_it_may(broker, monkeypatch):
    monkeypatch.setattr(past_messages, "STRETCH", 10)
    monkeypatch.setattr(past_messages, "MOST_LOOKED", 20)
    broker.append("jobs", 0, [Record(None, b"x")] * 50).result()
    taken = [delivery.receipt for delivery in broker.queues.receive("jobs", "ann", 50)]
    broker.queues.ack("jobs", [receipt for receipt in taken if receipt.offset not in (0, 45)]).result()
    pass_time(broker)
    pages, after = [], None
    with BrokerReader(broker.path) as reader:
        while not pages or after is not None:
            page = Timeline(reader).messages_at(broker.clock.now_ms(), "jobs", (), after)
            pages.append([m.id.offset for m in page.messages])
            after = page.looked_to
    assert pages == [[0], [], [45]]


def test_a_record_that_is_gone_says_so_and_a_queue_made_anew_too(broker):
    broker.append("jobs", 0, [Record(b"A-1", b"x")]).result()
    (taken,) = broker.queues.receive("jobs", "ann", 1)
    pass_time(broker)
    held_ms = broker.clock.now_ms()
    broker.clock.advance(1_000)
    broker.queues.ack("jobs", [taken.receipt]).result()
    pass_time(broker)
    broker.delete_records("jobs", 0, 1)
    with BrokerReader(broker.path) as reader:
        (message,) = Timeline(reader).messages_at(held_ms, "jobs").messages
        assert (message.state, message.consumer, message.kept) == (MessageState.IN_FLIGHT, "ann", False)
        assert "no longer kept" in message.reason
        assert Timeline(reader).messages_at(broker.clock.now_ms(), "jobs").messages == ()
        with pytest.raises(NotFound, match="no queue nothing"):
            Timeline(reader).messages_at(held_ms, "nothing")
    broker.clock.advance(1_000)
    broker.delete_topic("jobs")
    broker.create_topic("jobs", 2, "queue")
    pass_time(broker)
    with BrokerReader(broker.path) as reader, pytest.raises(NotFound, match="made anew"):
        Timeline(reader).messages_at(held_ms, "jobs")


def test_what_is_sent_with_a_delay_waits_until_then(broker):
    broker.append("jobs", 0, [Record(None, b"x", ((DELAY_MS, b"5000"),))]).result()
    pass_time(broker)
    with BrokerReader(broker.path) as reader:
        (message,) = Timeline(reader).messages_at(broker.clock.now_ms(), "jobs").messages
        assert message.state is MessageState.DELAYED and message.until_ms is not None
    broker.clock.advance(6_000)
    pass_time(broker)
    with BrokerReader(broker.path) as reader:
        (message,) = Timeline(reader).messages_at(broker.clock.now_ms(), "jobs").messages
        assert (message.state, message.until_ms) == (MessageState.READY, None)
