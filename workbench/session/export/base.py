"""The seam of the export formats: what writes records and journal entries as lines, and reads them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Literal, Protocol

from workbench.core.errors import Invalid
from workbench.core.journal import JournalEntry
from workbench.core.records import StoredRecord
from workbench.core.times import format_time, parse_time
from workbench.session.export.shape_lines import ShapeItem

Item = StoredRecord | JournalEntry | ShapeItem
What = Literal["records", "journal", "all"]


class ExportFormat(Protocol):
    """One format. Streaming both ways: memory does not grow with the file."""

    name: str
    one_table: bool  # records and journal can't share a file

    def head(self, what: What) -> bytes:
        """What stands before the first line."""
        ...

    def record(self, record: StoredRecord) -> bytes: ...

    def entry(self, entry: JournalEntry) -> bytes: ...

    def read(self, source: BinaryIO) -> Iterator[Item]:
        """What was written, exactly; ``Invalid`` with the line's number at the first line that is neither."""
        ...


UNTIMED = -(1 << 63)
"""The time of a record whose line tells none: an import stamps it. Times before 1970 are below zero too."""


def stamp(ms: int) -> str | int:
    """ISO 8601, or the bare milliseconds where the calendar ends."""
    try:
        return format_time(ms)
    except Invalid:
        return ms


def unstamp(text: str | int | None) -> int | None:
    return parse_time(text) if isinstance(text, str) else text
