"""Committed offsets and groups in the file: rows in, rows out. Writes run on the writer's connection, inside the
group commit of whoever asked; reads work on any connection.

Invariant: what ``load`` returns is what members were told is committed (an answer goes out only after the commit).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from workbench.broker.groups.membership import CommittedOffset, StoredGroup
from workbench.core.records import TopicPartition

Offsets = dict[TopicPartition, CommittedOffset]

SCHEMA = (
    """CREATE TABLE group_state (
        name TEXT PRIMARY KEY, generation INTEGER NOT NULL, protocol_type TEXT NOT NULL,
        empty_since_ms INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE group_offset (
        group_name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
        metadata TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (group_name, topic, partition)) WITHOUT ROWID""",
)

_PUT_OFFSET = """
    INSERT INTO group_offset (group_name, topic, partition, offset, metadata, at_ms, leader_epoch)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset, metadata = excluded.metadata,
    at_ms = excluded.at_ms, leader_epoch = excluded.leader_epoch"""
_GET_OFFSETS = """
    SELECT group_name, topic, partition, offset, metadata, at_ms, leader_epoch FROM group_offset
    WHERE ?1 IS NULL OR group_name = ?1"""
_PUT_GROUP = """
    INSERT INTO group_state VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET generation = excluded.generation,
    protocol_type = excluded.protocol_type, empty_since_ms = excluded.empty_since_ms"""


def put_offsets(connection: sqlite3.Connection, group: str,
                offsets: Mapping[TopicPartition, CommittedOffset]) -> None:
    connection.executemany(
        _PUT_OFFSET,
        [(group, *part, done.offset, done.metadata, done.at_ms, done.leader_epoch) for part, done in offsets.items()],
    )


def put_group(connection: sqlite3.Connection, group: StoredGroup) -> None:
    connection.execute(_PUT_GROUP, (group.name, group.generation, group.protocol_type, group.empty_since_ms))


def rename_group(connection: sqlite3.Connection, old: str, new: str) -> None:
    """``new`` has no rows. What keeps retention away for the group goes along."""
    connection.execute("UPDATE group_offset SET group_name = ? WHERE group_name = ?", (new, old))
    connection.execute("UPDATE group_state SET name = ? WHERE name = ?", (new, old))
    connection.execute("UPDATE hold SET group_name = ? WHERE group_name = ?", (new, old))


def delete_group(connection: sqlite3.Connection, group: str) -> None:
    connection.execute("DELETE FROM group_offset WHERE group_name = ?", (group,))
    connection.execute("DELETE FROM group_state WHERE name = ?", (group,))


def delete_offsets(connection: sqlite3.Connection, group: str, parts: Iterable[TopicPartition]) -> None:
    connection.executemany(
        "DELETE FROM group_offset WHERE group_name = ? AND topic = ? AND partition = ?",
        [(group, *part) for part in parts],
    )


def rename_topic(connection: sqlite3.Connection, old: str, new: str) -> None:
    """``new`` is no topic; what an earlier one of that name left goes."""
    forget_topic(connection, new)
    connection.execute("UPDATE group_offset SET topic = ? WHERE topic = ?", (new, old))


def forget_topic(connection: sqlite3.Connection, topic: str) -> None:
    connection.execute("DELETE FROM group_offset WHERE topic = ?", (topic,))


def load_groups(connection: sqlite3.Connection) -> list[StoredGroup]:
    return [StoredGroup(*row) for row in connection.execute("SELECT * FROM group_state ORDER BY name")]


def load_offsets(connection: sqlite3.Connection, group: str | None = None) -> dict[str, Offsets]:
    """What is committed, by group (all of them, or one)."""
    rows: Iterable[tuple[str, str, int, int, str, int, int]] = connection.execute(_GET_OFFSETS, (group,))
    found: dict[str, Offsets] = {}
    for name, topic, partition, *committed in rows:
        found.setdefault(name, {})[TopicPartition(topic, partition)] = CommittedOffset(*committed)
    return found
