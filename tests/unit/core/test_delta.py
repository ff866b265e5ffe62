"""The wire of the live state: snapshots sent as deltas are the snapshots, and what stayed is the same object."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.delta import Delta, apply, delta
from workbench.core.snapshot import (
    AttachedStat,
    ClientStat,
    ExchangeStat,
    GroupPartitionStat,
    GroupStat,
    HostStat,
    LinkStat,
    PartitionStat,
    PartState,
    Problem,
    ProducerStat,
    QueueStat,
    RunState,
    Snapshot,
    TopicStat,
)

_decoder = msgspec.msgpack.Decoder(Delta)
_few = st.integers(0, 3)
_names = st.sampled_from("abcdef")


def rows(row, key=None, most=5):
    return st.lists(row, max_size=most, unique_by=key).map(tuple)


_parts = st.lists(_few, max_size=4).map(lambda ends: tuple(PartitionStat(i, 0, end) for i, end in enumerate(ends)))
_read = rows(st.builds(GroupPartitionStat, st.sampled_from("xy"), _few, st.just(0), _few, st.none() | _few))
_topics = st.builds(lambda name, parts, rate: TopicStat(name, "stream", parts, rate), _names, _parts, _few.map(float))
_groups = st.builds(lambda name, parts, rate: GroupStat(name, "Stable", partitions=parts, rate=rate),
                    _names, _read, _few.map(float))  # fmt: skip
_snapshots = st.builds(
    Snapshot, st.just(0), st.integers(0, 9), st.booleans(), st.sampled_from(RunState), st.sampled_from((1.0, 2.0)),
    topics=rows(_topics, lambda row: row.name),
    groups=rows(_groups),  # a name may come twice: what a row is known by only helps to find it again
    producers=rows(st.builds(ProducerStat, _names, _names, st.sampled_from(PartState))),
    links=rows(st.builds(LinkStat, _names, _few)),
    clients=rows(st.builds(ClientStat, _names, st.sampled_from("12"), st.just("kcat"), _few)),
    problems=rows(st.builds(Problem, _names, st.sampled_from(("warn", "bad")), _names)),
    host=st.builds(HostStat, _few),
    queues=rows(st.builds(lambda name, rate: QueueStat(name, name, rate_in=rate), _names, _few.map(float))),
    exchanges=rows(st.builds(ExchangeStat, _names, st.just("topic"), _few)),
    attached=rows(st.builds(AttachedStat, _names, st.just("kafka"), st.just("ready"), topics=rows(_topics))),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_snapshots, min_size=1, max_size=5))
def test_snapshots_that_travel_as_deltas_arrive_as_they_were(told):
    sent = here = Snapshot()
    for number, snapshot in enumerate(told, 1):
        snapshot = replace(snapshot, seq=number)
        here = apply(here, _decoder.decode(msgspec.msgpack.encode(delta(sent, snapshot))))
        assert here == snapshot
        sent = snapshot


def many(topics: int = 100) -> Snapshot:
    parts = tuple(PartitionStat(number, 0, 7) for number in range(12))
    return Snapshot(seq=1, topics=tuple(TopicStat(f"t{i:03}", "stream", parts) for i in range(topics)))


def wire(before: Snapshot, after: Snapshot) -> bytes:
    return msgspec.msgpack.encode(delta(before, after))


def test_what_stayed_is_the_same_object_row_by_row_and_table_by_table():
    before = many()
    busy = replace(before.topics[40], rate_in=5.0, partitions=(
        replace(before.topics[40].partitions[0], end=9), *before.topics[40].partitions[1:]))  # fmt: skip
    after = replace(before, seq=2, topics=(*before.topics[:40], busy, *before.topics[41:]))
    here = apply(before, _decoder.decode(wire(before, after)))
    assert here == after and here.groups is before.groups and here.links is before.links
    assert [i for i, (a, b) in enumerate(zip(before.topics, here.topics, strict=True)) if a is not b] == [40]
    kept = zip(before.topics[40].partitions, here.topics[40].partitions, strict=True)
    assert [i for i, (a, b) in enumerate(kept) if a is not b] == [0]


def test_a_row_that_comes_or_goes_costs_a_row():
    before = many()
    without = replace(before, seq=2, topics=before.topics[:50] + before.topics[51:])
    assert len(wire(before, without)) < 400 and len(wire(without, replace(before, seq=3))) < 1_500
    here = apply(before, _decoder.decode(wire(before, without)))
    assert all(a is b for a, b in zip(here.topics, without.topics, strict=True))


def test_a_change_of_another_snapshot_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        apply(Snapshot(seq=3), delta(Snapshot(seq=2), Snapshot(seq=4)))
