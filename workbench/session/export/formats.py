"""The table of export formats. To add one: its module with the Protocol of ``base``, and its line here."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import Invalid, Unsupported
from workbench.serde import DecoderOf, guessing
from workbench.session.export.base import ExportFormat
from workbench.session.export.csv_lines import CsvLines
from workbench.session.export.json_lines import JsonLines


def format_named(name: str, decoders: DecoderOf = guessing) -> ExportFormat:
    """The format called ``name``; ``decoders`` say how it writes what the topics hold, reading does not need them."""
    if name == "jsonl":
        return JsonLines(decoders)
    if name == "csv":
        return CsvLines(decoders)
    if name in ("sqlite", "html"):
        raise Unsupported("Export to {name} is not built yet.", "Use jsonl or csv.", name=name)
    raise Invalid("There is no export format «{name}».", "Use jsonl or csv.", name=name)


def format_for(path: Path, name: str = "", decoders: DecoderOf = guessing) -> ExportFormat:
    """The format ``name``, or the one the file's ending says, or JSON Lines."""
    ending = path.suffix.lower().lstrip(".")
    return format_named(name or {"csv": "csv", "sqlite": "sqlite", "html": "html"}.get(ending, "jsonl"), decoders)
