"""Where an export may go: whole or not there, never over a workspace, and into what is not a file."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.core.errors import Invalid, Refused
from workbench.session.whole_file import whole_file


def write(out: Path, data: bytes) -> None:
    with whole_file(out) as stream:
        stream.write(data)


def test_it_takes_the_place_of_an_older_file_when_it_is_whole(tmp_path: Path):
    out = tmp_path / "out"
    out.write_bytes(b"old")
    with whole_file(out) as stream:
        stream.write(b"new")
        stream.flush()
        assert out.read_bytes() == b"old"
    assert out.read_bytes() == b"new"
    with pytest.raises(ZeroDivisionError), whole_file(out) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert out.read_bytes() == b"new" and list(tmp_path.iterdir()) == [out]


def test_a_pipe_is_written_into_and_stays(tmp_path: Path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"through")
    reader.join(10)
    assert read == [b"through"] and pipe.is_fifo()


def test_the_standard_output_of_a_script_is_written_into(tmp_path: Path):
    with (tmp_path / "log").open("w+b", buffering=0) as log:
        log.write(b"before\n")
        with whole_file(Path(f"/dev/fd/{log.fileno()}")) as stream:
            stream.write(b"x")
        assert os.path.samestat(os.fstat(log.fileno()), os.stat(tmp_path / "log"))


def test_a_device_stays_one(tmp_path: Path):
    write(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(Invalid, match="No space left"):
        write(Path("/dev/full"), b"x")
    assert Path("/dev/full").is_char_device()


def test_a_link_stays_and_its_target_is_the_file(tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    write(link, b"x")
    assert link.is_symlink() and (tmp_path / "target").read_bytes() == b"x"


def test_a_workspace_is_not_written_over(tmp_path: Path):
    Broker.create(tmp_path / "a.flow").close()
    before = (tmp_path / "a.flow").read_bytes()
    with pytest.raises(Refused, match="lost"):
        write(tmp_path / "a.flow", b"x")
    assert (tmp_path / "a.flow").read_bytes() == before


@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal", ".lock", ".host"])
@pytest.mark.parametrize("there", [True, False])
def test_what_belongs_to_a_database_is_neither_written_over_nor_made(tmp_path: Path, beside: str, there: bool):
    out = tmp_path / f"a.db{beside}"
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0")
    if there:
        out.write_bytes(b"precious")
    with pytest.raises(Refused, match="belongs to"):
        write(out, b"x")
    assert out.read_bytes() == b"precious" if there else not out.exists()


def test_a_name_that_only_looks_so_is_free(tmp_path: Path):
    write(tmp_path / "great-wal", b"built")
    assert (tmp_path / "great-wal").read_bytes() == b"built"


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="this system has no folder of files under /dev")
def test_a_workspace_in_shared_memory_is_a_file_and_not_a_device():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        workspace = Path(folder, "a.flow")
        workspace.write_bytes(b"SQLite format 3\0")
        with pytest.raises(Refused, match="would be lost"):
            write(workspace, b"x")
        assert workspace.read_bytes() == b"SQLite format 3\0"
