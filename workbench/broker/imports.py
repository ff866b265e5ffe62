"""Imports: records that come as one unit. Nobody sees any of them before all are there.

    begin ─► stage ... ─► commit ─► (topics that are new) ─────────────────────────► living, at one blow
                             └────► (topics that were there) ─► move, step by step ─► appended, the staged topic is gone
    abort, or the host dies before commit ─► the staged topics are removed, as deleted ones are

A staged topic is a topic of its own, marked as deleted in the file from the start, so that a crash leaves nothing that
the next start would not remove. The commit makes new topics visible by one change of their row. Where a topic is there
already, it only decides that the records shall come (``import_move``): they are then moved batch by batch, a small
transaction each, so that others append meanwhile; after a crash the next start goes on exactly where it stood.

Any thread. Memory: what is staged lies in the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

from workbench.broker import topics
from workbench.broker.batch import check_batch
from workbench.broker.batch_check import check_records
from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.groups import offsets as offset_rows
from workbench.broker.groups.coordination import Coordination
from workbench.broker.groups.membership import CommittedOffset, StoredGroup
from workbench.broker.journal.journal import Journal
from workbench.broker.log import Log
from workbench.broker.lookup import MAX_OFFSET, row_id
from workbench.broker.migrations import read_meta, write_meta
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.queues import Queues
from workbench.broker.schemas.arrivals import take_in
from workbench.broker.schemas.schemas import Schemas
from workbench.broker.shape import write_queue, write_store
from workbench.broker.store import Store
from workbench.broker.stores.stores import Stores
from workbench.broker.topic_acts import TopicActs
from workbench.broker.topics import Partition, Topic
from workbench.core.clock import Clock
from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.ids import Ids
from workbench.core.records import TopicPartition
from workbench.core.shape import GroupShape, QueueShape, TopicShape, WorkspaceShape
from workbench.core.times import format_time

MOVE_BATCHES = 64
MOVE_BYTES = 2 << 20

_BATCHES = "SELECT id, size FROM batch WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"
_DATA = "SELECT data FROM batch WHERE id = ?"


class DoneImport(NamedTuple):
    """An earlier import of the same bytes."""

    at_ms: int
    records: int
    topics: tuple[str, ...]


class CommittedImport(NamedTuple):
    """``left_out`` says in sentences what of the shape could not be taken, because something else is there."""

    records: int
    topics: tuple[str, ...]
    created: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Import:
    """Its staged topics by the name they shall have."""

    number: int
    digest: str
    source: str
    topics: dict[str, Topic] = field(default_factory=dict)


@dataclass(slots=True)
class _Decided:
    """What the commit decided, for memory to follow."""

    fresh: list[tuple[Topic, list[LiveQueue]]] = field(default_factory=list)
    grown: list[tuple[Topic, list[Partition]]] = field(default_factory=list)
    moves: list[tuple[Topic, Topic]] = field(default_factory=list)
    empty: list[Topic] = field(default_factory=list)
    new_groups: list[StoredGroup] = field(default_factory=list)
    groups: dict[str, dict[TopicPartition, CommittedOffset]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class Imports:
    """``living`` and ``deleted`` are the broker's own. ``clear(topic)`` removes a deleted topic now, to its end."""

    def __init__(self, store: Store, log: Log, journal: Journal, clock: Clock, ids: Ids,
                 living: dict[str, Topic], deleted: list[Topic], acts: TopicActs, groups: Coordination,
                 queues: Queues, exchanges: Exchanges, stores: Stores, schemas: Schemas,
                 clear: Callable[[Topic], None]) -> None:
        self._store = store
        self._log = log
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._living = living
        self._deleted = deleted
        self._acts = acts
        self._groups = groups
        self._queues = queues
        self._exchanges = exchanges
        self._stores = stores
        self._schemas = schemas
        self._clear = clear
        self._numbers = count(1)
        self._open: dict[int, _Import] = {}

    # -- what was imported before ----------------------------------------------------------------------------
    def known(self, digest: str) -> DoneImport | None:
        """An earlier import of the same bytes of which anything is still here."""

        def look(db: sqlite3.Connection) -> DoneImport | None:
            rows = db.execute("SELECT at_ms, records, topics FROM import_done WHERE digest = ? ORDER BY at_ms DESC",
                              (digest,)).fetchall()
            there = {topic.meta.id: name for name, topic in list(self._living.items())}
            for at_ms, records, ids in rows:
                if names := sorted(there[number] for number in json.loads(ids) if number in there):
                    return DoneImport(at_ms, records, tuple(names))
            return None

        return self._store.read(look) if digest else None

    # -- staging ---------------------------------------------------------------------------------------------
    def begin(self, digest: str = "", source: str = "", again: bool = False) -> int:
        """The number of a new import. Refused when the same bytes were imported before, unless ``again``."""
        before = None if again else self.known(digest)
        if before is not None:
            raise Refused("{source} was imported before, on {at_ms}: {records:,} records into {topics}.",
                          "Give --again to import them once more.", source=source or 'This file',
                          at_ms=format_time(before.at_ms), records=before.records, topics=', '.join(before.topics))
        number = next(self._numbers)
        self._open[number] = _Import(number, digest, source)
        return number

    def stage_topic(self, number: int, shape: TopicShape) -> None:
        """A topic that the import shall make, or fill where it is there: then only its partitions are looked at."""
        one = self._one(number)
        there = self._living.get(shape.name)
        topics.check_name(shape.name)
        if there is not None and there.meta.kind != shape.kind:
            raise Refused("{name} is a {kind} here and a {kind_2} in the file.",
                          "Import it with --topic into another one, or delete the one that is here.", name=shape.name,
                          kind=there.meta.kind, kind_2=shape.kind)
        config = there.meta.config if there is not None else topics.check_config(shape.config)
        topics.check_kind(shape.kind)
        topics.check_kind_settings(shape.kind, config)
        topics.check_partitions(len(shape.partitions))
        self._stage(one, shape if there is None else replace(shape, partitions=((0, 0),) * len(shape.partitions)),
                    config)

    def _stage(self, one: _Import, shape: TopicShape, config: dict[str, str]) -> Topic:
        if shape.name in one.topics:
            raise Invalid("The file names the topic {name} twice.", name=shape.name)

        uuid = str(self._ids.uuid())

        def insert(db: sqlite3.Connection) -> Topic:
            topic = topics.insert_topic(db, shape.name, len(shape.partitions), shape.kind, config,
                                        self._clock.now_ms(), uuid, staged=True)
            for place, (first, _) in zip(topic.partitions, shape.partitions, strict=True):
                place.log_start = place.end = place.staged_end = first
                db.execute("UPDATE partition SET log_start = ?1, end_offset = ?1 WHERE no = ?2", (first, place.no))
            return topic

        topic = one.topics[shape.name] = self._store.write(insert).result()
        return topic

    def stage_batch(self, number: int, name: str, partition: int, data: bytes, appended_ms: int | None = None) -> int:
        """Add a batch that came at ``appended_ms`` (None: now); its first offset among what is staged. Topics and
        partitions come as they are needed; a topic that the import makes takes records as large as they are."""
        one = self._one(number)
        topic = one.topics.get(name) or self._stage_as_there(one, name)
        header = check_batch(data)
        if header.producer_id >= 0 or header.control:
            raise Invalid("A batch of a producer with an id can't be imported.", "Send plain batches.")
        check_records(header, data)
        if not 0 <= partition < topics.MAX_PARTITIONS:
            raise Invalid("A record asks for partition {partition} of {name}.", "A topic has at most 1,000.",
                          partition=partition, name=name)
        if partition >= len(topic.partitions):
            self._store.write(lambda db: topics.insert_partitions(db, topic, partition + 1),
                              lambda added: self._grow(topic, added)).result()
        if name not in self._living and len(data) > topic.rules.max_message_bytes:
            self._allow(topic, len(data))
        return self._log.append(topic.partitions[partition], data, header, appended_ms=appended_ms).result().base_offset

    def _stage_as_there(self, one: _Import, name: str) -> Topic:
        there = self._living.get(name)
        if there is None:
            topics.check_name(name)
            return self._stage(one, TopicShape(name), {})
        return self._stage(one, TopicShape(name, there.meta.kind), there.meta.config)

    @staticmethod
    def _grow(topic: Topic, added: list[Partition]) -> None:
        topic.partitions.extend(added)
        topic.meta = topics.altered(topic.meta, len(topic.partitions), topic.meta.config)

    def _allow(self, topic: Topic, size: int) -> None:
        config = topics.check_config({**topic.meta.config, "max.message.bytes": str(size)})
        self._store.write(lambda db: topics.update_config(db, topic.meta.id, config)).result()
        topic.meta = topics.altered(topic.meta, topic.meta.partitions, config)
        topic.rules = topics.LogRules.of(config)

    def _one(self, number: int) -> _Import:
        if number not in self._open:
            raise NotFound("This import is not open.", "Begin a new one.")
        return self._open[number]

    def abort(self, number: int) -> None:
        """Nothing of it stays; an import that is not open is none."""
        one = self._open.pop(number, None)
        for topic in one.topics.values() if one is not None else ():
            self._drop(topic)
            self._clear(topic)

    def _drop(self, topic: Topic) -> None:
        topic.deleted = True
        self._deleted.append(topic)

    # -- the commit ------------------------------------------------------------------------------------------
    def commit(self, number: int, shape: WorkspaceShape | None = None,
               told: Callable[[int], None] = lambda moved: None) -> CommittedImport:
        """Make all of it visible. ``shape`` holds for what this import makes new. ``told`` hears how many batches were
        moved so far, where topics were there already."""
        one, shape = self._one(number), shape or WorkspaceShape()
        records = sum(place.end - place.log_start for topic in one.topics.values() for place in topic.partitions)
        with ExitStack() as held:
            held.enter_context(self._acts.acting)
            wiring = held.enter_context(self._exchanges.adding(shape.exchanges, shape.bindings))

            def decide(db: sqlite3.Connection) -> _Decided:
                decided = _Decided()
                for name, topic in one.topics.items():
                    self._decide_topic(db, decided, name, topic, shape)
                self._decide_groups(db, decided, shape.groups)
                decided.left_out += wiring.write(db, {topic.meta.name: topic for topic, _ in decided.fresh})
                _decide_flow(db, decided, shape.flow)
                told_of = [write_store(db, one, self._clock.now_ms()) for one in shape.stores]
                decided.left_out += [said for said in told_of if said] + take_in(db, shape.schemas)
                ids = [t.meta.id for t, _ in decided.fresh] + [t.meta.id for _, t in decided.moves]
                db.execute("INSERT INTO import_done VALUES (?, ?, ?, ?, ?)",
                           (one.digest, self._clock.now_ms(), one.source, records, json.dumps(ids)))
                return decided

            def appear(decided: _Decided) -> None:
                self._open.pop(number, None)
                wiring.publish()
                self._stores.take_up(store.name for store in shape.stores)
                self._schemas.take_up()
                self._follow(decided)

            decided = self._store.write(decide, appear).result()
        self._groups.settle()
        self._move_all(decided.moves, told)
        touched = [*(topic.meta.name for topic, _ in decided.fresh), *(into.meta.name for _, into in decided.moves)]
        return CommittedImport(records, tuple(touched), tuple(topic.meta.name for topic, _ in decided.fresh),
                               tuple(decided.left_out))

    def _decide_topic(self, db: sqlite3.Connection, decided: _Decided, name: str, topic: Topic,
                      shape: WorkspaceShape) -> None:
        there = self._living.get(name)
        if there is None:
            db.execute("UPDATE topic SET deleted_ms = NULL WHERE id = ?", (topic.meta.id,))
            queues = [queue for queue in shape.queues if queue.topic == name]
            if topic.meta.kind == "queue" and not any(not queue.subscription for queue in queues):
                queues.append(QueueShape(name))
            for queue in queues:
                _check_lanes(topic, queue)
                write_queue(db, topic.meta.id, queue)
            decided.fresh.append((topic, self._queues.registry.lying(db, topic)))
            return
        if any(queue.topic == name for queue in shape.queues):
            decided.left_out.append(f"What is done in the queues of {name}: the topic was here before.")
        if topic.meta.partitions > there.meta.partitions:
            decided.grown.append((there, topics.insert_partitions(db, there, topic.meta.partitions)))
        count = sum(place.end - place.log_start for place in topic.partitions)
        if not count:
            decided.empty.append(topic)
            return
        if self._log.admission(there.partitions[0], count) < count:
            raise Refused("Queue {name} has no room for {count:,} more messages.",
                          "Raise its queue.max.length, or import into another topic with --topic.", name=name,
                          count=count)
        db.execute("INSERT INTO import_move VALUES (?, ?)", (topic.meta.id, there.meta.id))
        decided.moves.append((topic, there))

    def _decide_groups(self, db: sqlite3.Connection, decided: _Decided, groups: Sequence[GroupShape]) -> None:
        """Offsets are taken for topics that are new; for others they would mean other records."""
        fresh = {topic.meta.name for topic, _ in decided.fresh}
        known = {group.name for group in self._groups.groups()}
        for group in groups:
            taken = {
                TopicPartition(one.topic, one.partition):
                    CommittedOffset(one.offset, one.metadata, one.at_ms, one.leader_epoch)
                for one in group.offsets if one.topic in fresh
            }
            if len(taken) < len(group.offsets):
                decided.left_out.append(f"Offsets of the group {group.name} in topics that were here before.")
            if group.name not in known:
                stored = StoredGroup(group.name, group.generation, group.protocol_type, group.empty_since_ms)
                offset_rows.put_group(db, stored)
                decided.new_groups.append(stored)
            if taken:
                offset_rows.put_offsets(db, group.name, taken)
                decided.groups[group.name] = taken

    def _follow(self, decided: _Decided) -> None:
        """After the commit, on the writer thread."""
        for topic, queues in decided.fresh:
            topic.staged = False
            self._living[topic.meta.name] = topic
            bounds = [[place.log_start, place.log_start, 0] for place in topic.partitions]
            self._acts.note("created", topic.meta, bounds=bounds)
            self._queues.registry.topic_restored(queues)
            for place in topic.partitions:
                if place.end > place.log_start:
                    self._journal.note_append(topic.meta.name, place.number, place.log_start, place.end - 1,
                                              place.size_bytes)
        for there, added in decided.grown:
            self._grow(there, added)
            self._acts.note("altered", there.meta)
            self._queues.registry.topic_altered(there)
        for topic in decided.empty:
            self._drop(topic)
        self._groups.know(decided.new_groups)
        for group, committed in decided.groups.items():
            self._groups.take_back(group, committed)
        for topic, _ in decided.fresh:
            self._log.announce(topic.partitions)

    # -- moving what was decided -----------------------------------------------------------------------------
    def resume(self) -> None:
        """Go on with what a crash cut short. Once, before anybody else is served."""
        rows = self._store.read(lambda db: db.execute("SELECT staged_id, topic_id FROM import_move").fetchall())
        by_id = {topic.meta.id: topic for topic in (*self._living.values(), *self._deleted)}
        self._move_all([(by_id[staged], by_id[into]) for staged, into in rows if staged in by_id and into in by_id],
                       lambda moved: None)

    def _move_all(self, moves: Sequence[tuple[Topic, Topic]], told: Callable[[int], None]) -> None:
        moved = 0
        for staged, into in moves:
            for place in list(staged.partitions):
                while step := self._store.write(lambda db, p=place, t=into: self._move_step(db, p, t)).result():
                    moved += step
                    told(moved)
            self._store.write(lambda db, number=staged.meta.id: db.execute(
                "DELETE FROM import_move WHERE staged_id = ?", (number,)).rowcount).result()
            if staged not in self._deleted:
                self._drop(staged)
            self._clear(staged)

    def _move_step(self, db: sqlite3.Connection, place: Partition, into: Topic) -> int:
        """Some batches from ``place`` to the end of the topic they are for; how many."""
        if into.deleted:
            return 0
        first, size, done = row_id(place.no, 0), 0, 0
        for number, bytes_ in db.execute(_BATCHES, (first, row_id(place.no, MAX_OFFSET), MOVE_BATCHES)).fetchall():
            if done and size + bytes_ > MOVE_BYTES:
                break
            (data,) = db.execute(_DATA, (number,)).fetchone()
            db.execute("DELETE FROM batch WHERE id = ?", (number,))
            self._log.stage(db, into.partitions[place.number], data)
            size, done = size + bytes_, done + 1
        return done


def _check_lanes(topic: Topic, queue: QueueShape) -> None:
    """What is done must be among what the file brought."""
    for lane in queue.lanes:
        if not 0 <= lane.partition < len(topic.partitions) or lane.floor > topic.partitions[lane.partition].end:
            raise Invalid("What the file says of the queue {topic} does not fit its records.",
                          "Import the records alone, with --topic.", topic=queue.topic)


def _decide_flow(db: sqlite3.Connection, decided: _Decided, flow: str) -> None:
    if not flow:
        return
    before = read_meta(db, "flow")
    if before and json.loads(before).get("nodes"):
        if before != flow:
            decided.left_out.append("The drawing: there is one here already.")
        return
    write_meta(db, "flow", flow)
