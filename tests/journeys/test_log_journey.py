"""From a file into a topic, read, rewound, exported, imported elsewhere: the command line end to end."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import signal
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

import pytest

EVENTS = [
    {"id": i, "author": f"a{i * 7 % 13}", "at": f"2026-03-01T10:{i // 60:02d}:{i % 60:02d}Z", "text": "ü" * (i % 5)}
    for i in range(600)
]


def write_events(path: Path) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    return path


def test_a_log_goes_in_is_rewound_and_goes_out_again(workbench, tmp_path: Path):
    source = write_events(tmp_path / "events.jsonl")
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "events", "--partitions", 3)
    said = workbench.json("produce", "a.flow", "events", source, "--key", "author", "--time", "at",
                          "--header", "from=file")
    assert said["produced"] == 600

    records = workbench.lines("consume", "a.flow", "events")
    assert [record["value"]["id"] for record in records] == list(range(600))  # merged by their times
    assert records[0]["headers"] == [["from", "file"]] and records[0]["timestamp"] == "2026-03-01T10:00:00.000Z"
    assert all(record["key"] == record["value"]["author"] for record in records)

    read = workbench.lines("consume", "a.flow", "events", "--group", "g", "--max", 250)
    assert len(read) == 250
    rest = workbench.lines("consume", "a.flow", "events", "--group", "g")
    assert len(rest) == 350
    assert sorted(r["value"]["id"] for r in read + rest) == list(range(600))

    planned = workbench.json("groups", "a.flow", "reset", "g", "--topic", "events", "--to", "shift:-10", "--dry-run")
    assert [move["before"] - move["after"] for move in planned["moves"]] == [10, 10, 10] and not planned["applied"]
    assert workbench.json("groups", "a.flow", "describe", "g")["lag"] == 0
    moved = workbench.json("groups", "a.flow", "reset", "g", "--topic", "events", "--to", "time:2026-03-01T10:09:00Z")
    assert moved["applied"]
    again = workbench.lines("consume", "a.flow", "events", "--group", "g")
    assert sorted(r["value"]["id"] for r in again) == list(range(540, 600))

    for ending in ("jsonl", "csv"):
        workbench("export", "a.flow", f"out.{ending}", "--what", "all")
        workbench("new", f"{ending}.flow")
        workbench("import", f"{ending}.flow", f"out.{ending}")
        assert workbench.lines("consume", f"{ending}.flow", "events") == records
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(), newline="")))
    assert len(rows) == 600


def test_an_export_goes_through_a_pipe_into_another_file(workbench, tmp_path: Path):
    for name in ("a.flow", "b.flow"):
        workbench("new", name)
    workbench("topics", "a.flow", "create", "t")
    workbench("produce", "a.flow", "t", write_events(tmp_path / "events.jsonl"), "--key", "author")
    exported = workbench("export", "a.flow", "-")
    workbench("import", "b.flow", "-", given=exported)
    assert workbench("export", "b.flow", "-") == exported
    refused = workbench.run("import", "b.flow", "-", given=b"rubbish\n")
    assert refused.returncode == 1 and b"Line 1 is not a record" in refused.stderr


def test_every_target_of_a_reset(workbench, tmp_path: Path):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    workbench("produce", "a.flow", "t", "-", given=b"\n".join(b"%d" % i for i in range(100)) + b"\n")
    workbench("groups", "a.flow", "reset", "other", "--topic", "t", "--to", "offset:33")

    def after(target: str) -> int:
        (move,) = workbench.json("groups", "a.flow", "reset", "g", "--topic", "t", "--to", target)["moves"]
        return move["after"]

    assert after("offset:50") == 50
    assert after("shift:+7") == 57
    assert after("shift:-100") == 0
    assert after("latest") == 100
    assert after("earliest") == 0
    assert after("offset:1000") == 100
    assert after("group:other") == 33
    assert after("duration:PT1H") == 0
    assert after("time:2001-01-01") == 0
    assert after("time:2090-01-01") == 100


def test_a_topic_is_replayed_into_another(workbench, tmp_path: Path):
    write_events(tmp_path / "events.jsonl")
    workbench("new", "a.flow")
    for name in ("events", "copy"):
        workbench("topics", "a.flow", "create", name, "--partitions", 2)
    workbench("produce", "a.flow", "events", "events.jsonl", "--key", "author", "--time", "at")
    done = workbench.json("replay", "a.flow", "events", "--into", "copy", "--from", "time:2026-03-01T10:01:00Z",
                          "--to", "time:2026-03-01T10:03:00Z", "--speed", 100)
    assert done["replayed"] == 120 and 1.0 < done["seconds"] < 20
    ours, theirs = (workbench.lines("consume", "a.flow", name) for name in ("copy", "events"))
    for record in ours + theirs:
        del record["topic"], record["offset"]
    assert ours == theirs[60:180]


def test_what_goes_through_a_host_is_what_a_file_would_hold(workbench, tmp_path: Path):
    workbench("new", "a.flow")
    _, ready = workbench.serve("a.flow")
    assert ready["ready"] and ready["kafka"] is None and ready["file"].endswith("a.flow")
    workbench("topics", "a.flow", "create", "t", "--partitions", 2)
    assert workbench.json("produce", "a.flow", "t", "-", "--partition", 1)["produced"] == 0
    workbench("produce", "a.flow", "t", "-", "--partition", 1, "--format", "lines", given=b"one\ntwo\n\xff\n")
    values = [record["value"] for record in workbench.lines("consume", "a.flow", "t", "--group", "g")]
    assert values == ["one", "two", {"base64": "/w=="}]
    assert workbench("consume", "a.flow", "t", "--partition", 1, "--format", "value") == b"one\ntwo\n\xff\n"


def test_following_shows_what_arrives_and_ends_with_ctrl_c(workbench):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    workbench.serve("a.flow")
    follower = workbench.start("consume", "a.flow", "t", "--follow", "--format", "value")
    workbench("produce", "a.flow", "t", "-", "--format", "lines", given=b"first\nsecond\n")
    assert [follower.stdout.readline() for _ in range(2)] == [b"first\n", b"second\n"]
    follower.send_signal(signal.SIGINT)
    assert follower.wait(20) == 0
    assert follower.stderr.read() == b""


def test_a_pipe_that_closes_is_no_error(workbench, tmp_path: Path):
    write_events(tmp_path / "events.jsonl")
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    for _ in range(4):
        workbench("produce", "a.flow", "t", "events.jsonl")
    reader = workbench.start("consume", "a.flow", "t")
    reader.stdout.readline()
    reader.stdout.close()
    assert reader.wait(20) == 0
    assert reader.stderr.read() == b""


def test_a_pace_is_kept(workbench):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t")
    given = b"".join(b'{"n":%d}\n' % i for i in range(50))
    assert 0.4 < workbench_seconds(workbench, given, "--rate", 100) < 5
    assert workbench_seconds(workbench, given) < 0.4


def workbench_seconds(workbench, given: bytes, *pace: object) -> float:
    return json.loads(workbench("produce", "a.flow", "t", "-", *pace, "--json", given=given))["seconds"]


# -- real input, in small: what a git log and a package log look like -------------------------------------------
def test_a_git_log_played_at_a_hundred_times_its_speed(workbench, tmp_path: Path):
    random.seed(7)
    at, commits = 1_770_000_000, []
    for number in range(120):
        at += random.randint(0, 30)
        commits.append({"commit": f"{number:040x}", "author": f"dev{random.randint(1, 6)}", "date": at, "subject": "s"})
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(commit) + "\n" for commit in commits))
    span_s = (commits[-1]["date"] - commits[0]["date"]) / 100
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "commits", "--partitions", 4)
    done = workbench.json("produce", "a.flow", "commits", "log.jsonl", "--key", "author", "--time", "date",
                          "--speed", 100)
    assert done["produced"] == 120 and done["seconds"] >= span_s * 0.9
    check_counts_and_order(
        [(r["key"], r["value"]["commit"]) for r in partition_order(workbench.lines("consume", "a.flow", "commits"))],
        [(commit["author"], commit["commit"]) for commit in commits],
    )


def test_a_package_log_keyed_by_package(workbench, tmp_path: Path):
    words = ["install", "upgrade", "status half-configured", "status installed", "configure", "trigproc"]
    lines = [
        f"2026-03-01 10:{i // 60:02d}:{i % 60:02d} {words[i % 6]} lib{i * 31 % 23}:amd64 1.{i}-1" for i in range(900)
    ]
    (tmp_path / "dpkg.log").write_text("\n".join(lines) + "\n")
    package = re.compile(r"(lib\d+):amd64")
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "packages", "--partitions", 6)
    done = workbench.json("produce", "a.flow", "packages", "dpkg.log", "--key", "/(lib\\d+):amd64/", "--time", "1-2",
                          "--speed", 1000)
    assert done["produced"] == 900
    check_counts_and_order(
        [(r["key"], r["value"]) for r in partition_order(workbench.lines("consume", "a.flow", "packages"))],
        [(package.search(line)[1], line) for line in lines],
    )


def partition_order(records: list[dict]) -> list[dict]:
    return sorted(records, key=lambda record: (record["partition"], record["offset"]))


def check_counts_and_order(seen: list[tuple[str, str]], written: list[tuple[str, str]]) -> None:
    """As many of each key as in the file, and each key's events in the file's order."""
    assert Counter(key for key, _ in seen) == Counter(key for key, _ in written)
    ours, theirs = defaultdict(list), defaultdict(list)
    for of, pairs in ((ours, seen), (theirs, written)):
        for key, value in pairs:
            of[key].append(value)
    assert ours == theirs


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_an_export_leaves_nothing_half_written(workbench, tmp_path: Path, until, number: int):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "t", "--partitions", 4)
    (tmp_path / "many.txt").write_text("".join(f"event {i}\n" for i in range(300_000)))
    workbench("produce", "a.flow", "t", "many.txt")
    (tmp_path / "out").mkdir()
    export = workbench.start("export", "a.flow", "out/x.jsonl")
    until(lambda: list((tmp_path / "out").iterdir()))
    export.send_signal(number)
    _, err = export.communicate(timeout=30)
    assert (export.returncode, err) == (1, b"Stopped.\n")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_deleted_topic_comes_back_with_what_was_committed(workbench, tmp_path: Path):
    workbench("new", "a.flow")
    workbench("topics", "a.flow", "create", "events")
    workbench("produce", "a.flow", "events", write_events(tmp_path / "events.jsonl"))
    workbench("consume", "a.flow", "events", "--group", "g", "--max", 250)
    workbench("topics", "a.flow", "delete", "events")
    assert workbench.json("topics", "a.flow", "list")["topics"] == []
    (kept,) = workbench.json("topics", "a.flow", "deleted")["topics"]
    assert (kept["name"], kept["records"]) == ("events", 600)
    workbench("topics", "a.flow", "restore", "events")
    assert workbench.json("groups", "a.flow", "describe", "g")["lag"] == 350
    assert len(workbench.lines("consume", "a.flow", "events")) == 600
    workbench("topics", "a.flow", "delete", "events", "--now")
    refused = workbench.run("topics", "a.flow", "restore", "events")
    assert refused.returncode == 1 and b"no deleted topic events" in refused.stderr


def test_a_killed_import_leaves_nothing_and_a_second_one_is_refused(workbench, tmp_path: Path):
    lines = (json.dumps({"topic": "t", "partition": i % 4, "offset": i // 4, "value": {"n": i}}) for i in range(30_000))
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    workbench("new", "a.flow")
    process, _ = workbench.serve("a.flow")
    killed = workbench.start("import", "a.flow", "in.jsonl")
    with sqlite3.connect(f"file:{tmp_path / 'a.flow'}?mode=ro", uri=True) as db:
        while not db.execute("SELECT count(*) FROM batch").fetchone()[0]:
            assert killed.poll() is None
        killed.kill()
        assert killed.wait(30) != 0
        assert workbench.json("topics", "a.flow", "list")["topics"] == []
        while db.execute("SELECT count(*) FROM batch").fetchone()[0]:
            assert process.poll() is None
    db.close()
    workbench("import", "a.flow", "in.jsonl")
    refused = workbench.run("import", "a.flow", "in.jsonl")
    assert refused.returncode == 1 and b"was imported before" in refused.stderr and b"--again" in refused.stderr
    (topic,) = workbench.json("topics", "a.flow", "list")["topics"]
    assert (topic["partitions"], topic["records"]) == (4, 30_000)
