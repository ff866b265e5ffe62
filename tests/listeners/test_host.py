"""The listener as part of a host: commands switch it, the snapshot shows who is connected and what they do."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kio.schema.errors import ErrorCode
from listeners.serving import ROOT, Host
from listeners.wire import Wire, fetch_fields, produce_fields

from workbench.broker import Broker, encode_batch
from workbench.control.messages import (
    ApplyReset,
    CreateTopic,
    Listen,
    ListUsers,
    PutUser,
    RemoveUser,
    Status,
    TakeSnapshot,
)
from workbench.core.errors import Invalid, Refused
from workbench.core.offsets import ResetSpec
from workbench.core.records import Record
from workbench.core.snapshot import ClientStat
from workbench.host import LocalHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    Broker.create(tmp_path / "work.flow").close()
    with closing(LocalHost(tmp_path / "work.flow")) as opened:
        opened.call(CreateTopic("t", 2))
        yield opened


def listen(host: LocalHost, **more: object) -> str:
    host.call(Listen("kafka", "127.0.0.1:0", **more))  # type: ignore[arg-type]
    address = host.call(TakeSnapshot()).host.listeners.get("kafka")
    assert address == host.call(Status()).listeners.get("kafka")
    return address


def test_the_switch(host: LocalHost):
    assert "kafka" not in host.call(Status()).listeners
    first = listen(host)
    with Wire(first) as wire:
        assert wire.ask("metadata", 1, topics=None).topics[0].name == "t"
        host.call(Listen("kafka", None))
        assert wire.closed()
    assert "kafka" not in host.call(Status()).listeners
    with pytest.raises(ConnectionError):
        Wire(first)
    listen(host)


def test_what_it_refuses_leaves_the_host_as_it_was(host: LocalHost):
    for address, error in (("0.0.0.0:0", Refused), ("nonsense", Invalid)):
        with pytest.raises(error):
            host.call(Listen("kafka", address))
        assert "kafka" not in host.call(Status()).listeners
    with pytest.raises(Refused, match="has no users"):
        host.call(Listen("kafka", "127.0.0.1:0", users=True))


def test_users(host: LocalHost):
    host.call(PutUser("ann", "secret"))
    assert host.call(ListUsers()).names == ("ann",)
    with Wire(listen(host, users=True)) as wire:
        wire.ask("sasl_handshake", 1, mechanism="PLAIN")
        assert wire.ask("sasl_authenticate", 2, auth_bytes=b"\0ann\0secret").error_code is ErrorCode.none
    host.call(RemoveUser("ann"))
    assert host.call(ListUsers()).names == ()


def client_of(host: LocalHost) -> ClientStat:
    (found,) = host.call(TakeSnapshot()).clients
    return found


def test_a_client_is_seen_with_what_it_does(host: LocalHost):
    with Wire(listen(host)) as wire:
        wire.ask("api_versions", 3, client_software_name="test-kafka", client_software_version="1.2")
        wire.ask("produce", 9, **produce_fields("t", encode_batch([Record(None, b"v")] * 7, now_ms=1)))
        wire.ask("fetch", 12, **fetch_fields("t", 3))
        wire.begin("join_group", 3, group_id="g", session_timeout=6000, rebalance_timeout=6000, member_id="",
                   protocol_type="consumer", protocols=[{"name": "range", "metadata": b""}])
        wire.receive()
        seen = client_of(host)
        assert (seen.client_id, seen.software, seen.group, seen.connections) == ("wire", "test-kafka 1.2", "g", 1)
        assert (seen.writes, seen.reads, seen.requests, seen.note) == (("t",), ("t",), 4, "")
        assert dict(seen.versions) == {"api_versions": 3, "produce": 9, "fetch": 12, "join_group": 3}
        assert [member.member_id for member in host.call(TakeSnapshot()).group("g").members]


def test_real_and_simulated_clients_share_one_group_coordinator(host: LocalHost):
    """A reset is refused while a real client is a member, and done when it has left."""
    with Wire(listen(host)) as wire:
        joined = wire.ask("join_group", 3, group_id="g", session_timeout=6000, rebalance_timeout=6000, member_id="",
                          protocol_type="consumer", protocols=[{"name": "range", "metadata": b""}])
        wire.ask("sync_group", 2, group_id="g", member_id=joined.member_id, generation_id=joined.generation_id,
                 assignments=[{"member_id": joined.member_id, "assignment": b""}])
        with pytest.raises(Refused):
            host.call(ApplyReset("g", ResetSpec("earliest"), "t"))
        wire.ask("leave_group", 1, group_id="g", member_id=joined.member_id)
        assert host.call(ApplyReset("g", ResetSpec("earliest"), "t")).plan.applied
        offsets = wire.ask("offset_fetch", 5, group_id="g", topics=None).topics[0].partitions
        assert {part.committed_offset for part in offsets} == {0}


def test_serve_says_its_address_and_stops_in_order(tmp_path: Path):
    Broker.create(tmp_path / "w.flow").close()
    host = Host(tmp_path / "w.flow")
    with Wire(host.address) as wire:
        assert wire.ask("api_versions", 0).api_keys
    assert host.stop() == 0


def test_serve_refuses_a_remote_address_in_words(tmp_path: Path):
    Broker.create(tmp_path / "w.flow").close()
    command = [sys.executable, "-m", "workbench", "serve", str(tmp_path / "w.flow"), "--kafka", "0.0.0.0:0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and ended.stdout == ""
    assert "can be reached from other machines" in ended.stderr and "--kafka-allow-remote" in ended.stderr


def ready_line(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    Broker.create(tmp_path / "w.flow").close()
    command = [sys.executable, "-m", "workbench", "serve", str(tmp_path / "w.flow"), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    return process, json.loads(line)


def test_all_is_each_protocol_at_its_usual_port_or_the_next(tmp_path: Path):
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # another program has it already, which serves as well
            taken.bind(("127.0.0.1", 8081))
            taken.listen()
        process, line = ready_line(tmp_path, "--all", "--kafka", "127.0.0.1:0")
        try:
            assert set(line) >= {"kafka", "amqp", "stomp", "aws", "registry", "pulsar_admin", "pulsar"}
            assert line["stomp"] is line["pulsar"] is None
            assert 5672 <= int(line["amqp"].removeprefix("127.0.0.1:")) < 5772
            assert line["kafka"].startswith("127.0.0.1:")
            scheme, _, address = line["registry"].partition("//127.0.0.1:")
            assert scheme == "http:" and 8081 < int(address) < 8181
        finally:
            process.terminate()
            assert process.wait(30) == 0


def test_the_registry_is_served_by_the_host(tmp_path: Path):
    process, line = ready_line(tmp_path, "--registry", "127.0.0.1:0")
    try:
        assert line["kafka"] is None
        with urllib.request.urlopen(line["registry"] + "/schemas/types", timeout=10) as answer:
            assert json.load(answer) == ["JSON", "PROTOBUF", "AVRO"]
    finally:
        process.terminate()
        assert process.wait(30) == 0
