"""What is damaged in a workspace file, in a person's words: which page, what lay there, what can still be read, and
what to do. Nothing here writes. Any thread.

SQLite says only that something is malformed. Its ``quick_check`` is asked of one table after the other, for a second
at most, the small ones first; the page is the one that its answer names.
"""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path

from workbench.core.errors import Damaged

LOOK_FOR_S = 1.0
_EVERY_STEPS = 20_000
_PAGE = re.compile(r"\bpage (\d+)", re.IGNORECASE)
_RESTORE = "Restore it from a copy"
_BEGIN = ("meta", "topic", "partition")
_WORDS = (  # how a table's name begins, what lies there, what can be read all the same
    ("meta", "the drawing and the settings", ""),
    ("topic", "the list of topics", ""),
    ("partition", "the list of partitions", ""),
    ("journal", "the history of the session", "All records can be read."),
    ("lag", "the history of lag", "All records can be read."),
    ("batch", "stored records", "Topics and partitions that do not lie there can be read."),
    ("group", "the groups' offsets", "All records can be read."),
    ("queue", "the state of queues", "All records can be read."),
    ("exchange", "the exchanges", "All records can be read."),
    ("binding", "the exchanges", "All records can be read."),
    ("producer", "what producers sent last", "All records can be read."),
    ("txn", "the state of transactions", "Topics without transactions can be read."),
)


def damaged(path: Path, error: object) -> Damaged:
    """The sentence, whatever of it can be found out."""
    found = _look(path)
    if found is None:
        return Damaged("{name} is damaged ({error}).", "{path}.", name=path.name, error=error, path=_advice(path))
    table, page = found
    name, readable = next(((w, r) for begin, w, r in _WORDS if table.startswith(begin)), ("a part of it", ""))
    where = f"page {page}, which holds" if page else "a page that holds"
    said = f"{path.name} is damaged: {where} {name}, can't be read."
    return Damaged(f"{said} {readable}".strip(), f"{_advice(path, bool(readable))}.")


def _advice(path: Path, readable: bool = False) -> str:
    export = f"Export what can be read: workbench export {path.name} OUT.jsonl --topic T. " if readable else ""
    return f"{export}{_RESTORE}, or take the rows that are left with: sqlite3 {path.name} .recover"


def _look(path: Path) -> tuple[str, int] | None:
    """(table, page) of the first damage met; None when it is not found in time."""
    until_s = time.monotonic() + LOOK_FOR_S
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)
    except sqlite3.Error:
        return None
    try:
        connection.set_progress_handler(lambda: time.monotonic() > until_s, _EVERY_STEPS)
        names = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in sorted(names, key=lambda name: (name == "batch", name not in _BEGIN, name)):
            try:
                said = str(connection.execute(f"PRAGMA quick_check('{name}')").fetchone()[0])
            except sqlite3.DatabaseError as error:
                if time.monotonic() > until_s:
                    return None
                said = str(error)
            if said != "ok":
                page = _PAGE.findall(said)
                return name, int(page[-1]) if page else 0
    except sqlite3.Error:
        return None
    finally:
        connection.close()
    return None
