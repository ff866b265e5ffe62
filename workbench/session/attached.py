"""Looking into an attached system from another process: the host is asked, and answers page by page.

It is a ``Browse`` (see ``engines.base``): what reads a workspace's records reads an attached topic the same way.
Calls block; any thread, one at a time.
"""

from __future__ import annotations

from workbench.control.client import Caller
from workbench.control.connections import BrowseBounds, BrowseRecords, BrowseTime
from workbench.control.messages import ListGroups, ListTopics, TopicInfo
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat


class AttachedReader:
    """``caller`` is the way to the host that has the system ``connection`` attached."""

    def __init__(self, caller: Caller, connection: str) -> None:
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

    def group_stats(self) -> tuple[GroupStat, ...]:
        return self._caller.call(ListGroups(self._connection)).groups

    def close(self) -> None:
        """The host keeps the connection: others may look through it."""
