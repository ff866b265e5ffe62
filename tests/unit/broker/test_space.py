"""Room that removed records leave: given back by small steps and by ``compact``, from new files and from older ones."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.broker.retention import RetentionWork
from workbench.broker.space import DEFAULT_BUDGET_BYTES, KEPT_FREE_BYTES, STEP_MS
from workbench.core.errors import Invalid
from workbench.core.records import Record
from workbench.core.sizes import parse_size, size_words

MIB = 1 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Broker.create(tmp_path / "a.flow", background=False).close()
    return tmp_path / "a.flow"


def fill_and_empty(broker: Broker, mebibytes: int) -> None:
    if not any(topic.name == "t" for topic in broker.topics()):
        broker.create_topic("t")
    pad = os.urandom(MIB // 2)
    for _ in range(2 * mebibytes):
        broker.append("t", 0, [Record(None, pad)]).result()
    broker.delete_records("t", 0, -1)


def older(path: Path) -> None:
    """As files were before: without a pointer map."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA auto_vacuum = NONE")
        db.execute("VACUUM")
        db.execute("PRAGMA journal_mode = WAL")
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    db.close()


def test_a_file_shrinks_by_itself_and_keeps_what_the_next_appends_need(path: Path):
    with Broker.open(path, background=False) as broker:
        fill_and_empty(broker, 24)
        assert broker.space.room().file_bytes > 24 * MIB
        broker.keep_house()
        broker.store.checkpoint()
        assert broker.space.room().file_bytes < KEPT_FREE_BYTES + 2 * MIB
    assert path.stat().st_size < KEPT_FREE_BYTES + 2 * MIB


def test_no_step_of_shrinking_holds_the_writer_for_long(path: Path):
    with Broker.open(path, background=False) as broker:
        fill_and_empty(broker, 32)
        work, steps = RetentionWork(broker.retention, broker.store), []
        more = True
        while more:
            began = time.thread_time()
            more = work()
            steps.append((time.thread_time() - began) * 1000.0)
        work.close()
    assert len(steps) > 5 and sorted(steps)[len(steps) // 2] < 5 * STEP_MS


@pytest.mark.parametrize("old", [False, True], ids=["new file", "older file"])
def test_compact_gives_all_free_room_back_and_loses_nothing(path: Path, old: bool):
    if old:
        older(path)
    with Broker.open(path, background=False) as broker:
        fill_and_empty(broker, 12)
        broker.append("t", 0, [Record(b"k", b"stays")]).result()
        broker.keep_house()
        done = broker.space.compact()
        assert done.after < min(done.before, 2 * MIB)
        assert broker.space.room().free_bytes == 0
        assert b"stays" in broker.fetch("t", 0, broker.bounds("t")[0].log_start)[0]
        broker.append("t", 0, [Record(b"k", b"goes on")]).result()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_an_older_file_is_left_as_it_is_until_it_is_compacted(path: Path):
    older(path)
    with Broker.open(path, background=False) as broker:
        fill_and_empty(broker, 12)
        broker.keep_house()
        assert broker.space.room().free_bytes > 11 * MIB


def test_a_budget_stays_with_the_file(path: Path):
    with Broker.open(path, background=False) as broker:
        assert broker.space.budget_bytes == DEFAULT_BUDGET_BYTES
        broker.space.set_budget(5 * MIB)
    with Broker.open(path, background=False) as broker:
        assert broker.space.room().budget_bytes == 5 * MIB


@pytest.mark.parametrize(("text", "size"), [("500 MB", 500_000_000), ("4GiB", 4 << 30), ("1.5g", 1_500_000_000),
                                            ("4096", 4096), ("2 kib", 2048)])
def test_sizes_are_read_as_people_write_them(text: str, size: int):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "big", "-1", "0", "5 XB", "1e9", "999999 TiB"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(Invalid, match="is no size"):
        parse_size(text)


def test_sizes_are_told_in_the_unit_that_fits():
    assert [size_words(n) for n in (0, 278, 2355, 224_395_264)] == ["0 B", "278 B", "2.3 KiB", "214 MiB"]
