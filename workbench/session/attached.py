"""Looking into an attached system from another process: the host is asked, and answers page by page.

It is a ``BrowseTable`` (see ``engines.base``): what reads a workspace's records reads an attached topic the same way.
Calls block; any thread, one at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from workbench.control.command import Command
from workbench.control.connections import (
    BrowseBounds,
    BrowseEach,
    BrowseRecords,
    BrowseTime,
    BrowseTimeBounds,
    BrowseTimes,
)
from workbench.control.messages import ListGroups, ListTopics, TopicInfo
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat


class Asks(Protocol):
    def call(self, command: Command) -> Any: ...


class AttachedReader:
    """``caller`` is the way to the host that has the system ``connection`` attached."""

    def __init__(self, caller: Asks, connection: str) -> None:
        self._caller = caller
        self._connection = connection

    def topics(self) -> list[TopicInfo]:
        return list(self._caller.call(ListTopics(connection=self._connection)).topics)

    def bounds(self, topic: str) -> list[PartitionBounds]:
        return list(self._caller.call(BrowseBounds(self._connection, topic)).bounds)

    def stable_bounds(self, topic: str) -> list[PartitionBounds]:
        return list(self._caller.call(BrowseBounds(self._connection, topic, decided=True)).bounds)

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        found: list[StoredRecord] = []
        while len(found) < max_records:
            asked = BrowseRecords(self._connection, topic, partition, offset, max_records - len(found))
            page = self._caller.call(asked).records
            if not page:
                break
            found += page
            offset = found[-1].offset + 1
        return found

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        return self._caller.call(BrowseTime(self._connection, topic, partition, ms)).offset

    def offsets_for_time(self, topic: str, ms: int) -> dict[int, int | None]:
        return self._caller.call(BrowseTimes(self._connection, topic, ms)).offsets

    def time_bounds(self, topic: str) -> dict[int, tuple[int, int]]:
        return self._caller.call(BrowseTimeBounds(self._connection, topic)).times

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        asked = BrowseEach(self._connection, topic, dict(offsets), max_records)
        return list(self._caller.call(asked).records)

    def between(self, topic: str, partition: int, first: int, end: int) -> list[StoredRecord]:
        return [record for record in self.read(topic, partition, first, end - first) if record.offset < end]

    def stored_batches(self, topic: str, partition: int) -> None:
        """How a foreign log is stored is its own affair."""

    def group_stats(self) -> tuple[GroupStat, ...]:
        return self._caller.call(ListGroups(self._connection)).groups

    def close(self) -> None:
        """The host keeps the connection: others may look through it."""
