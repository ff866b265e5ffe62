"""What one client is told of the live state: details of what it looks at, totals of the rest, and the rest in time."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.test_delta import any_snapshot
from workbench.core.delta import delta
from workbench.core.snapshot import (
    GroupPartitionStat,
    GroupStat,
    HandledRecord,
    LeaseStat,
    PartitionStat,
    PartState,
    ProducerStat,
    QueueStat,
    SentRecord,
    Snapshot,
    TopicStat,
)
from workbench.core.wanted import LATE_PARTITIONS, Narrowing, Wanted

names = st.sets(st.sampled_from("abcdef")).map(tuple)


def crowd(step: int, topics: int = 300) -> Snapshot:
    """Every partition of every topic, and every group, one further at each step."""
    stats = tuple(TopicStat(f"t{i}", "stream", tuple(PartitionStat(p, 0, 10 + step, 100) for p in range(12)))
                  for i in range(topics))
    groups = tuple(
        GroupStat(f"g{i}", "Stable",
                  partitions=tuple(GroupPartitionStat(f"t{i}", p, 0, 10 + step, 1, lag_ms=5) for p in range(12)))
        for i in range(topics))
    return Snapshot(step, step * 100, topics=stats, groups=groups)


def unlike(state: Snapshot) -> Snapshot:
    """Names come once in a host's state."""
    return replace(state, topics=tuple({row.name: row for row in state.topics}.values()),
                   groups=tuple({row.name: row for row in state.groups}.values()))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**32), names, names), min_size=1, max_size=6))
def test_totals_are_always_right_and_details_of_what_is_wanted(steps):
    narrowing, now = Narrowing(Wanted()), Snapshot()
    for seed, topics, groups in steps:
        now = unlike(any_snapshot(seed, now))
        narrowing.wanted = Wanted(topics, groups)
        told = narrowing.of(now)
        assert [(t.name, t.records, t.size_bytes, t.rate_in) for t in told.topics] == [
            (t.name, t.records, t.size_bytes, t.rate_in) for t in now.topics]
        assert [(g.name, g.lag_records, g.lag_ms, g.rate) for g in told.groups] == [
            (g.name, g.lag_records, g.lag_ms, g.rate) for g in now.groups]
        assert [t for t in told.topics if t.name in topics] == [t for t in now.topics if t.name in topics]
        assert [g for g in told.groups if g.name in groups] == [g for g in now.groups if g.name in groups]


def test_what_is_not_wanted_is_told_late_and_all_of_it_in_time():
    narrowing = Narrowing(Wanted(("t7",), ("g7",)))
    assert narrowing.of(crowd(0)) == crowd(0), "the first tells everything"
    told = narrowing.of(crowd(1))
    assert told.topic("t7") == crowd(1).topic("t7") and told.group("g7") == crowd(1).group("g7")
    assert told.topic("t8").partitions == crowd(0).topic("t8").partitions and told.topic("t8").records == 12 * 11
    for _ in range(300 * 12 // LATE_PARTITIONS + 1):
        told = narrowing.of(crowd(1))
    assert told == crowd(1), "nothing moves any more: nothing stays old"


def test_in_a_crowd_that_never_rests_everybody_has_a_turn_and_each_telling_is_small():
    narrowing, before, sizes, seen = Narrowing(Wanted(("t0",), ("g0",))), Snapshot(), [], set()
    for step in range(300 * 12 // LATE_PARTITIONS + 2):
        told, now = narrowing.of(crowd(step)), crowd(step)
        sizes.append(len(msgspec.msgpack.encode(delta(before, told))))
        seen |= {row.name for row, whole in zip(told.topics, now.topics, strict=True) if step and row == whole}
        before = told
    assert len(seen) == 300
    assert max(sizes[1:]) < sizes[0] / 4


def test_more_partitions_are_told_at_once():
    narrowing = Narrowing(Wanted())
    narrowing.of(crowd(0, 1))
    more = replace(crowd(1, 1).topics[0], partitions=tuple(PartitionStat(p, 0, 5) for p in range(13)))
    assert narrowing.of(Snapshot(1, topics=(more,))).topics == (more,)


def test_last_events_and_leases_are_told_to_who_wants_them():
    sent, handled = SentRecord(1, 0, 0, None, 0, 1.0), HandledRecord(1, "m", "t", 0, 0, None, 0, 1, "worked")
    state = Snapshot(1, producers=(ProducerStat("p", "shop", PartState.RUNNING, recent=(sent,)),),
                     groups=(GroupStat("billing", "Stable", recent=(handled,)),),
                     queues=(QueueStat("orders", "orders", leases=(LeaseStat(0, 0, "c", 1, 0, 9),)),))
    told = Narrowing(Wanted()).of(state)
    assert (told.producers[0].recent, told.groups[0].recent, told.queues[0].leases) == ((), (), ())
    assert Narrowing(Wanted(events=("shop", "billing", "orders"))).of(state) == state
