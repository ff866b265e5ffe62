"""Stores in the file. Plain functions of a connection.

store       one a name, with its counts; ``reads`` and ``refused`` lag by up to a second
store_row   the rows: a key once
store_seen  event ids that a store has applied, where it takes each once
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from workbench.core.stores import StoreCounts, StoreRow, StoreWrite

SCHEMA = (
    """CREATE TABLE store (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, rows INTEGER NOT NULL DEFAULT 0,
        writes INTEGER NOT NULL DEFAULT 0, repeats INTEGER NOT NULL DEFAULT 0, reads INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE store_row (
        store_id INTEGER NOT NULL REFERENCES store, key BLOB NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL,
        topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, written_ms INTEGER NOT NULL,
        PRIMARY KEY (store_id, key)) WITHOUT ROWID""",
    """CREATE TABLE store_seen (
        store_id INTEGER NOT NULL REFERENCES store, event_id TEXT NOT NULL, PRIMARY KEY (store_id, event_id))
        WITHOUT ROWID""",
)
_PUT = """
    INSERT INTO store_row VALUES (?, ?, ?, 1, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, version = version + 1, topic = excluded.topic,
        partition = excluded.partition, "offset" = excluded."offset", written_ms = excluded.written_ms
    RETURNING version"""
_OF = "store_id = (SELECT id FROM store WHERE name = ?)"
_SEE = "INSERT OR IGNORE INTO store_seen VALUES (?, ?)"
_ROW = 'key, value, version, topic, partition, "offset", written_ms'


def load_stores(db: sqlite3.Connection) -> dict[str, tuple[int, StoreCounts]]:
    """Number and counts of each store, by name."""
    found = db.execute("SELECT name, id, rows, writes, repeats, reads, refused FROM store ORDER BY name")
    return {name: (number, StoreCounts(*counts)) for name, number, *counts in found}


def make_store(db: sqlite3.Connection, name: str, at_ms: int) -> int:
    """The number of the store of that name, made now if it is not there."""
    db.execute("INSERT OR IGNORE INTO store (name, created_ms) VALUES (?, ?)", (name, at_ms))
    return int(db.execute("SELECT id FROM store WHERE name = ?", (name,)).fetchone()[0])


def rename_store(db: sqlite3.Connection, store_id: int, name: str) -> None:
    db.execute("UPDATE store SET name = ? WHERE id = ?", (name, store_id))


def apply_writes(db: sqlite3.Connection, store_id: int, writes: Sequence[StoreWrite], once: bool,
                 at_ms: int) -> StoreCounts:
    """Take them in order; gives how the counts change."""
    rows = applied = repeats = 0
    for write in writes:
        if once and not db.execute(_SEE, (store_id, write.event_id)).rowcount:
            repeats += 1
            continue
        applied += 1
        if write.value is None:
            rows -= db.execute("DELETE FROM store_row WHERE store_id = ? AND key = ?", (store_id, write.key)).rowcount
            continue
        ((version,),) = db.execute(_PUT, (store_id, write.key, write.value, write.topic, write.partition, write.offset,
                                          at_ms)).fetchall()
        rows += version == 1
    db.execute("UPDATE store SET rows = rows + ?, writes = writes + ?, repeats = repeats + ? WHERE id = ?",
               (rows, applied, repeats, store_id))
    return StoreCounts(rows, applied, repeats)


def put_counts(db: sqlite3.Connection, store_id: int, counts: StoreCounts) -> None:
    db.execute("UPDATE store SET rows = ?, writes = ?, repeats = ?, reads = ?, refused = ? WHERE id = ?",
               (counts.rows, counts.writes, counts.repeats, counts.reads, counts.refused, store_id))


def put_rows(db: sqlite3.Connection, store_id: int, rows: Iterable[StoreRow]) -> None:
    """Rows as they are: of a store that has none yet."""
    db.executemany("INSERT OR REPLACE INTO store_row VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (
        (store_id, row.key, row.value, row.version, row.topic, row.partition, row.offset, row.written_ms)
        for row in rows))


def read_rows(db: sqlite3.Connection, name: str, after: bytes | None = None, limit: int = -1) -> Iterator[StoreRow]:
    """Rows in the order of their keys, those after ``after``; all without a limit."""
    found = db.execute(
        f"SELECT {_ROW} FROM store_row WHERE {_OF} AND (? IS NULL OR key > ?) ORDER BY key LIMIT ?",
        (name, after, after, limit))
    return (StoreRow(*row) for row in found)


def read_row(db: sqlite3.Connection, name: str, key: bytes) -> StoreRow | None:
    found = db.execute(f"SELECT {_ROW} FROM store_row WHERE {_OF} AND key = ?", (name, key)).fetchone()
    return None if found is None else StoreRow(*found)


def read_seen(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    found = db.execute(f"SELECT event_id FROM store_seen WHERE {_OF} ORDER BY event_id", (name,))
    return tuple(event_id for (event_id,) in found)


def put_seen(db: sqlite3.Connection, store_id: int, event_ids: Iterable[str]) -> None:
    db.executemany("INSERT OR IGNORE INTO store_seen VALUES (?, ?)", ((store_id, one) for one in event_ids))
