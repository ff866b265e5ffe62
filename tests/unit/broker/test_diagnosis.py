"""A damaged file: one sentence that names the page and what lay there, what can still be read, and a next step."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.cli.main import main
from workbench.core.errors import Damaged
from workbench.core.records import Record

PAGE = 8192
VERBS = (
    "topics {} list", "topics {} describe t", "consume {} t", "consume {} t --group h --max 3", "groups {} list",
    "groups {} reset g --to earliest", "queues {} list", "exchanges {} list", "users {} list", "size {}", "compact {}",
    "export {} out.jsonl --what all", "flow {} export out.json", "produce {} t in.jsonl", "topics {} create u",
    "topics {} delete t",
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Path("in.jsonl").write_text('{"a":1}\n')
    with Broker.create(tmp_path / "a.flow", background=False) as broker:
        broker.create_topic("t")
        for _ in range(40):
            broker.append("t", 0, [Record(b"k", os.urandom(200)) for _ in range(100)]).result()
        broker.commit_offsets("g", "", -1, {})
    return tmp_path / "a.flow"


def root_page(file: Path, table: str) -> int:
    with sqlite3.connect(file) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    db.close()
    return int(page)


def damage(file: Path, page: int, data: bytes) -> None:
    with file.open("r+b") as out:
        out.seek((page - 1) * PAGE)
        out.write(data)


def test_a_damaged_list_of_topics_is_named_with_its_page(file: Path):
    damage(file, root_page(file, "topic"), b"\xff" * PAGE)
    with pytest.raises(Damaged) as met:
        BrokerReader(file)
    assert "holds the list of topics" in met.value.message
    assert ".recover" in met.value.next_step and "copy" in met.value.next_step


def test_damage_among_the_records_says_what_can_be_read(file: Path):
    damage(file, file.stat().st_size // PAGE - 60, b"\xff" * PAGE)
    with BrokerReader(file) as reader, pytest.raises(Damaged) as met:
        for offset in range(0, 4000, 100):
            reader.read("t", 0, offset, 100)
    assert "stored records, can't be read. Topics and partitions that do not lie there" in met.value.message
    assert "workbench export a.flow OUT.jsonl --topic T" in met.value.next_step


@pytest.mark.parametrize("data", [bytes(PAGE), b"\xff" * PAGE, b"lorem ipsum " * 682 + b"12345678"],
                         ids=["zeros", "ones", "text"])
def test_no_verb_meets_an_error_that_was_not_foreseen(file: Path, capsys: pytest.CaptureFixture[str], data: bytes):
    good = file.read_bytes()
    pages = [root_page(file, name) for name in ("topic", "batch", "journal", "group_state", "meta")
             if _there(file, name)]
    for number, page in enumerate([*pages, len(good) // PAGE - 50]):
        for verb in VERBS[number % 2 :: 2]:
            for left in file.parent.glob("a.flow*"):
                left.unlink()
            file.write_bytes(good)
            damage(file, page, data)
            status = main(verb.format("a.flow").split())
            said = capsys.readouterr().err
            assert status in (0, 1) and "did not foresee" not in said and "Traceback" not in said, (page, verb, said)


def _there(file: Path, table: str) -> bool:
    with sqlite3.connect(file) as db:
        found = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    db.close()
    return found is not None
