"""What people get wrong, on purpose: each is answered with a sentence and status 1 or 2, none with a traceback.

Most run in this process through the same ``main`` as the program (a process for each would take minutes); what
touches devices, limits and standard input runs as a process.
"""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import Broker
from workbench.cli.main import main
from workbench.control.messages import AppendRecords, CreateTopic
from workbench.core.records import Record
from workbench.host import LocalHost

PAGE = 8192


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good workspace ``a.flow`` and many bad files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Broker.create("a.flow").close()
    with closing(LocalHost("a.flow")) as host:
        host.call(CreateTopic("t", 2))
        host.call(AppendRecords("t", tuple(Record(b"k", b"v%d" % i) for i in range(10)), 0))
        host.call(CreateTopic("dead", 1, "queue"))
        host.call(CreateTopic("q", 1, "queue", {"queue.dead.letter": "dead"}))
        host.call(AppendRecords("q", (Record(b"k", b"waits"),), 0))
    good = Path("a.flow").read_bytes()
    files = {
        "empty.flow": b"", "text.flow": b"hello\n" * 100, "zero.flow": bytes(50_000),
        "cut.flow": good[: PAGE + 100], "head.flow": good[:50],
        "rubbish.flow": good[:100] + os.urandom(len(good) - 100),
        "other.db": b"SQLite format 3\0" + good[16:60] + bytes(8) + good[68:], "bad.json": b"{", "list.json": b"[]",
        "binary.json": b"\xff\xfe\x00", "newer.json": b'{"workbench.flow": 99}', "bad.jsonl": b'{"a":1}\nrubbish\n',
        "odd.csv": b'a,b\n1,2\n1,2,3\n', "latin.csv": b"a,b\n\xe9,1\n",
        "in.jsonl": b'{"topic":"t","partition":0}\n[]\n',
    }
    for name, data in files.items():
        Path(name).write_bytes(data)
    Path("locked").mkdir(mode=0o500)
    return tmp_path


USAGE = [
    "frobnicate", "topics", "topics a.flow", "topics a.flow frob", "topics a.flow create", "topics a.flow alter t",
    "topics a.flow create x --partitions many", "topics a.flow create x --config novalue", "produce a.flow",
    "produce a.flow t in.jsonl --rate 0", "produce a.flow t in.jsonl --rate nan-ish", "consume a.flow t --max 0",
    "produce a.flow t in.jsonl --rate 5 --speed 2", "produce a.flow t in.jsonl --speed 2",
    "produce a.flow t in.jsonl --header x", "produce a.flow t in.jsonl --format xml",
    "consume a.flow t --from yesterday", "consume a.flow t --from offset:-1", "consume a.flow t --from time:99",
    "consume a.flow t --group g --partition 1", "consume a.flow t --format xml", "consume a.flow t --no-such-option",
    "groups a.flow reset g --topic t", "groups a.flow reset g --topic t --to sideways",
    "groups a.flow reset g --topic t --to duration:soonish",
    "groups a.flow reset g --topic t --to offset:9999999999999999999999",
    "replay a.flow t", "replay a.flow t --into u --speed 0", "replay a.flow t --into u --speed fast",
    "export a.flow", "export a.flow x.jsonl --what everything", "export a.flow x.jsonl --format parquet",
    "serve a.flow --kafka-sasl", "serve a.flow --kafka-tls c k", "serve a.flow --kafka-advertise h:1", "users a.flow",
    "run a.flow --for 0", "run a.flow --for 1 --until-drained", "flow a.flow", "bench --frob",
    "queues", "queues a.flow", "queues a.flow frob", "queues a.flow peek", "queues a.flow peek q --state asleep",
    "queues a.flow peek q --max 0", "queues a.flow peek q --after first", "queues a.flow alter t:s",
    "queues a.flow redrive q", "queues a.flow redrive q --all --id 0-1", "queues a.flow redrive q --id 15",
    "queues a.flow redrive q --id 0-99999999999999999999999999999", "queues a.flow redrive q --all --rate 0",
    "queues a.flow redrive q --set 0-1", "queues a.flow redrive q --set 0-1={", "queues a.flow redrive q --edit 0-0",
    'queues a.flow redrive q --set 0-1={"valve":1}', 'queues a.flow redrive q --set 0-1={"value":null}',
    'queues a.flow redrive q --set 0-1={"value":1} --edit 0-1=in.jsonl', "consume a.flow q --ack maybe",
    "consume a.flow q --ack auto --group g", "consume a.flow q --ack auto --partition 0",
    "consume a.flow q --ack auto --from latest", "consume a.flow q --consumer x", "consume a.flow q --visibility 5",
    "consume a.flow q --ack auto --visibility long", "produce a.flow q in.jsonl --priority 300",
    "produce a.flow q in.jsonl --delay -1", "produce a.flow q in.jsonl --ttl soon",
    "produce a.flow t in.jsonl --exchange e", "produce a.flow in.jsonl --exchange e --partition 0",
    "produce a.flow t in.jsonl --routing-key k", "produce a.flow t in.jsonl --mandatory",
]

FAILED = [
    "topics nope.flow list", "topics empty.flow list", "topics text.flow list", "topics zero.flow list",
    "topics cut.flow list", "topics head.flow list", "topics rubbish.flow list", "topics other.db list",
    "topics . list", "topics /dev/null list", "topics a.flow/x list", "serve nope.flow", "serve /dev/zero",
    "new a.flow", "new nope/x.flow", "new x.flow --sample nope", "new .", "new /dev/null",
    "topics a.flow create t", "topics a.flow create ..", "topics a.flow create a/b", "topics a.flow create ''",
    "topics a.flow create " + "x" * 5000, "topics a.flow create x --partitions 0",
    "topics a.flow create x --partitions -5", "topics a.flow create x --partitions 99999999999999999999",
    "topics a.flow create x --config retention.ms=soon", "topics a.flow create x --config no.such=1",
    "topics a.flow create x --config retention.ms=99999999999999999999999",
    "topics a.flow create x --config max.message.bytes=-1", "topics a.flow alter t --partitions 1",
    "topics a.flow alter nope --partitions 5", "topics a.flow delete nope", "topics a.flow describe nope",
    "produce a.flow nope in.jsonl", "produce a.flow t nope.jsonl", "produce a.flow t .", "produce a.flow t /dev/zero",
    "produce a.flow t bad.jsonl", "produce a.flow t odd.csv", "produce a.flow t latin.csv --charset utf-8",
    "produce a.flow t in.jsonl --partition 9", "produce a.flow t odd.csv --key nope",
    "produce a.flow t in.jsonl --format lines --key nope", "produce a.flow t in.jsonl --format lines --key /(/",
    "consume a.flow nope", "consume a.flow nope --group g", "consume a.flow t --partition 9", "consume nope.flow t",
    "consume rubbish.flow t", "groups a.flow describe nope", "groups a.flow delete nope",
    "groups a.flow reset nope --to earliest", "groups a.flow reset g --topic nope --to earliest",
    "groups a.flow reset '' --topic t --to earliest", "groups a.flow reset g --topic t --to group:nope",
    "groups a.flow reset g --topic t --to earliest --partition 9",
    "replay a.flow t --into t", "replay a.flow t --into nope", "replay a.flow nope --into t",
    "export a.flow a.flow", "flow a.flow export a.flow",
    "export a.flow .", "export a.flow nope/x.jsonl", "export a.flow x.sqlite", "export a.flow x.jsonl --topic nope",
    "export a.flow x.jsonl --format html", "import a.flow nope.jsonl", "import a.flow .", "import a.flow a.flow",
    "import a.flow in.jsonl", "import a.flow bad.jsonl", "import a.flow odd.csv", "import a.flow latin.csv",
    "import a.flow binary.json", "import a.flow /dev/zero", "flow a.flow check bad.json", "flow a.flow check list.json",
    "flow a.flow check binary.json", "flow a.flow check newer.json", "flow a.flow check nope.json",
    "flow a.flow check .", "flow a.flow check /dev/zero", "flow a.flow import bad.json",
    "flow a.flow export nope/x.json", "flow a.flow export .",
    "run a.flow --for 1", "run nope.flow --for 1", "query a.flow SELECT",
    "bench nope", "serve a.flow --kafka nowhere", "serve a.flow --kafka 127.0.0.1:99999",
    "queues nope.flow list", "queues a.flow describe nope", "queues a.flow describe t", "queues a.flow peek nope",
    "queues a.flow purge nope --yes", "queues a.flow purge q", "queues a.flow redrive nope --all",
    "queues a.flow redrive q --id 0-9999", "queues a.flow redrive q --id 7-0",
    "queues a.flow redrive q --all --to nope", "queues a.flow redrive q --id 0-0 --edit 0-1=in.jsonl",
    "queues a.flow redrive q --id 0-0 --edit 0-0=nope.json", "queues a.flow redrive q --id 0-0 --edit 0-0=.",
    "queues a.flow subscribe nope s", "queues a.flow subscribe t a:b", "queues a.flow subscribe t ''",
    "queues a.flow subscribe t s --config queue.visibility.ms=0", "queues a.flow unsubscribe nope",
    "queues a.flow unsubscribe q", "queues a.flow alter nope --config queue.prefetch=1",
    "consume a.flow nope --ack auto", "consume a.flow t --ack auto", "consume a.flow q --ack auto --visibility 0",
    "consume a.flow q --ack auto --visibility 31536000000", "produce a.flow in.jsonl --exchange nope",
    "produce a.flow q in.jsonl --group nope", "produce a.flow q in.jsonl --dedup nope",
    "topics a.flow create x --queue --config queue.visibility.ms=0",
    "topics a.flow create x --queue --config queue.visibility.ms=31536000000",
    "topics a.flow create x --queue --config queue.prefetch=1000000",
    "topics a.flow create x --queue --config queue.max.deliveries=-1",
    "topics a.flow create x --queue --config queue.dead.letter=x",
    "topics a.flow create x --queue --config queue.type=alone",
    "topics a.flow create x --queue --config queue.profile=msmq",
    "topics a.flow create x --queue --config queue.nonsense=1", "topics a.flow create x --config queue.prefetch=5",
    "topics a.flow alter q --config queue.visibility.ms=soon", "topics a.flow alter dead --config queue.dead.letter=q",
    "topics a.flow alter t --config queue.prefetch=5",
]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence (or two) on standard error."""
    text = capsys.readouterr().err
    assert "Traceback" not in text and "did not foresee" not in text, text
    assert "Usage:" not in text  # a page of help on one line
    assert text.count("\n") == 1 and len(text) > 15 and text[0].isprintable(), text
    return text


def words_of(line: str) -> list[str]:
    return ["" if word == "''" else word for word in line.split()]


@pytest.mark.parametrize("line", USAGE)
def test_wrong_usage_is_status_2_and_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str], line: str):
    assert main(words_of(line)) == 2
    assert said(capsys)


@pytest.mark.parametrize("line", FAILED, ids=lambda line: line[:60])
def test_what_cannot_be_done_is_status_1_and_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str], line: str):
    before = (folder / "a.flow").stat().st_size
    assert main(words_of(line)) == 1
    assert said(capsys)
    assert (folder / "a.flow").stat().st_size >= before
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize("name", ["text.flow", "zero.flow", "cut.flow", "rubbish.flow", "other.db"])
def test_a_bad_file_is_never_written_to(folder: Path, capsys: pytest.CaptureFixture[str], name: str):
    before = (folder / name).read_bytes()
    for line in ("topics {} list", "consume {} t", "produce {} t in.jsonl", "groups {} list", "serve {}"):
        assert main(line.format(name).split()) == 1
    assert (folder / name).read_bytes() == before
    capsys.readouterr()


def test_bad_lines_do_not_keep_the_good_ones_out(folder: Path, capsys: pytest.CaptureFixture[str]):
    lines = [b'{"n":1}', b"rubbish", b'{"n":2}', b"\xff\xff", b"", b'{"n":3}']
    Path("mixed.jsonl").write_bytes(b"\n".join(lines))
    assert main(["produce", "a.flow", "t", "mixed.jsonl", "--partition", "1", "--format", "jsonl"]) == 1
    captured = capsys.readouterr()
    assert "3 events" in captured.out and "2 lines could not be read" in captured.err
    assert main(["consume", "a.flow", "t", "--partition", "1", "--format", "value"]) == 0


@pytest.mark.parametrize(
    "given",
    [b"", b"\n", b"\0" * 1000, b"\xff\xfe\xfd", b"no newline", b"\r\n\r\n", "ünï©ødé 雪\n".encode("utf-16")],
    ids=["nothing", "newline", "zeros", "invalid utf-8", "no newline", "crlf", "utf-16"],
)
def test_odd_standard_input_is_taken_as_lines_and_comes_back(workbench, given: bytes):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    workbench("produce", "a.flow", "t", "-", "--format", "lines", given=given)
    out = workbench.run("consume", "a.flow", "t")
    assert out.returncode == 0 and out.stderr == b""


def test_an_event_of_50_mb_is_refused_and_can_be_allowed(workbench, tmp_path: Path):
    (tmp_path / "big.txt").write_bytes(b"x" * 30_000_000 + b"\n")
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    refused = workbench.run("produce", "a.flow", "t", "big.txt", "--format", "lines")
    assert refused.returncode == 1 and b"Traceback" not in refused.stderr and refused.stderr.count(b"\n") == 1
    workbench("topics", "a.flow", "alter", "t", "--config", "max.message.bytes=60000000")
    workbench("produce", "a.flow", "t", "big.txt", "--format", "lines")
    assert len(workbench("consume", "a.flow", "t", "--format", "value")) == 30_000_001
    (tmp_path / "huge.txt").write_bytes(b"y" * 50_000_000)
    too_long = workbench.run("produce", "a.flow", "t", "huge.txt", "--format", "lines")
    assert too_long.returncode == 1 and b"Traceback" not in too_long.stderr
    assert workbench.json("topics", "a.flow", "list")["topics"][0]["records"] == 1


def test_output_that_cannot_be_written_is_a_sentence(workbench):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    workbench("produce", "a.flow", "t", "-", "--format", "lines", given=b"x\n")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "workbench", "consume", "a.flow", "t"], stdout=full,
                              stderr=subprocess.PIPE, cwd=workbench.folder, env=workbench.env)
    assert done.returncode == 1 and b"No space left" in done.stderr and done.stderr.count(b"\n") == 1
    assert b"did not foresee" not in done.stderr


def test_a_stream_that_is_closed_is_an_empty_one(workbench):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    command = [sys.executable, "-m", "workbench", "produce", "a.flow", "t"]
    line = f"exec {shlex.join(command)} {{}}"
    for closed in ("<&-", "<&- >&-", "<&- >&- 2>&-"):
        done = subprocess.run(line.format(closed), shell=True, cwd=workbench.folder, env=workbench.env,
                              capture_output=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, b"")
    assert workbench.json("topics", "a.flow", "list")["topics"][0]["records"] == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_place_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new", "locked/x.flow"]) == 1
    assert said(capsys)


def test_names_that_are_no_text(workbench):
    odd = os.fsdecode(b"\xff\xfe.flow")
    refused = workbench.run("topics", odd, "list")
    assert refused.returncode == 1 and b"Traceback" not in refused.stderr
    workbench("new", odd)
    assert workbench.json("topics", odd, "list") == {"topics": []}
    refused = workbench.run("topics", odd, "create", os.fsdecode(b"\xff"))
    assert refused.returncode == 1 and b"Traceback" not in refused.stderr


def test_help_and_version_are_no_errors(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for line in ("--help", "--version", "produce --help", "topics --help", "doctor --help"):
        assert main(line.split()) == 0
        assert capsys.readouterr().out
