"""The schema of a workspace file, as numbered steps. ``user_version`` in the file is the number of steps it has had.

A step never changes once it is committed; the next need is a new step at the end. Steps run inside one transaction
each, on the thread that opens the file. sqlite-utils is imported only where a file is made or moved on, because a
host that opens a current file should not pay for it.

    meta        single values: the drawing, how records are looked at (views), the synchronous mode, counters
    topic       one row a topic; ``deleted_ms`` is set while it is deleted: batches stay until ``keep_until_ms`` (NULL:
                they go now, in the background), and ``kept`` is what a restore brings back beside them
    partition   one row a partition; ``no`` is global and never reused. Ends and sizes are kept here, nothing counts
    batch       one row a RecordBatch v2; id = partition.no << 40 | base offset
    producer    the last five sequences of each idempotent producer and partition
    hold        offsets that retention must leave until a group has committed past them
    group_*     groups and what they committed: see ``offsets``
    txn*        transactions: see ``transactions`` and ``stability``
    queue*      queues and subscriptions, and what is done in them: see ``queues.rows``
    exchange, binding   see ``exchanges.rows``
    store*      keyed tables: see ``stores.rows``
    schema*     registered schemas: see ``schemas.rows``
    journal_*   what happened, and lag_*: see ``journal.rows``
    import_*    files that were imported, and imports whose records are on their way: see ``imports``
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database

from workbench.broker.exchanges import rows as exchange_rows
from workbench.broker.groups import offsets
from workbench.broker.journal import rows as journal_rows
from workbench.broker.queues import rows as queue_rows
from workbench.broker.schemas import rows as schema_rows
from workbench.broker.stores import rows as store_rows

UNCHECKED_KEY = "unchecked_ends"
APPLICATION_ID = 0x77_66_6C_6F  # "wflo"

_LOG = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE topic (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
        config TEXT NOT NULL, created_ms INTEGER NOT NULL, deleted_ms INTEGER)""",
    "CREATE UNIQUE INDEX topic_name ON topic (name) WHERE deleted_ms IS NULL",
    """CREATE TABLE partition (
        no INTEGER PRIMARY KEY AUTOINCREMENT, topic_id INTEGER NOT NULL REFERENCES topic, number INTEGER NOT NULL,
        log_start INTEGER NOT NULL DEFAULT 0, end_offset INTEGER NOT NULL DEFAULT 0,
        size_bytes INTEGER NOT NULL DEFAULT 0, time_high INTEGER NOT NULL DEFAULT -1)""",
    "CREATE UNIQUE INDEX partition_number ON partition (topic_id, number)",
    """CREATE TABLE batch (
        id INTEGER PRIMARY KEY, last_offset INTEGER NOT NULL, records INTEGER NOT NULL,
        base_timestamp INTEGER NOT NULL, max_timestamp INTEGER NOT NULL, time_high INTEGER NOT NULL,
        appended_ms INTEGER NOT NULL, producer_id INTEGER NOT NULL, size INTEGER NOT NULL, data BLOB NOT NULL)""",
    """CREATE TABLE producer (
        partition_no INTEGER NOT NULL, producer_id INTEGER NOT NULL, epoch INTEGER NOT NULL, sequences BLOB NOT NULL,
        last_ms INTEGER NOT NULL, PRIMARY KEY (partition_no, producer_id)) WITHOUT ROWID""",
    """CREATE TABLE hold (
        topic_id INTEGER NOT NULL, group_name TEXT NOT NULL, partition INTEGER NOT NULL, until_offset INTEGER NOT NULL,
        PRIMARY KEY (topic_id, group_name, partition)) WITHOUT ROWID""",
)


def _log(db: Database) -> None:
    for statement in _LOG:
        db.execute(statement)


def _groups_and_journal(db: Database) -> None:
    for statement in (*offsets.SCHEMA, *journal_rows.SCHEMA):
        db.execute(statement)


_TRANSACTIONS = (
    """CREATE TABLE txn (
        name TEXT PRIMARY KEY, producer_id INTEGER NOT NULL, epoch INTEGER NOT NULL, timeout_ms INTEGER NOT NULL,
        started_ms INTEGER, outcome TEXT NOT NULL, covers TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE txn_open (
        partition_no INTEGER NOT NULL, producer_id INTEGER NOT NULL, first_offset INTEGER NOT NULL,
        PRIMARY KEY (partition_no, producer_id)) WITHOUT ROWID""",
    """CREATE TABLE txn_aborted (
        partition_no INTEGER NOT NULL, last_offset INTEGER NOT NULL, producer_id INTEGER NOT NULL,
        first_offset INTEGER NOT NULL, PRIMARY KEY (partition_no, last_offset)) WITHOUT ROWID""",
)


def _transactions(db: Database) -> None:
    for statement in _TRANSACTIONS:
        db.execute(statement)


def _queues(db: Database) -> None:
    for statement in (*queue_rows.SCHEMA, *journal_rows.QUEUE_SCHEMA):
        db.execute(statement)


def _exchanges(db: Database) -> None:
    for statement in exchange_rows.SCHEMA:
        db.execute(statement)


def _journal_spans(db: Database) -> None:
    for statement in journal_rows.SPAN_SCHEMA:
        db.execute(statement)


def _checked_records(db: Database) -> None:
    """From here on no batch is stored whose records can't be read; how far the file goes back is said in ``meta``.
    A commit's leader epoch (-1: not said) is kept beside its offset."""
    ends = db.execute("SELECT no, end_offset FROM partition WHERE end_offset > 0").fetchall()
    db.execute("INSERT INTO meta VALUES (?, ?)", (UNCHECKED_KEY, json.dumps(dict(ends))))
    db.execute("ALTER TABLE group_offset ADD COLUMN leader_epoch INTEGER NOT NULL DEFAULT -1")


_SOFT_DELETE = (
    "ALTER TABLE topic ADD COLUMN keep_until_ms INTEGER",
    "ALTER TABLE topic ADD COLUMN kept TEXT",
)


def _soft_delete(db: Database) -> None:
    for statement in _SOFT_DELETE:
        db.execute(statement)


_IMPORTS = (
    """CREATE TABLE import_done (
        digest TEXT NOT NULL, at_ms INTEGER NOT NULL, source TEXT NOT NULL, records INTEGER NOT NULL,
        topics TEXT NOT NULL)""",
    "CREATE INDEX import_done_digest ON import_done (digest)",
    "CREATE TABLE import_move (staged_id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL)",
)


def _imports(db: Database) -> None:
    for statement in _IMPORTS:
        db.execute(statement)


def _stores(db: Database) -> None:
    for statement in (*store_rows.SCHEMA, *journal_rows.STORE_SCHEMA):
        db.execute(statement)


def _schemas(db: Database) -> None:
    for statement in (*schema_rows.SCHEMA, *journal_rows.SCHEMAS_SCHEMA):
        db.execute(statement)


def _sends(db: Database) -> None:
    for statement in journal_rows.SEND_SCHEMA:
        db.execute(statement)


def _same_schema_twice(db: Database) -> None:
    for statement in schema_rows.SAME_SCHEMA_TWICE:
        db.execute(statement)


def _declared_exchanges(db: Database) -> None:
    for statement in exchange_rows.DECLARED_SCHEMA:
        db.execute(statement)


STEPS = (
    ("0001_log", _log),
    ("0002_groups_and_journal", _groups_and_journal),
    ("0003_transactions", _transactions),
    ("0004_queues", _queues),
    ("0005_exchanges", _exchanges),
    ("0006_journal_spans", _journal_spans),
    ("0007_checked_records", _checked_records),
    ("0008_soft_delete", _soft_delete),
    ("0009_imports", _imports),
    ("0010_stores", _stores),
    ("0011_schemas", _schemas),
    ("0012_same_schema_twice", _same_schema_twice),
    ("0012_sends", _sends),
    ("0014_declared_exchanges", _declared_exchanges),
)
SCHEMA_VERSION = len(STEPS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file behind ``connection`` (which writes) to ``SCHEMA_VERSION``."""
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    steps = Migrations("workbench")
    for name, step in STEPS:
        steps(name=name)(step)
    steps.apply(Database(connection))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def read_meta(connection: sqlite3.Connection, key: str) -> str | None:
    row: Any = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def write_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                       (key, value))


def take_producer_id(connection: sqlite3.Connection) -> int:
    """A producer id never given before in this workspace."""
    number = int(read_meta(connection, "next_producer_id") or "1")
    write_meta(connection, "next_producer_id", str(number + 1))
    return number
