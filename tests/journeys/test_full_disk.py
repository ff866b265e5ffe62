"""A disk that is full: each act says so in a sentence, and what was stored is there when there is room again.

The disk is a real one, of four megabytes in memory; mounting it needs root.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MESSAGES = 1_500
LINES = b"".join(b'{"n":%d,"pad":"%s"}\n' % (n, b"x" * 800) for n in range(MESSAGES))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here: a small disk can't be had")
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def path(workbench, disk: Path) -> Path:
    file = disk / "a.flow"
    workbench("new", file)
    workbench("topics", file, "create", "jobs", "--queue")
    workbench("produce", file, "jobs", "-", given=LINES)
    return file


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while out.write(bytes(1024)):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk takes everything")


def ready(workbench, path: Path) -> int:
    return workbench.json("queues", path, "list")["queues"][0]["ready"]


def numbers(workbench, path: Path) -> list[int]:
    taken = workbench.lines("consume", path, "jobs", "--ack", "auto", "--max", 9_999)
    return [record["value"]["n"] for record in taken]


def test_a_file_on_a_full_disk_is_refused_in_words_and_whole_when_there_is_room(workbench, disk: Path, path: Path):
    filler = fill(disk)
    for act in (("consume", path, "jobs", "--ack", "auto"), ("produce", path, "jobs", "-"), ("compact", path)):
        refused = workbench.run(*act, given=LINES)
        assert refused.returncode == 1
        assert b"The disk that holds a.flow is full. Free some space" in refused.stderr, act
    filler.unlink()
    assert numbers(workbench, path) == list(range(MESSAGES))


READING = (
    ("topics", "{}", "list"), ("topics", "{}", "describe", "jobs"), ("groups", "{}", "list"), ("queues", "{}", "list"),
    ("queues", "{}", "peek", "jobs"), ("queues", "{}", "purge", "jobs", "--dry-run"), ("exchanges", "{}", "list"),
    ("users", "{}", "list"), ("size", "{}"), ("consume", "{}", "jobs", "--max", 3), ("flow", "{}", "export", "-"),
)


def test_what_only_reads_works_on_a_full_disk_also_from_a_log_that_a_crash_left(workbench, disk: Path, path: Path):
    host, _ = workbench.serve(path)
    workbench("produce", path, "jobs", "-", given=b'{"n":1}\n')
    host.kill()
    host.wait(20)
    (disk / "a.flow-shm").unlink()  # its room is taken by the filler
    fill(disk)
    for act in READING:
        assert workbench(*(path if word == "{}" else word for word in act)), act
    assert ready(workbench, path) == MESSAGES + 1


def test_a_host_starts_on_a_full_disk_to_read_and_leaves_no_empty_file(workbench, disk: Path, path: Path):
    filler = fill(disk)
    host, said = workbench.serve(path)
    assert said["ready"]
    assert len(workbench.lines("consume", path, "jobs", "--max", 3)) == 3
    assert ready(workbench, path) == MESSAGES
    refused = workbench.run("produce", path, "jobs", "-", given=LINES)
    assert refused.returncode == 1 and b"The disk that holds a.flow is full. " in refused.stderr
    assert b"start the host again" in refused.stderr
    assert not [left for left in disk.iterdir() if left.name.startswith("a.flow.host") and not left.stat().st_size]
    host.terminate()
    assert host.wait(20) == 0
    filler.unlink()
    assert not list(disk.glob("a.flow.*"))
    assert numbers(workbench, path) == list(range(MESSAGES))


def test_acks_that_find_no_room_come_again_and_nothing_is_lost(workbench, disk: Path, path: Path):
    workbench.serve(path)
    filler = fill(disk)
    taken = workbench.run("consume", path, "jobs", "--ack", "auto", "--max", 300)
    assert taken.returncode == 1
    assert b"what was acked may come again. See that the disk has room." in taken.stderr
    refused = workbench.run("produce", path, "jobs", "-", given=LINES)
    assert b"The disk that holds a.flow is full. 0 sent before." in refused.stderr
    filler.unlink()
    assert ready(workbench, path) >= MESSAGES - 300
    seen = {int(part.split(b",")[0]) for part in taken.stdout.split(b'"n":')[1:]}
    assert seen | set(numbers(workbench, path)) == set(range(MESSAGES))
