"""Registered schemas in the file. Plain functions of a connection.

schema            one an id, which is never given twice: records may carry it when its last version is long gone
schema_reference  what a schema refers to, in the order its author wrote it
schema_version    which schema a version of a subject is
schema_subject    level and mode of a subject, of a context (``:.ctx:``), or of all ('')
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from workbench.core.schemas import Reference, RegisteredSchema, Schema, SchemaVersion, SubjectSettings

SCHEMA = (
    """CREATE TABLE schema (
        id INTEGER PRIMARY KEY, type TEXT NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL UNIQUE,
        more TEXT NOT NULL, created_ms INTEGER NOT NULL)""",
    """CREATE TABLE schema_reference (
        schema_id INTEGER NOT NULL REFERENCES schema, place INTEGER NOT NULL, name TEXT NOT NULL,
        subject TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (schema_id, place)) WITHOUT ROWID""",
    """CREATE TABLE schema_version (
        subject TEXT NOT NULL, version INTEGER NOT NULL, schema_id INTEGER NOT NULL REFERENCES schema,
        deleted INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (subject, version)) WITHOUT ROWID""",
    """CREATE TABLE schema_subject (
        subject TEXT PRIMARY KEY, level TEXT, mode TEXT, normalize INTEGER, "group" TEXT) WITHOUT ROWID""",
)
SAME_SCHEMA_TWICE = (
    """CREATE TABLE schema_again (
        id INTEGER PRIMARY KEY, type TEXT NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL, more TEXT NOT NULL,
        created_ms INTEGER NOT NULL)""",
    "INSERT INTO schema_again SELECT id, type, text, digest, more, created_ms FROM schema",
    "DROP TABLE schema",
    "ALTER TABLE schema_again RENAME TO schema",
)
"""What comes from another registry keeps its id, also where the same schema has one here: its records carry it."""
_SCHEMAS = "SELECT id, type, text, digest, more, created_ms FROM schema"
_REFERENCES = "SELECT schema_id, name, subject, version FROM schema_reference"
_VERSIONS = "SELECT subject, version, schema_id, deleted, at_ms FROM schema_version"
_PUT_VERSION = """
    INSERT INTO schema_version VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET schema_id = excluded.schema_id, deleted = excluded.deleted, at_ms = excluded.at_ms"""


def load_schemas(db: sqlite3.Connection, where: str = "",
                 values: tuple[object, ...] = ()) -> Iterator[RegisteredSchema]:
    """By id; all of them, or those that ``where`` (over ``id``) leaves."""
    references: dict[int, list[Reference]] = {}
    of = where.replace("id", "schema_id")
    for schema_id, *reference in db.execute(f"{_REFERENCES} {of} ORDER BY schema_id, place", values):
        references.setdefault(schema_id, []).append(Reference(*reference))
    for schema_id, kind, text, digest, more, created_ms in db.execute(f"{_SCHEMAS} {where} ORDER BY id", values):
        schema = Schema(kind, text, tuple(references.get(schema_id, ())))
        yield RegisteredSchema(schema_id, schema, digest, more, created_ms)


def load_schema(db: sqlite3.Connection, schema_id: int) -> RegisteredSchema | None:
    return next(load_schemas(db, "WHERE id = ?", (schema_id,)), None)


def load_versions(db: sqlite3.Connection) -> Iterator[SchemaVersion]:
    """By subject and number."""
    for subject, version, schema_id, deleted, at_ms in db.execute(f"{_VERSIONS} ORDER BY subject, version"):
        yield SchemaVersion(subject, version, schema_id, bool(deleted), at_ms)


def load_latest(db: sqlite3.Connection, subject: str) -> SchemaVersion | None:
    """The last version of a subject that is not deleted."""
    row = db.execute(f"{_VERSIONS} WHERE subject = ? AND NOT deleted ORDER BY version DESC LIMIT 1",
                     (subject,)).fetchone()
    return None if row is None else SchemaVersion(row[0], row[1], row[2], False, row[4])


def load_version(db: sqlite3.Connection, subject: str, version: int) -> SchemaVersion | None:
    row = db.execute(f"{_VERSIONS} WHERE subject = ? AND version = ?", (subject, version)).fetchone()
    return None if row is None else SchemaVersion(row[0], row[1], row[2], bool(row[3]), row[4])


def load_settings(db: sqlite3.Connection) -> dict[str, SubjectSettings]:
    rows = db.execute('SELECT subject, level, mode, normalize, "group" FROM schema_subject ORDER BY subject')
    return {subject: SubjectSettings(level, mode, None if normalize is None else bool(normalize), group)
            for subject, level, mode, normalize, group in rows}


def put_schema(db: sqlite3.Connection, schema: RegisteredSchema) -> None:
    db.execute("INSERT INTO schema VALUES (?, ?, ?, ?, ?, ?)", (
        schema.id, schema.schema.type, schema.schema.text, schema.digest, schema.more, schema.created_ms))
    db.executemany("INSERT INTO schema_reference VALUES (?, ?, ?, ?, ?)", (
        (schema.id, place, each.name, each.subject, each.version)
        for place, each in enumerate(schema.schema.references)))


def put_versions(db: sqlite3.Connection, versions: Iterable[SchemaVersion]) -> None:
    db.executemany(_PUT_VERSION, ((v.subject, v.version, v.schema_id, v.deleted, v.at_ms) for v in versions))


def remove_versions(db: sqlite3.Connection, versions: Iterable[SchemaVersion]) -> None:
    db.executemany("DELETE FROM schema_version WHERE subject = ? AND version = ?",
                   ((v.subject, v.version) for v in versions))


def put_settings(db: sqlite3.Connection, subject: str, settings: SubjectSettings) -> None:
    if settings == SubjectSettings():
        db.execute("DELETE FROM schema_subject WHERE subject = ?", (subject,))
        return
    db.execute("INSERT OR REPLACE INTO schema_subject VALUES (?, ?, ?, ?, ?)",
               (subject, settings.level, settings.mode, settings.normalize, settings.group))
