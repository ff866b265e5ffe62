"""What an attached system answers to the commands that look: the same replies as the workspace's own. Blocking."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.control.messages import GroupList, TopicInfo, TopicList
from workbench.core.records import PartitionBounds
from workbench.core.snapshot import PartitionStat, TopicStat
from workbench.engines.base import AttachedBrowse, EngineTopic


def topic_list(browse: AttachedBrowse, name: str = "") -> TopicList:
    """All topics with their bounds; of one that is named also the settings."""
    shapes = [shape for shape in browse.topics() if not name or shape.name == name]
    bounds = browse.bounds_of([shape.name for shape in shapes])
    own, others = browse.config(name) if name and shapes else ({}, {})
    return TopicList(tuple(
        TopicInfo(shape.name, shape.kind, shape.partitions, own, 0, topic_stat(shape, bounds[shape.name]), others)
        for shape in shapes
    ))


def topic_stat(shape: EngineTopic, bounds: Sequence[PartitionBounds]) -> TopicStat:
    parts = tuple(PartitionStat(b.partition, b.log_start, b.end) for b in bounds)
    return TopicStat(shape.name, shape.kind, parts)


def group_list(browse: AttachedBrowse) -> GroupList:
    return GroupList(tuple(browse.group_stats()))
