"""What changed between two snapshots, and the later one made of the earlier and that. Pure; no encoding here.

A table is a tuple of rows. Its patch says where rows came and went (one splice: between the rows that both have at
the beginning and those that both have at the end, by key), and then which of the others hold something else. What did
not change is the same object in both snapshots, row by row and table by table, so that who shows them may ask by
``is``. Partitions are patched within their topic or group: a busy one among a thousand is one row.

The first of a connection builds on the empty ``Snapshot()`` and so tells everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

from workbench.core.snapshot import (
    AttachedStat,
    ClientStat,
    ExchangeStat,
    GroupPartitionStat,
    GroupStat,
    HostStat,
    LinkStat,
    PartitionStat,
    Problem,
    ProducerStat,
    QueueStat,
    RunState,
    Snapshot,
    StoreStat,
    TopicStat,
)

R = TypeVar("R")
P = TypeVar("P", TopicStat, GroupStat)
Key = Callable[[R], object]


@dataclass(frozen=True, slots=True)
class Patch(Generic[R]):
    """At ``at``, ``gone`` rows make room for those that ``came``; then ``rows`` take the ``places``."""

    at: int = 0
    gone: int = 0
    came: tuple[R, ...] = ()
    places: tuple[int, ...] = ()
    rows: tuple[R, ...] = ()

    def apply(self, before: tuple[R, ...]) -> tuple[R, ...]:
        rows = list(before)
        rows[self.at : self.at + self.gone] = self.came
        for place, row in zip(self.places, self.rows, strict=True):
            rows[place] = row
        return tuple(rows)


@dataclass(frozen=True, slots=True)
class Delta:
    """From snapshot ``base`` to ``seq``. What is None stayed as it was. ``topic_parts`` and ``group_parts`` belong to
    the rows of the patches, one each, which come without their partitions; None: those partitions stayed."""

    base: int
    seq: int
    at_ms: int
    live: bool = True
    run: RunState = RunState.STOPPED
    speed: float = 1.0
    host: HostStat | None = None
    topics: Patch[TopicStat] | None = None
    topic_parts: tuple[Patch[PartitionStat] | None, ...] = ()
    groups: Patch[GroupStat] | None = None
    group_parts: tuple[Patch[GroupPartitionStat] | None, ...] = ()
    producers: Patch[ProducerStat] | None = None
    links: Patch[LinkStat] | None = None
    clients: Patch[ClientStat] | None = None
    problems: Patch[Problem] | None = None
    queues: Patch[QueueStat] | None = None
    exchanges: Patch[ExchangeStat] | None = None
    attached: Patch[AttachedStat] | None = None
    stores: Patch[StoreStat] | None = None


_PLAIN: dict[str, Callable[[object], object]] = {
    "producers": lambda row: cast(ProducerStat, row).node_id,
    "links": lambda row: cast(LinkStat, row).link_id,
    "clients": lambda row: (cast(ClientStat, row).client_id, cast(ClientStat, row).address),
    "problems": lambda row: (cast(Problem, row).subject, cast(Problem, row).severity),
    "queues": lambda row: cast(QueueStat, row).name,
    "exchanges": lambda row: cast(ExchangeStat, row).name,
    "attached": lambda row: cast(AttachedStat, row).name,
    "stores": lambda row: cast(StoreStat, row).name,
}
"""Tables whose rows are told whole, and what a row is known by."""


def delta(before: Snapshot, after: Snapshot) -> Delta:
    """What changed from one snapshot to a later one."""
    topics, topic_parts = _parted(before.topics, after.topics, lambda part: part.partition)
    groups, group_parts = _parted(before.groups, after.groups, lambda part: (part.topic, part.partition))
    tables = {name: patch(getattr(before, name), getattr(after, name), key) for name, key in _PLAIN.items()}
    return Delta(
        before.seq, after.seq, after.at_ms, after.live, after.run, after.speed,
        None if after.host == before.host else after.host,
        topics, topic_parts, groups, group_parts, **tables,
    )


def apply(before: Snapshot, change: Delta) -> Snapshot:
    """The later snapshot. ``ValueError`` when the change builds on another one."""
    if change.base != before.seq:
        raise ValueError(f"a change of snapshot {change.base} does not fit snapshot {before.seq}")
    tables = {name: _applied(getattr(before, name), getattr(change, name)) for name in _PLAIN}
    return Snapshot(
        change.seq, change.at_ms, change.live, change.run, change.speed,
        _joined(before.topics, change.topics, change.topic_parts),
        _joined(before.groups, change.groups, change.group_parts),
        host=before.host if change.host is None else change.host, **tables,
    )


def patch(before: Sequence[R], after: Sequence[R], key: Key[R]) -> Patch[R] | None:
    """None: they are equal."""
    if before is after:
        return None
    if len(before) == len(after) and all(a is b or key(a) == key(b) for a, b in zip(before, after, strict=True)):
        at, end = len(after), 0
    else:
        at, end = _common(before, after, key)
    gone, came = len(before) - at - end, after[at : len(after) - end]
    shift = len(before) - len(after)
    places = tuple(
        place for place, row in enumerate(after)
        if not at <= place < len(after) - end
        and row is not (old := before[place if place < at else place + shift]) and row != old
    )
    if not (gone or came or places):
        return None
    return Patch(at, gone, tuple(came), places, tuple(after[place] for place in places))


def _common(before: Sequence[R], after: Sequence[R], key: Key[R]) -> tuple[int, int]:
    """How many rows at the beginning, and how many others at the end, are of the same keys."""
    most = min(len(before), len(after))
    at = next((i for i in range(most) if key(before[i]) != key(after[i])), most)
    end = next((i for i in range(most - at) if key(before[-1 - i]) != key(after[-1 - i])), most - at)
    return at, end


def _applied(before: tuple[R, ...], change: Patch[R] | None) -> tuple[R, ...]:
    return before if change is None else change.apply(before)


# -- rows that hold partitions ---------------------------------------------------------------------------------
def _parted(before: tuple[P, ...], after: tuple[P, ...], key: Key) -> tuple[Patch[P] | None, tuple]:
    """The patch of topics or groups with its changed rows bare of partitions, and the patches of those."""
    whole = patch(before, after, lambda row: row.name)
    if whole is None or not whole.places:
        return whole, ()
    shift = whole.gone - len(whole.came)
    then = [before[place if place < whole.at else place + shift] for place in whole.places]
    parts = tuple(patch(old.partitions, row.partitions, key) for old, row in zip(then, whole.rows, strict=True))
    return replace(whole, rows=tuple(replace(row, partitions=()) for row in whole.rows)), parts


def _joined(before: tuple[P, ...], change: Patch[P] | None, parts: Sequence[Patch | None]) -> tuple[P, ...]:
    if change is None:
        return before
    shift = change.gone - len(change.came)
    then = [before[place if place < change.at else place + shift] for place in change.places]
    rows = tuple(
        replace(row, partitions=_applied(old.partitions, part))
        for row, old, part in zip(change.rows, then, parts, strict=True)
    )
    return replace(change, rows=rows).apply(before)
