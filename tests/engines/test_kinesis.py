"""Amazon Kinesis attached: on moto's server, and on another emulator when WORKBENCH_KINESIS_ENDPOINT names one."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contracts.browse_contract import BrowseContract
from engines.aws_server import KEYS, client, moto
from listeners.serving import ROOT

from workbench.core.errors import Invalid, NotFound, Refused, Unavailable, Unsupported
from workbench.core.partitioners import BY_SYSTEM
from workbench.core.points import EARLIEST, LATEST, MAX_PLACE, LogPoint, check_offset, parse_point
from workbench.core.queues import ROUTING_KEY
from workbench.core.records import Record
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kinesis.connection import KinesisConnection
from workbench.engines.kinesis.shards import record_of, shards_of
from workbench.engines.registry import connect
from workbench.session.export import format_named
from workbench.session.reading import merged, spans

FAST = {"reads.per.second": "1000"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if other := os.environ.get("WORKBENCH_KINESIS_ENDPOINT"):
        yield other
        return
    with moto() as started:
        yield started


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_TEST_AWS_SECRET", "testing")


class Other:
    """Another program."""

    def __init__(self, address: str) -> None:
        self.kinesis = client("kinesis", address)

    def stream(self, name: str, shards: int) -> None:
        """A new stream of that name."""
        if name in self.kinesis.list_streams()["StreamNames"]:
            self.kinesis.delete_stream(StreamName=name)
            self.kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        self.kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        self.shards = shards_of(self.kinesis.list_shards(StreamName=name)["Shards"])

    def put(self, stream: str, partition: int, records: Sequence[Record]) -> list[int]:
        """Their sequence numbers."""
        return [int(self.kinesis.put_record(
            StreamName=stream, Data=record.value or b"", PartitionKey=(record.key or b"k").decode(),
            ExplicitHashKey=self.shards[partition].first_hash)["SequenceNumber"]) for record in records]


@pytest.fixture
def other(address: str) -> Iterator[Other]:
    made = Other(address)
    yield made
    made.kinesis.close()


def spec_of(address: str, *, writable: bool = False, **options: str) -> ConnectionSpec:
    return ConnectionSpec("aws", "kinesis", address, KEYS | FAST | options, writable)


class TestBrowsing(BrowseContract):
    dense = False
    nulls = False
    headers = False
    event_times = False

    @pytest.fixture(autouse=True)
    def _server(self, address: str, other: Other) -> None:
        self.address, self.other = address, other

    @contextmanager
    def system(self):
        self.other.stream("orders", self.partitions)
        with closing(connect(spec_of(self.address))) as connection, closing(connection.browse()) as browse:
            yield browse, lambda partition, records: self.other.put("orders", partition, records)


def test_what_was_reached_is_told(address: str, other: Other):
    other.stream("orders", 2)
    with closing(KinesisConnection(spec_of(address))) as connection:
        connection.open()
        assert connection.state.about.startswith("Amazon Kinesis, "), connection.state.about
        assert "shard" in connection.state.about


@pytest.mark.parametrize(("where", "options", "error", "words"), [
    ("http://127.0.0.1:1", {}, Unavailable, "can't be reached"),
    ("somewhere", {}, Invalid, "neither a region nor an address"),
    ("eu-central-1", {"colour": "red"}, Invalid, "no option colour"),
])
def test_what_is_wrong_with_it_is_a_sentence(where: str, options: dict[str, str], error: type, words: str):
    with closing(KinesisConnection(spec_of(where, **options))) as connection, pytest.raises(error, match=words):
        connection.open()


def test_a_number_of_reads_that_is_none_is_refused(address: str):
    spec = spec_of(address, **{"reads.per.second": "many"})
    with closing(connect(spec)) as connection, pytest.raises(Invalid, match="can't be many"):
        connection.browse()


def test_places_are_sequence_numbers_and_one_can_begin_at_any(address: str, other: Other):
    other.stream("orders", 1)
    numbers = other.put("orders", 0, [Record(b"k", b"%d" % number) for number in range(5)])
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        assert [record.offset for record in browse.read("orders", 0, 0, 10)] == numbers
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        found = browse.read("orders", 0, numbers[3], 10)  # by who never saw it
        assert [record.value for record in found] == [b"3", b"4"]


def test_a_shard_that_is_written_to_is_followed(address: str, other: Other):
    other.stream("orders", 1)
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        assert list(merged(browse, "orders", spans(browse, "orders"))) == []
        (end,) = [place.end for place in browse.bounds("orders")]
        for number in range(3):
            other.put("orders", 0, [Record(b"k", b"%d" % number)])
            (place,) = browse.bounds("orders")
            assert place.end > end
            assert [r.value for r in browse.read("orders", 0, end, 10)] == [b"%d" % number]
            end = place.end


def test_a_time_finds_what_arrived_since(address: str, other: Other):
    other.stream("orders", 1)
    (first,) = other.put("orders", 0, [Record(b"k", b"1")])
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        now_ms = int(time.time() * 1000)
        assert browse.offset_for_time("orders", 0, now_ms - 60_000) == first
        assert browse.offset_for_time("orders", 0, now_ms + 60_000) is None
        ((began, ended),) = browse.time_bounds("orders").values()
        assert began == ended and abs(now_ms - began) < 60_000


def test_a_shard_that_was_split_is_still_read_with_those_it_became(address: str, other: Other):
    other.stream("orders", 1)
    other.put("orders", 0, [Record(b"k", b"before")])
    middle = str(2**127)
    other.kinesis.split_shard(StreamName="orders", ShardToSplit=other.shards[0].id, NewStartingHashKey=middle)
    other.kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})
    other.shards = shards_of(other.kinesis.list_shards(StreamName="orders")["Shards"])
    other.put("orders", max(other.shards), [Record(b"k", b"after")])
    with closing(connect(spec_of(address))) as connection, closing(connection.browse()) as browse:
        span = spans(browse, "orders", EARLIEST, LATEST)
        assert [place.partition for place in span] == [0, 1, 2]
        assert sorted(record.value or b"" for record in merged(browse, "orders", span)) == [b"after", b"before"]


def test_records_are_sent_by_key_or_to_a_shard(address: str, other: Other):
    other.stream("orders", 2)
    with closing(connect(spec_of(address, writable=True))) as connection, closing(connection.sender()) as sender, \
            closing(connection.browse()) as browse:
        assert "PutRecords" in sender.call_for("orders")
        sender.append("orders", 1, [Record(b"a", b"here")])
        sender.append("orders", BY_SYSTEM, [Record(b"%d" % number, b"x") for number in range(700)])
        sender.append("orders", BY_SYSTEM, [Record(None, b"no key", ((ROUTING_KEY, b"by which it came elsewhere"),))])
        first = browse.read("orders", 1, 0, 1)
        assert [(record.key, record.value) for record in first] == [(b"a", b"here")]
        assert len(list(merged(browse, "orders", spans(browse, "orders")))) == 702
        assert all(len(browse.read("orders", part, 0, 1000)) > 200 for part in (0, 1)), "Kinesis spread them by key"
        with pytest.raises(NotFound):
            sender.append("nowhere", BY_SYSTEM, [Record(b"k", b"x")])
        with pytest.raises(Invalid, match="no headers"):
            sender.append("orders", BY_SYSTEM, [Record(b"k", b"x", (("h", b"1"),))])
        with pytest.raises(Invalid, match="at most 256"):
            sender.append("orders", BY_SYSTEM, [Record(b"k" * 257, b"x")])
        with pytest.raises(Unsupported, match="no exchanges"):
            sender.publish("x", "y", [])


def test_nothing_is_written_before_that_was_turned_on(address: str):
    with closing(connect(spec_of(address))) as connection, pytest.raises(Refused, match="writing is off"):
        connection.sender()


def test_a_number_of_56_digits_goes_all_the_way_as_text():
    number = 49680714739128448625088150414495153842759914397932453890
    told = {"SequenceNumber": str(number), "PartitionKey": "k", "Data": b"v",
            "ApproximateArrivalTimestamp": datetime(2026, 11, 30, tzinfo=UTC)}
    record = record_of("clicks", 3, told)
    lines = format_named("jsonl")
    line = lines.record(record)
    assert json.loads(line)["offset"] == str(number)
    assert list(lines.read(io.BytesIO(line))) == [record]
    assert parse_point(f"offset:{number}", MAX_PLACE).number == number
    with pytest.raises(Invalid, match="too large"):
        parse_point(f"offset:{number}")
    with pytest.raises(Invalid, match="too large"):
        check_offset(LogPoint("offset", number))


def run(home: Path, *arguments: str, status: int = 0, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    done = subprocess.run([sys.executable, "-m", "workbench", *arguments], cwd=ROOT, env=env, capture_output=True,
                          text=True, timeout=60, input=given)
    assert done.returncode == status, done.stderr
    return done


def test_the_verbs_look_and_send(address: str, other: Other, tmp_path: Path):
    other.stream("shop", 2)
    options = [part for name, value in (KEYS | FAST).items() for part in ("--option", f"{name}={value}")]
    run(tmp_path, "connections", "add", "aws", "--system", "kinesis", "--address", address, "--writable", *options)
    assert "reached @aws: Amazon Kinesis" in run(tmp_path, "connections", "test", "aws").stdout
    given = "".join(f'{{"id":{number}}}\n' for number in range(20))
    assert "PutRecords" in run(tmp_path, "produce", "@aws", "shop", "--key", "id", given=given).stderr
    (topic,) = [each for each in json.loads(run(tmp_path, "topics", "@aws", "list", "--json").stdout)["topics"]
                if each["name"] == "shop"]
    assert (topic["partitions"], topic["records"]) == (2, None), "nobody counts them"
    described = json.loads(run(tmp_path, "topics", "@aws", "describe", "shop", "--json").stdout)
    assert [part["partition"] for part in described["partition_list"]] == [0, 1]
    lines = [json.loads(line) for line in run(tmp_path, "consume", "@aws", "shop").stdout.splitlines()]
    assert sorted(line["value"]["id"] for line in lines) == list(range(20))
    one = next(line for line in lines if line["partition"] == 0)
    place = f"offset:{one['offset']}"
    later = run(tmp_path, "consume", "@aws", "shop", "--partition", "0", "--from", place, "--max", "1")
    assert json.loads(later.stdout) == one
    assert "no queues" in run(tmp_path, "queues", "@aws", "list", status=1).stderr
