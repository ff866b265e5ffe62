"""The past: at every instant the truth of that instant; marks, movements, speed on a long session."""

from __future__ import annotations

import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.entries import entry_of
from workbench.broker import (
    Broker,
    BrokerReader,
    JoinedMember,
    JoinRequest,
    Leaver,
    RebalanceInProgress,
    SyncRequest,
    UnknownMember,
    assignor,
    subscribed_topics,
)
from workbench.core.clock import ManualClock
from workbench.core.errors import Refused, WorkbenchError
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record, TopicPartition
from workbench.core.snapshot import PartState, RunState
from workbench.session.timeline import Timeline

RANGE = assignor("range")
TOPICS = {"orders": 3, "payments": 2}


@pytest.fixture
def broker(tmp_path):
    with Broker.create(tmp_path / "a.flow", clock=ManualClock(), background=False) as made:
        for name, partitions in TOPICS.items():
            made.create_topic(name, partitions)
        yield made


def append(broker, topic, partition, count):
    return broker.append(topic, partition, [Record(None, b"x" * 10)] * count).result()


def pass_time(broker, ms):
    """The journal is written at the end of each span, so what happened in it carries the time it happened."""
    broker.keep_house()
    broker.clock.advance(ms)
    broker.keep_house()


def enter(broker, group, client):
    """A member joins; everybody rejoins; returns the joining future's result once the group is stable."""
    metadata = RANGE.metadata(sorted(TOPICS), (), -1)
    return broker.join_group(JoinRequest(group, (("range", metadata),), client_id=client, session_timeout_ms=600_000))


def share_out(broker, group, joined):
    leader = next(result for result in joined if result.is_leader)
    assert subscribed_topics(leader.members) == set(TOPICS)
    shares = RANGE.share_out(leader.members, TOPICS)
    for result in sorted(joined, key=lambda r: r.is_leader):
        broker.sync_group(SyncRequest(group, result.member_id, result.generation, shares if result.is_leader else {}))


def truth(broker):
    """What the broker itself says now: bounds, commits, members with their partitions."""
    bounds = {t.name: [(b.log_start, b.end) for b in broker.bounds(t.name)] for t in broker.topics()}
    groups = {
        g.name: (
            str(g.state), g.generation, {m.member_id: set(m.assignment) for m in g.members},
            {part: done.offset for part, done in broker.committed(g.name).items()},
        )
        for g in broker.groups()
    }
    return bounds, groups


def shown(snapshot):
    """The same, out of a snapshot of the past."""
    bounds = {t.name: [(p.log_start, p.end) for p in t.partitions] for t in snapshot.topics}
    groups = {
        g.name: (
            g.state, g.generation, {m.member_id: {TopicPartition(*p) for p in m.partitions} for m in g.members},
            {TopicPartition(p.topic, p.partition): p.committed for p in g.partitions if p.committed is not None},
        )
        for g in snapshot.groups
    }
    return bounds, groups


class Session(RuleBasedStateMachine):
    """Anything may happen to a live broker; every instant that was looked at must be found again."""

    place = None

    @initialize()
    def open(self):
        self.broker = Broker.create(self.place.mktemp("session") / "a.flow", clock=ManualClock(), background=False)
        self.truths = []
        self.joining = []

    def teardown(self):
        if not hasattr(self, "broker"):
            return
        self.look()
        with BrokerReader(self.broker.path) as reader:
            timeline = Timeline(reader)
            for at_ms, seen in self.truths:  # forward, as it plays
                assert shown(timeline.state_at(at_ms)) == seen
            for at_ms, seen in reversed(self.truths):  # and scrubbed back
                assert shown(timeline.state_at(at_ms)) == seen
        self.broker.close()

    @rule()
    def look(self):
        self.truths.append((self.broker.clock.now_ms(), truth(self.broker)))
        pass_time(self.broker, 100)

    @rule(ms=st.sampled_from([100, 1_000, 12_000]))
    def wait(self, ms):
        pass_time(self.broker, ms)

    @rule(topic=st.sampled_from(sorted(TOPICS)))
    def create_or_delete(self, topic):
        if topic in {t.name for t in self.broker.topics()}:
            self.broker.delete_topic(topic)
        else:
            self.broker.create_topic(topic, TOPICS[topic])

    @rule(topic=st.sampled_from(sorted(TOPICS)), partition=st.integers(0, 2), count=st.integers(1, 9))
    def write(self, topic, partition, count):
        if self.broker.has_partition(topic, partition):
            append(self.broker, topic, partition, count)

    @rule(topic=st.sampled_from(sorted(TOPICS)), partition=st.integers(0, 2), until=st.integers(0, 9))
    def cut(self, topic, partition, until):
        if self.broker.has_partition(topic, partition):
            self.broker.delete_records(topic, partition, min(until, self.broker.bounds(topic)[partition].end))

    @rule(topic=st.sampled_from(sorted(TOPICS)), partition=st.integers(0, 2), offset=st.integers(0, 20))
    def commit(self, topic, partition, offset):
        member = next(iter(self.broker.group("g").members), None) if self._has_group() else None
        if not self.broker.has_partition(topic, partition):
            return
        member_id, generation = (member.member_id, self.broker.group("g").generation) if member else ("", -1)
        done = self.broker.commit_offsets("g", member_id, generation, {TopicPartition(topic, partition): (offset, "")})
        assert isinstance(done.exception(0), RebalanceInProgress | None)

    @rule(kind=st.sampled_from(["earliest", "latest"]))
    def reset(self, kind):
        try:
            self.broker.apply_reset("g", ResetSpec(kind), "orders")
        except (Refused, WorkbenchError):
            return

    @rule(client=st.sampled_from("abc"))
    def join(self, client):
        metadata = RANGE.metadata(sorted(TOPICS), (), -1)
        for member in self.broker.group("g").members if self._has_group() else ():
            self.broker.join_group(JoinRequest("g", (("range", metadata),), member.member_id, member.client_id,
                                               session_timeout_ms=60_000))
        self.joining.append(enter(self.broker, "g", client))
        pass_time(self.broker, 60)
        pass_time(self.broker, 60)

    @rule()
    def settle(self):
        if not self._has_group():
            return
        group = self.broker.group("g")
        if group.state == "CompletingRebalance":
            shares = RANGE.share_out([JoinedMember(m.member_id, None, m.metadata) for m in group.members], TOPICS)
            self.broker.sync_group(SyncRequest("g", group.leader, group.generation, shares))

    @rule()
    def leave(self):
        if self._has_group() and (members := self.broker.group("g").members):
            assert not isinstance(self.broker.leave_group("g", Leaver(members[0].member_id))[0], UnknownMember)

    @rule()
    def delete_group(self):
        if self._has_group() and not self.broker.group("g").active:
            self.broker.delete_group("g")

    def _has_group(self):
        return "g" in {g.name for g in self.broker.groups()}


def test_the_past_is_the_truth_of_every_instant(tmp_path_factory):
    Session.place = tmp_path_factory
    Session.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
    Session.TestCase("runTest").runTest()


def test_producers_stood_as_the_flow_did_and_an_earlier_run_is_over(broker, tmp_path):
    clock, at = broker.clock, {}
    for moment, kind, act in (("running", "run", "started"), ("failed", "producer", "failed"),
                              ("held", "run", "paused"), ("again", "run", "started"),
                              ("one paused", "producer", "paused"),
                              ("resumed", "producer", "resumed"), ("all paused", "run", "paused"),
                              ("stopped", "run", "stopped")):
        own = {"node": "p1", "name": "checkout", "reason": "No such field."} if kind == "producer" else {"speed": 1.0}
        broker.journal(entry_of(kind, clock.now_ms(), detail={"act": act, **own}))
        pass_time(broker, 100)
        at[moment] = clock.now_ms() - 50
    with BrokerReader(tmp_path / "a.flow") as reader:
        past = Timeline(reader)
        state = {moment: getattr(past.state_at(ms).producer("p1"), "state", None) for moment, ms in at.items()}
        assert past.state_at(at["failed"]).producer("p1").reason == "No such field."
        assert not past.state_at(at["failed"]).producer("p1").measured
    assert state == {"running": None, "failed": PartState.FAILED, "held": PartState.FAILED, "again": None,
                     "one paused": PartState.PAUSED, "resumed": PartState.RUNNING, "all paused": PartState.PAUSED,
                     "stopped": PartState.IDLE}


def test_positions_rates_lag_and_the_run_are_shown(broker, tmp_path):
    clock = broker.clock
    joining = enter(broker, "billing", "till")
    pass_time(broker, 60)
    joined = joining.result(0)
    share_out(broker, "billing", [joined])
    broker.journal(entry_of("run", clock.now_ms(), detail={"act": "started", "speed": 2.0, "seed": 1}))
    broker.journal(entry_of("producer", clock.now_ms(), detail={"node": "p1", "act": "paused"}))
    for _ in range(20):
        pass_time(broker, 100)
        append(broker, "orders", 1, 10)
        broker.note_delivery("orders", 1, 0, 4, "billing", joined.member_id)
        broker.commit_offsets("billing", joined.member_id, 1, {TopicPartition("orders", 1): (4, "")}).result(0)
    broker.journal(entry_of("member", clock.now_ms(), group="billing", member="till", detail={"act": "paused"}))
    pass_time(broker, 50)
    at = clock.now_ms() - 50
    with BrokerReader(tmp_path / "a.flow") as reader:
        past = Timeline(reader).state_at(at)
    assert (past.live, past.run, past.speed) == (False, RunState.RUNNING, 2.0)
    assert past.producer("p1").state is PartState.PAUSED
    assert past.topic("orders").rate_in == past.topic("orders").partitions[1].rate_in == 100.0
    group = past.group("billing")
    stat = next(p for p in group.partitions if (p.topic, p.partition) == ("orders", 1))
    assert (stat.position, stat.committed, stat.end, stat.lag_records) == (5, 4, 200, 196)
    assert stat.member_id == joined.member_id
    assert stat.lag_ms > 0
    assert group.trend > 0
    assert (group.members[0].name, group.members[0].state, group.members[0].lag_records) == (
        "till", PartState.PAUSED, 196)
    assert group.members[0].rate == 50.0


def test_marks_are_sentences_and_inner_steps_are_left_out(broker, tmp_path):
    joining = enter(broker, "billing", "till")
    pass_time(broker, 60)
    share_out(broker, "billing", [joining.result(0)])
    append(broker, "orders", 0, 5)
    broker.journal(entry_of("bookmark", broker.clock.now_ms(), detail={"text": "look here"}))
    pass_time(broker, 100)
    with BrokerReader(tmp_path / "a.flow") as reader:
        first, last = Timeline(reader).range()
        marks = Timeline(reader).marks(first, last + 1)
    assert [(m.kind, m.text, m.subject) for m in marks] == [
        ("rebalance", "billing: generation 1, 1 member", "group:billing"),
        ("bookmark", "look here", ""),
    ]


def test_a_bookmark_of_the_past_stands_where_it_points(broker, tmp_path):
    append(broker, "orders", 0, 1)
    pass_time(broker, 1000)
    moment = broker.clock.now_ms() - 500
    broker.journal(entry_of("bookmark", broker.clock.now_ms(), detail={"text": "here", "at_ms": moment}))
    pass_time(broker, 100)
    with BrokerReader(tmp_path / "a.flow") as reader:
        marks = Timeline(reader).marks(moment, moment + 1)
    assert [(mark.kind, mark.at_ms) for mark in marks] == [("bookmark", moment)]


def test_movements_say_what_was_read_again(broker, tmp_path):
    start = broker.clock.now_ms()
    append(broker, "orders", 0, 5)
    broker.note_delivery("orders", 0, 0, 4, "billing", "m")
    pass_time(broker, 1_000)
    broker.note_delivery("orders", 0, 2, 4, "billing", "m")
    pass_time(broker, 100)
    with BrokerReader(tmp_path / "a.flow") as reader:
        moved = Timeline(reader).flow_of(start, start + 2_000)
        assert [(m.at_ms - start, m.kind, m.first, m.last, m.again) for m in moved] == [
            (0, "append", 0, 4, False), (0, "deliver", 0, 4, False), (1_000, "deliver", 2, 4, True)]
        assert Timeline(reader).histogram(start, start + 2_000, 2) == [5, 0]


def test_an_empty_past_is_a_snapshot_of_nothing(tmp_path):
    with Broker.create(tmp_path / "a.flow", clock=ManualClock(), background=False), \
            BrokerReader(tmp_path / "a.flow") as reader:
        assert Timeline(reader).range() == (0, 0)
        assert Timeline(reader).state_at(5).topics == ()


def test_a_session_at_a_high_rate_is_scrubbed_in_milliseconds(broker, tmp_path):
    """Two minutes of full ticks: what a look costs depends on the keyframe interval, not on the length."""
    clock, start, parts = broker.clock, broker.clock.now_ms(), [("orders", p) for p in range(3)]
    for tick in range(1_200):
        for topic, partition in parts:
            append(broker, topic, partition, 2)
            broker.note_delivery(topic, partition, tick * 2, tick * 2 + 1, "billing", "m")
        done = {TopicPartition(*part): (tick * 2, "") for part in parts}
        broker.commit_offsets("billing", "", -1, done).result(0)
        clock.advance(100)
    broker.keep_house()
    with BrokerReader(tmp_path / "a.flow") as reader:
        timeline, took = Timeline(reader), []
        for step in range(31):
            tick = (step * 389) % 1_200
            begun = time.perf_counter()
            past = timeline.state_at(start + tick * 100)
            took.append(time.perf_counter() - begun)
            assert past.topic("orders").partitions[0].end == 2 * tick + 2
        assert sorted(took)[15] < 0.1, "a generous bound for a busy machine; a quiet one takes under ten milliseconds"
