"""``produce --dry-run`` and ``--strict``: the input read once without storing anything.

What comes by standard input or a pipe can be read once only: for ``--strict`` it is kept in a temporary file meanwhile.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from workbench.cli.output import counted, note, print_json, print_table
from workbench.core.clock import SystemClock
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.records import Record
from workbench.core.times import format_time
from workbench.flow.settings import FileSettings
from workbench.runtime.reading.base import Event
from workbench.runtime.reading.byte_source import ByteSource
from workbench.runtime.reading.preview import Preview, preview
from workbench.runtime.reading.reader import ReadSettings

_ROWS = 5
_LONGEST_SHOWN = 100
_WAIT_S = 0.005


def show_preview(chosen: FileSettings, strict: bool, as_json: bool) -> None:
    """Print what would come of the input. It fails when no event can be read, and with ``strict`` when anything is
    bad."""
    seen = preview(ReadSettings.of(chosen), SystemClock().now_ms, _ROWS)
    if as_json:
        print_json(_document(seen))
    else:
        _print(seen)
    sys.stdout.flush()
    if strict and seen.bad:
        raise Invalid(_why_nothing(seen), "With --strict nothing would be stored.")
    if seen.problems and not seen.events:
        raise Invalid(_why_nothing(seen), "Nothing of it would be stored.")
    if not as_json:
        for sentence in (*seen.problems, *seen.notes):
            note(sentence)


@contextmanager
def read_twice(chosen: FileSettings, strict: bool, send: Callable[[Record], object]) -> Iterator[FileSettings]:
    """The settings of a source that may be read; when ``strict``, of one that was read to its end and is good.
    ``send`` raises ``Invalid`` for an event that could not be sent."""
    if not strict:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        if _comes_once(chosen.path):
            chosen = replace(chosen, path=_kept(chosen.path, os.path.join(folder, os.path.basename(chosen.path))))

        def see(event: Event) -> None:
            send(Record(event.key, event.value))

        try:
            seen = preview(ReadSettings.of(chosen), SystemClock().now_ms, 0, see=see)
        except WorkbenchError as reason:
            raise type(reason)(reason.message, f"{reason.next_step} Nothing was stored (--strict).".strip()) from reason
        if seen.bad:
            raise Invalid(_why_nothing(seen), "Nothing was stored (--strict).")
        yield chosen


def _comes_once(path: str) -> bool:
    return path == "-" or (os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode))


def _kept(path: str, at: str) -> str:
    """What comes by a pipe, in a file; its end is waited for."""
    source = ByteSource(path)
    try:
        with open(at, "wb") as file:
            while not source.ended:
                if chunk := source.next():
                    file.write(chunk)
                elif not source.ended:
                    time.sleep(_WAIT_S)
    finally:
        source.close()
    return at


def _why_nothing(seen: Preview) -> str:
    return " ".join([*seen.problems, *seen.notes])


def _document(seen: Preview) -> dict[str, Any]:
    return {
        "path": seen.path, "format": seen.format, "packed": "gzip" if seen.packed else None, "charset": seen.charset,
        "charset_guessed": seen.charset_is_guessed, "delimiter": seen.delimiter or None, "header": list(seen.header),
        "events": seen.events, "rows": [_row(event) for event in seen.first],
        "refused": {"lines": seen.skipped, "bad": seen.bad, "reasons": [
            {"line": line, "reason": reason, "count": count} for line, reason, count in seen.refused]},
        "problems": list(seen.problems), "notes": list(seen.notes),
    }


def _row(event: Event) -> dict[str, Any]:
    return {
        "line": event.line, "time": None if event.time_ms is None else format_time(event.time_ms),
        "key": None if event.key is None else event.key.decode("utf-8", "replace"),
        "value": event.value.decode("utf-8", "replace"),
    }


def _print(seen: Preview) -> None:
    packed = " in gzip" if seen.packed else ""
    parted = f", columns parted by {_told(seen.delimiter)}" if seen.delimiter else ""
    print(f"{'standard input' if seen.path == '-' else seen.path}: {seen.label or 'nothing'}{packed}{parted}")
    if seen.charset:
        print(f"character set: {seen.charset}{' (a guess)' if seen.charset_is_guessed else ''}")
    if seen.header:
        print(f"header: {', '.join(seen.header)}")
    if seen.first:
        print()
        print_table(("LINE", "TIME", "KEY", "VALUE"), [
            (event.line, row["time"], row["key"], _short(row["value"]))
            for event, row in ((event, _row(event)) for event in seen.first)])
        print()
    print(f"{counted(seen.events, 'event')} would be stored. Nothing is: this is a dry run.")


def _told(delimiter: str) -> str:
    return {"\t": "tabs", " ": "spaces"}.get(delimiter, f"«{delimiter}»")


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"
