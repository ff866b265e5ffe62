"""The groups of a Kafka cluster as the snapshot has them: members, committed offsets, lag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from workbench.core.records import PartitionBounds
from workbench.core.snapshot import GroupPartitionStat, GroupStat, MemberStat, PartState
from workbench.engines.kafka import client

_STATES = {"STABLE": "Stable", "PREPARING_REBALANCING": "PreparingRebalance", "EMPTY": "Empty", "DEAD": "Dead",
           "COMPLETING_REBALANCING": "CompletingRebalance"}
BoundsOf = Callable[[Iterable[str]], Mapping[str, Sequence[PartitionBounds]]]
Place = tuple[str, int]


class GroupReading:
    """One look at all groups. ``call`` translates errors; ``bounds_of`` gives the partitions of topics, ``known`` the
    topics there are."""

    def __init__(self, admin: AdminClient, call: Callable[[Any], Any], bounds_of: BoundsOf,
                 known: Callable[[], Collection[str]]) -> None:
        self._known = lambda: frozenset(known())
        self._admin = admin
        self._call = call
        self._bounds_of = bounds_of
        self._bounds: dict[Place, PartitionBounds] = {}

    def stats(self) -> Sequence[GroupStat]:
        return self.stats_of(self.names())

    def names(self) -> list[str]:
        listed = self._call(self._admin.list_consumer_groups(request_timeout=client.CALL_S).result)
        return sorted(group.group_id for group in listed.valid)

    def stats_of(self, names: list[str]) -> Sequence[GroupStat]:
        if not names:
            return ()
        described = self._admin.describe_consumer_groups(names, request_timeout=client.CALL_S)
        committed = {name: self._committed(name) for name in names}
        groups = {name: self._call(described[name].result) for name in names}
        self._learn_bounds(committed, groups)
        return tuple(self._stat(name, groups[name], committed[name]) for name in names)

    def _committed(self, name: str) -> dict[Place, int]:
        """The committed offsets of a group; negative ones are none."""
        wanted = [ConsumerGroupTopicPartitions(name)]
        (asked,) = self._admin.list_consumer_group_offsets(wanted, request_timeout=client.CALL_S).values()
        parts = self._call(asked.result).topic_partitions
        return {(part.topic, part.partition): part.offset for part in parts if part.offset >= 0}

    def _learn_bounds(self, committed: Mapping[str, Mapping[Place, int]], groups: Mapping[str, Any]) -> None:
        topics = {topic for offsets in committed.values() for topic, _ in offsets}
        topics |= {topic for group in groups.values() for member in group.members for topic, _ in _owned(member)}
        there = topics & self._known()  # one that was deleted: what was committed for it is still there
        for topic, found in self._bounds_of(sorted(there)).items():
            self._bounds |= {(topic, bounds.partition): bounds for bounds in found}

    def _stat(self, name: str, group: Any, committed: Mapping[Place, int]) -> GroupStat:
        owners = {place: member.member_id for member in group.members for place in _owned(member)}
        places = sorted(place for place in owners.keys() | committed.keys() if place in self._bounds)
        partitions = tuple(
            GroupPartitionStat(place[0], place[1], self._bounds[place].log_start, self._bounds[place].end,
                               committed.get(place), None, owners.get(place, ""))
            for place in places
        )
        by_place = {(stat.topic, stat.partition): stat for stat in partitions}
        members = tuple(self._member(member, by_place) for member in group.members)
        state: str = group.state.name
        return GroupStat(name, _STATES.get(state, state.capitalize()), 0, group.partition_assignor, members, partitions)

    @staticmethod
    def _member(member: Any, stats: Mapping[Place, GroupPartitionStat]) -> MemberStat:
        owned = tuple(sorted(_owned(member)))
        lag = sum(stats[place].lag_records for place in owned if place in stats)
        return MemberStat(member.member_id, member.client_id, PartState.RUNNING, owned, lag_records=lag,
                          client=f"{member.client_id} at {member.host}")


def _owned(member: Any) -> list[Place]:
    assignment = getattr(member, "assignment", None)
    return [(part.topic, part.partition) for part in assignment.topic_partitions] if assignment else []
