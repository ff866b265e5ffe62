"""A drawn flow on an attached Kafka: what is said beforehand, what runs, what is left and what is taken away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from engines.test_kafka import Cluster, cluster, environment, run
from listeners.serving import ROOT, Host

from workbench.broker import Broker
from workbench.engines.kafka.connection import KafkaConnection
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node


def drawing(events: int = 300) -> FlowDocument:
    """Orders come in, are billed and shipped; bills are a topic of their own, read by audit."""
    limits = {"rate": 2000.0, "limit": events}
    return FlowDocument(
        [Node("p", "producer", "shop", params=limits), Node("t", "topic", "placed", params={"partitions": 3}),
         Node("b", "group", "billing", params={"members": 2, "start": "earliest", "commit": "after"}),
         Node("u", "topic", "bills", params={"partitions": 1}),
         Node("a", "group", "audit", params={"start": "earliest"})],
        [Link("1", "p", "t"), Link("2", "t", "b"), Link("3", "b", "u"), Link("4", "u", "a")])


def with_queue() -> FlowDocument:
    flow = drawing()
    return FlowDocument(
        [*flow.nodes, Node("q", "queue", "parcels"), Node("w", "group", "packing"), Node("x", "producer", "counter"),
         Node("y", "group", "typed", params={"reader_schema": "placed-value"})],
        [*flow.links, Link("7", "t", "y"), Link("5", "x", "q"), Link("6", "q", "w")])


def workspace(path: Path, document: FlowDocument) -> Path:
    with Broker.create(path) as broker:
        broker.set_meta("flow", codec.dumps(document))
    return path


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path / "cluster.flow", ()) as made:
        run(tmp_path, "connections", "add", "staging", "--system", "kafka", "--address", made.address, "--writable")
        yield made


def seen(made: Cluster) -> tuple[set[str], set[str]]:
    with closing(KafkaConnection(made.spec)) as connection, closing(connection.browse()) as browse:
        return {t.name for t in browse.topics() if not t.internal}, {g.name for g in browse.group_stats()}


def test_a_dry_run_says_what_would_happen_and_makes_nothing(staging: Cluster, tmp_path: Path):
    file = workspace(tmp_path / "shop.flow", with_queue())
    told = json.loads(run(tmp_path, "run", str(file), "--on", "@staging", "--dry-run", "--json").stdout)
    assert [call.split(",")[0] for call in told["calls"]] == ["CreateTopics placed", "CreateTopics bills"]
    runs = {row["part"]: row["what"] for row in told["runs"]}
    assert runs["group billing"] == "2 members read placed and write to bills"
    left_out = {row["part"]: row["what"] for row in told["left_out"]}
    assert "no queues" in left_out["queue parcels"]
    assert left_out["producer counter"] == "It does not run: parcels is left out."
    assert "no queues" in left_out["group packing"]
    assert left_out["group typed"].startswith("Its reader schema is not found there")
    assert seen(staging) == (set(), set())
    assert "CreateTopics placed" in run(tmp_path, "run", str(file), "--on", "@staging", "--dry-run").stdout


def test_a_drawing_of_which_nothing_can_run_there_is_refused(staging: Cluster, tmp_path: Path):
    document = FlowDocument([Node("x", "producer", "counter"), Node("q", "queue", "parcels")], [Link("1", "x", "q")])
    file = workspace(tmp_path / "shop.flow", document)
    refused = run(tmp_path, "run", str(file), "--on", "@staging", "--for", "1", status=1)
    assert "Nothing of this drawing runs on @staging" in refused.stderr and "no queues" in refused.stderr


def test_the_flow_runs_there_and_its_summary_is_that_of_a_run_here(staging: Cluster, tmp_path: Path):
    file = workspace(tmp_path / "shop.flow", drawing())
    there = json.loads(run(tmp_path, "run", str(file), "--on", "@staging", "--until-drained", "--seed", "1",
                           "--json").stdout)
    here = json.loads(run(tmp_path, "run", str(file), "--until-drained", "--seed", "1", "--json").stdout)
    assert there["topics"] == here["topics"] == {"placed": {"produced": 300}, "bills": {"produced": 300}}
    assert there["groups"] == here["groups"]
    assert there["groups"]["billing"]["consumed"] == 300 and there["groups"]["billing"]["lag"] == 0
    assert seen(staging) == ({"placed", "bills"}, {"billing", "audit"})
    with closing(KafkaConnection(staging.spec)) as connection, closing(connection.browse()) as browse:
        assert sum(b.end for b in browse.bounds("bills")) == 300
    again = run(tmp_path, "run", str(file), "--on", "@staging", "--dry-run")
    assert "is there already" in again.stdout and "none" in again.stdout


def test_what_it_made_is_taken_away_and_nothing_else(staging: Cluster, tmp_path: Path):
    staging.create("bills", 1)
    file = workspace(tmp_path / "shop.flow", with_queue())
    ran = run(tmp_path, "run", str(file), "--on", "@staging", "--until-drained", "--remove")
    assert "The topic placed is gone again." in ran.stderr and "queue parcels" in ran.stderr
    assert seen(staging) == ({"bills"}, set())


def test_stopped_by_hand_it_ends_in_order_with_a_summary(staging: Cluster, tmp_path: Path):
    file = workspace(tmp_path / "shop.flow", drawing(events=0))
    command = [sys.executable, "-m", "workbench", "run", str(file), "--on", "@staging", "--json", "--remove"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        with closing(KafkaConnection(staging.spec)) as connection, closing(connection.browse()) as browse:
            while not any(t.name == "bills" and browse.bounds("bills")[0].end > 0 for t in browse.topics()):
                assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    told = json.loads(out)
    assert told["groups"]["billing"]["duplicates"] == told["groups"]["billing"]["lost"] == 0
    assert told["topics"]["bills"]["produced"] == told["groups"]["billing"]["consumed"]
    assert seen(staging) == (set(), set())


def test_it_is_refused_where_writing_is_off_and_on_a_system_that_runs_no_drawings(tmp_path: Path):
    file = workspace(tmp_path / "shop.flow", drawing())
    run(tmp_path, "connections", "add", "safe", "--system", "kafka", "--address", "127.0.0.1:1")
    refused = run(tmp_path, "run", str(file), "--on", "@safe", "--for", "1", status=1).stderr
    assert "writing is off" in refused and "--writable" in refused
    run(tmp_path, "connections", "add", "rabbit", "--system", "rabbitmq", "--address", "127.0.0.1:1", "--writable")
    refused = run(tmp_path, "run", str(file), "--on", "@rabbit", "--for", "1", status=1).stderr
    assert "does not run on RabbitMQ" in refused


def test_a_cluster_that_is_killed_and_comes_back_costs_no_event(tmp_path: Path):
    path = tmp_path / "cluster.flow"
    Broker.create(path).close()
    host = Host(path)
    run(tmp_path, "connections", "add", "staging", "--system", "kafka", "--address", host.address, "--writable")
    made = Cluster(host.address)
    file = workspace(tmp_path / "shop.flow", drawing(events=3_000))
    command = [sys.executable, "-m", "workbench", "run", str(file), "--on", "@staging", "--until-drained", "--json"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        with closing(KafkaConnection(made.spec)) as connection, closing(connection.browse()) as browse:
            while not any(t.name == "bills" and browse.bounds("bills")[0].end > 200 for t in browse.topics()):
                assert process.poll() is None
        host.kill()
        host.start()
        out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    told = json.loads(out)
    assert told["topics"]["placed"]["produced"] == 3_000 and told["failed"] == 0
    assert [(group["lost"], group["lag"]) for group in told["groups"].values()] == [(0, 0), (0, 0)]
    assert told["groups"]["billing"]["consumed"] - told["groups"]["billing"]["duplicates"] == 3_000
    assert host.stop() == 0
