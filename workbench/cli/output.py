"""What verbs print: JSON documents and tables on standard output, notes and progress on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import orjson

STANDARD_INPUT = ("-", "/dev/stdin")
STANDARD_OUTPUT = ("-", "/dev/stdout")
"""Names under which a verb reads standard input, or writes a file to standard output and nothing else there."""
_TELL_EVERY_S = 0.2


def print_json(document: Any) -> None:
    """One JSON document."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns as wide as they need; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) if cells else len(name) for i, name in enumerate(head)]
    right = [bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows) for i in range(len(head))]
    for line in [list(head), *cells]:
        parts = [text.rjust(w) if r else text.ljust(w) for text, w, r in zip(line, widths, right, strict=True)]
        print("  ".join(parts).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def counted(number: int, noun: str) -> str:
    """``1 topic``, ``2 topics``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def note(sentence: str) -> None:
    """Something worth knowing that is not data."""
    print(sentence, file=sys.stderr)


class ProgressLine:
    """``what: 12,000 of 98,412`` rewritten in place, on a terminal only unless ``always``."""

    def __init__(self, what: str, always: bool = False) -> None:
        self._what = what
        self._shown = always or sys.stderr.isatty()
        self._next_s = 0.0

    def __call__(self, done: int, total: int) -> None:
        now_s = time.monotonic()
        if not self._shown or (now_s < self._next_s and done < total):
            return
        self._next_s = now_s + _TELL_EVERY_S
        sys.stderr.write(f"\r\x1b[K{self._what}: {done:,} of {total:,}")
        sys.stderr.flush()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._next_s:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
