"""The seam of the export formats: what writes records and journal entries as lines, and reads them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from workbench.core.errors import Invalid, Unsupported
from workbench.core.journal import JournalEntry
from workbench.core.records import StoredRecord
from workbench.core.times import format_time, parse_time
from workbench.serde import DecoderOf, guessing
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


def format_named(name: str, decoders: DecoderOf = guessing) -> ExportFormat:
    """The format called ``name``; ``decoders`` say how it writes what the topics hold, reading does not need them."""
    from workbench.session.export.csv_lines import CsvLines
    from workbench.session.export.json_lines import JsonLines

    if name == "jsonl":
        return JsonLines(decoders)
    if name == "csv":
        return CsvLines(decoders)
    if name in ("sqlite", "html"):
        raise Unsupported(f"Export to {name} is not built yet.", "Use jsonl or csv.")
    raise Invalid(f"There is no export format «{name}».", "Use jsonl or csv.")


def format_for(path: Path, name: str = "", decoders: DecoderOf = guessing) -> ExportFormat:
    """The format ``name``, or the one the file's ending says, or JSON Lines."""
    ending = path.suffix.lower().lstrip(".")
    return format_named(name or {"csv": "csv", "sqlite": "sqlite", "html": "html"}.get(ending, "jsonl"), decoders)


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
