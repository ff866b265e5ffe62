"""What models keep from snapshot to snapshot is what they would make anew."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.ui.stage import NOW_MS, orders_document, orders_snapshot
from workbench.core.snapshot import Snapshot
from workbench.core.sums import RunningSum
from workbench.ui.charts.tape_strips import OffsetAxis, Strip, StripMaker, strips_of
from workbench.ui.models.lag_history import LagHistory


def test_strips_of_a_topic_are_made_anew_when_it_or_its_readers_change():
    document, maker, before = orders_document(), StripMaker(), orders_snapshot()
    first = maker.strips(document, before, before)
    assert first == strips_of(document, before, before)
    last = before.topics[-1]
    grown = replace(last.partitions[0], end=last.partitions[0].end + 5)
    after = replace(before, topics=(*before.topics[:-1], replace(last, partitions=(grown, *last.partitions[1:]))))
    second = maker.strips(document, after, after)
    assert second == strips_of(document, after, after) != first
    assert {a.topic for a, b in zip(second, first, strict=True) if a is not b} == {last.name}
    group = before.groups[0]
    read = replace(group, partitions=tuple(replace(p, committed=p.end) for p in group.partitions))
    third = maker.strips(document, now := replace(after, groups=(read, *after.groups[1:])), now)
    assert third == strips_of(document, now, now)
    assert {a.topic for a, b in zip(third, second, strict=True) if a is not b} == set(group.topics)
    assert maker.strips(document, replace(now, seq=99), now) is third, "nothing changed: the same list"
    past = replace(before, live=False)
    assert maker.strips(document, past, now) == strips_of(document, past, now)


def test_the_extent_of_strips_that_move_is_that_of_all_of_them():
    chance, axis = Random(7), OffsetAxis()
    strips = [Strip("t", i, i == 0, 0, 0, 0, ()) for i in range(6)]
    for _ in range(400):
        at = chance.randrange(len(strips))
        start = chance.randrange(0, 1_000)
        end = start + chance.choice((0, 1, 5_000))
        strips = [*strips[:at], replace(strips[at], log_start=start, end=end, later_end=end), *strips[at + 1:]]
        assert axis.extent(strips) == OffsetAxis().extent(strips)


def test_a_topic_that_goes_takes_its_strips_along_and_may_come_back():
    document, maker, all_of_them = orders_document(), StripMaker(), orders_snapshot()
    first = maker.strips(document, all_of_them, all_of_them)
    fewer = replace(all_of_them, topics=all_of_them.topics[1:])
    assert maker.strips(document, fewer, fewer) == strips_of(document, fewer, fewer)
    assert maker.strips(document, all_of_them, all_of_them) == first


def test_a_running_sum_is_the_sum_of_the_rows_there_are():
    total, rows = RunningSum(len), ("a", "bb", "ccc")
    assert total(rows) == 6
    assert total((rows[0], "dddd", rows[2])) == 8
    assert total(("a",)) == 1 and total(()) == 0


def test_the_line_of_a_lag_that_stands_has_a_beginning_and_an_end():
    """Not a point a snapshot, but no value of it is another."""
    history, base = LagHistory(), orders_snapshot()
    group = replace(base.groups[0], partitions=(replace(base.groups[0].partitions[0], log_start=0, end=10,
                                                    committed=4),))
    place = group.partitions[0]
    key = (group.name, f"{place.topic}/{place.partition}")

    def at(step: int, **change) -> Snapshot:
        parts = tuple(replace(place, **change) for _ in "1") if change else group.partitions
        return replace(base, at_ms=NOW_MS + 1_000 * step, groups=(replace(group, partitions=parts),))

    for step in range(5):
        history.add(at(step))
    start = NOW_MS / 1000
    told = [(round(s - start), lag) for s, lag, _ in history.points(key, start - 1, start + 99)]
    assert told == [(0, 6), (4, 6)]
    history.add(at(5, committed=9))
    told = [(round(s - start), lag) for s, lag, _ in history.points(key, start - 1, start + 99)]
    assert told == [(0, 6), (4, 6), (5, 1)]
