"""The life of a host as a process: ready, killed, taken over, told to stop, left alone by its window."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader, encode_batch
from workbench.control.client import ControlClient
from workbench.control.messages import (
    AppendBatch,
    AppendRecords,
    CreateTopic,
    ListGroups,
    ListTopics,
    Run,
    SaveFlow,
    Shutdown,
    Status,
    TakeSnapshot,
)
from workbench.core.errors import HostGone, Missing, NotOurs
from workbench.core.records import Record
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.host import start_host

FLOW = codec.dumps(FlowDocument(
    [
        Node("t", "topic", "orders", params={"partitions": 4}),
        Node("p", "producer", "shop", params={"rate": 3000.0}),
        Node("g", "group", "billing", params={"members": 2, "auto_commit_ms": 50}),
    ],
    [Link("l1", "p", "t"), Link("l2", "t", "g")],
))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Broker.create(tmp_path / "a.flow").close()
    return tmp_path / "a.flow"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order(workbench, path: Path, number: int):
    process, ready = workbench.serve(path)
    assert ready["pid"] == process.pid
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert [found.name for found in path.parent.iterdir() if found.name.startswith("a.flow")] == ["a.flow"]


def test_a_signal_while_it_starts_stops_it_in_order(workbench, path: Path, until):
    process = workbench.start("serve", path)
    until(lambda: path.with_name("a.flow-wal").exists() or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    workbench("topics", path, "list")


def test_a_second_host_is_told_who_has_the_file(workbench, path: Path):
    first, _ = workbench.serve(path)
    second = workbench.run("serve", path)
    assert second.returncode == 1
    assert str(first.pid) in second.stderr.decode()
    assert "Traceback" not in second.stderr.decode()


def test_a_host_killed_in_the_middle_of_a_run_loses_nothing_acknowledged(workbench, path: Path, until):
    process, _ = workbench.serve(path)
    acknowledged: dict[int, int] = {}
    with closing(ControlClient.attach(path)) as client:
        client.call(SaveFlow(FLOW))
        client.call(CreateTopic("mine", 3))
        client.call(Run())

        def write() -> None:
            number = 0
            try:
                while True:
                    records = tuple(Record(b"%d" % i, b"%d" % i) for i in range(number, number + 20))
                    (done,) = client.call(AppendRecords("mine", records, number // 20 % 3)).appended
                    acknowledged[number] = done.last_offset
                    number += 20
            except HostGone:
                pass

        writer = threading.Thread(target=write)
        writer.start()
        until(lambda: len(acknowledged) > 100 and committed(client) > 500)
        before = committed(client)
        process.kill()
        writer.join(20)
    process.wait(20)

    again, _ = workbench.serve(path)
    with closing(ControlClient.attach(path)) as client:
        assert committed(client) >= before
        (billing,) = client.call(ListGroups()).groups
        assert all(p.committed <= p.end for p in billing.partitions)
        names = {topic.name for topic in client.call(ListTopics()).topics}
        assert names == {"mine", "orders"}
    with BrokerReader(path) as reader:
        assert reader.flow() == FLOW
        stored = {r.value for p in range(3) for r in reader.read("mine", p, 0, 10**6)}
    wanted = {b"%d" % i for first in acknowledged for i in range(first, first + 20)}
    assert wanted <= stored
    again.terminate()
    assert again.wait(20) == 0


def committed(client: ControlClient) -> int:
    groups = client.call(ListGroups()).groups
    return sum(p.committed or 0 for group in groups if group.name == "billing" for p in group.partitions)


def test_what_a_killed_host_left_behind_keeps_nobody_out(workbench, path: Path):
    process, _ = workbench.serve(path)
    process.kill()
    process.wait(20)
    assert path.with_name("a.flow.host").exists()
    assert workbench.json("topics", path, "list") == {"topics": []}
    again, _ = workbench.serve(path)
    assert workbench.json("topics", path, "list") == {"topics": []}
    again.terminate()
    assert again.wait(20) == 0


def test_two_single_commands_at_once_wait_for_each_other(workbench, path: Path):
    workbench("topics", path, "create", "t")
    (path.parent / "in.txt").write_bytes(b"x\n" * 100)
    running = [workbench.start("produce", path, "t", "in.txt") for _ in range(3)]
    assert [(process.communicate(timeout=30)[1], process.returncode) for process in running] == [(b"", 0)] * 3
    assert workbench.json("topics", path, "list")["topics"][0]["records"] == 300


def test_a_window_starts_its_host_attaches_and_closes_it(path: Path):
    started_s = time.monotonic()
    host = start_host(path)
    took_s = time.monotonic() - started_s
    print(f"start_host: {took_s:.2f} s")
    again = start_host(path)
    assert again.call(Status()).pid == host.call(Status()).pid
    again.close()
    snapshot = host.call(TakeSnapshot())
    print(f"idle: {snapshot.host.rss_bytes / 2**20:.0f} MiB")
    assert snapshot.host.rss_bytes < 60 * 2**20
    host.call(Shutdown(of_window=True))
    host.close()
    assert [found.name for found in path.parent.iterdir()] == ["a.flow"]


def test_a_window_that_closes_leaves_a_host_alone_that_serves_by_itself(path: Path):
    """Programs may be connected to what somebody started with ``workbench serve``."""
    serving = subprocess.Popen([sys.executable, "-m", "workbench", "serve", str(path)], stdout=subprocess.PIPE)
    assert serving.stdout is not None
    with serving.stdout:
        serving.stdout.readline()
        window = start_host(path)
        window.call(Shutdown(of_window=True))
        window.close()
        again = ControlClient.attach(path)
        assert again.call(Status()).pid == serving.pid
        again.call(Shutdown())
        again.close()
        assert serving.wait(30) == 0


def test_a_million_events_leave_the_host_small(path: Path):
    host = start_host(path)
    host.call(CreateTopic("t", 4))
    batch = encode_batch([Record(b"k%d" % (i % 50), b"x" * 200) for i in range(1000)], now_ms=1)
    for number in range(1000):
        host.call(AppendBatch("t", number % 4, batch))
    snapshot = host.call(TakeSnapshot())
    assert snapshot.topic("t").records == 1_000_000
    print(f"after a million events: {snapshot.host.rss_bytes / 2**20:.0f} MiB")
    assert snapshot.host.rss_bytes < 110 * 2**20
    host.call(Shutdown())
    host.close()


def test_two_windows_opened_at_once_share_one_host(path: Path):
    hosts: list[ControlClient] = []
    threads = [threading.Thread(target=lambda: hosts.append(start_host(path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(hosts) == 2
    assert len({host.call(Status()).pid for host in hosts}) == 1
    hosts[0].call(Shutdown())
    for host in hosts:
        host.close()


@pytest.mark.parametrize(("make", "error"), [(None, Missing), (b"not a workspace" * 100, NotOurs)])
def test_a_host_that_cannot_start_says_why(tmp_path: Path, make: bytes | None, error: type[Exception]):
    path = tmp_path / "a.flow"
    if make is not None:
        path.write_bytes(make)
    with pytest.raises(error):
        start_host(path)


def test_a_child_outlives_its_window_for_a_while_and_then_stops(workbench, path: Path):
    process, _ = workbench.serve(path, "--child", "--grace", 0.5, stdin=subprocess.PIPE)
    with closing(ControlClient.attach(path)) as window:
        process.stdin.close()  # the window that started it is gone; this one is attached
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        assert window.call(Status()).pid == process.pid
    assert process.wait(20) == 0
    assert not path.with_name("a.flow.host").exists()


def test_a_window_that_crashed_finds_its_flow_still_running(workbench, path: Path, until):
    process, _ = workbench.serve(path, "--child", "--grace", 20, stdin=subprocess.PIPE)
    with closing(ControlClient.attach(path)) as window:
        window.call(SaveFlow(FLOW))
        window.call(Run())
    process.stdin.close()
    with closing(ControlClient.attach(path)) as window:
        seen = window.call(TakeSnapshot())
        assert seen.run.value == "running"
        until(lambda: window.call(TakeSnapshot()).topic("orders").records > seen.topic("orders").records)
        window.call(Shutdown())
    assert process.wait(20) == 0


def test_serve_run_starts_the_drawn_flow(workbench, path: Path, until):
    (path.parent / "flow.json").write_text(FLOW)
    workbench("flow", path, "import", "flow.json")
    workbench.serve(path, "--run")
    until(lambda: workbench.json("topics", path, "list")["topics"][0]["records"] > 100)


def test_a_flow_is_run_until_drained_with_a_summary(workbench, path: Path, tmp_path: Path):
    drawing = json.loads(FLOW)
    for node in drawing["nodes"]:
        if node["kind"] == "producer":
            node["params"]["limit"] = 400
    (tmp_path / "flow.json").write_text(json.dumps(drawing))
    workbench("flow", path, "check", "flow.json")
    workbench("flow", path, "import", "flow.json")
    done = workbench.json("run", path, "--until-drained", "--seed", 5)
    assert done["topics"]["orders"]["produced"] == 400 and done["seed"] == 5
    billing = done["groups"]["billing"]
    assert (billing["consumed"], billing["lag"], billing["order_violations"], billing["lost"]) == (400, 0, 0, 0)
    first = workbench("flow", path, "export", "-")
    workbench("flow", path, "export", "again.json")
    assert (tmp_path / "again.json").read_bytes() == first
