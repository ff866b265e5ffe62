"""A bridge between two logs: order, partitions, going on after a crash without loss or repeats, pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.errors import Unavailable
from workbench.core.points import LogPoint
from workbench.core.records import Record, StoredRecord
from workbench.engines.base import Browse
from workbench.session.bridge import Bridge, BridgePoint, begin
from workbench.session.bridge_points import BridgeEnds, PointFile
from workbench.session.bridge_terms import Side, terms
from workbench.session.replay import Pace


class Crash(Exception):
    pass


@dataclass
class Log:
    """A topic of a workspace as a target; ``dies_after`` so many calls it crashes, with the batch stored."""

    broker: Broker
    reader: Browse | None
    topic: str = "copy"
    partitions: int = 2
    keeps_times: bool = True
    only_key_and_value: bool = False
    dies_after: int | None = None
    calls: list[int] = field(default_factory=list)

    def append(self, partition: int, records: Sequence[Record]) -> None:
        self.broker.append(self.topic, partition, records).result()
        self.calls.append(len(records))
        if len(self.calls) == self.dies_after:
            raise Crash


@dataclass
class Both:
    broker: Broker
    reader: BrokerReader

    def fill(self, count: int = 200) -> None:
        for number in range(count):
            self.broker.append("orders", number % 2, [
                Record(b"k%d" % (number % 7), b"%d" % number, (("h", b"x"),), 1_000 + number)]).result()

    def target(self, **more) -> Log:
        return Log(self.broker, self.reader, **more)

    def bridge(self, target: Log, point: BridgePoint | None = None, **more) -> tuple[Bridge, list[BridgePoint]]:
        kept: list[BridgePoint] = []
        return Bridge([self.reader], "orders", target, point or begin(self.reader, "orders"), kept.append, **more), kept

    def copied(self, partition: int) -> list[StoredRecord]:
        return self.reader.read("copy", partition, 0, 10_000)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    with made(tmp_path) as found:
        yield found


@contextmanager
def made(folder: Path, partitions: int = 2) -> Iterator[Both]:
    with Broker.create(folder / "a.flow") as broker:
        broker.create_topic("orders", 2)
        broker.create_topic("copy", partitions)
        with BrokerReader(folder / "a.flow") as reader:
            yield Both(broker, reader)


def content(records: Sequence[StoredRecord]) -> list[tuple]:
    return [(r.key, r.value, r.headers, r.timestamp_ms) for r in records]


def test_records_come_over_as_they_are_each_into_its_partition(both: Both):
    both.fill()
    bridge, kept = both.bridge(both.target())
    assert bridge.run() == 200
    for partition in (0, 1):
        assert content(both.copied(partition)) == content(both.reader.read("orders", partition, 0, 1000))
    assert kept[0].done == 0 and kept[-1].done == 200 and kept[-1].left_records == 0


def test_null_and_empty_stay_apart(both: Both):
    both.broker.append("orders", 0, [Record(None, b""), Record(b"", None, (("h", None),))]).result()
    both.bridge(both.target())[0].run()
    assert [(r.key, r.value, r.headers) for r in both.copied(0)] == [(None, b"", ()), (b"", None, (("h", None),))]


def test_into_fewer_partitions_those_that_are_not_there_go_by_key(tmp_path: Path):
    with made(tmp_path, partitions=1) as both:
        both.fill()
        both.bridge(both.target(partitions=1))[0].run()
        found = [int(r.value or b"") for r in both.copied(0)]
        assert sorted(found) == list(range(200))
        assert [n for n in found if n % 2] == list(range(1, 200, 2)) and [n for n in found if not n % 2] == [
            *range(0, 200, 2)]


@pytest.mark.parametrize("at", range(1, 9))
def test_after_a_crash_nothing_is_lost_and_nothing_comes_twice(both: Both, monkeypatch, at: int):
    monkeypatch.setattr("workbench.session.bridge.WINDOW_RECORDS", 40)
    both.fill()
    bridge, kept = both.bridge(both.target(dies_after=at))
    with pytest.raises(Crash):
        bridge.run()
    both.broker.append("copy", 0, [Record(b"other", b"of another program")]).result()
    again, _ = both.bridge(both.target(), kept[-1])
    assert again.run() == 200
    assert again.recognised >= 20  # the batch that was stored when it crashed, at least
    for partition in (0, 1):
        found = [r for r in both.copied(partition) if r.key != b"other"]
        assert content(found) == content(both.reader.read("orders", partition, 0, 1000))


def test_equal_records_are_counted_and_not_taken_for_one_another(both: Both, monkeypatch):
    monkeypatch.setattr("workbench.session.bridge.WINDOW_RECORDS", 4)
    for _ in range(12):
        both.broker.append("orders", 0, [Record(b"k", b"same", (), 1_000)]).result()
    bridge, kept = both.bridge(both.target(dies_after=2))
    with pytest.raises(Crash):
        bridge.run()
    both.bridge(both.target(), kept[-1])[0].run()
    assert len(both.copied(0)) == 12


def test_where_the_target_cannot_be_looked_at_one_window_at_most_comes_again(both: Both, monkeypatch):
    monkeypatch.setattr("workbench.session.bridge.WINDOW_RECORDS", 40)
    both.fill()
    blind = Log(both.broker, None, dies_after=3)
    bridge, kept = both.bridge(blind)
    with pytest.raises(Crash):
        bridge.run()
    both.bridge(Log(both.broker, None), kept[-1])[0].run()
    found = [int(r.value or b"") for partition in (0, 1) for r in both.copied(partition)]
    assert set(found) == set(range(200)) and len(found) == 220


def test_what_was_appended_since_it_began_is_not_in_it(both: Both):
    both.fill(20)
    point = begin(both.reader, "orders")
    both.broker.append("orders", 0, [Record(None, b"late")]).result()
    bridge, _ = both.bridge(both.target(), point)
    assert bridge.run() == 20


def test_a_range_by_offset(both: Both):
    both.fill(20)
    point = begin(both.reader, "orders", LogPoint("offset", 4), LogPoint("offset", 6))
    both.bridge(both.target(), point)[0].run()
    assert [r.value for r in both.copied(0)] == [b"8", b"10"]


def test_a_system_that_goes_away_ends_it_with_what_to_do(both: Both):
    both.fill(20)

    class Gone(Log):
        def append(self, partition: int, records: Sequence[Record]) -> None:
            raise Unavailable("It is gone.")

    bridge, kept = both.bridge(Gone(both.broker, both.reader))
    with pytest.raises(Unavailable, match="gone") as problem:
        bridge.run()
    assert "--resume" in problem.value.next_step and kept[-1].done == 0


# -- pace ------------------------------------------------------------------------------------------------------
class Time:
    def __init__(self) -> None:
        self.now_s = 0.0

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def pace(self, speed: float | None) -> Pace:
        return Pace(speed, lambda: self.now_s, self.wait)


@pytest.mark.parametrize(("more", "seconds"), [({"rate": 50.0}, 4.0), ({}, 0.0)])
def test_no_more_than_a_rate(both: Both, more: dict, seconds: float):
    both.fill()
    clock = Time()
    both.bridge(both.target(), pace=clock.pace(None), **more)[0].run()
    assert clock.now_s == pytest.approx(seconds, abs=0.1)


def test_at_the_original_spacing_times_a_speed(both: Both):
    both.fill()  # a millisecond apart, 199 ms from the first to the last
    clock = Time()
    both.bridge(both.target(), pace=clock.pace(0.1))[0].run()
    assert clock.now_s == pytest.approx(1.99, abs=0.1)


# -- what is kept of it ----------------------------------------------------------------------------------------
def test_a_point_outlives_the_process_and_a_damaged_one_is_said(tmp_path: Path):
    points = PointFile(BridgeEnds("@a", "x", "/b.flow", "y"), tmp_path)
    assert points.read() is None
    point = BridgePoint({0: 3, 1: 4}, {0: 9, 1: 9}, {0: 1}, 7)
    points.keep(point)
    assert PointFile(BridgeEnds("@a", "x", "/b.flow", "y"), tmp_path).read() == point
    assert PointFile(BridgeEnds("@a", "x", "/b.flow", "z"), tmp_path).read() is None
    points.path.write_text("{oops")
    with pytest.raises(Exception, match="can't be read"):
        points.read()
    points.forget()
    assert points.read() is None


def test_what_is_kept_and_lost_is_said(both: Both):
    said: Callable[..., dict[str, str]] = lambda *sides: {t.what: t.state for t in terms(*sides, 2_000)}  # noqa: E731
    same = said(Side("kafka", 3), Side("", 3))
    assert {what for what, state in same.items() if state != "kept"} == {"offsets and ids", "transactions"}
    fewer = said(Side("", 3), Side("kafka", 1, config={"message.timestamp.type": "LogAppendTime"}))
    assert (fewer["partitions"], fewer["timestamps"]) == ("changed", "lost")
    queue = said(Side("kafka", 1), Side("rabbitmq", 1, queue=True, recognised=False))
    assert (queue["keys"], queue["timestamps"], queue["repeats"]) == ("changed", "changed", "changed")
