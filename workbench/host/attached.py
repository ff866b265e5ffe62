"""What an attached system answers to the commands that look: the same replies as the workspace's own. Blocking."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.control.messages import GroupList, TopicInfo, TopicList
from workbench.core.records import PartitionBounds
from workbench.core.snapshot import PartitionStat, TopicStat
from workbench.engines.base import AttachedBrowse, EngineTopic


def topic_list(browse: AttachedBrowse, name: str = "", exact: bool = False) -> TopicList:
    """All topics with their bounds; of one that is named also the settings, and with ``exact`` its bounds as of now."""
    shapes = [shape for shape in browse.topics() if not name or shape.name == name]
    names = [shape.name for shape in shapes]
    bounds = {name: browse.bounds(name) for name in names} if exact and name else browse.bounds_of(names)
    own, others = browse.config(name) if name and shapes else ({}, {})
    return TopicList(tuple(
        TopicInfo(shape.name, shape.kind, shape.partitions, own, 0, topic_stat(shape, bounds[shape.name]), others,
                  shape.own_partitioner)
        for shape in shapes
    ))


def topic_stat(shape: EngineTopic, bounds: Sequence[PartitionBounds]) -> TopicStat:
    parts = tuple(PartitionStat(b.partition, b.log_start, b.end) for b in bounds)
    return TopicStat(shape.name, shape.kind, parts, counted=shape.counted)


def group_list(browse: AttachedBrowse) -> GroupList:
    return GroupList(tuple(browse.group_stats()))
