"""Export and import against real workspaces: what went out comes back; what can't is said with how many were taken."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.transactions import Writer
from workbench.broker import Broker, BrokerReader
from workbench.control.messages import AppendRecords, CreateTopic, SetBookmark
from workbench.core.errors import Cancelled, Invalid, Missing, NotFound, Unsupported, WorkbenchError
from workbench.core.points import LogPoint
from workbench.core.records import Record, TopicPartition
from workbench.host import LocalHost
from workbench.session.export import export
from workbench.session.importing import import_file

ODD = (
    Record(None, None, (), 1_000),
    Record(b"", b"", (("a", b""), ("a", None)), 2_000),
    Record(b"\xff\x00", b'{ "spaced":\n1 }', (("bin", b"\xfe"),), 3_000),
    Record(b"17", b"null", (), 4_000),
    Record('{"k": "ü"}'.encode(), b'{"base64":"aGk="}', (), 5_000),
    Record(None, b"before 1970", (), -86_400_000),
    Record(None, b"a Kafka client that told no time", (), -1),
)


def make(path: Path) -> Path:
    Broker.create(path).close()
    return path


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """Two topics with odd records, and a journal."""
    path = make(tmp_path / "full.flow")
    with closing(LocalHost(path)) as host:
        host.call(CreateTopic("odd", 3))
        host.call(AppendRecords("odd", ODD, 0))
        host.call(AppendRecords("odd", ODD[::-1], 2))
        host.call(CreateTopic("plain"))
        host.call(AppendRecords("plain", tuple(Record(b"k%d" % (i % 9), b"%d" % i, (), i) for i in range(3000)), 0))
        host.call(SetBookmark(5, "look"))
    return path


def contents(path: Path) -> dict:
    with BrokerReader(path) as reader:
        return {
            (topic.name, bounds.partition): [
                (r.timestamp_ms, r.key, r.value, r.headers)
                for r in reader.read(topic.name, bounds.partition, bounds.log_start, 10_000)
            ]
            for topic in reader.topics()
            for bounds in reader.bounds(topic.name)
        }


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_what_went_out_comes_back_exactly(full: Path, tmp_path: Path, name: str):
    with BrokerReader(full) as reader:
        done = export(reader, tmp_path / name, "all")
    assert done.records == 3014 and done.entries > 0
    other = make(tmp_path / "other.flow")
    with closing(LocalHost(other)) as host:
        taken = import_file(host, tmp_path / name)
    assert (taken.records, set(taken.created)) == (3014, {"odd", "plain"})
    assert taken.journal_entries == (done.entries if name.endswith("jsonl") else 0)
    assert contents(other) == contents(full)


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_what_does_not_count_goes_out_marked_and_comes_not_back(tmp_path: Path, name: str):
    """An import makes events of what it takes, so it takes exactly what counted."""
    with Broker.create(tmp_path / "a.flow") as broker:
        broker.create_topic("t")
        part = TopicPartition("t", 0)
        writer, slow = Writer(broker, "quick"), Writer(broker, "slow")
        for value, commit in ((b"yes", True), (b"no", False)):
            writer.write(part, value)
            writer.end(commit)
        slow.write(part, b"perhaps")
    with BrokerReader(tmp_path / "a.flow") as reader:
        assert export(reader, tmp_path / name).records == 3
    assert sum(word in (tmp_path / name).read_text() for word in ("aborted", "open")) == 2
    make(tmp_path / "b.flow")
    with closing(LocalHost(tmp_path / "b.flow")) as host:
        taken = import_file(host, tmp_path / name)
    assert (taken.records, taken.uncommitted) == (1, 2)
    ((_, ((_, _, value, _),)),) = contents(tmp_path / "b.flow").items()
    assert value == b"yes"


def test_a_range_of_one_topic_is_exported(full: Path, tmp_path: Path):
    with BrokerReader(full) as reader:
        out = tmp_path / "part.jsonl"
        ten, twelve = LogPoint("offset", 10), LogPoint("offset", 12)
        assert export(reader, out, topics=["plain"], from_=ten, to=twelve).records == 2
        assert export(reader, out, topics=["plain"], from_=LogPoint("time", 2990)).records == 10
        with pytest.raises(NotFound):
            export(reader, out, topics=["nope"])


def test_a_cancelled_export_leaves_nothing(full: Path, tmp_path: Path):
    out = tmp_path / "exports"
    out.mkdir()
    with BrokerReader(full) as reader, pytest.raises(Cancelled):
        export(reader, out / "x.jsonl", cancelled=lambda: True)
    assert list(out.iterdir()) == []


def test_an_export_to_a_full_disk_is_a_sentence(full: Path):
    with BrokerReader(full) as reader, pytest.raises(WorkbenchError, match="can't be written"):
        export(reader, Path("/dev/full/x.jsonl"))


def test_an_export_that_fails_leaves_the_old_file(full: Path, tmp_path: Path):
    out = tmp_path / "kept.jsonl"
    out.write_text("old")
    with BrokerReader(full) as reader, pytest.raises(NotFound):
        export(reader, out, topics=["nope"])
    assert out.read_text() == "old"


def test_a_bad_line_says_its_number_and_nothing_is_taken(tmp_path: Path):
    lines = [f'{{"topic":"t","partition":0,"offset":{i},"value":"v{i}"}}' for i in range(20)]
    (tmp_path / "in.jsonl").write_text("\n".join([*lines, "rubbish"]))
    path = make(tmp_path / "a.flow")
    with closing(LocalHost(path)) as host, pytest.raises(Invalid) as caught:
        import_file(host, tmp_path / "in.jsonl")
    assert "Line 21" in caught.value.message and "Nothing was imported." in caught.value.next_step
    assert contents(path) == {}


def test_everything_into_one_topic_with_as_many_partitions_as_the_file_asks_for(full: Path, tmp_path: Path):
    with BrokerReader(full) as reader:
        export(reader, tmp_path / "out.jsonl", topics=["odd"])
    path = make(tmp_path / "a.flow")
    with closing(LocalHost(path)) as host:
        host.call(CreateTopic("mine", 1))
        import_file(host, tmp_path / "out.jsonl", "mine")
    assert [len(contents(path)["mine", partition]) for partition in range(3)] == [7, 0, 7]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'{"topic":"t","partition":5000}', Invalid),
        (b'{"topic":"t","partition":-1}', Invalid),
        (b'{"partition":0}', Invalid),
        (b'{"topic":"a b","partition":0}', Invalid),
        (b'{"topic":"t","partition":0,"timestamp":"soon"}', Invalid),
        (b'{"topic":"t","partition":0,"value":{"base64":"!"}}', Invalid),
        (b"SQLite format 3\0 and so on", Unsupported),
        (b"\x00\xff" * 500, Invalid),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(tmp_path: Path, text: bytes, error: type[Exception]):
    (tmp_path / "in.jsonl").write_bytes(text)
    with closing(LocalHost(make(tmp_path / "a.flow"))) as host, pytest.raises(error):
        import_file(host, tmp_path / "in.jsonl")


def test_a_source_that_is_no_file_is_refused(tmp_path: Path):
    with closing(LocalHost(make(tmp_path / "a.flow"))) as host:
        with pytest.raises(Missing):
            import_file(host, tmp_path / "nope.jsonl")
        with pytest.raises(Invalid):
            import_file(host, tmp_path)
