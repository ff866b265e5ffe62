"""Commands about the workspace file as a whole: its size, its budget."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command


class FileSize(msgspec.Struct, frozen=True, tag=True):
    """``free_bytes`` lie in the file for the next appends. ``budget_bytes`` 0: none is set."""

    file_bytes: int
    free_bytes: int
    budget_bytes: int
    disk_free_bytes: int


class Compacted(msgspec.Struct, frozen=True, tag=True):
    before: int
    after: int


class GetSize(Command, frozen=True, tag=True):
    reply: ClassVar[type] = FileSize


class SetSizeBudget(Command, frozen=True, tag=True):
    """Warn from four fifths of so many bytes on; 0: never."""

    budget_bytes: int


class CompactFile(Command, frozen=True, tag=True):
    """Give the room that removed records left back to the disk."""

    reply: ClassVar[type] = Compacted
    takes_long: ClassVar[bool] = True
