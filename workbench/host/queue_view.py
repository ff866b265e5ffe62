"""Queues as people see them: what the broker counts, and which drawn group each consumer belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbench.core.snapshot import QueueConsumerStat, QueueStat, TopicStat
from workbench.runtime import GroupRunStat


def seen_queues(stats: Iterable[QueueStat], running: Sequence[GroupRunStat],
                topics: Iterable[TopicStat] = ()) -> tuple[QueueStat, ...]:
    """``stats`` with the nodes of the consumers that the flow runs; what comes in is what comes into the log, by the
    same measure."""
    stats = tuple(stats)
    if not stats:
        return ()
    coming = {topic.name: topic.rate_in for topic in topics}
    nodes = {(queue, member.name): run.node_id for run in running for queue in run.queues for member in run.members}
    return tuple(
        replace(stat, rate_in=coming.get(stat.topic, stat.rate_in),
                consumers=tuple(_placed(one, nodes.get((stat.name, one.consumer), "")) for one in stat.consumers))
        for stat in stats
    )


def _placed(consumer: QueueConsumerStat, node_id: str) -> QueueConsumerStat:
    return replace(consumer, node_id=node_id) if node_id else consumer
