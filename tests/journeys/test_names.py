"""One workspace has many names (a symbolic link, a hard link, a name given while it is open): whoever comes by any of
them meets the host that has it, and nothing acknowledged is lost, also when that host is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader, file_head
from workbench.cli.workspace import host_of
from workbench.control.client import ControlClient
from workbench.control.endpoint import HostFile
from workbench.control.messages import AppendRecords, SaveAs
from workbench.core.errors import FileError
from workbench.core.records import Record

_ASK = """
import fcntl, os, struct, sys
descriptor = os.open(sys.argv[1], os.O_RDWR)
asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0x40000002, 510, 0)
print(struct.unpack("hhqqi4x", fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK)
"""


@pytest.fixture
def file(workbench, tmp_path: Path) -> Path:
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        broker.create_topic("t")
    return path


def by_symlink(file: Path) -> Path:
    (file.parent / "elsewhere").mkdir()
    name = file.parent / "elsewhere" / "b.flow"
    name.symlink_to(file)
    return name


def by_hard_link(file: Path) -> Path:
    (file.parent / "elsewhere").mkdir()
    name = file.parent / "elsewhere" / "b.flow"
    os.link(file, name)
    return name


def by_new_name(file: Path) -> Path:
    return file.rename(file.with_name("b.flow"))


def by_folder(file: Path) -> Path:
    file.parent.joinpath("way").symlink_to(file.parent, target_is_directory=True)
    return file.parent / "way" / "a.flow"


WAYS = [by_symlink, by_hard_link, by_new_name, by_folder]


def numbers(path: Path) -> list[int]:
    with BrokerReader(path) as reader:
        return sorted(int(record.value) for record in reader.read("t", 0, 0, 999))


def produce(path: Path) -> None:
    """Sixty records, acknowledged, through the host that is met by this name; or by opening the file itself."""
    with host_of(path) as host:
        host.call(AppendRecords("t", tuple(Record(None, b"%d" % n) for n in range(60)), 0))


@pytest.mark.parametrize("way", WAYS)
def test_a_second_host_by_another_name_is_refused_and_verbs_meet_the_first(workbench, file: Path, way):
    host, _ = workbench.serve(file)
    produce(file)
    name = way(file)
    second = workbench.run("serve", name)
    assert second.returncode == 1 and b"already open in another workbench" in second.stderr
    assert str(host.pid).encode() in second.stderr
    produce(name)
    assert len(numbers(name)) == 120
    host.send_signal(signal.SIGTERM)
    assert host.wait(20) == 0
    assert numbers(name) == sorted([*range(60), *range(60)])
    assert not [left.name for left in name.parent.glob("*-wal") if left.stat().st_size]


@pytest.mark.parametrize("way", WAYS)
def test_a_killed_host_frees_the_file_and_its_log_is_found_by_every_name(workbench, until, file: Path, way):
    host, _ = workbench.serve(file)
    held = hold_reader(file)  # nothing of the write-ahead log can go into the file while somebody reads the old state
    try:
        produce(file)
        name = way(file)
        if way is by_new_name:
            until(lambda: name.with_name("b.flow-wal").exists())
        host.kill()
        host.wait(20)
        assert numbers(name) == list(range(60))
    finally:
        held.kill()
        held.communicate()
    produce(name)
    assert len(numbers(name)) == 120
    _, ready = workbench.serve(name)
    assert ready["ready"]


def hold_reader(file: Path) -> subprocess.Popen[bytes]:
    """Somebody in a read transaction, in a process of its own."""
    script = ("import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute('BEGIN')\n"
              "c.execute('SELECT * FROM meta').fetchall()\nprint('held', flush=True)\nsys.stdin.read()")
    held = subprocess.Popen([sys.executable, "-c", script, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert held.stdout is not None and held.stdout.readline() == b"held\n"
    return held


def test_a_file_renamed_just_before_the_kill_is_refused_until_its_log_is_beside_it(workbench, file: Path):
    host, _ = workbench.serve(file)
    held = hold_reader(file)
    produce(file)
    host.send_signal(signal.SIGSTOP)
    name = by_new_name(file)
    host.kill()
    host.wait(20)
    held.kill()
    held.communicate()
    with pytest.raises(FileError) as read:
        numbers(name)
    assert "Rename a.flow-wal to b.flow-wal" in read.value.sentence()
    with pytest.raises(FileError, match="when its host was killed"):
        produce(name)
    (file.parent / "a.flow-wal").rename(file.parent / "b.flow-wal")
    assert numbers(name) == list(range(60))


def test_a_copy_is_another_workspace(workbench, file: Path):
    produce(file)
    copy = Path(shutil.copy(file, file.with_name("copy.flow")))
    _, one = workbench.serve(file)
    _, other = workbench.serve(copy)
    assert one["pid"] != other["pid"]
    produce(copy)
    assert (len(numbers(file)), len(numbers(copy))) == (60, 120)


def test_no_other_file_takes_the_name_of_one_that_is_open(workbench, file: Path):
    workbench.serve(file)
    produce(file)
    moved = by_new_name(file)
    refused = workbench.run("new", file)
    assert refused.returncode == 1 and b"already open" in refused.stderr
    assert len(numbers(moved)) == 60


def test_a_new_file_does_not_take_over_the_log_that_another_left(workbench, file: Path):
    host, _ = workbench.serve(file)
    held = hold_reader(file)
    produce(file)
    host.kill()
    host.wait(20)
    held.kill()
    held.communicate()
    file.unlink()
    refused = workbench.run("new", file)
    assert refused.returncode == 1 and b"a.flow-wal is the write-ahead log of a workspace" in refused.stderr


def test_a_host_whose_file_was_removed_can_still_save_it(workbench, file: Path, tmp_path: Path):

    workbench.serve(file)
    produce(file)
    client = ControlClient.attach(file)
    try:
        file.unlink()
        client.call(SaveAs(str(tmp_path / "saved.flow")))
    finally:
        client.close()
    assert len(numbers(tmp_path / "saved.flow")) == 60


def test_looking_at_the_file_leaves_the_locks_of_sqlite_alone(file: Path):
    """POSIX drops all locks of a process on a file when it closes any descriptor of it."""

    with Broker.open(file):
        BrokerReader(file).close()
        assert file_head(file, 6) == b"SQLite"
        asked = subprocess.run([sys.executable, "-c", _ASK, str(file)], capture_output=True, check=True)
        assert asked.stdout == b"True\n"


def test_the_host_file_on_another_name_says_the_same(workbench, file: Path):

    _, ready = workbench.serve(file)
    name = by_hard_link(file)
    assert HostFile.read(name) == HostFile.read(file)
    assert json.loads(HostFile.beside(file).read_bytes())["pid"] == ready["pid"]
