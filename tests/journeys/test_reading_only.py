"""Every verb on a file that can't be written, and with a host that does not answer: what only reads works, the rest
says why not and what to do, with status 1."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.cli.main import main
from workbench.control.client import ControlClient
from workbench.control.messages import AppendRecords, CreateTopic, ListTopics
from workbench.core.errors import NotAnswering
from workbench.core.records import Record
from workbench.host import LocalHost

READING = (
    "topics a.flow list", "topics a.flow describe t", "consume a.flow t", "groups a.flow list",
    "groups a.flow describe g", "groups a.flow reset g --to earliest --dry-run", "queues a.flow list",
    "queues a.flow describe q", "queues a.flow peek q", "queues a.flow purge q --dry-run",
    "exchanges a.flow list", "exchanges a.flow describe e",
    "exchanges a.flow route e --key k", "users a.flow list", "export a.flow out.jsonl --what all",
    "flow a.flow export -", "size a.flow", "serve --help",
)
WRITING = (
    "topics a.flow create u", "topics a.flow alter t --partitions 3", "topics a.flow delete t",
    "produce a.flow t in.jsonl", "consume a.flow t --group g", "consume a.flow q --ack auto", "groups a.flow delete g",
    "groups a.flow reset g --to earliest", "replay a.flow t --into t2", "import a.flow in.jsonl --topic t",
    "flow a.flow import drawing.json", "queues a.flow purge q --yes", "queues a.flow redrive q --all",
    "queues a.flow subscribe t s", "exchanges a.flow declare f", "users a.flow remove n", "size a.flow --budget 5GB",
    "compact a.flow", "run a.flow --for 1", "serve a.flow",
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "in.jsonl").write_text('{"a":1}\n')
    (tmp_path / "drawing.json").write_text('{"workbench.flow": 1, "nodes": [], "links": []}')
    path = tmp_path / "a.flow"
    Broker.create(path).close()
    with closing(LocalHost(path)) as host:
        for name, kind in (("t", "stream"), ("t2", "stream"), ("q", "queue")):
            host.call(CreateTopic(name, 1, kind))
            host.call(AppendRecords(name, (Record(b"k", b"v"),), 0))
    for line in ("exchanges a.flow declare e", "consume a.flow t --group g"):
        assert main(line.split()) == 0
    return path


@pytest.fixture(params=["file", "folder"])
def read_only(request: pytest.FixtureRequest, file: Path):
    """By its mode, which the workbench keeps to also where the system would let it write."""
    place, mode = (file, 0o444) if request.param == "file" else (file.parent, 0o555)
    place.chmod(mode)
    yield file
    place.chmod(0o755)


def test_what_only_reads_works_on_a_read_only_file(read_only: Path, capsys: pytest.CaptureFixture[str]):
    before = read_only.read_bytes()
    for line in READING:
        status = main(line.split())
        said = capsys.readouterr()
        foreseen = "out.jsonl" in line and status == 1 and os.geteuid() and "can't be written" in said.err
        assert (status == 0 and said.out + said.err) or foreseen, (line, said.err)
    assert read_only.read_bytes() == before


def test_what_writes_says_that_the_file_is_read_only(read_only: Path, capsys: pytest.CaptureFixture[str]):
    before = read_only.read_bytes()
    for line in WRITING:
        assert main(line.split()) == 1, line
        said = capsys.readouterr().err
        assert "is read-only. Allow writing, or copy the workspace" in said and said.count("\n") == 1, (line, said)
    assert read_only.read_bytes() == before


def test_a_stopped_host_is_told_as_one_with_its_process_and_what_to_do(workbench, file: Path, capsys):
    host, _ = workbench.serve(file)
    host.send_signal(signal.SIGSTOP)
    try:
        for line in (*(line for line in READING if line.split()[0] in ("topics", "groups", "queues")),
                     *(line for line in WRITING if line.split()[0] not in ("import", "flow"))):
            assert main(line.split()) == 1, line
            said = capsys.readouterr().err
            assert f"process {host.pid}" in said and f"kill -CONT {host.pid}" in said, (line, said)
            assert "already open in another workbench" not in said
        assert main(["consume", "a.flow", "t"]) == 0  # reads the file itself
    finally:
        host.send_signal(signal.SIGCONT)
    assert main(["topics", "a.flow", "list"]) == 0
    host.terminate()
    assert host.wait(20) == 0


def test_a_call_to_a_host_that_is_stopped_meanwhile_ends(workbench, file: Path):
    host, _ = workbench.serve(file)
    with closing(ControlClient.attach(file)) as client:
        host.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(NotAnswering, match=f"process {host.pid}"):
                client.call(ListTopics())
        finally:
            host.send_signal(signal.SIGCONT)


def test_a_record_of_100_mb_goes_through_a_host_to_a_group_and_to_a_page(workbench, file: Path):
    size = 100_000_000
    host, _ = workbench.serve(file)
    with closing(ControlClient.attach(file)) as client:
        client.call(CreateTopic("big", 1, "stream", {"max.message.bytes": "150000000"}))
        client.call(AppendRecords("big", (Record(None, b"x" * size),), 0))
    assert len(workbench("consume", file, "big", "--group", "readers", "--format", "value")) == size + 1
    assert workbench("consume", file, "big", "--group", "readers", "--format", "value") == b""
    with BrokerReader(file) as reader:
        (record,) = reader.read("big", 0, 0, 100)
    assert record.value is not None and len(record.value) == size
    peak_kib = int(Path(f"/proc/{host.pid}/status").read_text().split("VmHWM:")[1].split()[0])
    assert peak_kib * 1024 < 12 * size
