"""The broker: the one name others import. It owns the workspace file for writing, until ``close``.

It composes ``Store`` (file, writer thread, group commit), ``Log`` (appends and reads), ``Coordination`` (groups),
``Journal`` and ``Retention``; what they promise is said there. Every method may be called from any thread except the
writer thread itself (an ``on_append`` callback must not wait for the broker).
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from workbench.broker import topics
from workbench.broker.batch import NO_PRODUCER, batch_header, encode_batch
from workbench.broker.cache import DEFAULT_BYTES, TailCache
from workbench.broker.diagnosis import damaged
from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.files import file_error
from workbench.broker.groups.coordination import Coordination
from workbench.broker.groups.membership import (
    CommittedOffset,
    GroupMeta,
    GroupSettings,
    JoinRequest,
    JoinResult,
    Leaver,
    OffsetPut,
    SyncRequest,
    SyncResult,
)
from workbench.broker.imports import Imports
from workbench.broker.journal.journal import Journal
from workbench.broker.journal.recording import Recording
from workbench.broker.log import AppendCallback, Log
from workbench.broker.maintenance import Housekeeping, Maintenance
from workbench.broker.migrations import read_meta, take_producer_id, write_meta
from workbench.broker.queues.queues import Queues
from workbench.broker.retention import TICK_S, Retention, RetentionWork
from workbench.broker.schemas.schemas import Schemas
from workbench.broker.space import Space
from workbench.broker.stability import committed_batches
from workbench.broker.stats import BrokerStats, Meter
from workbench.broker.store import Store
from workbench.broker.stores.stores import Stores
from workbench.broker.ticker import Ticker
from workbench.broker.topic_acts import DeletedTopic, TopicActs
from workbench.broker.topics import Partition, Topic, TopicMeta
from workbench.broker.transactions import Transactions
from workbench.broker.unchecked import Unchecked, unchecked_ends
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import FileError, NotFound, WorkbenchError
from workbench.core.ids import Ids, RandomIds
from workbench.core.journal import HostEntry, JournalEntry
from workbench.core.offsets import ResetPlan, ResetSpec
from workbench.core.records import Appended, PartitionBounds, Record, TopicPartition
from workbench.core.snapshot import GroupPartitionStat


class Broker:
    @classmethod
    def create(cls, path: Path | str, *, clock: Clock | None = None, synchronous: str = "NORMAL",
               background: bool = True, ids: Ids | None = None) -> Self:
        """Make a new workspace and open it. ``synchronous`` is NORMAL or FULL and stays with the file."""
        Store.create(Path(path), synchronous)
        return cls(path, clock=clock, background=background, ids=ids)

    @staticmethod
    def make(path: Path | str, flow: str = "") -> None:
        """Make a new workspace with a drawing in it and leave it closed: no host was there, so none is journalled."""
        Store.create(Path(path), "NORMAL", flow)

    @classmethod
    def open(cls, path: Path | str, *, clock: Clock | None = None, background: bool = True,
             ids: Ids | None = None, reading_if: tuple[type[FileError], ...] = ()) -> Self:
        """Open a workspace: Missing, NotOurs, TooNew, Locked, ReadOnly, DiskFull or Damaged say why not. With those in
        ``reading_if`` it is opened all the same, for reading; what would write is refused with them. With
        ``background`` False there are no threads: the caller writes, calls ``do_maintenance``, ``step_retention``."""
        return cls(path, clock=clock, background=background, ids=ids, reading_if=reading_if)

    def __init__(self, path: Path | str, *, clock: Clock | None = None, background: bool = True,
                 cache_bytes: int = DEFAULT_BYTES, groups: GroupSettings | None = None, ids: Ids | None = None,
                 reading_if: tuple[type[FileError], ...] = ()) -> None:
        self.path = Path(path)
        self.clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._background = background
        self.store = Store(self.path, background=background, reading_if=reading_if)
        try:
            self._compose(cache_bytes, groups)
        except (ValueError, TypeError, LookupError, struct.error) as error:  # rows that hold what no workbench wrote
            self.store.close()
            raise damaged(self.store.home, f"{type(error).__name__}: {error}") from error
        except BaseException:
            self.store.close()
            raise
        background = background and self.store.refusal is None
        self.store.start()
        if self.store.refusal is None:
            self.imports.resume()
        if background:
            self._retention_ticks.start()
            self._housekeeping.start()

    def _compose(self, cache_bytes: int, groups: GroupSettings | None) -> None:
        """Put the parts together over the open store; its hooks run in the order they are made here."""
        loaded = self.store.read(topics.load_topics)
        self._topics = {topic.meta.name: topic for topic in loaded if not topic.deleted}
        self._deleted = [topic for topic in loaded if topic.deleted]
        self._cache = TailCache(cache_bytes)
        self._unchecked = Unchecked(self.store.read(unchecked_ends))
        self.log = Log(self.store, self.clock, self._cache)
        self._meter = Meter(self.clock)
        self._journal = self.store.read(lambda db: Journal(db, self.clock))
        self._recording = Recording(self.store, self.log, self._journal, self.clock)
        self.exchanges = Exchanges(self.store, self.log, self._journal, self.clock, self._queue_topic)
        self.queues = Queues(self.store, self.log, self._journal, self.clock, self._topics, self.exchanges)
        self.stores = Stores(self.store, self._journal, self.clock)
        self.schemas = Schemas(self.store, self._journal, self.clock)
        self._groups = Coordination(self.store, self._journal, self, self.clock, groups, self._ids)
        self._topic_acts = TopicActs(self.store, self._journal, self.clock, self._ids, self._cache, self._topics,
                                     self._deleted, self._groups, self.queues, self.exchanges)
        self.retention = Retention(self.store, self.log, self.clock, self._every_topic, self._forget_deleted,
                                   self._groups, self.queues, self._recording.retention)
        self.space = Space(self.store)
        self.imports = Imports(self.store, self.log, self._journal, self.clock, self._ids, self._topics, self._deleted,
                               self._topic_acts, self._groups, self.queues, self.exchanges, self.stores,
                               self.schemas, self.retention.clear)
        self._retention_work = RetentionWork(self.retention, self.store)
        self._retention_ticks = Ticker("broker-retention", TICK_S, self._retention_work)
        self.transactions = Transactions(self.store, self.clock, self.log.stability, self._groups, self._partition,
                                         self._write_control)
        self._groups.on_overtaken = self.transactions.forget_offsets
        self._maintenance = Maintenance(self.store, self._groups, self.queues, self.stores, self.transactions,
                                        self._journal, self.clock)
        self._housekeeping = Housekeeping(self._maintenance)
        self._groups.on_deadline = self.queues.on_deadline = self._housekeeping.nudge
        self._reconcile_journal()

    def _reconcile_journal(self) -> None:
        held = {name: [(p.log_start, p.end, p.size_bytes) for p in t.partitions] for name, t in self._topics.items()}
        names = [group.name for group in self._groups.groups()]
        committed = {name: {part: done.offset for part, done in self.committed(name).items()} for name in names}
        self._journal.reconcile(held, committed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer who waits, finish what is queued, and let go of the file. Calling it again does nothing."""
        self._retention_ticks.stop()
        self._housekeeping.stop()
        if not self._background:
            self._retention_work.close()
        try:
            if not self.store.closed and self.store.refusal is None:
                self._groups.close()
                self.queues.close()
                self.retention.settle()
                self.exchanges.flush()
                self.stores.flush()
                self._journal.add(HostEntry(self.clock.now_ms(), act="stopped"))
                self.store.write(self._journal.flush).result()
        finally:
            self.log.close()
            self.store.close()

    # -- topics ----------------------------------------------------------------------------------------------
    def create_topic(self, name: str, partitions: int = 1, kind: str = "stream",
                     config: Mapping[str, str | None] | None = None) -> TopicMeta:
        return self._topic_acts.create(name, partitions, kind, config or {})

    def alter_topic(self, name: str, partitions: int | None = None,
                    config: Mapping[str, str | None] | None = None) -> TopicMeta:
        """Add partitions, change settings; a setting of None goes back to its default."""
        return self._topic_acts.alter(name, partitions, config or {})

    def rename_topic(self, old: str, new: str) -> TopicMeta:
        """The topic goes on under another name with all it has; nothing answers to the old one any more."""
        return self._topic_acts.rename(old, new)

    def delete_topic(self, name: str, keep_ms: int = 0) -> None:
        """Gone at once. What it stored stays ``keep_ms`` more for ``restore_topic``; then it is removed in the
        background, in small steps."""
        self._topic_acts.delete(name, keep_ms)

    def deleted_topics(self) -> list[DeletedTopic]:
        """The deleted topics that can be restored, newest last."""
        return self._topic_acts.deleted()

    def restore_topic(self, name: str) -> TopicMeta:
        """Bring a deleted topic back with its records, committed offsets, queue state and bindings."""
        return self._topic_acts.restore(name)

    def drop_deleted(self, name: str = "") -> None:
        """What deleted topics still hold, all of them or those of that name, is removed now, to its end; they can't be
        restored any more. NotFound where none of that name is kept."""
        if name and not any(topic.name == name for topic in self.deleted_topics()):
            raise NotFound("There is no deleted topic {name} that is still kept.", "Its records are gone.", name=name)
        self.retention.drop_kept(name)
        for topic in [topic for topic in self._deleted if name in ("", topic.meta.name)]:
            self.retention.clear(topic)

    def _forget_deleted(self, topic: Topic) -> None:
        if topic in self._deleted:
            self._deleted.remove(topic)

    def _every_topic(self) -> list[Topic]:
        return [*self._topics.values(), *self._deleted]

    def topic(self, name: str) -> TopicMeta:
        return self._topic(name).meta

    def topic_config(self, name: str) -> Mapping[str, str]:
        """The settings of its own, on any thread; none while it is not there."""
        topic = self._topics.get(name)
        return {} if topic is None else topic.meta.config

    def topics(self) -> list[TopicMeta]:
        return sorted((topic.meta for topic in list(self._topics.values())), key=lambda meta: meta.name)

    def _topic(self, name: str) -> Topic:
        return self._topic_acts.topic(name)

    def _queue_topic(self, name: str) -> Topic | None:
        topic = self._topics.get(name)
        return topic if topic is not None and topic.meta.kind == "queue" else None

    def _partition(self, topic: str, partition: int) -> Partition:
        return self._topic(topic).partition(partition)

    # -- log -------------------------------------------------------------------------------------------------
    def append_batch(self, topic: str, partition: int, batch: bytes, *, held: bool = False,
                     partly: bool = False) -> Future[Appended]:
        """Write one RecordBatch v2 as a client sent it. What is wrong with its header is raised here; records that
        can't be read, a refused sequence or a full disk come with the Future, which is set after the commit.
        ``held``: it waits for ``begin_held``.
        ``partly``: a queue that refuses what is too much takes what fits, as it does of ``append``."""
        return self.log.append(self._partition(topic, partition), batch, held=held, partly=partly)

    def begin_held(self, *, here: bool) -> None:
        """Commit what is held; ``here`` in the calling thread, if it can be done without waiting for another."""
        self.store.begin_held(here=here)

    def append(self, topic: str, partition: int, records: Sequence[Record], *, compression: str = "none",
               producer: tuple[int, int, int] | None = None) -> Future[Appended]:
        """Write records as one batch. ``producer`` is (id, epoch, first sequence) for an idempotent append."""
        place = self._partition(topic, partition)
        batch = encode_batch(records, compression=compression, producer=producer or NO_PRODUCER,
                             now_ms=self.clock.now_ms())
        return self.log.append(place, batch, batch_header(batch), partly=True)

    def fetch(self, topic: str, partition: int, offset: int, max_bytes: int = 1 << 20) -> list[bytes]:
        """Whole stored batches, undecoded, at least one unless ``offset`` is the end. The first may begin before
        ``offset``. OutOfRange outside the log."""
        return self.log.fetch(self._partition(topic, partition), offset, max_bytes)

    def fetch_served(self, topic: str, partition: int, offset: int, max_bytes: int = 1 << 20) -> Sequence[bytes]:
        """The same for foreign clients: a batch of an older file whose records can't be read is an empty one."""
        place = self._partition(topic, partition)
        return self._unchecked.served(place.no, self.log.fetch(place, offset, max_bytes))

    def bounds(self, topic: str) -> tuple[PartitionBounds, ...]:
        """Of all partitions of a topic; the same object for as long as nothing changed."""
        return self._topic(topic).bounds

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        """The first offset whose record is at or after ``ms``; None when there is none."""
        return self.log.offset_for_time(self._partition(topic, partition), ms)

    def fetch_committed(self, topic: str, partition: int, offset: int,
                        max_bytes: int = 1 << 20) -> tuple[list[bytes], int]:
        """The same for who wants only records that count: nothing undecided, aborted or of control. Also returned is
        the offset to go on at, for what was left out takes offsets too."""
        place = self._partition(topic, partition)
        return committed_batches(self.log.fetch(place, offset, max_bytes), offset, self.log.stability, place)

    def time_limits(self, topic: str) -> tuple[int, int] | None:
        """How many milliseconds before and after the broker's time a Kafka client's may be; None: the time is ours."""
        rules = self._topic(topic).rules
        return None if rules.log_append_time else rules.time_limits

    def newest_time(self, topic: str, partition: int) -> int:
        """The greatest timestamp the partition has seen; -1 before the first record."""
        return self._partition(topic, partition).time_high

    def on_append(self, callback: AppendCallback) -> Callable[[], None]:
        """``callback(topic, partition, end)`` on the writer thread after each commit; returns how to stop it."""
        return self.log.on_append(callback)

    def new_producer_id(self) -> tuple[int, int]:
        """A producer id never given before in this workspace, and its epoch."""

        return self.store.write(take_producer_id).result(), 0

    def _write_control(self, db: sqlite3.Connection, partition_no: int, producer: tuple[int, int],
                       commit: bool) -> int | None:
        """End a transaction in a partition, if it is still there; on the writer thread."""
        for topic in self._topics.values():
            for partition in topic.partitions:
                if partition.no == partition_no:
                    return self.log.stage_control(db, partition, producer, commit)
        return None

    # -- groups ----------------------------------------------------------------------------------------------
    def join_group(self, request: JoinRequest) -> Future[JoinResult]:
        """Join or rejoin; set when the group's next generation begins, or with what speaks against it."""
        return self._groups.join(request)

    def sync_group(self, request: SyncRequest) -> Future[SyncResult]:
        """The member's assignment, once the leader has brought it."""
        return self._groups.sync(request)

    def heartbeat(self, group: str, member_id: str, generation: int, instance_id: str | None = None) -> None:
        """A sign of life. Raises RebalanceInProgress, UnknownMember, IllegalGeneration or FencedInstance."""
        self._groups.heartbeat(group, member_id, generation, instance_id)

    def leave_group(self, group: str, *leavers: Leaver) -> list[WorkbenchError | None]:
        """Members leave; an answer for each, None when it is gone."""
        return self._groups.leave(group, leavers)

    def commit_offsets(self, group: str, member_id: str, generation: int,
                       offsets: Mapping[TopicPartition, OffsetPut],
                       instance_id: str | None = None) -> Future[None]:
        """Commit (next offset to read, metadata and, where it is said, leader epoch); set after it is in the file.
        ``member_id=""`` with generation -1
        is an administrator, who may only while the group is empty."""
        return self._groups.commit(group, member_id, generation, offsets, instance_id)

    def committed(self, group: str) -> dict[TopicPartition, CommittedOffset]:
        return self._groups.committed(group)

    def delete_offsets(self, group: str, parts: Sequence[TopicPartition]) -> frozenset[TopicPartition]:
        """Forget what the group committed for ``parts``; returned are those its members still read, left alone."""
        return self._groups.delete_offsets(group, parts)

    def groups(self) -> list[GroupMeta]:
        return self._groups.groups()

    def group(self, name: str) -> GroupMeta:
        return self._groups.group(name)

    def group_partitions(self, name: str) -> tuple[GroupPartitionStat, ...]:
        """Bounds, committed, position, owner and lag of every partition the group has to do with."""
        return self._groups.partitions(name)

    def group_taken(self, name: str) -> dict[str, int]:
        """How many records each member was handed since it joined."""
        return self._groups.taken(name)

    @property
    def membership_version(self) -> int:
        """Another number whenever members of any group came, went or were given other partitions."""
        return self._groups.membership_version

    def delete_group(self, name: str) -> None:
        """Delete an empty group and what it committed."""
        self._groups.delete(name)

    def rename_group(self, old: str, new: str) -> None:
        """An empty group goes on under another name, with what it committed. AlreadyExists, GroupNotEmpty."""
        self._groups.rename(old, new)

    def plan_reset(self, group: str, spec: ResetSpec, topic: str = "", partitions: Sequence[int] = ()) -> ResetPlan:
        """Before and after of every partition; nothing is changed."""
        return self._groups.plan_reset(group, spec, topic, partitions)

    def apply_reset(self, group: str, spec: ResetSpec, topic: str = "", partitions: Sequence[int] = (),
                    force: bool = False, pause: bool = False) -> ResetPlan:
        """Carry the plan out. Refused while members are active, unless ``pause`` (they are paused by a rebalance,
        whatever program they are part of) or ``force``: the caller has paused them."""
        return self._groups.apply_reset(group, spec, topic, partitions, force, pause)

    def has_partition(self, topic: str, partition: int) -> bool:
        found = self._topics.get(topic)
        return found is not None and 0 <= partition < len(found.partitions)

    # -- journal ---------------------------------------------------------------------------------------------
    def journal(self, entry: JournalEntry) -> None:
        """Enter what happened outside; the broker itself enters topics, appends, groups and its host's start and
        stop."""
        self._journal.add(entry)

    def note_delivery(self, topic: str, partition: int, first: int, last: int, group: str, member: str,
                      again: bool = False) -> None:
        """Records were handed to a member. That the group had them before is noticed here; ``again`` says so anyway."""
        self._groups.note_delivery(TopicPartition(topic, partition), first, last, group, member, again)

    def note_done(self, topic: str, partition: int, first: int, last: int, group: str, member: str,
                  again: bool = False) -> None:
        """A member of the flow has worked records, which the journal knows it held."""
        self._groups.note_done(TopicPartition(topic, partition), first, last, group, member, again)

    # -- keeping house ---------------------------------------------------------------------------------------
    def delete_records(self, topic: str, partition: int, before_offset: int) -> int:
        """Move the log start to ``before_offset`` (-1: the end) and return it. The bytes go in the background."""
        return self.retention.delete_records(self._partition(topic, partition), before_offset)

    def hold_retention(self, topic: str, group: str, until: Mapping[int, int]) -> None:
        """Retention leaves the topic alone until ``group`` has committed past ``until`` (partition: offset)."""
        self.retention.hold(self._topic(topic), group, until)

    def do_maintenance(self) -> float:
        """One round of what is due by itself (sessions, leases, delays, journal ticks); the seconds until the next may
        be. For who opened it without threads."""
        return self._maintenance()

    def step_retention(self) -> bool:
        """One step of retention; True when there is more to do. For who opened it without threads."""
        return self._retention_work()

    def on_deadline(self, callback: Callable[[], None]) -> None:
        """``callback()``, on any thread, when ``do_maintenance`` should come sooner than it said."""
        self._groups.on_deadline = self.queues.on_deadline = callback

    def keep_house(self) -> None:
        """Do now, to the end, what the background does by and by: end what is overdue, write the journal, remove what
        is no longer kept."""
        self._maintenance()
        self.exchanges.flush()
        self.store.write(self._journal.flush).result()
        work = RetentionWork(self.retention, self.store)
        try:
            while work():
                pass
        finally:
            work.close()

    def stats(self) -> BrokerStats:
        """Bounds, sizes and rates as they stand. For one caller: rates are taken between its askings."""
        topics_now = sorted(self._topics.values(), key=lambda topic: topic.meta.name)
        return self._meter.measure(topics_now, self.store.file_bytes())

    @property
    def refusal(self) -> FileError | None:
        """Why the file was opened for reading only; None when it can be written."""
        return self.store.refusal

    def file_error(self, error: sqlite3.Error) -> FileError:
        """What SQLite said of the file, in a person's words."""
        return file_error(self.store.home, error)

    @property
    def trouble(self) -> FileError | None:
        """Why nothing can be written at present (a full disk, a file made read-only); None when it can."""
        return self.store.trouble

    def backup(self, path: Path | str) -> None:
        """A complete copy as of now, whole or not at all; writing goes on meanwhile."""
        self.store.backup(Path(path))

    # -- single values ---------------------------------------------------------------------------------------
    def set_meta(self, key: str, value: str) -> None:
        self.store.write(lambda db: write_meta(db, key, value)).result()

    def meta(self, key: str) -> str:
        """A single value of the workspace; empty when it was never set."""
        return self.store.read(lambda db: read_meta(db, key)) or ""

    def save_flow(self, text: str) -> None:
        """Store the drawing in its text form."""
        self.set_meta("flow", text)

    def flow(self) -> str:
        return self.meta("flow")
