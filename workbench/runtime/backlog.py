"""How far the logs reach and what the queues hold, as last asked: what running groups measure their lag by.

Asked some times a second by the runner; everybody else reads. Lives on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.core.errors import NotFound, Unavailable
from workbench.core.queues import QueueCounts
from workbench.core.records import PartitionBounds, TopicPartition
from workbench.engines.base import Engine

_NOTHING = QueueCounts()


class Backlog:
    def __init__(self, engine: Engine) -> None:
        self.ends: dict[TopicPartition, int] = {}
        self._bounds: dict[str, Sequence[PartitionBounds]] = {}
        self._counts: dict[str, QueueCounts] = {}
        self._engine = engine

    async def refresh(self, topics: Iterable[str], queues: Iterable[str]) -> None:
        """Ask again about these; what is not there (any more), or out of reach, is left as it was."""
        for topic in topics:
            try:
                bounds = await self._engine.bounds(topic)
            except (NotFound, Unavailable):
                continue
            if bounds is not self._bounds.get(topic):  # the same object: nothing was appended
                self._bounds[topic] = bounds
                self.ends.update({TopicPartition(topic, b.partition): b.end for b in bounds})
        for queue in queues:
            try:
                self._counts[queue] = await self._engine.queue_counts(queue)
            except (NotFound, Unavailable):
                continue

    def counts(self, queue: str) -> QueueCounts:
        """Of a queue; all zero while it is not there."""
        return self._counts.get(queue, _NOTHING)

    def died(self, queue: str) -> int:
        """How many messages of a queue have died: those sent to its dead letters, and those kept."""
        counts = self.counts(queue)
        return counts.dead_lettered + counts.dead
