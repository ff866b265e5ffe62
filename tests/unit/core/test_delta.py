"""The wire of the live state: snapshots sent as deltas are the snapshots, and what stayed is the same object."""

from __future__ import annotations

from dataclasses import fields, replace
from random import Random

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
    StoreStat,
    TopicStat,
)

_decoder = msgspec.msgpack.Decoder(Delta)


def some_topics(dice: Random) -> tuple[TopicStat, ...]:
    return tuple(
        TopicStat(name, "stream", tuple(PartitionStat(i, 0, dice.randrange(3)) for i in range(dice.randrange(4))),
                  float(dice.randrange(2)))
        for name in some(dice)
    )


def some(dice: Random, letters: str = "abcdef") -> list[str]:
    """Names in any order; which and how many is left to chance."""
    return dice.sample(letters, dice.randrange(len(letters)))


def some_groups(dice: Random) -> tuple[GroupStat, ...]:
    names = some(dice) + some(dice, "ab")  # one may come twice: what a row is known by only helps to find it again
    read = [tuple(GroupPartitionStat(topic, dice.randrange(2), 0, dice.randrange(3)) for topic in some(dice, "xyz"))
            for _ in names]
    return tuple(GroupStat(name, "Stable", partitions=parts, rate=float(dice.randrange(2)))
                 for name, parts in zip(names, read, strict=True))


def any_snapshot(seed: int, before: Snapshot) -> Snapshot:
    """Another state; each table stays as it was or is any other."""
    dice = Random(seed)
    tables = {
        "topics": some_topics(dice),
        "groups": some_groups(dice),
        "producers": tuple(ProducerStat(n, n, dice.choice(list(PartState))) for n in some(dice)),
        "links": tuple(LinkStat(n, dice.randrange(2), sample=tuple(range(dice.randrange(3)))) for n in some(dice)),
        "clients": tuple(ClientStat(n, dice.choice("12"), "kcat", dice.randrange(2)) for n in some(dice)),
        "problems": tuple(Problem(n, dice.choice(("warn", "bad")), dice.choice("xy")) for n in some(dice)),
        "queues": tuple(QueueStat(n, n, rate_in=float(dice.randrange(2))) for n in some(dice)),
        "exchanges": tuple(ExchangeStat(n, "topic", dice.randrange(2)) for n in some(dice)),
        "attached": tuple(AttachedStat(n, "kafka", "ready", topics=some_topics(dice)) for n in some(dice)),
        "host": HostStat(dice.randrange(2)),
        "run": dice.choice(list(RunState)),
        "live": dice.random() < 0.5,
    }
    return replace(before, seq=before.seq + 1, at_ms=dice.randrange(9),
                   **{name: table for name, table in tables.items() if dice.random() < 0.7})


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=6))
def test_snapshots_that_travel_as_deltas_arrive_as_they_were(seeds):
    sent = here = Snapshot()
    for seed in seeds:
        snapshot = any_snapshot(seed, sent)
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
        replace(before.topics[40].partitions[0], end=9), *before.topics[40].partitions[1:]))
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


def test_every_field_of_a_snapshot_is_told_by_a_change():
    """A new table must be in the change too, or a window would show its first state for ever."""
    assert {field.name for field in fields(Snapshot)} <= {field.name for field in fields(Delta)}
    before, after = Snapshot(1), Snapshot(2, stores=(StoreStat("ledger", rows=3),))
    assert apply(before, delta(before, after)) == after
