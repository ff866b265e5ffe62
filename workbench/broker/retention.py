"""Removing what a topic no longer keeps: by time, by size, when every group has read it, what a queue is done with,
and deleted topics.

Whole batches leave from the head of a partition; the log start moves behind them, offsets never change. One step
removes at most 256 batches or 2 MiB in one job of the writer, so appends never wait long, and a big topic takes many
steps. A step decides and removes inside the same transaction, so a hold that was granted is never overtaken.

Steps run as ticks of a thread of their own, which looks at the first batch of a partition through a read-only
connection and asks the writer only when that batch has to go. What acks have settled in queues is also removed when
the host stops: one that the command line runs for a moment may not live to its first tick.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from workbench.broker import files
from workbench.broker.log import Log
from workbench.broker.lookup import MAX_OFFSET, row_id
from workbench.broker.queues.rows import forget_queues
from workbench.broker.sequences import FORGET_MS
from workbench.broker.space import ShrinkWork
from workbench.broker.store import Store
from workbench.broker.topics import Partition, Topic
from workbench.core.clock import Clock
from workbench.core.errors import Invalid, OutOfRange

STEP_BATCHES = 256
STEP_BYTES = 2 << 20
TICK_S = 1.0
FORGET_EVERY_MS = 3600 * 1000

_HEAD = "SELECT id, last_offset, max_timestamp, size FROM batch WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"


class GroupOffsets(Protocol):
    """What retention must know of the groups. Asked on the retention thread and on the writer thread."""

    def committed_floor(self, topic: str, partition: int) -> int | None:
        """The lowest committed offset of all groups that read the partition; None when no group does."""
        ...

    def committed_offset(self, group: str, topic: str, partition: int) -> int | None: ...


class QueueFloors(Protocol):
    """What retention must know of the queues."""

    def settled_floor(self, topic: str, partition: int) -> int | None:
        """Before it everything is done in every queue over the partition; None when there is none."""
        ...


class _Head(NamedTuple):
    """A batch at the head of a partition, without its bytes."""

    id: int
    last_offset: int
    max_timestamp: int
    size: int


@dataclass(frozen=True, slots=True)
class _Limits:
    """What decides over one partition in one step."""

    everything: bool
    log_start: int
    older_than_ms: int | None
    spare_bytes: int | None
    all_read: int

    def let_go(self, heads: Iterable[_Head]) -> list[_Head]:
        """The leading batches that have to go."""
        gone: list[_Head] = []
        freed = 0
        for head in heads:
            freed += head.size
            due = (
                self.everything
                or head.last_offset < max(self.log_start, self.all_read)
                or (self.older_than_ms is not None and head.max_timestamp < self.older_than_ms)
                or (self.spare_bytes is not None and freed <= self.spare_bytes)
            )
            if not due:
                break
            gone.append(head)
            if freed >= STEP_BYTES:
                break
        return gone


class Retention:
    """``topics()`` are the living and the deleted ones; ``buried(topic)`` is told once a deleted one is gone;
    ``moved(topic, partition, before, after)`` is told inside the transaction that moves a log start."""

    def __init__(self, store: Store, log: Log, clock: Clock, topics: Callable[[], list[Topic]],
                 buried: Callable[[Topic], None], offsets: GroupOffsets,
                 queues: QueueFloors, moved: Callable[[str, int, int, int], None]) -> None:
        self._store = store
        self._log = log
        self._clock = clock
        self._topics = topics
        self._buried = buried
        self._offsets = offsets
        self._queues = queues
        self._moved = moved
        self._forgot_ms = clock.now_ms()

    # -- acts ------------------------------------------------------------------------------------------------
    def delete_records(self, partition: Partition, before_offset: int) -> int:
        """Move the log start to ``before_offset`` (-1: the end); the batches go in the background."""

        def move(_: sqlite3.Connection) -> int:
            target = partition.staged_end if before_offset == -1 else before_offset
            if not 0 <= target <= partition.staged_end:
                raise OutOfRange("Offset {target} is outside {name}/{number}, which ends at {staged_end}.",
                                 "Give an offset in the log.", target=target, name=partition.topic.meta.name,
                                 number=partition.number, staged_end=partition.staged_end)
            self._move_start(partition, target)
            return partition.log_start

        return self._store.write(move).result()

    def hold(self, topic: Topic, group: str, until: Mapping[int, int]) -> None:
        """Leave the topic alone until ``group`` has committed past ``until`` (partition: offset)."""
        if not group or not until:
            raise Invalid("A hold needs a group and at least one offset.")
        rows = [(topic.meta.id, group, topic.partition(number).number, offset) for number, offset in until.items()]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO hold VALUES (?, ?, ?, ?)", rows)

        self._store.write(write).result()

    def settle(self) -> None:
        """The host stops, after a moment perhaps: the log of each queue begins after what is done in it."""
        for topic in self._topics():
            for partition in topic.partitions if topic.meta.kind == "queue" and not topic.deleted else ():
                if self._start(partition) > partition.log_start:
                    self._store.write(lambda db, partition=partition: self._shorten(db, partition)).result()

    # -- steps -----------------------------------------------------------------------------------------------
    def step(self, connection: sqlite3.Connection) -> bool:
        """One small step for every partition that needs it; True when there is more to do. ``connection`` reads."""
        more, now_ms = False, self._clock.now_ms()
        for topic in self._topics():
            if topic.is_kept(now_ms):
                continue
            queue = topic.meta.kind == "queue"
            if queue or topic.deleted or not topic.rules.keeps_all or any(p.log_start for p in topic.partitions):
                more |= self._step_topic(connection, topic)
        self._forget_producers()
        return more

    def _step_topic(self, connection: sqlite3.Connection, topic: Topic) -> bool:
        more = False
        for partition in topic.partitions:
            limits = self._limits(partition)
            if limits.log_start > partition.log_start or limits.let_go(_heads(connection, partition, 1)):
                more |= self._store.write(lambda db, partition=partition: self._shorten(db, partition)).result()
        if topic.deleted and not more:
            self._store.write(lambda db: self._bury(db, topic), lambda _: self._buried(topic)).result()
        return more

    def clear(self, topic: Topic) -> None:
        """Remove a deleted topic now, to its end, in the same small steps."""
        for partition in topic.partitions:
            while self._store.write(lambda db, partition=partition: self._shorten(db, partition)).result():
                pass
        self._store.write(lambda db: self._bury(db, topic), lambda _: self._buried(topic)).result()

    def drop_kept(self, name: str = "") -> None:
        """What deleted topics (of that name) still held for a restore goes with the next steps."""

        def let_go(db: sqlite3.Connection) -> None:
            db.execute("UPDATE topic SET keep_until_ms = NULL WHERE deleted_ms IS NOT NULL AND ? IN ('', name)",
                       (name,))

        def known(_: None) -> None:
            for topic in self._topics():
                if name in ("", topic.meta.name):
                    topic.keep_until_ms = None

        self._store.write(let_go, known).result()

    def _limits(self, partition: Partition) -> _Limits:
        topic, rules = partition.topic, partition.topic.rules
        read = self._read_floor(partition) if rules.all_read else 0
        spare = partition.size_bytes - rules.retention_bytes if rules.retention_bytes >= 0 else None
        old = self._clock.now_ms() - rules.retention_ms if rules.retention_ms >= 0 else None
        return _Limits(topic.deleted, self._start(partition), old, spare, read)

    def _read_floor(self, partition: Partition) -> int:
        """Every group and every subscription has read what lies before; 0 when nobody reads."""
        where = (partition.topic.meta.name, partition.number)
        floors = (self._offsets.committed_floor(*where), self._queues.settled_floor(*where))
        return min((floor for floor in floors if floor is not None), default=0)

    def _start(self, partition: Partition) -> int:
        """Where the log begins: in a queue, what is done at its head is removed."""
        settled = None
        if partition.topic.meta.kind == "queue":
            settled = self._queues.settled_floor(partition.topic.meta.name, partition.number)
        return max(partition.log_start, settled or 0)

    def _shorten(self, connection: sqlite3.Connection, partition: Partition) -> bool:
        """The job: remove what has to go from one partition. True when there may be more."""
        limits = self._limits(partition)
        if not partition.topic.deleted and self._held(connection, partition.topic):
            limits = _Limits(False, partition.log_start, None, None, 0)  # what delete_records gave up may still go
        self._move_start(partition, limits.log_start)
        gone = limits.let_go(_heads(connection, partition, STEP_BATCHES))
        if not gone:
            return False
        connection.execute("DELETE FROM batch WHERE id BETWEEN ? AND ?", (gone[0].id, gone[-1].id))
        self._move_start(partition, gone[-1].last_offset + 1)
        partition.size_bytes -= sum(head.size for head in gone)
        return len(gone) == STEP_BATCHES or sum(head.size for head in gone) >= STEP_BYTES

    def _move_start(self, partition: Partition, target: int) -> None:
        self._log.touch(partition)
        before = partition.log_start
        if target > before:
            partition.log_start = target
            if not partition.topic.deleted:
                self._moved(partition.topic.meta.name, partition.number, before, target)

    def _held(self, connection: sqlite3.Connection, topic: Topic) -> bool:
        """Some group still has to read here; holds that are over are removed."""
        held = False
        rows = connection.execute("SELECT group_name, partition, until_offset FROM hold WHERE topic_id = ?",
                                  (topic.meta.id,)).fetchall()
        for group, number, until in rows:
            committed = self._offsets.committed_offset(group, topic.meta.name, number)
            if committed is not None and committed < until:
                held = True
            else:
                connection.execute("DELETE FROM hold WHERE topic_id = ? AND group_name = ? AND partition = ?",
                                   (topic.meta.id, group, number))
        return held

    def _bury(self, connection: sqlite3.Connection, topic: Topic) -> None:
        """A deleted topic without batches: its rows go too."""
        for partition in topic.partitions:
            self._log.sequences.forget_partition(connection, partition.no)
        forget_queues(connection, topic.meta.id)
        connection.execute("DELETE FROM partition WHERE topic_id = ?", (topic.meta.id,))
        connection.execute("DELETE FROM hold WHERE topic_id = ?", (topic.meta.id,))
        connection.execute("DELETE FROM topic WHERE id = ?", (topic.meta.id,))

    def _forget_producers(self) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._forgot_ms >= FORGET_EVERY_MS:
            self._forgot_ms = now_ms
            self._store.write(lambda db: self._log.sequences.forget(db, now_ms - FORGET_MS)).result()


def _heads(connection: sqlite3.Connection, partition: Partition, limit: int) -> list[_Head]:
    first = row_id(partition.no, 0)
    rows = connection.execute(_HEAD, (first, row_id(partition.no, MAX_OFFSET), limit))
    return [_Head(*row) for row in rows]


class RetentionWork:
    """Ticks of the retention thread, over a read-only connection that thread makes itself."""

    def __init__(self, retention: Retention, store: Store) -> None:
        self._retention = retention
        self._store = store
        self._shrink = ShrinkWork(store)
        self._connection: sqlite3.Connection | None = None

    def __call__(self) -> bool:
        """Records that have to go, then the room they leave."""
        if self._connection is None:
            self._connection = files.connect_reading(self._store.name)
        return self._retention.step(self._connection) or self._shrink()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
