"""Queues in the file. Plain functions of a connection.

queue            one row a queue: that of a queue topic (no subscription, its config is the topic's), or a subscription
queue_floor      per partition: everything before the floor is done
queue_chunk      bits above the floor, 4,096 offsets a row: done, and leased (see ``marks``)
queue_message    what a message has beyond bits: attempts that are over, a delay, why it came back, how it died
queue_seen       deduplication ids within their window

What was in flight is nowhere but in the ``leased`` bits: a claim lives in the host's memory, and after a crash it is
an attempt that is over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import orjson

from workbench.broker.queues.ack_bitmap import ChunkRow
from workbench.broker.queues.dedup_window import Sighting
from workbench.broker.queues.partition_state import MessageRow, PartitionState
from workbench.broker.queues.tally import Counters

SCHEMA = (
    """CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, topic_id INTEGER NOT NULL REFERENCES topic, subscription TEXT NOT NULL,
        config TEXT NOT NULL DEFAULT '{}', counters TEXT NOT NULL DEFAULT '{}', UNIQUE (topic_id, subscription))""",
    """CREATE TABLE queue_floor (
        queue_id INTEGER NOT NULL, partition INTEGER NOT NULL, floor INTEGER NOT NULL,
        PRIMARY KEY (queue_id, partition)) WITHOUT ROWID""",
    """CREATE TABLE queue_chunk (
        queue_id INTEGER NOT NULL, partition INTEGER NOT NULL, number INTEGER NOT NULL, done BLOB NOT NULL,
        leased BLOB NOT NULL, PRIMARY KEY (queue_id, partition, number))""",
    """CREATE TABLE queue_message (
        queue_id INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, attempts INTEGER NOT NULL,
        ready_ms INTEGER, note TEXT NOT NULL, reason TEXT NOT NULL, dead_ms INTEGER,
        PRIMARY KEY (queue_id, partition, offset)) WITHOUT ROWID""",
    """CREATE TABLE queue_seen (
        queue_id INTEGER NOT NULL, dedup_id TEXT NOT NULL, at_ms INTEGER NOT NULL, partition INTEGER NOT NULL,
        offset INTEGER NOT NULL, PRIMARY KEY (queue_id, dedup_id)) WITHOUT ROWID""",
    "INSERT INTO queue (topic_id, subscription) SELECT id, '' FROM topic WHERE kind = 'queue' AND deleted_ms IS NULL",
)
_PARTS = ("queue_floor", "queue_chunk", "queue_message", "queue_seen")


class QueueRow(NamedTuple):
    id: int
    topic_id: int
    subscription: str
    config: dict[str, str]
    counters: Counters


def load_queues(connection: sqlite3.Connection) -> list[QueueRow]:
    rows = connection.execute("SELECT id, topic_id, subscription, config, counters FROM queue ORDER BY id")
    return [QueueRow(number, topic_id, subscription, orjson.loads(config), Counters(**orjson.loads(counters)))
            for number, topic_id, subscription, config, counters in rows]


def insert_queue(connection: sqlite3.Connection, topic_id: int, subscription: str = "",
                 config: Mapping[str, str] | None = None, floors: Iterable[int] = ()) -> QueueRow:
    """A new queue; ``floors`` per partition, where it begins (0 where not given)."""
    row = (topic_id, subscription, orjson.dumps(config or {}).decode())
    insert = "INSERT INTO queue (topic_id, subscription, config) VALUES (?, ?, ?) RETURNING id"
    (number,) = connection.execute(insert, row).fetchone()
    connection.executemany("INSERT INTO queue_floor VALUES (?, ?, ?)",
                           [(number, partition, floor) for partition, floor in enumerate(floors)])
    return QueueRow(number, topic_id, subscription, dict(config or {}), Counters())


def update_config(connection: sqlite3.Connection, queue_id: int, config: Mapping[str, str]) -> None:
    connection.execute("UPDATE queue SET config = ? WHERE id = ?", (orjson.dumps(config).decode(), queue_id))


def rename_queue(connection: sqlite3.Connection, queue_id: int, subscription: str) -> None:
    connection.execute("UPDATE queue SET subscription = ? WHERE id = ?", (subscription, queue_id))


def delete_queue(connection: sqlite3.Connection, queue_id: int) -> None:
    for table in _PARTS:
        connection.execute(f"DELETE FROM {table} WHERE queue_id = ?", (queue_id,))
    connection.execute("DELETE FROM queue WHERE id = ?", (queue_id,))


def forget_queues(connection: sqlite3.Connection, topic_id: int) -> None:
    """The topic is gone, and every queue that read it."""
    for (number,) in connection.execute("SELECT id FROM queue WHERE topic_id = ?", (topic_id,)).fetchall():
        delete_queue(connection, number)


def load_lanes(connection: sqlite3.Connection, queue_id: int, partitions: int) -> list[PartitionState]:
    """The parts as the file has them. What was leased when the host ended has had one attempt more."""
    parts = [PartitionState(number) for number in range(partitions)]
    for number, floor in connection.execute("SELECT partition, floor FROM queue_floor WHERE queue_id = ?", (queue_id,)):
        parts[number].marks.floor = floor
    rows = connection.execute("SELECT partition, number, done, leased FROM queue_chunk WHERE queue_id = ?", (queue_id,))
    for number, *row in rows:
        parts[number].marks.load(ChunkRow(*row))
    rows = connection.execute("SELECT partition, offset, attempts, ready_ms, note, reason, dead_ms "
                              "FROM queue_message WHERE queue_id = ?", (queue_id,))
    for number, *row in rows:
        parts[number].load(MessageRow(*row))
    for part in parts:
        part.marks.advance()
        part.cut_short = tuple(part.marks.leased_undone())
        for offset in part.cut_short:
            part.marks.clear_leased(offset)
            part.attempts[offset] = part.attempts.get(offset, 0) + 1
            part.changed.add(offset)
    return parts


def load_seen(connection: sqlite3.Connection, queue_id: int) -> dict[str, Sighting]:
    """Deduplication ids, oldest first."""
    rows = connection.execute("SELECT dedup_id, at_ms, partition, offset FROM queue_seen WHERE queue_id = ? "
                              "ORDER BY at_ms", (queue_id,))
    return {dedup_id: Sighting(*sighting) for dedup_id, *sighting in rows}


@dataclass(slots=True)
class LaneChanges:
    """What one partition has to write, taken from it in one moment."""

    part: PartitionState
    floor: int
    chunks: list[ChunkRow]
    left: list[int]
    rows: dict[int, MessageRow | None]

    @classmethod
    def take(cls, part: PartitionState) -> LaneChanges | None:
        if not part.changed and not part.marks.changed:
            return None
        rows = {offset: part.row(offset) for offset in sorted(part.changed)}
        part.changed = set()
        chunks, left = part.marks.take_changed()
        return cls(part, part.marks.floor, chunks, left, rows)

    def give_back(self) -> None:
        self.part.changed |= self.rows.keys()
        self.part.marks.give_back(self.chunks, self.left)


def put_lane(connection: sqlite3.Connection, queue_id: int, changes: LaneChanges) -> None:
    number, rows = changes.part.partition, changes.rows
    connection.execute("INSERT OR REPLACE INTO queue_floor VALUES (?, ?, ?)", (queue_id, number, changes.floor))
    connection.executemany("INSERT OR REPLACE INTO queue_chunk VALUES (?, ?, ?, ?, ?)",
                           [(queue_id, number, *row) for row in changes.chunks])
    if changes.left:
        connection.executemany("DELETE FROM queue_chunk WHERE queue_id = ? AND partition = ? AND number = ?",
                               [(queue_id, number, chunk) for chunk in changes.left])
    if rows:
        connection.executemany("INSERT OR REPLACE INTO queue_message VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                               [(queue_id, number, *row) for row in rows.values() if row is not None])
        connection.executemany("DELETE FROM queue_message WHERE queue_id = ? AND partition = ? AND offset = ?",
                               [(queue_id, number, offset) for offset, row in rows.items() if row is None])


def put_counters(connection: sqlite3.Connection, queue_id: int, counters: Counters) -> None:
    connection.execute("UPDATE queue SET counters = ? WHERE id = ?",
                       (orjson.dumps(asdict(counters)).decode(), queue_id))


def put_seen(connection: sqlite3.Connection, queue_id: int, changed: Iterable[str],
             seen: Mapping[str, Sighting]) -> None:
    for dedup_id in changed:
        if dedup_id in seen:
            connection.execute("INSERT OR REPLACE INTO queue_seen VALUES (?, ?, ?, ?, ?)",
                               (queue_id, dedup_id, *seen[dedup_id]))
        else:
            connection.execute("DELETE FROM queue_seen WHERE queue_id = ? AND dedup_id = ?", (queue_id, dedup_id))
