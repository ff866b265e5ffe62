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
    options: dict[str, str] = {}


class ConnectionList(msgspec.Struct, frozen=True, tag=True):
    connections: tuple[ConnectionInfo, ...]


class Reached(msgspec.Struct, frozen=True, tag=True):
    """What answered: «1 broker, 12 topics»."""

    about: str


class BoundsList(msgspec.Struct, frozen=True, tag=True):
    bounds: tuple[PartitionBounds, ...]


class RecordPage(msgspec.Struct, frozen=True, tag=True):
    records: tuple[StoredRecord, ...]


class FoundOffset(msgspec.Struct, frozen=True, tag=True):
    """None: no record is at or after that time."""

    offset: int | None


class FoundOffsets(msgspec.Struct, frozen=True, tag=True):
    """By partition; None: no record is at or after that time."""

    offsets: dict[int, int | None]


class FoundTimes(msgspec.Struct, frozen=True, tag=True):
    """First and greatest time by partition."""

    times: dict[int, tuple[int, int]]


# -- commands ----------------------------------------------------------------------------------------------
class ListConnections(Command, frozen=True, tag=True):
    reply: ClassVar[type] = ConnectionList


class AddConnection(Command, frozen=True, tag=True):
    """Name a system for this user. It is not reached for it."""

    name: str
    system: str
    address: str
    options: dict[str, str] = {}
    writable: bool = False


class TryConnection(Command, frozen=True, tag=True):
    """Reach a system as it would be named, and keep nothing."""

    name: str
    system: str
    address: str
    options: dict[str, str] = {}
    reply: ClassVar[type] = Reached


class RemoveConnection(Command, frozen=True, tag=True):
    """Forget a system that this workspace does not look at."""

    connection: str


class Attach(Command, frozen=True, tag=True):
    """Look at the system from now on, after a restart too. The snapshot has its state. While it can't be reached it is
    tried again and again; one that refused, when this is asked again."""

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


class BrowseTimes(Command, frozen=True, tag=True):
    """The first offset at or after a time, of every partition."""

    connection: str
    topic: str
    ms: int
    reply: ClassVar[type] = FoundOffsets


class BrowseTimeBounds(Command, frozen=True, tag=True):
    connection: str
    topic: str
    reply: ClassVar[type] = FoundTimes


class BrowseEach(Command, frozen=True, tag=True):
    """Up to ``max_records`` of each partition from an offset of its own."""

    connection: str
    topic: str
    offsets: dict[int, int]
    max_records: int
    reply: ClassVar[type] = RecordPage
