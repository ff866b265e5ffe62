"""A whole workspace out and back: each sample after a run gives the same export again, but for the journal, which is
the history of its own file. And an import is one unit."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.transactions import Writer
from workbench.broker import Broker, BrokerReader
from workbench.control.file import CompactFile
from workbench.control.messages import (
    AppendRecords,
    CreateTopic,
    DeleteTopic,
    GetOutcome,
    ListTopics,
    Run,
    SetSpeed,
    Stop,
)
from workbench.control.queues import ListQueues
from workbench.control.transfers import ListDeletedTopics
from workbench.core.clock import ManualClock
from workbench.core.errors import Cancelled, Refused
from workbench.core.queues import MessageState
from workbench.core.records import Record, TopicPartition
from workbench.flow.samples import samples
from workbench.host import LocalHost
from workbench.host.fresh import make_workspace
from workbench.session.export import export
from workbench.session.importing import import_file


def all_of(path: Path, out: Path) -> list[bytes]:
    """The lines of a whole export, but those of the journal."""
    with BrokerReader(path) as reader:
        export(reader, out, "all")
    return [line for line in out.read_bytes().splitlines() if not line.startswith(b'{"id":')]


def frozen(ago_ms: int = 0) -> ManualClock:
    """Nothing falls due while it is looked at."""
    clock = ManualClock()
    clock.advance(int(time.time() * 1000) - ago_ms - clock.now_ms())
    return clock


def run_for_a_moment(path: Path) -> None:
    with closing(LocalHost(path)) as host:
        host.call(SetSpeed(20))
        host.call(Run(7))
        until = time.monotonic() + 30
        while sum(host.call(GetOutcome()).produced.values()) < 200:
            assert time.monotonic() < until, "too little was produced"
        host.call(Stop())


def take_in(path: Path, source: Path, **options) -> object:
    Broker.create(path).close()
    with closing(LocalHost(path, clock=frozen(ago_ms=3_600_000))) as host:
        return import_file(host, source, **options)


@pytest.mark.parametrize("name", [sample.name for sample in samples()])
def test_each_sample_comes_back_whole(tmp_path: Path, name: str):
    make_workspace(tmp_path / "a.flow", name)
    run_for_a_moment(tmp_path / "a.flow")
    before = all_of(tmp_path / "a.flow", tmp_path / "a.jsonl")
    done = take_in(tmp_path / "b.flow", tmp_path / "a.jsonl")
    assert done.left_out == ()
    assert all_of(tmp_path / "b.flow", tmp_path / "b.jsonl") == before
    assert any(b'"shape":"drawing"' in line for line in before)


def build(path: Path) -> None:
    """A queue with every state, a subscription, an empty topic with settings, offsets behind a gap."""
    clock = frozen()
    with Broker.create(path, clock=clock, background=False) as broker:
        broker.create_topic("empty", 3, config={"retention.ms": "1234567", "max.message.bytes": "30000000"})
        broker.append("empty", 1, [Record(b"big", bytes(20_000_000))]).result()
        broker.create_topic("dead", kind="queue")
        broker.create_topic("work", kind="queue", config={"queue.dead.letter": "dead", "queue.max.deliveries": "9"})
        broker.append("work", 0, [Record(None, str(n).encode()) for n in range(6)]).result()
        broker.append("work", 0, [Record(None, b"later", (("workbench.delay.ms", b"600000"),))]).result()
        taken = broker.queues.receive("work", "c", 4)
        broker.queues.ack("work", [taken[1].receipt]).result()
        broker.queues.reject("work", [taken[2].receipt], "no good")
        broker.queues.nack("work", [taken[3].receipt], delay_ms=500_000, reason="busy")
        broker.create_topic("t")
        writer = Writer(broker, "w")
        for value, commit in ((b"yes", True), (b"no", False), (b"yes too", True)):
            writer.write(TopicPartition("t", 0), value)
            writer.end(commit)
        name = broker.queues.subscribe("t", "s").name
        (first,) = broker.queues.receive(name, "c")
        broker.queues.ack(name, [first.receipt]).result()
        broker.commit_offsets("g", "", -1, {TopicPartition("t", 0): (4, "note")}).result()


@pytest.mark.parametrize("out", ["a.jsonl", "a.csv"])
def test_queues_offsets_and_settings_travel(tmp_path: Path, out: str):
    build(tmp_path / "a.flow")
    with BrokerReader(tmp_path / "a.flow") as reader:
        export(reader, tmp_path / out, "all")
    take_in(tmp_path / "b.flow", tmp_path / out)
    with Broker.open(tmp_path / "b.flow", clock=frozen(), background=False) as broker:
        assert broker.topic("empty").config["retention.ms"] == "1234567" and broker.topic("empty").partitions == 3
        assert len(broker.fetch("empty", 1, 0)[0]) > 20_000_000
        found = broker.queues.peek("work")
        assert [(m.record.value, m.state, m.attempts, m.reason) for m in found] == [
            (b"0", MessageState.READY, 1, ""), (b"3", MessageState.DELAYED, 1, "busy"),
            (b"4", MessageState.READY, 0, ""), (b"5", MessageState.READY, 0, ""),
            (b"later", MessageState.DELAYED, 0, "")]
        (dead,) = broker.queues.peek("dead")
        assert dead.record.value == b"2" and dead.deaths[0].queue == "work"
        assert broker.queues.counts("work").dead_lettered == 1
        # the aborted record and the ends of transactions took offsets that are closed up here
        assert [m.record.value for m in broker.queues.peek("t:s")] == [b"yes too"]
        assert broker.committed("g")[TopicPartition("t", 0)].offset == 1
        assert broker.committed("g")[TopicPartition("t", 0)].metadata == "note"


def test_a_second_import_is_refused_and_said(tmp_path: Path):
    path, source = tmp_path / "a.flow", tmp_path / "in.jsonl"
    source.write_text("".join(f'{{"topic":"t","partition":0,"offset":{i},"value":"v{i}"}}\n' for i in range(9)))
    take_in(path, source)
    with closing(LocalHost(path)) as host:
        with pytest.raises(Refused, match=r"in\.jsonl was imported before.*9 records into t"):
            import_file(host, source)
        assert import_file(host, source, again=True).records == 9
        assert host.call(ListTopics()).topics[0].stat.records == 18


def test_a_cancelled_import_leaves_nothing(tmp_path: Path):
    path, source = tmp_path / "a.flow", tmp_path / "in.jsonl"
    source.write_text("".join(f'{{"topic":"t","partition":0,"offset":{i},"value":"v{i}"}}\n' for i in range(5000)))
    Broker.create(path).close()
    asked = iter((False, False, False, True))
    with closing(LocalHost(path)) as host:
        host.call(CreateTopic("there"))
        with pytest.raises(Cancelled) as stopped:
            import_file(host, source, cancelled=lambda: next(asked))
        assert "Nothing was imported." in stopped.value.next_step
        assert [topic.name for topic in host.call(ListTopics()).topics] == ["there"]
        host.call(AppendRecords("there", (Record(None, b"still works"),), 0))
        assert import_file(host, source).records == 5000
    with Broker.open(path, background=False) as broker:
        (batches,) = broker.store.read(lambda db: db.execute("SELECT count(*) FROM topic").fetchone())
        assert batches == 2


def test_what_is_there_is_kept_and_what_could_not_be_taken_is_said(tmp_path: Path):
    make_workspace(tmp_path / "a.flow", "order-queue")
    run_for_a_moment(tmp_path / "a.flow")
    all_of(tmp_path / "a.flow", tmp_path / "a.jsonl")
    make_workspace(tmp_path / "b.flow", "video-upload")
    with closing(LocalHost(tmp_path / "b.flow")) as host:
        kept = host.call(ListTopics()).topics
        done = import_file(host, tmp_path / "a.jsonl")
        assert any("drawing" in sentence for sentence in done.left_out)
        assert {topic.name for topic in kept} < {topic.name for topic in host.call(ListTopics()).topics}
        assert {info.meta.name for info in host.call(ListQueues()).queues} >= {"orders-rushed"}


def test_shape_lines_are_json_a_stranger_can_read(tmp_path: Path):
    build(tmp_path / "a.flow")
    lines = [json.loads(line) for line in all_of(tmp_path / "a.flow", tmp_path / "a.jsonl")]
    topics = [line for line in lines if line.get("shape") == "topic"]
    assert [topic["name"] for topic in topics] == ["dead", "empty", "t", "work"]
    assert topics[1]["partitions"] == [[0, 0], [0, 1], [0, 0]]


def test_what_a_filter_left_out_takes_no_state_along(tmp_path: Path):
    """Offsets and acks are said of records; without them all they would mean others."""
    build(tmp_path / "a.flow")
    with BrokerReader(tmp_path / "a.flow") as reader:
        export(reader, tmp_path / "a.jsonl", "all", topics=["work"], matches=lambda record: record.value == b"4")
    take_in(tmp_path / "b.flow", tmp_path / "a.jsonl")
    with Broker.open(tmp_path / "b.flow", clock=frozen(), background=False) as broker:
        assert [(m.record.value, m.state) for m in broker.queues.peek("work")] == [(b"4", MessageState.READY)]


def test_compacting_lets_go_of_deleted_topics(tmp_path: Path):
    Broker.create(tmp_path / "a.flow").close()
    with closing(LocalHost(tmp_path / "a.flow")) as host:
        host.call(CreateTopic("t"))
        host.call(AppendRecords("t", (Record(None, bytes(100_000)),), 0))
        host.call(DeleteTopic("t"))
        assert [kept.name for kept in host.call(ListDeletedTopics()).topics] == ["t"]
        host.call(CompactFile())
        assert host.call(ListDeletedTopics()).topics == ()
