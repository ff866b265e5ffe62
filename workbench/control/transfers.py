"""Commands and replies of imports, and of topics that were deleted and can be restored."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.core.shape import TopicShape, WorkspaceShape


class ImportBegun(msgspec.Struct, frozen=True, tag=True):
    number: int


class ImportCommitted(msgspec.Struct, frozen=True, tag=True):
    """``left_out`` says in sentences what could not be taken, because something else is there."""

    records: int
    topics: tuple[str, ...]
    created: tuple[str, ...]
    left_out: tuple[str, ...]


class DeletedTopicInfo(msgspec.Struct, frozen=True, tag=True):
    """A topic that was deleted and can be restored until ``keep_until_ms``."""

    name: str
    kind: str
    partitions: int
    records: int
    size_bytes: int
    keep_until_ms: int


class DeletedTopicList(msgspec.Struct, frozen=True, tag=True):
    topics: tuple[DeletedTopicInfo, ...]


# -- commands ----------------------------------------------------------------------------------------------
class BeginImport(Command, frozen=True, tag=True):
    """An import is one unit: what is staged is seen by nobody before ``CommitImport``. It ends with the connection that
    began it. Refused when a file of the same ``digest`` was imported before, unless ``again``."""

    digest: str = ""
    source: str = ""
    again: bool = False
    reply: ClassVar[type] = ImportBegun


class StageTopic(Command, frozen=True, tag=True):
    number: int
    shape: TopicShape


class StageBatch(Command, frozen=True, tag=True):
    """``appended_ms``: when its records came to the queue that they are in; None: now."""

    number: int
    topic: str
    partition: int
    batch: bytes
    appended_ms: int | None = None


class CommitImport(Command, frozen=True, tag=True):
    number: int
    shape: WorkspaceShape | None = None
    reply: ClassVar[type] = ImportCommitted
    takes_long: ClassVar[bool] = True


class AbortImport(Command, frozen=True, tag=True):
    """Nothing of it stays."""

    number: int
    takes_long: ClassVar[bool] = True


class ListDeletedTopics(Command, frozen=True, tag=True):
    reply: ClassVar[type] = DeletedTopicList


class DropDeletedTopic(Command, frozen=True, tag=True):
    """What the deleted topics of that name keep goes now; they can't be restored any more."""

    name: str


class RestoreTopic(Command, frozen=True, tag=True):
    """Bring a deleted topic back: records, committed offsets, queues with their state, bindings."""

    name: str
