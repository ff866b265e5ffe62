"""The shape of a workspace (``core.shape``) read from its file, and its queues written into another. Plain functions of
a connection."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict

from workbench.broker.exchanges.rows import load_topology
from workbench.broker.groups.offsets import load_groups, load_offsets
from workbench.broker.lookup import MAX_OFFSET, row_id
from workbench.broker.migrations import read_meta
from workbench.broker.queues import rows
from workbench.broker.queues.partition_state import PartitionState
from workbench.broker.queues.tally import Counters
from workbench.broker.schemas.catalogue import load_catalogue
from workbench.broker.stores import rows as store_rows
from workbench.broker.topics import Partition, Topic, load_topics
from workbench.core.runs import joined
from workbench.core.shape import (
    GroupShape,
    LaneShape,
    MessageShape,
    OffsetShape,
    QueueShape,
    StoreShape,
    TopicShape,
    WorkspaceShape,
)


def read_shape(db: sqlite3.Connection) -> WorkspaceShape:
    """All of it, as of one moment: the caller holds a transaction, or nobody writes."""
    topics = sorted((topic for topic in load_topics(db) if not topic.deleted), key=lambda topic: topic.meta.name)
    topology = load_topology(db)
    queues = _queues(db, topics)
    read_so = {queue.topic for queue in queues}
    return WorkspaceShape(
        tuple(_topic(db, topic, topic.meta.name in read_so) for topic in topics),
        tuple(topology.exchanges()), tuple(topology.bindings()),
        tuple(queues), tuple(_groups(db)), read_meta(db, "flow") or "", _stores(db),
        load_catalogue(db).shape(),
    )


def _stores(db: sqlite3.Connection) -> tuple[StoreShape, ...]:
    return tuple(StoreShape(name, counts, tuple(store_rows.read_rows(db, name)), store_rows.read_seen(db, name))
                 for name, (_, counts) in store_rows.load_stores(db).items())


def write_store(db: sqlite3.Connection, shape: StoreShape, at_ms: int) -> str:
    """A store that comes in; why it is left out, where one of its name has rows already."""
    known = store_rows.load_stores(db).get(shape.name)
    if known is not None and (known[1].writes or known[1].rows):
        return f"The store {shape.name}: there is one already, with rows of its own."
    number = store_rows.make_store(db, shape.name, at_ms)
    store_rows.put_rows(db, number, shape.rows)
    store_rows.put_seen(db, number, shape.seen)
    store_rows.put_counts(db, number, shape.counts)
    return ""


def _topic(db: sqlite3.Connection, topic: Topic, queued: bool) -> TopicShape:
    places = tuple((place.log_start, place.end) for place in topic.partitions)
    came = tuple(_came(db, place) for place in topic.partitions) if queued else ()
    return TopicShape(topic.meta.name, topic.meta.kind, topic.meta.config, places, came)


def _came(db: sqlite3.Connection, place: Partition) -> tuple[tuple[int, int], ...]:
    runs: list[tuple[int, int]] = []
    where = (row_id(place.no, 0), row_id(place.no, MAX_OFFSET))
    for last_offset, at_ms in db.execute("SELECT last_offset, appended_ms FROM batch WHERE id BETWEEN ? AND ? "
                                         "ORDER BY id", where):
        if runs and runs[-1][1] == at_ms:
            runs[-1] = (last_offset + 1, at_ms)
        else:
            runs.append((last_offset + 1, at_ms))
    return tuple(runs)


def _queues(db: sqlite3.Connection, topics: list[Topic]) -> list[QueueShape]:
    by_id = {topic.meta.id: topic for topic in topics}
    found = []
    for row in rows.load_queues(db):
        if (topic := by_id.get(row.topic_id)) is not None:
            lanes = tuple(_lane(lane, topic) for lane in rows.load_lanes(db, row.id, topic.meta.partitions))
            seen = tuple((name, at.at_ms, at.partition, at.offset) for name, at in rows.load_seen(db, row.id).items())
            found.append(QueueShape(topic.meta.name, row.subscription, row.config, asdict(row.counters), lanes, seen))
    return sorted(found, key=lambda queue: (queue.topic, queue.subscription))


def _lane(lane: PartitionState, topic: Topic) -> LaneShape:
    place = topic.partitions[lane.partition]
    floor = max(lane.marks.floor, place.log_start)
    end = max(place.end, floor)
    done, at = [], floor
    for start, stop in lane.marks.undone_runs(floor, end):
        done.append((at, start - 1))
        at = stop
    done.append((at, end - 1))
    known = sorted({*lane.attempts, *lane.dead, *lane.delayed, *lane.notes})
    messages = tuple(_message(lane, offset) for offset in known if offset >= floor)
    return LaneShape(lane.partition, floor, tuple(joined(run for run in done if run[0] <= run[1])), messages)


def _message(lane: PartitionState, offset: int) -> MessageShape:
    attempts, dead = lane.attempts.get(offset, 0), lane.dead.get(offset)
    if dead is not None:
        return MessageShape(offset, attempts, None, dead.text, dead.reason, dead.at_ms)
    return MessageShape(offset, attempts, lane.delayed.get(offset), lane.notes.get(offset, ""))


def _groups(db: sqlite3.Connection) -> list[GroupShape]:
    committed = load_offsets(db)
    return [
        GroupShape(group.name, group.generation, group.protocol_type, group.empty_since_ms, tuple(
            OffsetShape(*part, done.offset, done.metadata, done.at_ms, done.leader_epoch)
            for part, done in sorted(committed.get(group.name, {}).items())))
        for group in load_groups(db)
    ]


def write_queue(db: sqlite3.Connection, topic_id: int, queue: QueueShape) -> None:
    """A queue of a topic that has just been made, with what is done in it."""
    row = rows.insert_queue(db, topic_id, queue.subscription, queue.config)
    known = set(asdict(Counters()))
    rows.put_counters(db, row.id, Counters(**{name: n for name, n in queue.counters.items() if name in known}))
    for shape in queue.lanes:
        lane = PartitionState(shape.partition)
        lane.marks.floor = shape.floor
        for first, last in shape.done:
            lane.marks.set_done_range(first, last + 1)
        chunks, left = lane.marks.take_changed()
        rows.put_lane(db, row.id, rows.LaneChanges(lane, shape.floor, chunks, left, {
            m.offset: rows.MessageRow(m.offset, m.attempts, m.ready_ms, m.note, m.reason, m.dead_ms)
            for m in shape.messages
        }))
    db.executemany("INSERT OR REPLACE INTO queue_seen VALUES (?, ?, ?, ?, ?)", [(row.id, *one) for one in queue.seen])
