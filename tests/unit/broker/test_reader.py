"""The reader: looks on while the broker writes, jumps anywhere, decodes only what is asked, changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader, batch_header
from workbench.broker import reader as reader_module
from workbench.core.errors import NotFound, ReadOnly
from workbench.core.records import Record


@pytest.fixture
def reader(broker: Broker, path: Path) -> Iterator[BrokerReader]:
    broker.create_topic("t")
    with BrokerReader(path) as opened:
        yield opened


def fill(broker: Broker, *counts: int, compression: str = "none") -> None:
    at = broker.bounds("t")[0].end
    for count in counts:
        broker.append("t", 0, [Record(b"k%d" % n, b"v%d" % n, timestamp_ms=n) for n in range(at, at + count)],
                      compression=compression).result()
        at += count


def numbers(reader: BrokerReader, offset: int, limit: int) -> list[int]:
    found = reader.read("t", 0, offset, limit)
    assert [r.value for r in found] == [b"v%d" % r.offset for r in found]
    return [r.offset for r in found]


def test_reads_go_over_batches_of_any_size(broker: Broker, reader: BrokerReader):
    fill(broker, 1, 3, 2000, 1, compression="lz4")
    fill(broker, 600)
    for offset in (0, 1, 2, 4, 515, 516, 517, 1027, 1028, 2003, 2004, 2005, 2604):
        for limit in (1, 2, 511, 512, 513, 5000):
            assert numbers(reader, offset, limit) == list(range(offset, min(offset + limit, 2605)))


def test_before_the_start_begins_at_the_start_and_past_the_end_is_nothing(broker: Broker, reader: BrokerReader):
    fill(broker, 10, 10)
    broker.delete_records("t", 0, 13)
    for _ in range(2):
        assert numbers(reader, 0, 3) == [13, 14, 15]
        assert numbers(reader, -5, 1) == [13]
        assert numbers(reader, 20, 5) == numbers(reader, 999, 5) == []
        broker.keep_house()


def test_what_is_committed_later_is_seen_and_the_version_tells(broker: Broker, reader: BrokerReader):
    before = reader.version()
    assert reader.version() == before
    fill(broker, 4)
    assert reader.version() != before
    assert numbers(reader, 0, 9) == [0, 1, 2, 3]
    assert reader.bounds("t")[0].end == 4


def test_undecoded_batches(broker: Broker, reader: BrokerReader):
    fill(broker, 10, 10, 10)
    assert [batch_header(b).base_offset for b in reader.batches("t", 0, 15, 1 << 20)] == [10, 20]
    assert [batch_header(b).base_offset for b in reader.batches("t", 0, 15, 1)] == [10]
    assert reader.batches("t", 0, 30, 1 << 20) == []


def test_times_are_found(broker: Broker, reader: BrokerReader):
    fill(broker, 500, 1, 700)
    assert [reader.offset_for_time("t", 0, ms) for ms in (-9, 0, 499, 500, 777, 1200, 1201)] == [
        0, 0, 499, 500, 777, 1200, None]


def test_what_is_kept_is_bounded(broker: Broker, reader: BrokerReader, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader_module, "KEPT_BYTES", 40_000)
    for _ in range(30):
        broker.append("t", 0, [Record(b"k", bytes(5000))]).result()
    for offset in range(30):
        reader.read("t", 0, offset, 1)
    assert reader._kept_bytes <= 40_000 and len(reader._slices) == len(reader._weights) <= 8


def test_a_big_batch_is_decoded_in_slices(broker: Broker, reader: BrokerReader, monkeypatch: pytest.MonkeyPatch):
    fill(broker, 5000)
    decoded: list[int | None] = []
    real = reader_module.readable_batch

    def counting(*args: object, **options: int) -> list:
        decoded.append(options["limit"])
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reader_module, "readable_batch", counting)
    assert numbers(reader, 4000, 50) == numbers(reader, 4000, 50) == list(range(4000, 4050))
    assert decoded == [reader_module.SLICE_RECORDS]


def test_a_reader_can_not_write(reader: BrokerReader):
    with pytest.raises(ReadOnly, match="readonly"):
        reader._db.execute("DELETE FROM topic")


def test_nothing_there_is_said(reader: BrokerReader):
    with pytest.raises(NotFound, match="There is no topic no"):
        reader.read("no", 0, 0, 1)
    with pytest.raises(NotFound, match="has no partition 1"):
        reader.offset_for_time("t", 1, 0)


def test_it_reads_on_after_the_broker_left(broker: Broker, reader: BrokerReader, path: Path):
    fill(broker, 3)
    broker.save_flow("{}")
    broker.close()
    assert numbers(reader, 0, 9) == [0, 1, 2]
    assert reader.flow() == "{}"
    with BrokerReader(path) as another:
        assert numbers(another, 1, 9) == [1, 2]


class _Between:
    """A connection of a reader, during whose statements others remove what was just found."""

    def __init__(self, reader_db: sqlite3.Connection, before: str, remove: str, path: Path) -> None:
        self._db, self._before, self._remove, self._path = reader_db, before, remove, path

    def execute(self, sql: str, *values):
        if self._before in sql:
            with sqlite3.connect(self._path) as writer:
                writer.execute(self._remove)
            writer.close()
        return self._db.execute(sql, *values)

    def close(self) -> None:
        self._db.close()


def test_a_batch_that_is_removed_while_it_is_read_is_not_there(tmp_path):
    path = tmp_path / "one.flow"
    with Broker.create(path) as broker:
        broker.create_topic("t", 1)
        broker.append("t", 0, [Record(b"k", b"v", timestamp_ms=1)]).result()
    with BrokerReader(path) as reader:
        reader._db = _Between(reader._db, "SELECT data FROM batch", "DELETE FROM batch", path)
        assert reader.read("t", 0, 0, 10) == []


def test_the_range_of_the_past_is_read_in_one_look(tmp_path):
    path = tmp_path / "one.flow"
    with Broker.create(path) as broker:
        broker.create_topic("t", 1)
    with BrokerReader(path) as reader:
        first, last = reader.journal_range()
        assert 0 < first <= last
        held = reader._journal._connection
        reader._journal._connection = _Between(held, "WHERE id = ?", "DELETE FROM journal", path)
        assert reader.journal_range() == (first, last)
