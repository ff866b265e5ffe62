"""How old the record at a committed offset is: lag in time.

Decoding a batch for every partition ten times a second would cost too much, so the record's time is kept until the
commit moves, and while commits move it is looked up at most once a second a partition. Not thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.broker.batch import record_at
from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.records import TopicPartition

LOOK_UP_MS = 1000.0
Fetch = Callable[[str, int, int, int], list[bytes]]


@dataclass(slots=True)
class _Seen:
    offset: int
    timestamp_ms: int | None
    looked_up: float


class Ages:
    """Ages by (group, partition)."""

    def __init__(self, clock: Clock, fetch: Fetch) -> None:
        self._clock = clock
        self._fetch = fetch
        self._seen: dict[tuple[str, TopicPartition], _Seen] = {}

    def age_ms(self, group: str, part: TopicPartition, offset: int, end: int) -> int | None:
        """Age of the record at ``offset``: 0 when nothing waits there, None when it can't be read."""
        if offset >= end:
            self._seen.pop((group, part), None)
            return 0
        seen = self._seen.get((group, part))
        now = self._clock.monotonic_ms()
        if seen is None or (seen.offset != offset and now - seen.looked_up >= LOOK_UP_MS):
            seen = self._seen[(group, part)] = _Seen(offset, self._timestamp(part, offset), now)
        return None if seen.timestamp_ms is None else max(0, self._clock.now_ms() - seen.timestamp_ms)

    def _timestamp(self, part: TopicPartition, offset: int) -> int | None:
        try:
            batches = self._fetch(part.topic, part.partition, offset, 1)
            return record_at(batches[0], part.topic, part.partition, offset).timestamp_ms if batches else None
        except WorkbenchError:
            return None  # retention or deletion was quicker, or the client's bytes can't be decoded: not known

    def forget_group(self, group: str) -> None:
        for key in [key for key in self._seen if key[0] == group]:
            del self._seen[key]
