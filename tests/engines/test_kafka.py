"""Apache Kafka attached, to be looked at: by confluent-kafka, over the workspace's own Kafka listener, and over another
broker when WORKBENCH_KAFKA_BOOTSTRAP names one (so it was tried on Apache Kafka)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from contracts.browse_contract import BrowseContract
from listeners.serving import ROOT, Host, serving

from workbench.broker import Broker
from workbench.core.errors import Invalid, NotFound, Refused, Unavailable
from workbench.core.records import Record
from workbench.engines.base import LinkState
from workbench.engines.catalog import Catalog, ConnectionSpec
from workbench.engines.kafka.connection import KafkaConnection
from workbench.engines.registry import connect

DEADLINE_S = 30.0


class Cluster:
    """A broker at ``address``, written to by another program's producer."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.spec = ConnectionSpec("staging", "kafka", address)
        self._producer = Producer({"bootstrap.servers": address, "linger.ms": 0})

    def create(self, topic: str, partitions: int) -> None:
        admin = AdminClient({"bootstrap.servers": self.address})
        if topic in admin.list_topics(timeout=10).topics:
            admin.delete_topics([topic])[topic].result(10)
        deadline_s = time.monotonic() + DEADLINE_S
        while topic in admin.list_topics(timeout=10).topics:
            assert time.monotonic() < deadline_s, f"{topic} is still there"
        admin.create_topics([NewTopic(topic, partitions)])[topic].result(10)

    def append(self, partition: int, records: Sequence[Record], topic: str = "orders") -> None:
        for record in records:
            self._producer.produce(topic, record.value, record.key, partition, timestamp=record.timestamp_ms or 0,
                                   headers=list(record.headers))
        assert self._producer.flush(10) == 0


@contextmanager
def cluster(path: Path, topics: Sequence[str] = ("orders",)) -> Iterator[Cluster]:
    """With ``topics``, of two partitions each."""
    other = os.environ.get("WORKBENCH_KAFKA_BOOTSTRAP")
    if other:
        made = Cluster(other)
        for topic in topics:
            made.create(topic, 2)
        yield made
        return
    with serving(path) as served:
        for topic in topics:
            served.broker.create_topic(topic, 2)
        yield Cluster(served.address)


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path / "work.flow") as made:
        yield made


class TestBrowsing(BrowseContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "work.flow"

    @contextmanager
    def system(self):
        with cluster(self.path) as made, closing(connect(made.spec)) as connection:
            connection.open()
            with closing(connection.browse()) as browse:
                yield browse, made.append


def test_looking_joins_no_group_and_commits_nothing(orders: Cluster):
    orders.append(0, [Record(None, b"a")])
    with closing(KafkaConnection(orders.spec)) as connection, closing(connection.browse()) as browse:
        before = {group.name for group in browse.group_stats()}
        assert [record.value for record in browse.read("orders", 0, 0, 10)] == [b"a"]
        assert {group.name for group in browse.group_stats()} == before


def test_a_groups_lag_is_what_it_has_not_committed(orders: Cluster):
    orders.append(0, [Record(None, b"%d" % number) for number in range(10)])
    reader = Consumer({"bootstrap.servers": orders.address, "group.id": "billing", "auto.offset.reset": "earliest",
                       "enable.auto.commit": False})
    reader.subscribe(["orders"])
    try:
        taken = []
        while len(taken) < 4:
            taken += [message for message in reader.consume(4 - len(taken), 5.0) if message.error() is None]
        reader.commit(message=taken[-1], asynchronous=False)
        with closing(KafkaConnection(orders.spec)) as connection, closing(connection.browse()) as browse:
            (group,) = [group for group in browse.group_stats() if group.name == "billing"]
        assert group.state == "Stable"
        assert [member.lag_records for member in group.members] == [6]
        stat = next(part for part in group.partitions if part.partition == 0)
        assert (stat.committed, stat.end, stat.lag_records) == (4, 10, 6)
        assert stat.member_id == group.members[0].member_id
    finally:
        reader.close()


def test_a_broker_that_is_not_there_is_unavailable_and_the_state_says_so():
    connection = KafkaConnection(ConnectionSpec("gone", "kafka", "127.0.0.1:1", {"socket.timeout.ms": "1000"}))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        connection.open()
    assert connection.state.state is LinkState.FAILING
    assert "can't be reached" in connection.state.reason


def test_reading_goes_on_after_the_broker_was_killed_and_came_back(tmp_path: Path):
    path = tmp_path / "work.flow"
    Broker.create(path).close()
    host = Host(path)
    made = Cluster(host.address)
    made.create("orders", 1)
    made.append(0, [Record(None, b"before")])
    with closing(KafkaConnection(made.spec)) as connection, closing(connection.browse()) as browse:
        assert [record.value for record in browse.read("orders", 0, 0, 10)] == [b"before"]
        host.kill()
        with pytest.raises(Unavailable):
            browse.bounds("orders")
            browse.read("orders", 0, 0, 10)
        host.start()
        made.append(0, [Record(None, b"after")])
        deadline_s = time.monotonic() + DEADLINE_S
        found: list[bytes | None] = []
        while found != [b"before", b"after"]:
            assert time.monotonic() < deadline_s, found
            try:
                found = [record.value for record in browse.read("orders", 0, 0, 10)]
            except Unavailable:
                continue
    assert host.stop() == 0


# -- what a user names ----------------------------------------------------------------------------------------
def test_connections_are_kept_for_the_user_alone(tmp_path: Path):
    catalog = Catalog(tmp_path / "config" / "connections.json")
    assert catalog.all() == ()
    catalog.add(ConnectionSpec("staging", "kafka", "127.0.0.1:9092", {"security.protocol": "PLAINTEXT"}))
    assert catalog.path.stat().st_mode & 0o777 == 0o600
    assert catalog.get("staging").options == {"security.protocol": "PLAINTEXT"}
    with pytest.raises(NotFound, match="@nope") as problem:
        catalog.get("nope")
    assert "@staging" in problem.value.next_step
    catalog.remove("staging")
    assert catalog.all() == ()


def test_a_secret_is_not_kept_but_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    catalog = Catalog(tmp_path / "connections.json")
    with pytest.raises(Invalid, match="is a secret"):
        catalog.add(ConnectionSpec("s", "kafka", "x:1", {"sasl.password": "hunter2"}))
    assert not catalog.path.exists()
    spec = ConnectionSpec("s", "kafka", "x:1", {"sasl.password": "env:MY_PASSWORD"})
    catalog.add(spec)
    with pytest.raises(Refused, match="MY_PASSWORD"):
        spec.resolved()
    monkeypatch.setenv("MY_PASSWORD", "hunter2")
    assert spec.resolved() == {"sasl.password": "hunter2"}
    assert "hunter2" not in catalog.path.read_text()


def test_a_list_that_cannot_be_read_is_said_and_kept(tmp_path: Path):
    catalog = Catalog(tmp_path / "connections.json")
    catalog.path.write_text("{oops")
    with pytest.raises(Invalid, match="can't be read"):
        catalog.all()
    assert catalog.path.read_text() == "{oops"


@pytest.mark.parametrize("option", ["group.id", "enable.auto.commit", "bootstrap.servers"])
def test_an_option_that_would_disturb_somebody_is_refused(option: str):
    connection = KafkaConnection(ConnectionSpec("s", "kafka", "127.0.0.1:1", {option: "x"}))
    with pytest.raises(Invalid, match=option):
        connection.open()


# -- the command line -----------------------------------------------------------------------------------------
def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state")}


def run(home: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    env = environment(home)
    done = subprocess.run([sys.executable, "-m", "workbench", *arguments], cwd=ROOT, env=env, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done


def test_the_verbs_that_look_take_an_attached_system_in_the_place_of_a_file(orders: Cluster, tmp_path: Path):
    orders.append(0, [Record(b"k", b'{"id":1}', (("h", b"x"),), 1_700_000_000_000)])
    orders.append(1, [Record(None, None, (), 1_700_000_000_001)])
    run(tmp_path, "connections", "add", "staging", "--system", "kafka", "--address", orders.address)
    assert "reached @staging: 1 broker" in run(tmp_path, "connections", "test", "staging").stdout
    (topic,) = [each for each in json.loads(run(tmp_path, "topics", "@staging", "list", "--json").stdout)["topics"]
                if each["name"] == "orders"]
    assert (topic["partitions"], topic["records"]) == (2, 2)
    described = json.loads(run(tmp_path, "topics", "@staging", "describe", "orders", "--json").stdout)
    assert "retention.ms" in described["settings"]
    lines = [json.loads(line) for line in run(tmp_path, "consume", "@staging", "orders").stdout.splitlines()]
    assert [(line["offset"], line["key"], line["value"], line["headers"]) for line in lines] == [
        (0, "k", {"id": 1}, [["h", "x"]]), (0, None, None, []),
    ]
    out = tmp_path / "out.jsonl"
    run(tmp_path, "export", "@staging", str(out), "--topic", "orders")
    assert len(out.read_text().splitlines()) >= 2
    json.loads(run(tmp_path, "groups", "@staging", "list", "--json").stdout)
    refused = run(tmp_path, "topics", "@staging", "create", "x", status=1)
    assert "writing is off" in refused.stderr and "--writable" in refused.stderr


def test_what_is_not_known_or_not_there_is_a_sentence(tmp_path: Path):
    assert "There is no connection @nope" in run(tmp_path, "topics", "@nope", "list", status=1).stderr
    run(tmp_path, "connections", "add", "gone", "--system", "kafka", "--address", "127.0.0.1:1")
    assert "can't be reached" in run(tmp_path, "connections", "test", "gone", status=1).stderr
