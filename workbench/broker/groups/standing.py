"""How groups stand at their partitions, made anew only where something changed. Not thread-safe.

A group of a thousand partitions at rest would cost as much, ten times a second, as one at work. So what was told of a
group is kept with what it was made of, and told again while all of that is the same. Where something waits it is made
anew, for its age grows by the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.broker.groups.membership import CommittedOffset
from workbench.core.records import PartitionBounds, TopicPartition
from workbench.core.snapshot import GroupPartitionStat

Bounds = Callable[[str], Sequence[PartitionBounds]]
"""Of the partitions of a topic, the same object while they stand; none of a topic that is not there."""
Position = Callable[[TopicPartition], object]
Make = Callable[[TopicPartition, PartitionBounds, CommittedOffset | None, str], GroupPartitionStat]


@dataclass(slots=True)
class _Told:
    committed: dict[TopicPartition, CommittedOffset]
    owners: Mapping[TopicPartition, str]
    bounds: dict[str, Sequence[PartitionBounds]]
    positions: list[object]  # of those that have an owner
    stats: tuple[GroupPartitionStat, ...]
    waits: bool

    def holds(self, bounds: Bounds, position: Position) -> bool:
        return (not self.waits and all(bounds(topic) is known for topic, known in self.bounds.items())
                and [position(part) for part in self.owners] == self.positions)


class Standings:
    """See the module."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def of(self, group: str, committed: dict[TopicPartition, CommittedOffset], owners: Mapping[TopicPartition, str],
           bounds: Bounds, position: Position, make: Make) -> tuple[GroupPartitionStat, ...]:
        """Every partition that the group has committed or holds and that is there."""
        told = self._told.get(group)
        same = told is not None and told.committed == committed and told.owners == owners
        if told is not None and same and told.holds(bounds, position):
            return told.stats
        parts = sorted(committed.keys() | owners.keys())
        there = {topic: bounds(topic) for topic in dict.fromkeys(part.topic for part in parts)}
        positions = [position(part) for part in owners]
        stats = tuple(
            make(part, there[part.topic][part.partition], committed.get(part), owners.get(part, ""))
            for part in parts if part.partition < len(there[part.topic])
        )
        self._told[group] = _Told(committed, owners, there, positions, stats, any(one.lag_records for one in stats))
        return stats

    def keep(self, groups: set[str]) -> None:
        """Forget all others."""
        self._told = {name: told for name, told in self._told.items() if name in groups}
