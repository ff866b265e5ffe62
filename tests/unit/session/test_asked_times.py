"""The time-ordered view of a log that can only be asked for times gives the rows that looking batches up gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.records import Record, StoredRecord
from workbench.session.rows import TimeOrderedRows
from workbench.session.time_order import TimeOrder

BASE_MS = 1_795_000_000_000
TIMES = ((0, 50, 20, 90, 90, 300), (10, 10, 40, 400), (), (5, 299, 301))
"""By partition; some jump back, some are the same."""


class Asked:
    """A foreign log: no index of batches. ``gone`` are offsets that hold no record, as compaction leaves them."""

    def __init__(self, reader: BrokerReader, gone: frozenset[tuple[int, int]] = frozenset()) -> None:
        self._reader, self._gone = reader, gone
        self.questions = 0

    def __getattr__(self, name: str):
        return getattr(self._reader, name)

    def stored_batches(self, topic: str, partition: int) -> None:
        return None

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]:
        self.questions += 1
        return self._reader.offsets_for_time(topic, ms)

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        found = self._reader.read(topic, partition, offset, 10_000)
        return [r for r in found if (r.partition, r.offset) not in self._gone][:max_records]

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        return [record for part, at in offsets.items() for record in self.read(topic, part, at, max_records)]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[BrokerReader]:
    with Broker.create(tmp_path / "a.flow") as broker:
        broker.create_topic("orders", len(TIMES))
        for partition, times in enumerate(TIMES):
            for at in times:
                broker.append("orders", partition, [Record(None, b"x", (), BASE_MS + at)]).result()
    with BrokerReader(tmp_path / "a.flow") as made:
        yield made


def places(records) -> list[tuple[int, int] | None]:
    return [None if record is None else (record.partition, record.offset) for record in records]


def test_asking_for_times_gives_the_same_rows(reader: BrokerReader):
    known, asked = TimeOrder(reader, "orders"), TimeOrder(Asked(reader), "orders")
    assert asked.rows() == known.rows() == sum(map(len, TIMES))
    assert places(asked.read(0, 99)) == places(known.read(0, 99))
    for row in range(known.rows()):
        assert places(asked.read(row, 3)) == places(known.read(row, 3)), row
    for partition, times in enumerate(TIMES):
        for offset, at in enumerate(times):
            assert asked.row_of(partition, offset) == known.row_of(partition, offset)
            for ms in (BASE_MS + at - 1, BASE_MS + at, BASE_MS + at + 1):
                assert asked.row_at_time(ms) == known.row_at_time(ms)


def test_an_offset_without_a_record_keeps_its_row_and_shows_as_missing(reader: BrokerReader):
    gone = frozenset({(0, 2), (1, 3)})
    rows = TimeOrderedRows("orders")
    whole = rows.read(Asked(reader), 0, 99)
    holed = TimeOrderedRows("orders").read(Asked(reader, gone), 0, 99)
    kept = [place for place in places(whole.values()) if place not in gone]
    assert sorted(places(holed.values())) == sorted(kept)
    assert len(holed) == len(whole) - len(gone)
    assert places(holed.values()) == kept, "in the same order"


def test_a_page_costs_few_questions_however_long_the_log_lasts(tmp_path: Path):
    with Broker.create(tmp_path / "b.flow") as broker:
        broker.create_topic("orders", 2)
        for day in range(60):
            records = [Record(None, b"x", (), BASE_MS + day * 86_400_000 + n) for n in range(50)]
            broker.append("orders", day % 2, records).result()
    with BrokerReader(tmp_path / "b.flow") as reader:
        asked = Asked(reader)
        TimeOrder(asked, "orders").read(2_950, 50)
        assert asked.questions <= 45
