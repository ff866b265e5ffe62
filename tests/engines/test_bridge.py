"""Bridges between a workspace file and an attached Kafka, by the command line; with kill -9 in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Producer
from engines.test_kafka import Cluster, cluster, environment, run
from listeners.serving import ROOT

from workbench.broker import Broker, BrokerReader
from workbench.core.records import Record, StoredRecord
from workbench.engines.kafka.connection import KafkaConnection

DEADLINE_S = 60.0


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path / "cluster.flow", ()) as made:
        run(tmp_path, "connections", "add", "staging", "--system", "kafka", "--address", made.address, "--writable")
        yield made


def workspace(path: Path, events: int) -> Path:
    with Broker.create(path) as broker:
        broker.create_topic("orders", 2)
        for partition in (0, 1):
            broker.append("orders", partition, [
                Record(b"k%d" % (number % 5), b'{"id":%d}' % number, (("h", b"1"), ("h", None)), 10**12 + number)
                for number in range(partition, events, 2)]).result()
    return path


def content(records: Sequence[StoredRecord]) -> list[tuple]:
    return [(r.partition, r.key, r.value, r.headers, r.timestamp_ms) for r in records]


def in_file(path: Path, topic: str) -> list[tuple]:
    with BrokerReader(path) as reader:
        return [each for b in reader.bounds(topic) for each in content(reader.read(topic, b.partition, 0, 100_000))]


def in_kafka(made: Cluster, topic: str) -> list[tuple]:
    with closing(KafkaConnection(made.spec)) as connection, closing(connection.browse()) as browse:
        return [each for b in browse.bounds(topic) for each in content(browse.read(topic, b.partition, 0, 100_000))]


def test_a_file_goes_into_kafka_and_back_with_all_that_its_records_have(staging: Cluster, tmp_path: Path):
    file = workspace(tmp_path / "shop.flow", 500)
    there = json.loads(run(tmp_path, "bridge", str(file), "orders", "@staging", "copied", "--create", "--json").stdout)
    assert (there["bridged"], there["recognised"]) == (500, 0)
    assert in_kafka(staging, "copied") == in_file(file, "orders")
    back = run(tmp_path, "bridge", "@staging", "copied", str(file), "back", "--create")
    assert "500 events of copied into back" in back.stdout
    assert in_file(file, "back") == in_file(file, "orders")


def test_a_dry_run_tells_what_is_kept_and_lost_and_sends_nothing(staging: Cluster, tmp_path: Path):
    file = workspace(tmp_path / "shop.flow", 50)
    staging.create("one", 1)
    told = json.loads(run(tmp_path, "bridge", str(file), "orders", "@staging", "one", "--dry-run", "--json").stdout)
    states = {term["what"]: term["state"] for term in told["terms"]}
    assert told["records"] == 50
    assert (states["keys"], states["timestamps"], states["partitions"], states["offsets and ids"]) == (
        "kept", "kept", "changed", "lost")
    assert "2 into 1" in run(tmp_path, "bridge", str(file), "orders", "@staging", "one", "--dry-run").stdout
    assert in_kafka(staging, "one") == []


@pytest.mark.parametrize("into_kafka", [True, False])
def test_killed_in_the_middle_and_resumed_nothing_is_lost_and_nothing_comes_twice(
    staging: Cluster, tmp_path: Path, into_kafka: bool
):
    file = workspace(tmp_path / "shop.flow", 2_000)
    if into_kafka:
        sides = (str(file), "orders", "@staging", "copied")
    else:
        run(tmp_path, "bridge", str(file), "orders", "@staging", "orders", "--create")
        sides = ("@staging", "orders", str(tmp_path / "into.flow"), "copied")
        run(tmp_path, "new", sides[2])
    arrived = lambda: len(in_kafka(staging, "copied") if into_kafka else in_file(Path(sides[2]), "copied"))  # noqa: E731
    command = [sys.executable, "-m", "workbench", "bridge", *sides, "--rate", "800"]
    run(tmp_path, "topics", sides[2], "create", "copied", "--partitions", "2")
    for seen in (300, 900):
        more = ["--resume"] if seen > 300 else []
        with subprocess.Popen([*command, *more], cwd=ROOT, env=environment(tmp_path)) as process:
            until_s = time.monotonic() + DEADLINE_S
            while arrived() < seen:
                assert process.poll() is None and time.monotonic() < until_s
            process.kill()
    refused = run(tmp_path, *command[3:], status=1).stderr
    assert "was broken off" in refused and "--resume" in refused
    ended = json.loads(run(tmp_path, *command[3:], "--resume", "--json").stdout)
    assert ended["in_all"] == 2_000
    assert (in_kafka(staging, "copied") if into_kafka else in_file(Path(sides[2]), "copied")) == in_file(file, "orders")
    assert "No bridge" in run(tmp_path, *command[3:], "--resume", status=1).stderr


def test_what_was_aborted_there_does_not_come_along(staging: Cluster, tmp_path: Path):
    staging.create("orders", 1)
    producer = Producer({"bootstrap.servers": staging.address, "transactional.id": "t"})
    producer.init_transactions(10)
    for value, ends in ((b"kept", producer.commit_transaction), (b"aborted", producer.abort_transaction),
                        (b"kept too", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce("orders", value, partition=0)
        producer.flush(10)
        ends(10)
    file = tmp_path / "into.flow"
    run(tmp_path, "new", str(file))
    run(tmp_path, "bridge", "@staging", "orders", str(file), "orders", "--create")
    assert [value for _, _, value, _, _ in in_file(file, "orders")] == [b"kept", b"kept too"]


def test_every_refusal_is_a_sentence(staging: Cluster, tmp_path: Path):
    file = str(workspace(tmp_path / "shop.flow", 2))
    run(tmp_path, "connections", "add", "safe", "--system", "kafka", "--address", staging.address)
    staging.create("copied", 2)
    said = {
        ("@staging", "nope", file, "orders"): "There is no topic nope",
        (file, "orders", "@staging", "nope"): "--create",
        (file, "orders", file, "orders"): "into itself",
        (file, "orders", "@safe", "copied"): "writing is off",
        (file, "orders", "@nope", "copied"): "no connection @nope",
        (file, "orders", "@staging", "copied", "--resume"): "No bridge",
    }
    for sides, sentence in said.items():
        assert sentence in run(tmp_path, "bridge", *sides, status=1).stderr
    run(tmp_path, "bridge", file, "orders", "@staging", "copied", "--resume", "--from", "latest", status=2)
    run(tmp_path, "connections", "alter", "staging", "--production")
    assert "--yes" in run(tmp_path, "bridge", file, "orders", "@staging", "copied", status=1).stderr
    assert in_kafka(staging, "copied") == []
