"""Topics: created, grown, changed, deleted; what can't be is said in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.broker import MAX_PARTITIONS, TOPIC_DEFAULTS, Broker, BrokerReader
from workbench.core.errors import AlreadyExists, Invalid, NotFound
from workbench.core.records import Record


def test_a_topic_is_there_with_its_settings(broker: Broker, path: Path):
    made = broker.create_topic("orders", 3, config={"retention.ms": "60000"})
    assert (made.name, made.kind, made.partitions, made.config) == ("orders", "stream", 3, {"retention.ms": "60000"})
    assert len(made.uuid) == 36 and made.created_ms == broker.clock.now_ms()
    assert broker.topic("orders") == made
    with BrokerReader(path) as reader:
        assert reader.topics() == [made]


def test_topics_come_by_name_and_outlive_the_broker(broker: Broker, path: Path):
    made = [broker.create_topic(name, kind=kind) for name, kind in (("b", "queue"), ("a", "stream"))]
    assert broker.topics() == made[::-1]
    broker.close()
    with Broker.open(path, background=False) as again:
        assert again.topics() == made[::-1]


def test_two_topics_of_one_name_are_refused(broker: Broker):
    broker.create_topic("orders")
    with pytest.raises(AlreadyExists, match="orders is already there"):
        broker.create_topic("orders")


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "ä", "a/b", "x" * 250, "a\n", "..\0"])
def test_names_follow_kafkas_rule(broker: Broker, name: str):
    with pytest.raises(Invalid, match="can't be named"):
        broker.create_topic(name)


@pytest.mark.parametrize("name", ["a", "...", "A.b_c-9", "x" * 249])
def test_what_kafka_takes_is_taken(broker: Broker, name: str):
    assert broker.create_topic(name).name == name


@pytest.mark.parametrize("count", [0, -1, MAX_PARTITIONS + 1, 10**9])
def test_absurd_numbers_of_partitions_are_refused(broker: Broker, count: int):
    with pytest.raises(Invalid, match="can't have"):
        broker.create_topic("t", count)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cleanup.policy", "compact"),
        ("retention.ms", "soon"),
        ("retention.ms", "-2"),
        ("retention.bytes", str(2**63)),
        ("max.message.bytes", "0"),
        ("max.message.bytes", str(2**31)),
        ("message.timestamp.type", "Never"),
        ("compression.type", "rar"),
        ("workbench.retention.all.read", "maybe"),
    ],
)
def test_settings_are_known_and_in_range(broker: Broker, key: str, value: str):
    with pytest.raises(Invalid, match=key.replace(".", r"\.")) as caught:
        broker.create_topic("t", config={key: value})
    assert caught.value.next_step
    assert broker.topics() == []


def test_settings_are_stored_the_one_way_they_are_written(broker: Broker):
    made = broker.create_topic("t", config={"message.timestamp.type": "logappendtime", "retention.ms": " 07 "})
    assert made.config == {"message.timestamp.type": "LogAppendTime", "retention.ms": "7"}
    assert set(TOPIC_DEFAULTS) >= set(made.config)


def test_altering_adds_partitions_and_changes_settings(broker: Broker, path: Path):
    broker.create_topic("t", 1, config={"retention.ms": "5", "retention.bytes": "9"})
    broker.append("t", 0, [Record(b"k", b"v")]).result()
    changed = broker.alter_topic("t", 3, {"retention.ms": None, "compression.type": "zstd"})
    assert (changed.partitions, changed.config) == (3, {"retention.bytes": "9", "compression.type": "zstd"})
    broker.append("t", 2, [Record(b"k", b"v")]).result()
    assert [bounds.end for bounds in broker.bounds("t")] == [1, 0, 1]
    broker.close()
    with Broker.open(path, background=False) as again:
        assert again.topic("t") == changed


def test_partitions_never_shrink(broker: Broker):
    broker.create_topic("t", 4)
    with pytest.raises(Invalid, match="from 4 to 3 partitions"):
        broker.alter_topic("t", 3)
    with pytest.raises(Invalid, match="There is no topic setting x"):
        broker.alter_topic("t", 5, {"x": "1"})
    assert broker.topic("t").partitions == 4


def test_a_thousand_partitions(broker: Broker, path: Path):
    broker.create_topic("wide", MAX_PARTITIONS)
    broker.append("wide", 999, [Record(b"k", b"v")]).result()
    assert [bounds.end for bounds in broker.bounds("wide")] == [0] * 999 + [1]
    with BrokerReader(path) as reader:
        assert reader.read("wide", 999, 0, 5)[0].value == b"v"


def test_a_deleted_topic_is_gone_at_once_and_its_bytes_by_and_by(broker: Broker, path: Path):
    broker.create_topic("t", 2)
    for number in range(600):
        broker.append("t", number % 2, [Record(b"k", b"v" * 100)])
    broker.delete_topic("t")
    with pytest.raises(NotFound, match="There is no topic t"):
        broker.fetch("t", 0, 0)
    with BrokerReader(path) as reader:
        assert reader.topics() == []
        with pytest.raises(NotFound):
            reader.bounds("t")
    assert rows(broker) == (600, 2, 1)
    broker.keep_house()
    assert rows(broker) == (0, 0, 0)


def test_deleting_goes_on_after_a_restart(broker: Broker, path: Path):
    broker.create_topic("t", 2)
    broker.append("t", 1, [Record(b"k", b"v")])
    broker.delete_topic("t")
    broker.close()
    with Broker.open(path, background=False) as again:
        assert again.topics() == []
        again.keep_house()
        assert rows(again) == (0, 0, 0)


def test_a_new_topic_of_an_old_name_is_empty(broker: Broker, path: Path):
    old = broker.create_topic("t")
    broker.append("t", 0, [Record(b"k", b"old")])
    with BrokerReader(path) as reader:
        assert reader.read("t", 0, 0, 9)[0].value == b"old"
        broker.delete_topic("t")
        broker.keep_house()
        new = broker.create_topic("t")
        assert new.uuid != old.uuid
        assert reader.bounds("t")[0].end == 0
        broker.append("t", 0, [Record(b"k", b"new")])
        assert reader.read("t", 0, 0, 9)[0].value == b"new"


@pytest.mark.parametrize("act", [lambda b: b.topic("no"), lambda b: b.delete_topic("no"), lambda b: b.bounds("no"),
                                 lambda b: b.alter_topic("no", 2), lambda b: b.append("no", 0, [Record()]),
                                 lambda b: b.fetch("no", 0, 0), lambda b: b.delete_records("no", 0, 0)])
def test_a_topic_that_is_not_there_is_said(broker: Broker, act):
    with pytest.raises(NotFound, match="There is no topic no"):
        act(broker)


def test_a_partition_that_is_not_there_is_said(broker: Broker, path: Path):
    broker.create_topic("t", 2)
    with pytest.raises(NotFound, match="has no partition 2"):
        broker.append("t", 2, [Record()])
    with BrokerReader(path) as reader, pytest.raises(NotFound, match="has no partition -1"):
        reader.read("t", -1, 0, 1)


def rows(broker: Broker) -> tuple[int, ...]:
    """How many batches, partitions and topics are in the file."""
    return tuple(
        broker.store.read(lambda db, table=table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for table in ("batch", "partition", "topic")
    )
