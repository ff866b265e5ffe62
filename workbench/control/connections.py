"""Commands and replies about attached systems. A command names its connection; "" is the workspace's own file."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.core.records import PartitionBounds, StoredRecord


class ConnectionInfo(msgspec.Struct, frozen=True, tag=True):
    """A system that the user has named. ``attached``: this workspace looks at it."""

    name: str
    system: str
    address: str
    writable: bool = False
    attached: bool = False


class ConnectionList(msgspec.Struct, frozen=True, tag=True):
    connections: tuple[ConnectionInfo, ...]


class BoundsList(msgspec.Struct, frozen=True, tag=True):
    bounds: tuple[PartitionBounds, ...]


class RecordPage(msgspec.Struct, frozen=True, tag=True):
    records: tuple[StoredRecord, ...]


class FoundOffset(msgspec.Struct, frozen=True, tag=True):
    """None: no record is at or after that time."""

    offset: int | None


# -- commands ----------------------------------------------------------------------------------------------
class ListConnections(Command, frozen=True, tag=True):
    reply: ClassVar[type] = ConnectionList


class Attach(Command, frozen=True, tag=True):
    """Look at the system from now on, after a restart too. The snapshot has its state. It is tried again and again."""

    connection: str


class Detach(Command, frozen=True, tag=True):
    connection: str


class BrowseBounds(Command, frozen=True, tag=True):
    """``decided``: ending where the first open transaction begins."""

    connection: str
    topic: str
    decided: bool = False
    reply: ClassVar[type] = BoundsList


class BrowseRecords(Command, frozen=True, tag=True):
    """Records from the first at or after ``offset``, up to ``max_records``; fewer where they are large."""

    connection: str
    topic: str
    partition: int
    offset: int
    max_records: int
    reply: ClassVar[type] = RecordPage


class BrowseTime(Command, frozen=True, tag=True):
    """The first offset at or after a time."""

    connection: str
    topic: str
    partition: int
    ms: int
    reply: ClassVar[type] = FoundOffset
