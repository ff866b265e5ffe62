"""What an export of a range holds: by time exactly the records of that time, however they lie; what a filter takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import Record
from workbench.session.export import export, export_records
from workbench.session.matching import read_filter

NOW = 1_795_443_156_204
TIMES = (0, 50, 10, 90, 20, 70, 30, 60, 40, 80)  # a log is not in the order of its times


@pytest.fixture
def reader(tmp_path: Path):
    path = tmp_path / "a.flow"
    with Broker.create(path) as broker:
        broker.create_topic("orders", 2)
        for partition in (0, 1):
            records = [Record(None, json.dumps({"n": n}).encode(), (), NOW + n) for n in TIMES]
            broker.append("orders", partition, records).result()
    with BrokerReader(path) as made:
        yield made


def numbers(path: Path) -> list[int]:
    return sorted(json.loads(line)["value"]["n"] for line in path.read_text().splitlines())


@pytest.mark.parametrize(
    ("low", "high"), [(20, 60), (0, 10), (55, 56), (90, 200), (None, 30), (70, None), (None, None), (200, 300)]
)
def test_a_range_of_time_holds_all_of_it_and_nothing_else(reader, tmp_path, low, high):
    from_ = EARLIEST if low is None else LogPoint("time", NOW + low)
    to = LATEST if high is None else LogPoint("time", NOW + high)
    done = export(reader, tmp_path / "out.jsonl", from_=from_, to=to)
    wanted = sorted(n for n in TIMES if (low is None or n >= low) and (high is None or n < high)) * 2
    assert numbers(tmp_path / "out.jsonl") == sorted(wanted)
    assert done.records == len(wanted)


def test_a_filter_goes_with_a_range(reader, tmp_path):
    matches = read_filter("value.n > 40 && partition == 1").matches
    done = export(reader, tmp_path / "out.jsonl", to=LogPoint("time", NOW + 80), matches=matches)
    assert numbers(tmp_path / "out.jsonl") == [50, 60, 70] and done.records == 3


def test_just_these_records_in_their_order(reader, tmp_path):
    chosen = [reader.read("orders", 1, 3, 1)[0], reader.read("orders", 0, 1, 1)[0]]
    done = export_records(tmp_path / "two.jsonl", chosen)
    lines = [json.loads(line) for line in (tmp_path / "two.jsonl").read_text().splitlines()]
    assert [(r["partition"], r["offset"]) for r in lines] == [(1, 3), (0, 1)] and done.records == 2
