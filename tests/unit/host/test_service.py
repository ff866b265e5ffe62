"""Every command of the control channel, against a host in this process."""

from __future__ import annotations

import signal
import threading
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import BrokerReader, decode_batch, encode_batch
from workbench.control import messages as m
from workbench.core.changes import Changes
from workbench.core.errors import AlreadyExists, HostGone, Invalid, NotFound, Refused, Unsupported
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record
from workbench.core.snapshot import RunState
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import LocalHost
from workbench.host.service import Service


def drawing(limit: int = 0, **group: object) -> str:
    """orders <- shop (a producer that ends after ``limit``), read by billing."""
    return codec.dumps(FlowDocument(
        [
            Node("t", "topic", "orders", params={"partitions": 2}),
            Node("p", "producer", "shop", params={"rate": 2000.0, "limit": limit}),
            Node("g", "group", "billing", params={"members": 1, **group}),
        ],
        [Link("l1", "p", "t"), Link("l2", "t", "g")],
    ))


def fill(host: LocalHost, topic: str = "orders", count: int = 100, partitions: int = 1) -> None:
    host.call(m.CreateTopic(topic, partitions))
    for partition in range(partitions):
        records = tuple(Record(b"k%d" % i, b"v%d" % i, (), 1000 + i) for i in range(count))
        host.call(m.AppendRecords(topic, records, partition))


def is_drained(push: m.Push) -> bool:
    """Producers done and nothing behind, as a snapshot shows it."""
    if push.snapshot is None or not push.snapshot.producers or not push.snapshot.groups:
        return False
    done = all(producer.state.value == "done" for producer in push.snapshot.producers)
    return done and all(group.partitions and not group.lag_records for group in push.snapshot.groups)


def test_ctrl_c_while_it_opens_ends_it_and_frees_the_file(path: Path, monkeypatch: pytest.MonkeyPatch):
    opening = Service.open

    async def interrupted(*given: object, **named: object) -> Service:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return await opening(*given, **named)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Service, "open", interrupted)
        LocalHost(path)
    with closing(LocalHost(path)) as host:
        assert host.call(m.ListTopics()).topics == ()


# -- topics and records ------------------------------------------------------------------------------------
def test_topics_are_made_described_altered_and_deleted(host: LocalHost):
    host.call(m.CreateTopic("orders", 3, config={"retention.ms": "60000"}))
    host.call(m.AlterTopic("orders", 4, {"retention.ms": None}))
    (topic,) = host.call(m.ListTopics()).topics
    assert (topic.name, topic.partitions, topic.config) == ("orders", 4, {})
    assert topic.defaults["retention.ms"] == "-1"
    assert [p.end for p in topic.stat.partitions] == [0, 0, 0, 0]
    host.call(m.DeleteTopic("orders"))
    assert host.call(m.ListTopics()).topics == ()


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (m.CreateTopic("orders"), AlreadyExists),
        (m.CreateTopic("a/b"), Invalid),
        (m.CreateTopic("many", 1_000_000), Invalid),
        (m.CreateTopic("odd", 1, config={"no.such": "1"}), Invalid),
        (m.AlterTopic("nope"), NotFound),
        (m.DeleteTopic("nope"), NotFound),
        (m.AppendRecords("nope", (Record(),)), NotFound),
        (m.AppendRecords("orders", (Record(),), 9), NotFound),
        (m.AppendRecords("orders", (Record(),), partitioner="magic"), Invalid),
        (m.AppendRecords("orders", (Record(value=bytes(2_000_000)),)), Invalid),
        (m.PlanReset("g", ResetSpec("earliest"), "nope"), NotFound),
        (m.DeleteGroup("nope"), NotFound),
        (m.OpenConsumer("g", ("nope",)), NotFound),
        (m.OpenConsumer("g", ("orders",), start="soon"), Invalid),
        (m.PollConsumer(99), NotFound),
        (m.SaveFlow("not json"), Invalid),
        (m.SetSpeed(0), Invalid),
        (m.SetSpeed(float("nan")), Invalid),
        (m.ControlProducer("p", "pause"), Refused),
        (m.ControlMember("g", "add"), Refused),
        (m.SeekMember("g", "orders", 0, 0), Refused),
        (m.Hello("token"), Unsupported),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(host: LocalHost, command: m.Command, error: type[Exception]):
    host.call(m.CreateTopic("orders"))
    with pytest.raises(error) as caught:
        host.call(command)
    assert len(caught.value.message) > 10


def test_records_go_by_key_and_come_back_with_their_offsets(host: LocalHost, path: Path):
    host.call(m.CreateTopic("orders", 3))
    records = tuple(Record(b"k%d" % (i % 7), b"%d" % i) for i in range(70))
    appended = host.call(m.AppendRecords("orders", records)).appended
    assert sum(one.count for one in appended) == 70
    with BrokerReader(path) as reader:
        homes = {r.key: r.partition for p in range(3) for r in reader.read("orders", p, 0, 100)}
        assert len(homes) == 7
        seen = [r.value for r in reader.read("orders", homes[b"k3"], 0, 100) if r.key == b"k3"]
        assert seen == [b"%d" % i for i in range(70) if i % 7 == 3]


def test_a_ready_batch_is_stored(host: LocalHost):
    host.call(m.CreateTopic("orders"))
    (appended,) = host.call(m.AppendBatch("orders", 0, encode_batch([Record(b"a", None)], now_ms=5))).appended
    assert (appended.base_offset, appended.count) == (0, 1)


# -- groups ------------------------------------------------------------------------------------------------
def test_a_reset_is_planned_and_applied(host: LocalHost):
    fill(host)
    plan = host.call(m.PlanReset("g", ResetSpec("offset", 40), "orders")).plan
    assert [(move.before, move.after) for move in plan.moves] == [(None, 40)] and not plan.applied
    assert host.call(m.ApplyReset("g", ResetSpec("offset", 40), "orders")).plan.applied
    (group,) = host.call(m.ListGroups()).groups
    assert (group.name, group.state, group.lag_records) == ("g", "Empty", 60)
    host.call(m.DeleteGroup("g"))
    assert host.call(m.ListGroups()).groups == ()


def test_a_member_from_outside_reads_commits_and_leaves(host: LocalHost):
    fill(host, count=30)
    opened = host.call(m.OpenConsumer("g", ("orders",), "earliest"))
    values: list[bytes | None] = []
    while len(values) < 30:
        polled = host.call(m.PollConsumer(opened.consumer))
        for topic, partition, wanted, data in polled.batches:
            values += [r.value for r in decode_batch(data, topic, partition) if r.offset >= wanted]
    assert values == [b"v%d" % i for i in range(30)]
    (group,) = host.call(m.ListGroups()).groups
    assert (group.state, len(group.members), group.members[0].partitions) == ("Stable", 1, (("orders", 0),))
    with pytest.raises(Refused):
        host.call(m.ApplyReset("g", ResetSpec("earliest"), "orders"))
    assert host.call(m.ApplyReset("g", ResetSpec("offset", 20), "orders", pause_members=True)).plan.applied
    again: list[int] = []
    while len(again) < 10:
        polled = host.call(m.PollConsumer(opened.consumer))
        for topic, partition, wanted, data in polled.batches:
            again += [r.offset for r in decode_batch(data, topic, partition) if r.offset >= wanted]
    assert again == list(range(20, 30))
    host.call(m.CommitConsumer(opened.consumer, (("orders", 0, 30),)))
    host.call(m.CloseConsumer(opened.consumer))
    (group,) = host.call(m.ListGroups()).groups
    assert (group.state, group.members, group.partitions[0].committed) == ("Empty", (), 30)


def test_a_poll_keeps_to_its_bytes_and_loses_nothing(host: LocalHost):
    host.call(m.CreateTopic("big"))
    records = tuple(Record(None, bytes([i]) * 1000) for i in range(50))
    host.call(m.AppendRecords("big", records, 0))
    consumer = host.call(m.OpenConsumer("g", ("big",), "earliest")).consumer
    offsets: list[int] = []
    while len(offsets) < 50:
        polled = host.call(m.PollConsumer(consumer, max_bytes=7000))
        assert sum(len(data) for *_, data in polled.batches) < 9000
        for topic, partition, wanted, data in polled.batches:
            offsets += [r.offset for r in decode_batch(data, topic, partition) if r.offset >= wanted]
    assert offsets == list(range(50))


# -- flow --------------------------------------------------------------------------------------------------
def test_saving_a_drawing_makes_its_topics_and_is_journalled_once(host: LocalHost, path: Path):
    text = drawing()
    host.call(m.SaveFlow(text))
    host.call(m.SaveFlow(text))
    assert host.call(m.GetFlow()).text == text
    (topic,) = host.call(m.ListTopics()).topics
    assert (topic.name, topic.partitions) == ("orders", 2)
    host.close()
    with BrokerReader(path) as reader:
        assert len(reader.journal(kinds=("flow",))) == 1


def test_a_flow_runs_until_it_is_drained_and_sums_up(host: LocalHost, watch):
    host.call(m.SaveFlow(drawing(limit=500)))
    host.call(m.Run(seed=7))
    pushes = watch(host)
    host.call(m.Subscribe(20))
    pushes.wait_for(is_drained)
    host.call(m.Stop())
    outcome = host.call(m.GetOutcome())
    assert outcome.run is RunState.STOPPED
    assert outcome.produced == {"orders": 500}
    billing = outcome.groups["billing"]
    assert (billing.consumed, billing.lag, billing.order_violations, billing.lost) == (500, 0, 0, 0)
    assert outcome.seed == 7


def test_a_running_group_is_paused_moved_and_reads_again(host: LocalHost, watch):
    host.call(m.SaveFlow(drawing(limit=300)))
    host.call(m.Run())
    pushes = watch(host)
    host.call(m.Subscribe(20))
    pushes.wait_for(is_drained)
    plan = host.call(m.ApplyReset("billing", ResetSpec("earliest"), "orders", pause_members=True)).plan
    assert plan.applied and plan.read_again == 300
    pushes.seen.clear()
    pushes.wait_for(is_drained)
    host.call(m.Stop())
    assert host.call(m.GetOutcome()).groups["billing"].duplicates == 300


def test_run_pause_step_speed_and_members(host: LocalHost):
    host.call(m.SaveFlow(drawing()))
    host.call(m.Run())
    host.call(m.SetSpeed(4.0))
    host.call(m.ControlGroup("g", "pause"))
    host.call(m.ControlGroup("g", "resume"))
    host.call(m.ControlMember("g", "add"))
    host.call(m.ControlMember("g", "kill", "billing-2"))
    host.call(m.ControlProducer("p", "rate", 10.0))
    snapshot = host.call(m.TakeSnapshot())
    assert (snapshot.run, snapshot.speed) == (RunState.RUNNING, 4.0)
    (billing,) = [g for g in snapshot.groups if g.name == "billing"]
    assert {member.name: member.state.value for member in billing.members}["billing-2"] == "killed"
    host.call(m.Pause())
    host.call(m.Step())
    assert host.call(m.TakeSnapshot()).run is RunState.PAUSED
    host.call(m.Stop())


# -- the session -------------------------------------------------------------------------------------------
def test_bookmarks_are_journalled(host: LocalHost, path: Path):
    host.call(m.SetBookmark(5, "here"))
    host.close()
    with BrokerReader(path) as reader:
        assert [e.text for e in reader.journal(kinds=("bookmark",))] == ["here"]


def test_save_as_makes_a_complete_copy(host: LocalHost, tmp_path: Path):
    fill(host)
    host.call(m.SaveAs(str(tmp_path / "copy.flow")))
    with BrokerReader(tmp_path / "copy.flow") as reader:
        assert len(reader.read("orders", 0, 0, 1000)) == 100
    with pytest.raises(Invalid, match="itself"):
        host.call(m.SaveAs(str(tmp_path / "work.flow")))


def test_subscribers_get_snapshots_and_changes(host: LocalHost, watch):
    pushes = watch(host)
    host.call(m.Subscribe(20))
    first = pushes.wait_for(lambda push: push.snapshot is not None)
    host.call(m.CreateTopic("orders"))
    host.call(m.PutUser("ann", "a word that is long enough"))
    pushes.wait_for(lambda push: push.changes & Changes.USERS.value)
    later = pushes.wait_for(lambda push: push.snapshot is not None and push.snapshot.topic("orders"))
    assert later.snapshot.seq > first.snapshot.seq
    assert later.snapshot.host.rss_bytes > 0 and later.snapshot.host.file_bytes > 0


def test_shutdown_ends_the_host_in_order(host: LocalHost, path: Path):
    fill(host)
    host.call(m.Shutdown())
    host.close()
    with BrokerReader(path) as reader:
        assert reader.bounds("orders")[0].end == 100
    with pytest.raises(HostGone):
        host.call(m.Status())


def _drawn_topic(**params: object) -> str:
    return codec.dumps(FlowDocument([Node("t", "topic", "orders", params=dict(params))]))


def _orders(host: LocalHost) -> m.TopicInfo:
    return next(topic for topic in host.call(m.ListTopics()).topics if topic.name == "orders")


def test_a_setting_changed_on_the_drawing_reaches_the_topic(host: LocalHost):
    host.call(m.SaveFlow(_drawn_topic(partitions=2)))
    host.call(m.AlterTopic("orders", config={"max.message.bytes": "5000"}))
    host.call(m.SaveFlow(_drawn_topic(partitions=4, retention_ms=60_000)))
    found = _orders(host)
    assert found.partitions == 4
    assert found.config["retention.ms"] == "60000"
    assert found.config["max.message.bytes"] == "5000", "what the drawing does not name stays"
    host.call(m.SaveFlow(_drawn_topic(partitions=4)))
    assert "retention.ms" not in _orders(host).config


def test_a_drawing_that_takes_partitions_away_is_told_why_not(host: LocalHost):
    host.call(m.SaveFlow(_drawn_topic(partitions=4)))
    reply = host.call(m.SaveFlow(_drawn_topic(partitions=2)))
    assert reply.text == "orders keeps its partitions: they can only become more."
    assert _orders(host).partitions == 4


def test_drawing_a_topic_that_is_there_changes_nothing_of_it(host: LocalHost):
    host.call(m.CreateTopic("orders", 3, config={"retention.ms": "1000"}))
    host.call(m.SaveFlow(_drawn_topic(partitions=5)))
    assert _orders(host).partitions == 3
    assert _orders(host).config["retention.ms"] == "1000"
