"""What the log tape shows: one strip a partition with the marks of its groups, and the axes that place an offset.

Values made from a snapshot; no painting here. An axis turns an offset of a strip into a number along the tape and back:
``OffsetAxis`` is the offset itself, ``TimeAxis`` the time its record was written, between known knots.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import is_not
from typing import Protocol

from workbench.core.health import Level, Threshold
from workbench.core.judgement import partition_level
from workbench.core.snapshot import GroupPartitionStat, GroupStat, Snapshot, TopicStat
from workbench.flow.document import FlowDocument
from workbench.ui.models.health import threshold_of_node
from workbench.ui.models.series import GroupSeries, group_nodes, group_series, topic_order

Knots = Sequence[tuple[int, int]]
"""(time in ms, offset), both rising."""


@dataclass(frozen=True, slots=True)
class TapeGroup:
    """One group's place on a strip, with the level of its lag there."""

    series: GroupSeries
    committed: int
    position: int | None
    behind: int
    level: Level


@dataclass(frozen=True, slots=True)
class Strip:
    topic: str
    partition: int
    first_of_topic: bool
    log_start: int
    end: int
    later_end: int  # where the log ends now, while the past is shown
    groups: tuple[TapeGroup, ...]
    kind: str = "stream"

    @property
    def role(self) -> str:
        """The colour role of its log."""
        return "queue" if self.kind == "queue" else "stream"

    @property
    def slowest(self) -> TapeGroup | None:
        return max(self.groups, key=lambda group: group.behind, default=None)


class StripMaker:
    """Makes strips from snapshot to snapshot: those of a topic are the same objects for as long as nothing about it,
    and about the groups that read it, changed; the list is the same for as long as no strip did."""

    def __init__(self) -> None:
        self._groups: dict[str, tuple[tuple, _Reader]] = {}
        self._topics: tuple[TopicStat, ...] = ()
        self._ends: tuple[TopicStat, ...] = ()
        self._order: Sequence[str] = ()
        self._blocks: dict[str, list[Strip]] = {}
        self._strips: list[Strip] = []

    def strips(self, document: FlowDocument, shown: Snapshot, live: Snapshot) -> list[Strip]:
        """Every partition of every topic, in the order of the drawing."""
        before, order = self._groups, topic_order(document, shown)
        self._groups = self._readers(document, shown)
        ends = () if shown.live else live.topics
        changed = _other_rows(self._topics, shown.topics) | _other_rows(self._ends, ends)
        changed |= _read_by_others(before, self._groups)
        self._topics, self._ends = shown.topics, ends
        if not changed and order is self._order:
            return self._strips
        readers = self._readers_of(changed)
        for name in changed:
            topic = shown.topic(name)
            if topic is None:
                self._blocks.pop(name, None)
            else:
                self._blocks[name] = _strips(topic, None if shown.live else live.topic(name), readers.get(name, ()))
        self._order = order
        self._strips = list(chain.from_iterable(map(self._blocks.__getitem__, order)))
        return self._strips

    def _readers_of(self, topics: set[str]) -> dict[str, list[_Reader]]:
        """In the order of their looks."""
        found: dict[str, list[_Reader]] = {}
        for reader in sorted((reader for _, reader in self._groups.values()), key=lambda reader: reader.series.index):
            for topic in topics.intersection(reader.group.topics):
                found.setdefault(topic, []).append(reader)
        return found

    def _readers(self, document: FlowDocument, shown: Snapshot) -> dict[str, tuple[tuple, _Reader]]:
        """By group, with what it was made of; the same object while its marks are the same."""
        looks, nodes, kept = group_series(document, shown), group_nodes(document), {}
        for group in shown.groups:
            limit, health = threshold_of_node(nodes.get(group.name)), group.health
            judged = (health.condition, health.lag) if health is not None else (None, None)
            made_of = (looks[group.name], limit, *judged, group.held_ms, bool(group.members))
            known = self._groups.get(group.name)
            if known is None or known[1].group.partitions is not group.partitions or known[0] != made_of:
                known = made_of, _Reader(group, limit, looks[group.name])
            kept[group.name] = known
        return kept


def _other_rows(before: tuple[TopicStat, ...], now: tuple[TopicStat, ...]) -> set[str]:
    """The names of the topics whose partitions are not the same, in either."""
    if len(before) != len(now):
        return {one.name for one in (*before, *now)}
    pairs = zip(before, now, strict=True)
    return {one.name for old, new in pairs if old is not new and _makes(old) != _makes(new) for one in (old, new)}


def _makes(topic: TopicStat) -> tuple:
    """What its strips are made of."""
    return topic.name, topic.kind, topic.partitions


def _read_by_others(before: Mapping[str, tuple[tuple, _Reader]], now: Mapping[str, tuple[tuple, _Reader]]) -> set[str]:
    """The topics whose marks came, went or changed."""
    found: set[str] = set()
    for name in before.keys() | now.keys():
        old, new = (readers[name][1] if name in readers else None for readers in (before, now))
        if old is not new:
            found.update(*(reader.group.topics for reader in (old, new) if reader is not None))
    return found


class _Reader:
    """A group with its partitions by topic."""

    def __init__(self, group: GroupStat, limit: Threshold, series: GroupSeries) -> None:
        self.group, self.limit, self.series = group, limit, series
        self._places: dict[str, dict[int, GroupPartitionStat]] = {}
        for place in group.partitions:
            self._places.setdefault(place.topic, {})[place.partition] = place

    def mark(self, topic: str, partition: int) -> TapeGroup | None:
        place = self._places[topic].get(partition)
        return None if place is None else _group(self.series, place, self.group, self.limit)


def _strips(topic: TopicStat, now: TopicStat | None, readers: Sequence[_Reader]) -> list[Strip]:
    ends = {p.partition: p.end for p in now.partitions} if now is not None else {}
    found = []
    for index, part in enumerate(topic.partitions):
        marks = (reader.mark(topic.name, part.partition) for reader in readers)
        later = max(part.end, ends.get(part.partition, part.end))
        found.append(Strip(topic.name, part.partition, index == 0, part.log_start, part.end, later,
                           tuple(mark for mark in marks if mark is not None), topic.kind))
    return found


def strips_of(document: FlowDocument, shown: Snapshot, live: Snapshot) -> list[Strip]:
    """Every partition of every topic, in the order of the drawing."""
    return StripMaker().strips(document, shown, live)


def _group(series: GroupSeries, place: GroupPartitionStat, group: GroupStat, limit: Threshold) -> TapeGroup:
    committed = place.log_start if place.committed is None else place.committed
    return TapeGroup(series, committed, place.position, place.lag_records, partition_level(place, group, limit))


def _less(one: int | None, other: int | None) -> bool:
    return one is not None and (other is None or one < other)


def _reach(strips: Sequence[Strip]) -> tuple[int | None, int]:
    return (min([s.log_start for s in strips if s.later_end > s.log_start], default=None),
            max((s.later_end for s in strips), default=0))


class Axis(Protocol):
    def value(self, strip: Strip, offset: int) -> float: ...
    def offset(self, strip: Strip, value: float) -> int: ...
    def extent(self, strips: Sequence[Strip]) -> tuple[float, float]: ...


def changed_places(before: Sequence[Strip], now: Sequence[Strip]) -> list[int] | None:
    """Where the strips are other objects than before; None: there are more or fewer."""
    if len(before) != len(now):
        return None
    return [] if before is now else list(compress(range(len(now)), map(is_not, now, before)))


class OffsetAxis:
    """What it is asked the extent of, it follows from frame to frame: strips that are the same are not looked at."""

    def __init__(self) -> None:
        self._strips: Sequence[Strip] = ()
        self._reach: tuple[int | None, int] = (None, 0)

    def value(self, strip: Strip, offset: int) -> float:
        return float(offset)

    def offset(self, strip: Strip, value: float) -> int:
        return round(value)

    def extent(self, strips: Sequence[Strip]) -> tuple[float, float]:
        low, high = self._follow(strips)
        low = low or 0
        room = max(high - low, 20) * 0.02
        return (0.0 if low < room else low - room), max(high, low + 20) + room / 2

    def _follow(self, strips: Sequence[Strip]) -> tuple[int | None, int]:
        """The least start of those that hold something (None: none does), and the greatest end."""
        places = changed_places(self._strips, strips)
        before, self._strips = self._strips, strips
        if places is None:
            self._reach = _reach(strips)
        elif places:
            (low, high), was = _reach([strips[i] for i in places]), _reach([before[i] for i in places])
            known_low, known_high = self._reach
            if (was[0] == known_low != low and not _less(low, known_low)) or was[1] == known_high > high:
                self._reach = _reach(strips)  # who reached furthest does no more
            else:
                self._reach = low if _less(low, known_low) else known_low, max(high, known_high)
        return self._reach


class TimeAxis:
    """``knots`` by (topic, partition); a strip without any lies at the left edge."""

    def __init__(self, knots: Mapping[tuple[str, int], Knots]) -> None:
        self._knots = {place: [*points] for place, points in knots.items() if points}

    def value(self, strip: Strip, offset: int) -> float:
        points = self._knots.get((strip.topic, strip.partition))
        if not points:
            return self._edges()[0]
        at = bisect_left(points, offset, key=lambda point: point[1])
        if at == 0:
            return float(points[0][0])
        if at == len(points):
            return float(points[-1][0])
        (ms0, o0), (ms1, o1) = points[at - 1], points[at]
        return ms0 + (ms1 - ms0) * (offset - o0) / max(1, o1 - o0)

    def offset(self, strip: Strip, value: float) -> int:
        points = self._knots.get((strip.topic, strip.partition))
        if not points:
            return strip.end
        at = bisect_left(points, value, key=lambda point: point[0])
        if at == 0:
            return points[0][1]
        if at == len(points):
            return points[-1][1]
        (ms0, o0), (ms1, o1) = points[at - 1], points[at]
        return round(o0 + (o1 - o0) * (value - ms0) / max(1, ms1 - ms0))

    def _edges(self) -> tuple[float, float]:
        low = min((points[0][0] for points in self._knots.values()), default=0)
        high = max((points[-1][0] for points in self._knots.values()), default=low + 60_000)
        return float(low), float(max(high, low + 1000))

    def extent(self, strips: Sequence[Strip]) -> tuple[float, float]:
        low, high = self._edges()
        room = (high - low) * 0.02
        return low - room, high + room / 2
