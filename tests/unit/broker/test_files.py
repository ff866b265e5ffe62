"""Files that are not a workspace, or can't be used now: each a sentence, and not one byte of them changes."""

from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.broker.files import connect_reading
from workbench.broker.migrations import APPLICATION_ID, SCHEMA_VERSION, STEPS
from workbench.core.errors import (
    AlreadyExists,
    Damaged,
    FileError,
    Invalid,
    Locked,
    Missing,
    NotOurs,
    ReadOnly,
    TooNew,
)
from workbench.core.records import DAMAGED, Record


@pytest.fixture
def closed(path: Path) -> Path:
    with Broker.create(path, background=False) as broker:
        broker.create_topic("t", 2)
        for number in range(200):
            broker.append("t", number % 2, [Record(b"k", b"%04d" % number * 200)])
    assert not path.with_name(path.name + "-wal").exists()
    return path


def other_database(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE somebody (elses)")
    connection.close()


def patch(at: int, data: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(at)
            file.write(data)

    return spoil


def cut(bytes_left: int) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, bytes_left)


def write(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


BAD = {
    "empty": (cut(0), NotOurs, "is empty"),
    "text": (write(b"hello, I am a text file\n" * 50), NotOurs, "is not a workspace"),
    "random": (write(bytes(os.urandom(5000))), NotOurs, "is not a workspace"),
    "zeros": (write(bytes(100_000)), NotOurs, "is not a workspace"),
    "another database": (other_database, NotOurs, "of another program"),
    "another application": (patch(68, struct.pack(">I", 0x0F055112)), NotOurs, "of another program"),
    "newer": (patch(60, struct.pack(">I", SCHEMA_VERSION + 1)), TooNew, "newer workbench"),
    "never finished": (patch(60, bytes(4)), Damaged, "never finished"),
    "ten bytes": (cut(10), Damaged, "is cut off"),
    "ninety bytes": (cut(90), Damaged, "is cut off"),
    "one page": (cut(8192), Damaged, "is cut off"),
    "half": (cut(8192 * 20), Damaged, "is cut off"),
    "one byte short": (lambda p: os.truncate(p, p.stat().st_size - 1), Damaged, "is cut off"),
    "schema page": (patch(100, os.urandom(2000)), Damaged, "is damaged"),
    "all but the header": (patch(100, bytes(8192 * 30)), Damaged, "is damaged"),
    "page size": (patch(16, b"\x00\x07"), Damaged, "is damaged|is cut off"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_sentence_and_stays_as_it_is(closed: Path, name: str):
    spoil, error, says = BAD[name]
    spoil(closed)
    before = closed.read_bytes()
    for open_ in (Broker.open, BrokerReader):
        with pytest.raises(error, match=says) as caught:
            open_(closed)
        assert "Traceback" not in caught.value.sentence() and caught.value.next_step
        assert closed.read_bytes() == before
    assert {p.name for p in closed.parent.iterdir()} <= {closed.name, closed.name + "-wal", closed.name + "-shm"}


def test_a_spoiled_batch_is_marked_when_it_is_read_and_nothing_else_is_lost(closed: Path):
    at = closed.read_bytes().index(b"0120" * 200)
    patch(at, b"9999")(closed)
    with BrokerReader(closed) as reader:
        assert reader.read("t", 0, 0, 10)[0].value == b"0000" * 200
        (spoiled,) = reader.read("t", 0, 60, 1)
        assert (spoiled.offset, spoiled.value, spoiled.transaction) == (60, None, DAMAGED)
        assert reader.read("t", 0, 61, 1)[0].offset == 61


def test_nothing_there_is_said(path: Path):
    for open_ in (Broker.open, BrokerReader):
        with pytest.raises(Missing, match="There is no file"):
            open_(path)
    assert list(path.parent.iterdir()) == []


def test_a_folder_is_no_workspace(tmp_path: Path):
    for open_ in (Broker.open, BrokerReader):
        with pytest.raises(NotOurs, match="is a folder"):
            open_(tmp_path)


def test_nothing_is_overwritten(closed: Path):
    before = closed.read_bytes()
    with pytest.raises(AlreadyExists):
        Broker.create(closed)
    assert closed.read_bytes() == before


def test_no_folder_to_create_in_is_said(path: Path):
    with pytest.raises(Missing, match="There is no folder"):
        Broker.create(path / "deeper" / "x.flow")


def test_an_unknown_durability_is_said(path: Path):
    with pytest.raises(Invalid, match="no synchronous mode"):
        Broker.create(path, synchronous="OFF; DROP TABLE meta")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(("mode", "number"), [("NORMAL", 1), ("FULL", 2)])
def test_durability_stays_with_the_file(path: Path, mode: str, number: int):
    Broker.create(path, synchronous=mode, background=False).close()
    with Broker.open(path, background=False) as broker:
        assert broker.store.read(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) == number


def test_the_file_is_what_it_says(closed: Path):
    head = closed.read_bytes()[:100]
    assert struct.unpack_from(">H", head, 16)[0] == 8192
    assert struct.unpack_from(">II", head, 60)[0] == SCHEMA_VERSION
    assert struct.unpack_from(">I", head, 68)[0] == APPLICATION_ID
    assert head[18:20] == b"\2\2", "write-ahead log"


@pytest.fixture
def read_only_folder(closed: Path) -> Iterator[Path]:
    closed.parent.chmod(0o555)
    yield closed
    closed.parent.chmod(0o755)


def test_a_read_only_file_is_said_but_can_be_looked_at(closed: Path):
    closed.chmod(0o444)
    before = closed.read_bytes()
    with pytest.raises(ReadOnly, match=r"work\.flow is read-only"):
        Broker.open(closed)
    with BrokerReader(closed) as reader:
        assert len(reader.read("t", 0, 0, 1000)) == 100
    assert closed.read_bytes() == before


def test_a_read_only_folder_is_said(read_only_folder: Path):
    with pytest.raises(ReadOnly, match=r"The folder of work\.flow"):
        Broker.open(read_only_folder)
    with pytest.raises(ReadOnly, match="The folder of"):
        Broker.create(read_only_folder.with_name("new.flow"))


# -- the lock ------------------------------------------------------------------------------------------------
HOLD = """
import sys
from workbench.broker import Broker
broker = Broker.open(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_host(closed: Path) -> Iterator[subprocess.Popen]:
    host = subprocess.Popen([sys.executable, "-c", HOLD, str(closed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert host.stdout is not None and host.stdin is not None
    with host, host.stdin, host.stdout:
        assert host.stdout.readline() == b"open\n"
        yield host
        host.kill()


def test_a_living_host_keeps_others_out(closed: Path, other_host: subprocess.Popen):
    with pytest.raises(Locked, match=rf"already open in another workbench \(process {other_host.pid}\)"):
        Broker.open(closed)
    with BrokerReader(closed) as reader:
        assert reader.bounds("t")[0].end == 100


def test_the_lock_of_a_killed_host_is_stale_even_if_its_number_lives(closed: Path, other_host: subprocess.Popen):
    other_host.kill()
    other_host.wait()
    lock = closed.with_name(closed.name + ".lock")
    assert lock.exists()
    lock.write_text(str(os.getppid()))
    with Broker.open(closed, background=False) as broker:
        assert lock.read_text().split()[0] == str(os.getpid())
        assert broker.bounds("t")[0].end == 100
    assert not lock.exists()


def test_one_process_can_not_open_it_twice_either(closed: Path):
    with Broker.open(closed, background=False), pytest.raises(Locked):
        Broker.open(closed)
    Broker.open(closed, background=False).close()


def test_a_rubbish_lock_file_is_no_lock(closed: Path):
    closed.with_name(closed.name + ".lock").write_bytes(b"\xff not a number")
    Broker.open(closed, background=False).close()


# -- copies --------------------------------------------------------------------------------------------------
def test_a_backup_is_whole_while_writing_goes_on(closed: Path, tmp_path: Path):
    copy = tmp_path / "copy.flow"
    with Broker.open(closed) as broker:
        broker.append("t", 0, [Record(b"k", b"late")]).result()
        broker.backup(copy)
        broker.append("t", 0, [Record(b"k", b"later")]).result()
        with pytest.raises(AlreadyExists):
            broker.backup(copy)
    with Broker.open(copy, background=False) as broker:
        assert broker.bounds("t")[0].end == 101
        assert broker.append("t", 0, [Record(b"k", b"on")]).result().base_offset == 101


def test_a_file_behind_its_log_is_not_taken_for_damaged(closed: Path, tmp_path: Path):
    """As a kill -9 in the middle of a run leaves it: much is still in the write-ahead log."""
    copy = tmp_path / "crashed.flow"
    with Broker.open(closed, background=False) as broker:
        for number in range(100):
            broker.append("t", 0, [Record(b"k", b"%d" % number * 500)])
        for suffix in ("", "-wal"):
            copy.with_name(copy.name + suffix).write_bytes(closed.with_name(closed.name + suffix).read_bytes())
    with Broker.open(copy, background=False) as broker:
        assert broker.bounds("t")[0].end == 200


def test_damaged_settings_are_said_and_the_lock_is_let_go(closed: Path):
    connection = sqlite3.connect(closed)
    connection.execute("UPDATE topic SET config = '{'")
    connection.commit()
    connection.close()
    for _ in range(2):
        with pytest.raises(Damaged, match="The settings of topic t are damaged"):
            Broker.open(closed)


def test_a_file_of_an_older_workbench_is_moved_on_when_it_is_opened(path: Path):
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    first = Migrations("workbench")
    first(name=STEPS[0][0])(STEPS[0][1])
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size = 8192", f"application_id = {APPLICATION_ID}", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")
    first.apply(Database(connection))
    connection.execute("INSERT INTO meta VALUES ('flow', 'kept')")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(FileError, match="older workbench"):
        BrokerReader(path)
    with Broker.open(path, background=False) as broker:
        assert broker.flow() == "kept"
        assert broker.store.read(lambda db: db.execute("PRAGMA user_version").fetchone()[0]) == SCHEMA_VERSION
    BrokerReader(path).close()


def test_a_reader_that_stops_after_some_rows_has_read_no_more(tmp_path: Path):
    """A row may be a batch of a megabyte: 256 were read to give one."""
    Broker.create(tmp_path / "a.flow").close()
    connection = connect_reading(tmp_path / "a.flow")
    looked: list[int] = []
    connection.create_function("looked", 1, looked.append)
    rows = iter(connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                                   " SELECT looked(i) FROM n"))
    next(rows)
    next(rows)
    assert len(looked) <= 3, "sqlite3 itself is a row ahead"
    connection.close()
