"""An import is one unit: nobody sees any of it before all is there, and what is cut short leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader, encode_batch
from workbench.core.clock import ManualClock
from workbench.core.errors import FileError, Invalid, NotFound, Refused
from workbench.core.records import Record
from workbench.core.shape import TopicShape, WorkspaceShape


def batch(*values: bytes) -> bytes:
    return encode_batch([Record(b"k", value, (), 1000) for value in values], now_ms=1000)


def rows(broker: Broker, table: str) -> int:
    return broker.store.read(lambda db: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def values(path: Path, topic: str, partition: int = 0) -> list[bytes]:
    with BrokerReader(path) as reader:
        return [record.value for record in reader.read(topic, partition, 0, 100)]


def test_a_new_topic_appears_whole(broker: Broker, path: Path):
    heard = []
    broker.on_append(lambda *where: heard.append(where))
    number = broker.imports.begin()
    broker.imports.stage_batch(number, "orders", 0, batch(b"a", b"b"))
    broker.imports.stage_batch(number, "orders", 2, batch(b"c"))
    assert broker.topics() == [] and heard == []
    done = broker.imports.commit(number)
    assert (done.records, done.topics, done.created) == (3, ("orders",), ("orders",))
    assert [(b.log_start, b.end) for b in broker.bounds("orders")] == [(0, 2), (0, 0), (0, 1)]
    assert values(path, "orders") == [b"a", b"b"] and ("orders", 0, 2) in heard
    assert broker.append("orders", 0, [Record(None, b"d")]).result().base_offset == 2


def test_records_go_behind_those_that_are_there(broker: Broker, path: Path):
    broker.create_topic("t")
    broker.append("t", 0, [Record(None, b"old")]).result()
    number = broker.imports.begin()
    broker.imports.stage_batch(number, "t", 0, batch(b"a"))
    broker.append("t", 0, [Record(None, b"meanwhile")]).result()
    broker.imports.stage_batch(number, "t", 1, batch(b"b"))
    assert [b.end for b in broker.bounds("t")] == [2]
    assert broker.imports.commit(number).created == ()
    assert values(path, "t") == [b"old", b"meanwhile", b"a"] and values(path, "t", 1) == [b"b"]
    assert rows(broker, "import_move") == 0 and rows(broker, "topic") == 1


def test_what_is_aborted_leaves_nothing(broker: Broker):
    broker.create_topic("t")
    number = broker.imports.begin()
    broker.imports.stage_batch(number, "t", 0, batch(b"a"))
    broker.imports.stage_batch(number, "new", 0, batch(b"a"))
    broker.imports.abort(number)
    assert [meta.name for meta in broker.topics()] == ["t"] and broker.bounds("t")[0].end == 0
    assert rows(broker, "batch") == 0 and rows(broker, "topic") == 1 and rows(broker, "partition") == 1
    with pytest.raises(NotFound):
        broker.imports.commit(number)


def test_a_host_that_dies_before_the_commit_leaves_nothing(path: Path, clock: ManualClock):
    with Broker.create(path, clock=clock, background=False) as broker:
        number = broker.imports.begin("digest")
        broker.imports.stage_batch(number, "t", 0, batch(b"a"))
    with Broker.open(path, clock=clock, background=False) as broker:
        assert broker.topics() == [] and broker.imports.known("digest") is None
        broker.keep_house()
        assert rows(broker, "batch") == 0 and rows(broker, "topic") == 0


def test_a_host_that_dies_behind_the_commit_goes_on_where_it_stood(path: Path, clock: ManualClock, monkeypatch):
    monkeypatch.setattr("workbench.broker.imports.MOVE_BATCHES", 2)
    with Broker.create(path, clock=clock, background=False) as broker:
        broker.create_topic("t")
        broker.append("t", 0, [Record(None, b"old")]).result()
        number = broker.imports.begin("digest")
        for n in range(5):
            broker.imports.stage_batch(number, "t", 0, batch(str(n).encode()))

        def die(moved: int) -> None:
            raise FileError("dead")

        with pytest.raises(FileError):
            broker.imports.commit(number, told=die)
        assert broker.bounds("t")[0].end == 3
    with Broker.open(path, clock=clock, background=False) as broker:
        assert values(path, "t") == [b"old", b"0", b"1", b"2", b"3", b"4"]
        assert rows(broker, "import_move") == 0 and rows(broker, "topic") == 1
        assert broker.imports.known("digest") is not None
    with BrokerReader(path) as reader:
        assert len(reader.read("t", 0, 0, 100)) == 6


def test_the_same_file_again_is_refused(broker: Broker):
    number = broker.imports.begin("digest", "orders.jsonl")
    broker.imports.stage_batch(number, "t", 0, batch(b"a", b"b"))
    broker.imports.commit(number)
    with pytest.raises(Refused, match=r"orders\.jsonl was imported before.*2 records into t"):
        broker.imports.begin("digest", "orders.jsonl")
    broker.imports.begin("other")
    broker.imports.begin("digest", again=True)
    broker.delete_topic("t")
    broker.imports.begin("digest")  # nothing of it is left


def test_a_topic_of_the_file_keeps_its_place_and_settings(broker: Broker):
    number = broker.imports.begin()
    broker.imports.stage_topic(number, TopicShape("t", "stream", {"retention.ms": "77"}, ((5, 7), (0, 0))))
    broker.imports.stage_topic(number, TopicShape("empty"))
    assert broker.imports.stage_batch(number, "t", 0, batch(b"a", b"b")) == 5
    done = broker.imports.commit(number, WorkspaceShape())
    assert done.created == ("t", "empty")
    assert broker.topic("t").config == {"retention.ms": "77"}
    assert [(b.log_start, b.end) for b in broker.bounds("t")] == [(5, 7), (0, 0)]


def test_a_large_record_raises_what_a_new_topic_takes(broker: Broker):
    number = broker.imports.begin()
    broker.imports.stage_batch(number, "t", 0, batch(bytes(3_000_000)))
    broker.imports.commit(number)
    assert int(broker.topic("t").config["max.message.bytes"]) > 3_000_000


def test_a_kind_that_does_not_fit_is_refused(broker: Broker):
    broker.create_topic("t", kind="queue")
    number = broker.imports.begin()
    with pytest.raises(Refused, match="a queue here and a stream in the file"):
        broker.imports.stage_topic(number, TopicShape("t"))
    with pytest.raises(Invalid):
        broker.imports.stage_batch(number, "t", 1000, batch(b"a"))


def test_a_full_queue_refuses_the_whole_import(broker: Broker):
    broker.create_topic("q", kind="queue", config={"queue.max.length": "2", "queue.overflow": "refuse"})
    number = broker.imports.begin()
    broker.imports.stage_batch(number, "q", 0, batch(b"a", b"b"))
    broker.imports.stage_batch(number, "q", 0, batch(b"c"))
    with pytest.raises(Refused):
        broker.imports.commit(number)
    broker.imports.abort(number)
    assert broker.queues.counts("q").ready == 0 and rows(broker, "batch") == 0
