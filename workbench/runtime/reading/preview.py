"""What would come of a file: what it was found to be, its first events with key and time, what would be refused.

The one preview, for the command line (``produce --dry-run``, ``--strict``: the whole file) and for the window (its
beginning). Stores nothing. It waits for a pipe, so it never runs on an event loop or the GUI thread.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.errors import Unsupported
from workbench.runtime.reading.base import Event
from workbench.runtime.reading.reader import EventReader, ReadSettings

_WAIT_S = 0.005


@dataclass(frozen=True, slots=True)
class Preview:
    """``whole``: the file was read to its end, so that counts are those of the file."""

    path: str
    format: str
    label: str
    packed: bool
    charset: str
    charset_is_guessed: bool
    delimiter: str
    header: tuple[str, ...]
    first: tuple[Event, ...]
    events: int
    skipped: int
    bad: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    refused: tuple[tuple[int, str, int], ...]
    """Of what would be skipped: the first line, the reason, how many lines."""
    whole: bool


def preview(settings: ReadSettings, now_ms: Callable[[], int], rows: int = 5, most_events: int = 0,
            see: Callable[[Event], None] | None = None) -> Preview:
    """Read the file, or its first ``most_events``; ``see`` is shown every event."""
    reader = EventReader(replace(settings, follow=False), now_ms)
    first: list[Event] = []
    try:
        while not reader.ended and (not most_events or reader.findings.events < most_events):
            events = reader.next_batch()
            first += events[: rows - len(first)]
            if see is not None:
                for event in events:
                    see(event)
            if not events and not reader.ended and not reader.busy:
                time.sleep(_WAIT_S)
        return _preview(reader, first)
    finally:
        reader.close()


def preview_beginning(settings: ReadSettings, now_ms: Callable[[], int], rows: int, most_events: int) -> Preview:
    """Of a regular file only: looking into a pipe would take its events away."""
    path = Path(settings.path).expanduser()
    if settings.path == "-" or (path.exists() and not path.is_dir() and not stat.S_ISREG(path.stat().st_mode)):
        raise Unsupported("A pipe can't be looked into before the flow runs.")
    return preview(settings, now_ms, rows, most_events)


def _preview(reader: EventReader, first: list[Event]) -> Preview:
    kind, found = reader.detected.kind if reader.detected else None, reader.findings
    faults = sorted((*found.skipped.values(), *filter(None, (found.unreadable_time, found.broken))),
                    key=lambda fault: fault.line)
    return Preview(
        reader.settings.path, kind.name if kind else "", kind.label if kind else "", reader.packed, reader.charset,
        reader.charset_is_guessed, reader.detected.delimiter if reader.detected else "", reader.header, tuple(first),
        found.events, found.skipped_count, found.bad_count, tuple(found.problems()), tuple(found.notes()),
        tuple((fault.line, fault.reason, fault.count) for fault in faults), reader.ended,
    )
