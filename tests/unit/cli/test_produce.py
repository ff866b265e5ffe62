"""``produce``: what is wrong with the input is told before or after it, by count, line and reason; ``--strict`` and
``--dry-run`` store nothing."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.cli.main import main
from workbench.control.messages import CreateTopic
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddLink, AddNode
from workbench.host import LocalHost

FILES = {
    "unclosed.csv": b'id,name\n1,one\n2,"two\n3,three\n4,four\n',
    "same.csv": b"id,v,v\n1,a,b\n2,c,d\n",
    "array.json": b'[{"id": 0}, {"id": 1}]',
    "doc.json": b'{"data": {"events": [{"id": 0}, {"id": 1}, {"id": 2}]}}',
    "latin1.csv": b"id,name\n1,Zo\xeb\n2,K\xf6ln\n3,plain\n",
    "times.csv": b"id,t\n1,1764500000\n2,1764500000123\n3,\n4,yesterday\n",
    "semicolon.txt": b"id;t\n1;30.11.2025 10:53:20\n",
    "good.jsonl": b'{"k": "a", "n": 1}\n{"k": "b", "n": 2}\n',
    "few-keys.jsonl": b'{"k": "a"}\n{"n": 2}\n{"n": 3}\n',
    "access.log": b'192.0.2.7 - - [30/Nov/2025:10:53:20 +0000] "GET /a?q=\\"1\\" HTTP/1.1" 200\n',
    "events.jsonl.gz": gzip.compress(b'{"k": "a"}\n{"k": "b"}\n'),
}


class Produced:
    """``produce`` into a topic, in this process: its status, what it said and what is stored then."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.said = self.out = ""

    def __call__(self, *words: str) -> int:
        status = main(["produce", "a.flow", "t", *words])
        self.out, self.said = self._capsys.readouterr()
        assert "Traceback" not in self.said
        return status

    def records(self) -> list[dict]:
        assert main(["consume", "a.flow", "t"]) == 0
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]


@pytest.fixture
def produce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Produced:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Broker.create("a.flow").close()
    with closing(LocalHost("a.flow")) as host:
        host.call(CreateTopic("t", 1))
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    return Produced(capsys)


@pytest.mark.parametrize(
    ("words", "stored", "status", "told"),
    [
        ("unclosed.csv", 1, 1, "Line 3: a quote opens here"), ("same.csv", 2, 0, "«v» are kept as v, v_2"),
        ("array.json", 2, 0, ""), ("doc.json", 1, 0, "an array of 3 at /data/events"),
        ("doc.json --path /data/events", 3, 0, ""), ("doc.json --path /nope", 0, 1, "no «nope»"),
        ("latin1.csv", 3, 0, "read as windows-1252, which is a guess"), ("latin1.csv --charset latin-1", 3, 0, ""),
        ("latin1.csv --charset utf-8", 1, 1, "2 lines could not be read. Line 2: not UTF-8"),
        ("events.jsonl.gz --key k", 2, 0, ""),
        ("events.jsonl.gz --key nope", 2, 1, "None of the 2 events has a key in «nope»"),
        ("good.jsonl --time nope", 2, 1, "None of the 2 events has a time in «nope»"),
        ("few-keys.jsonl --key k", 3, 0, "2 of 3 events have no key in «k», first in line 2"),
        ("same.csv --key nope", 2, 1, "None of the 2 events has a key in «nope»"),
        ("times.csv --time t", 4, 1, "can't be read. Line 5: «yesterday» is not a time"),
        ("access.log --time-format clf", 1, 0, ""),
    ],
)
def test_what_is_stored_and_what_is_told(produce: Produced, words: str, stored: int, status: int, told: str):
    assert produce(*words.split()) == status
    assert told in produce.said if told else produce.said == ""
    assert len(produce.records()) == stored


@pytest.mark.parametrize(
    "words",
    ["unclosed.csv", "times.csv --time t", "few-keys.jsonl --key k", "good.jsonl --time nope", "same.csv --key nope",
     "latin1.csv --charset utf-8", "doc.json --path /nope", "good.jsonl --header-field h=nope"],
)
def test_strict_stores_nothing_when_anything_is_bad(produce: Produced, words: str):
    assert produce(*words.split(), "--strict") == 1
    assert "Nothing was stored" in produce.said
    assert produce.records() == []


def test_strict_stores_what_is_good(produce: Produced, monkeypatch: pytest.MonkeyPatch):
    assert produce("good.jsonl", "--key", "k", "--strict") == 0
    read, write = os.pipe()
    os.write(write, FILES["good.jsonl"])
    os.close(write)
    real = os.dup
    monkeypatch.setattr(os, "dup", lambda fd: read if fd == 0 else real(fd))
    assert produce("-", "--key", "k", "--strict") == 0
    assert [record["key"] for record in produce.records()] == ["a", "b"] * 2


def test_times_are_those_of_the_file_and_never_made_up(produce: Produced):
    assert produce("times.csv", "--time", "t") == 1
    assert [record["timestamp"] for record in produce.records()] == [
        "2025-11-30T10:53:20.000Z", *["2025-11-30T10:53:20.123Z"] * 3]
    assert "2 events got the time of the event before" in produce.said
    assert produce("semicolon.txt", "--delimiter", ";", "--time", "t", "--time-format", "%d.%m.%Y %H:%M:%S") == 0
    assert produce.records()[-1]["timestamp"] == "2025-11-30T10:53:20.000Z"


def test_a_dry_run_shows_it_and_stores_nothing(produce: Produced):
    assert produce("latin1.csv", "--key", "name", "--dry-run") == 0
    assert "windows-1252 (a guess)" in produce.out and "header: id, name" in produce.out and "Köln" in produce.out
    assert "3 events would be stored" in produce.out
    assert produce("times.csv", "--time", "t", "--dry-run", "--json") == 0
    seen = json.loads(produce.out)
    assert (seen["format"], seen["charset"], seen["delimiter"], seen["header"]) == ("csv", "UTF-8", ",", ["id", "t"])
    assert seen["rows"][0] == {"line": 2, "time": "2025-11-30T10:53:20.000Z", "key": None,
                               "value": '{"id":"1","t":"1764500000"}'}
    assert seen["refused"]["reasons"] == [{"line": 5, "reason": "«yesterday» is not a time", "count": 1}]
    assert produce("unclosed.csv", "--dry-run", "--strict") == 1
    assert produce("nope.csv", "--dry-run") == 1
    assert produce.records() == []


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_dry_run_of_what_gives_no_event_fails_and_one_of_nothing_does_not(produce: Produced, options):
    Path("header.csv").write_bytes(b'"id,name\n1,one\n')
    Path("cut.gz").write_bytes(gzip.compress(b'{"k": "a"}\n' * 99)[:20])
    Path("empty").write_bytes(b"")
    for name, why in (("header.csv", "a quote opens here"), ("cut.gz", "was cut short")):
        assert produce(name, "--dry-run", *options) == 1
        assert produce.said.count(why) == 1 and "Nothing of it" in produce.said
    assert produce("empty", "--dry-run", *options) == 0


@pytest.mark.parametrize(
    "words",
    ["--charset klingon", "--charset base64", "--delimiter ab", "--time-format dd.MM", "--path /a --format csv",
     "--delimiter ; --format jsonl", "--path //"],
)
def test_settings_that_mean_nothing_are_wrong_usage(produce: Produced, words: str):
    assert produce("same.csv", *words.split()) == 2


def flow_with(path: str, **params: str) -> FlowDocument:
    """A file source drawn beside the topic."""
    document = FlowDocument()
    AddNode(Node("t", "topic", "t")).apply(document)
    AddNode(Node("f", "file", "f", params={"path": path, "pace": "flat_out", **params})).apply(document)
    AddLink(Link("l", "f", "t")).apply(document)
    return document


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [("good.jsonl", 0, ""), ("nope.jsonl", 1, "not there"), ("unclosed.csv", 1, "a quote opens"), (".", 1, "folder")],
)
def test_a_run_whose_source_cannot_be_read_fails(produce: Produced, capsys, path: str, status: int, problem: str):
    Path("flow.json").write_bytes(codec.dumps(flow_with(path)).encode())
    main(["flow", "a.flow", "import", "flow.json"])
    capsys.readouterr()
    assert main(["run", "a.flow", "--until-drained", "--json"]) == status
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert problem in " ".join(problems) and bool(problems) is bool(problem)
