"""How far behind each group was: what live snapshots said, after what the file keeps. No Qt, any one thread.

A series is a group, or one partition of a group. Points are (time in s, records, seconds). Live points are kept for
the longest window; older ones come from the file, already thinned. ``thinned`` keeps the least and greatest point of
each slice, so that a peak never disappears, and gives at most the points asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from workbench.core.journal import LagSample
from workbench.core.snapshot import GroupStat, Snapshot
from workbench.session.pauses import Spans, held_of_age

Point = tuple[float, float, float]
SeriesKey = tuple[str, str]
"""(group, "") for a group, (group, "orders/3") for one of its partitions."""

KEPT_POINTS = 2_400  # twenty minutes
LIVE_EVERY_MS = 500  # a chart is drawn once a second; a point for each frame made a window grow for twenty minutes


_Standing = tuple[GroupStat, float, frozenset[str]]
"""A group whose partitions did not change, when they still stood so, and what their series are called: no point is kept
of what stays as it was, but where it began and where it ended."""


class LagHistory:
    def __init__(self) -> None:
        self._live: dict[SeriesKey, deque[Point]] = defaultdict(lambda: deque(maxlen=KEPT_POINTS))
        self._stored: dict[SeriesKey, list[Point]] = {}
        self._last_ms = 0
        self._standing: dict[str, _Standing] = {}

    def add(self, snapshot: Snapshot) -> bool:
        """Take a live snapshot; False when it came too soon after the one before."""
        if snapshot.at_ms - self._last_ms < LIVE_EVERY_MS:
            return False
        self._last_ms = snapshot.at_ms
        at = snapshot.at_ms / 1000
        standing = {}
        for group in snapshot.groups:
            self._live[group.name, ""].append((at, group.lag_records, (group.lag_ms or 0) / 1000))
            before, since, names = self._standing.get(group.name, (None, at, frozenset()))
            if before is None or before.partitions is not group.partitions:
                if before is not None:
                    self._add(before, since)
                names = self._add(group, at)
            standing[group.name] = group, at, names
        self._standing = standing
        return True

    def _add(self, group: GroupStat, at: float) -> frozenset[str]:
        """A point for each partition; returns what their series are called."""
        names = [f"{place.topic}/{place.partition}" for place in group.partitions]
        for name, place in zip(names, group.partitions, strict=True):
            points = self._live[group.name, name]
            if not points or points[-1][0] < at:
                points.append((at, place.lag_records, max(0, (place.lag_ms or 0) - group.held_ms) / 1000))
        return frozenset(names)

    def rename(self, changed: Callable[[SeriesKey], SeriesKey]) -> None:
        """A group or a topic has another name: its lines go on."""
        for key in [key for key in self._live if changed(key) != key]:
            points = [*self._live.pop(key), *self._live.get(changed(key), ())]
            self._live[changed(key)] = deque(points, KEPT_POINTS)
        for key in [key for key in self._stored if changed(key) != key]:
            self._stored[changed(key)] = [*self._stored.pop(key), *self._stored.get(changed(key), ())]

    def keep(self, stored: dict[SeriesKey, list[Point]]) -> None:
        """Take what the file keeps, in place of what was taken before."""
        self._stored = stored

    @property
    def keys(self) -> set[SeriesKey]:
        return set(self._live) | set(self._stored)

    @property
    def first_s(self) -> float | None:
        """Time of the oldest point known; None while there is none."""
        series = (*self._live.values(), *self._stored.values())
        return min((points[0][0] for points in series if points), default=None)

    def points(self, key: SeriesKey, from_s: float, to_s: float) -> list[Point]:
        """Stored points up to where live ones begin, then the live ones."""
        live = list(self._live.get(key, ()))
        _, stood_s, names = self._standing.get(key[0], (None, 0.0, frozenset()))
        if live and key[1] in names and stood_s > live[-1][0]:
            live.append((stood_s, *live[-1][1:]))  # it has not changed since
        stored = self._stored.get(key, [])
        begin = live[0][0] if live else float("inf")
        older = stored[bisect_left(stored, (from_s,)) : bisect_left(stored, (min(begin, to_s),))]
        newer = live[bisect_left(live, (from_s,)) : bisect_left(live, (to_s + 0.001,))]
        return older + newer


class Renamed(NamedTuple):
    """A group or a topic got another name at that time."""

    at_ms: int
    old: str
    new: str


def stored_series(samples: Iterable[LagSample], groups: Sequence[Renamed] = (), topics: Sequence[Renamed] = (),
                  pauses: Mapping[str, Spans] | None = None) -> dict[SeriesKey, list[Point]]:
    """Samples of one instant added up for each group, under the names they have since (renames come oldest first);
    seconds are those of its oldest waiting record, less what a person held the group (``pauses``)."""
    found: dict[SeriesKey, list[Point]] = defaultdict(list)
    for sample in samples:
        at, age_ms = sample.at_ms / 1000, sample.lag_ms or 0
        group = _name_since(sample.group, sample.at_ms, groups)
        seconds = (age_ms - held_of_age((pauses or {}).get(group, []), sample.at_ms, age_ms)) / 1000
        topic = _name_since(sample.topic, sample.at_ms, topics)
        found[group, f"{topic}/{sample.partition}"].append((at, sample.lag_records, seconds))
        whole = found[group, ""]
        if whole and whole[-1][0] == at:
            whole[-1] = (at, whole[-1][1] + sample.lag_records, max(whole[-1][2], seconds))
        else:
            whole.append((at, sample.lag_records, seconds))
    return dict(found)


def _name_since(name: str, at_ms: int, renames: Sequence[Renamed]) -> str:
    for one in renames:
        if one.old == name and at_ms <= one.at_ms:
            name = one.new
    return name


def thinned(points: Sequence[Point], most: int, which: int) -> list[Point]:
    """At most ``most`` points, with the least and the greatest of each slice; ``which`` is 1 records, 2 seconds."""
    if len(points) <= most or most < 4:
        return list(points)
    slices = most // 2 - 1
    found = [points[0]]
    for index in range(slices):
        part = points[len(points) * index // slices : len(points) * (index + 1) // slices]
        least, greatest = min(part, key=lambda p: p[which]), max(part, key=lambda p: p[which])
        found += [least] if least is greatest else sorted((least, greatest))
    return [*found, points[-1]]
