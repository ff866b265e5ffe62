"""What one who follows the live state looks at closely, and the state as it is told to that one. Pure.

A workspace of a thousand topics has ten thousand partitions, and nobody looks at all of them. Of topics and groups
that are wanted every partition is told each time; of the rest the totals are, and their partitions follow late, some
a time, those first that waited longest. So every number comes to be right within seconds, and a
snapshot stays small however much is going on. The last events of producers and groups, and the leases of queues, are
told to who wants them only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from workbench.core.snapshot import GroupStat, Snapshot, TopicStat

LATE_PARTITIONS = 240
"""How many partitions of topics, and how many of groups, that are not wanted are told at a time; one row's at least."""

R = TypeVar("R", TopicStat, GroupStat)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names: of topics and groups whose partitions are looked at; of producers, groups and queues whose last events
    or leases are (``events``)."""

    topics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class Narrowing:
    """Makes the snapshots for one who said what is wanted. ``wanted`` may change at any time."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._topics: _Told[TopicStat] = _Told(lambda topic: (topic.records, topic.size_bytes))
        self._groups: _Told[GroupStat] = _Told(lambda group: (group.lag_records - group.waiting, group.age_ms))

    def of(self, now: Snapshot) -> Snapshot:
        events = frozenset(self.wanted.events)
        groups = _without(now.groups, "recent", lambda group: group.name in events)
        return replace(
            now,
            topics=self._topics.of(now.topics, frozenset(self.wanted.topics)),
            groups=self._groups.of(groups, frozenset(self.wanted.groups)),
            producers=_without(now.producers, "recent", lambda producer: producer.name in events),
            queues=_without(now.queues, "leases", lambda queue: queue.name in events),
        )


def _without(rows: tuple[Any, ...], what: str, wanted: Callable[[Any], bool]) -> tuple[Any, ...]:
    return tuple(row if wanted(row) or not getattr(row, what) else replace(row, **{what: ()}) for row in rows)


class _Told(Generic[R]):
    """The rows of one table as they were told last, beside what they were told of."""

    def __init__(self, totals: Callable[[R], tuple[Any, ...]]) -> None:
        self._totals = totals
        self._rows: dict[str, tuple[R, R]] = {}
        self._late: dict[str, None] = {}  # whose partitions were told as they stood before, the oldest first

    def of(self, rows: tuple[R, ...], wanted: Collection[str]) -> tuple[R, ...]:
        due = self._due()
        told: dict[str, tuple[R, R]] = {}
        for row in rows:
            known = self._rows.get(row.name)
            told[row.name] = self._tell(row, known, row.name in wanted or row.name in due)
        late = [name for name, (row, as_told) in told.items() if row is not as_told]
        self._late = {name: None for name in self._late if name in told and told[name][0] is not told[name][1]}
        self._late |= dict.fromkeys(late)
        self._rows = told
        return tuple(as_told for _, as_told in told.values())

    def _due(self) -> set[str]:
        """Whose turn it is."""
        found, partitions = set(), 0
        for name in self._late:
            partitions += len(self._rows[name][0].partitions)
            if found and partitions > LATE_PARTITIONS:
                break
            found.add(name)
        return found

    def _tell(self, row: R, known: tuple[R, R] | None, whole: bool) -> tuple[R, R]:
        if known is None or whole:
            return row, row
        before, as_told = known
        if before is row:
            return known
        if len(row.partitions) != len(as_told.partitions) or row.partitions == as_told.partitions:
            return row, row
        return row, replace(row, partitions=as_told.partitions, totals=self._totals(row))
