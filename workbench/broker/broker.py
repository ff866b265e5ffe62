"""The broker: the one name others import. It owns the workspace file for writing, until ``close``.

It composes ``Store`` (file, writer thread, group commit), ``Log`` (appends and reads) and ``Retention``; what they
promise is said there. Every method may be called from any thread except the writer thread itself (an ``on_append``
callback must not wait for the broker).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from workbench.broker import topics
from workbench.broker.batch import NO_PRODUCER, batch_header, encode_batch
from workbench.broker.cache import DEFAULT_BYTES, TailCache
from workbench.broker.log import AppendCallback, Log
from workbench.broker.migrations import read_meta, write_meta
from workbench.broker.retention import TICK_S, NoGroups, Retention, RetentionWork
from workbench.broker.stats import BrokerStats, Meter
from workbench.broker.store import Store
from workbench.broker.ticker import Ticker
from workbench.broker.topics import Partition, Topic, TopicMeta
from workbench.core.clock import Clock, SystemClock
from workbench.core.records import Appended, PartitionBounds, Record


class Broker:
    @classmethod
    def create(cls, path: Path | str, *, clock: Clock | None = None, synchronous: str = "NORMAL",
               background: bool = True) -> Self:  # fmt: skip
        """Make a new workspace and open it. ``synchronous`` is NORMAL or FULL and stays with the file."""
        Store.create(Path(path), synchronous)
        return cls(path, clock=clock, background=background)

    @classmethod
    def open(cls, path: Path | str, *, clock: Clock | None = None, background: bool = True) -> Self:
        """Open a workspace: Missing, NotOurs, TooNew, Locked, ReadOnly or Damaged say why not."""
        return cls(path, clock=clock, background=background)

    def __init__(self, path: Path | str, *, clock: Clock | None = None, background: bool = True,
                 cache_bytes: int = DEFAULT_BYTES) -> None:  # fmt: skip
        self.path = Path(path)
        self.clock = clock or SystemClock()
        self.store = Store(self.path, background=background)
        loaded = self.store.read(topics.load_topics)
        self._topics = {topic.meta.name: topic for topic in loaded if not topic.deleted}
        self._deleted = [topic for topic in loaded if topic.deleted]
        self._cache = TailCache(cache_bytes)
        self.log = Log(self.store, self.clock, self._cache)
        self._meter = Meter(self.clock)
        self.retention = Retention(self.store, self.log, self.clock, self._every_topic, self._deleted.remove,
                                   NoGroups(), self._log_start_moved)  # fmt: skip
        self._housekeeping = Ticker("broker-retention", TICK_S, RetentionWork(self.retention, self.path))
        self.store.start()
        if background:
            self._housekeeping.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is queued and let go of the file."""
        self._housekeeping.stop()
        self.log.close()
        self.store.close()

    # -- topics ----------------------------------------------------------------------------------------------
    def create_topic(self, name: str, partitions: int = 1, kind: str = "stream",
                     config: Mapping[str, str | None] | None = None) -> TopicMeta:  # fmt: skip
        topics.check_name(name)
        topics.check_kind(kind)
        topics.check_partitions(partitions)
        settings = topics.check_config(config or {})
        now_ms = self.clock.now_ms()

        def appear(topic: Topic) -> None:
            self._topics[name] = topic

        made = self.store.write(lambda db: topics.insert_topic(db, name, partitions, kind, settings, now_ms), appear)
        return made.result().meta

    def alter_topic(self, name: str, partitions: int | None = None,
                    config: Mapping[str, str | None] | None = None) -> TopicMeta:  # fmt: skip
        """Add partitions, change settings; a setting of None goes back to its default."""
        checked, changes = topics.check_config(config or {}), dict(config or {})

        def alter(db: sqlite3.Connection) -> tuple[Topic, TopicMeta, list[Partition]]:
            topic = self._topic(name)
            count = topic.meta.partitions if partitions is None else partitions
            topics.check_partitions(count, topic.meta.partitions)
            kept = {key: value for key, value in topic.meta.config.items() if key not in changes}
            settings = {**kept, **checked}
            topics.update_config(db, topic.meta.id, settings)
            return topic, topics.altered(topic.meta, count, settings), topics.insert_partitions(db, topic, count)

        def appear(result: tuple[Topic, TopicMeta, list[Partition]]) -> None:
            topic, meta, added = result
            topic.partitions.extend(added)
            topic.rules = topics.LogRules.of(meta.config)
            topic.meta = meta

        return self.store.write(alter, appear).result()[1]

    def delete_topic(self, name: str) -> None:
        """Gone at once; what it stored is removed in the background, in small steps."""
        now_ms = self.clock.now_ms()

        def delete(db: sqlite3.Connection) -> Topic:
            topic = self._topic(name)
            db.execute("UPDATE topic SET deleted_ms = ? WHERE id = ?", (now_ms, topic.meta.id))
            return topic

        def vanish(topic: Topic) -> None:
            topic.deleted = True
            del self._topics[name]
            self._deleted.append(topic)
            for partition in topic.partitions:
                self._cache.forget(partition.no)

        self.store.write(delete, vanish).result()

    def _every_topic(self) -> list[Topic]:
        return [*self._topics.values(), *self._deleted]

    def topic(self, name: str) -> TopicMeta:
        return self._topic(name).meta

    def topics(self) -> list[TopicMeta]:
        return sorted((topic.meta for topic in list(self._topics.values())), key=lambda meta: meta.name)

    def _topic(self, name: str) -> Topic:
        topic = self._topics.get(name)
        if topic is None:
            raise topics.no_topic(name)
        return topic

    def _partition(self, topic: str, partition: int) -> Partition:
        return self._topic(topic).partition(partition)

    # -- log -------------------------------------------------------------------------------------------------
    def append_batch(self, topic: str, partition: int, batch: bytes) -> Future[Appended]:
        """Write one RecordBatch v2 as a client sent it. What is wrong with it is raised here; a refused sequence or
        a full disk comes with the Future, which is set after the commit."""
        return self.log.append(self._partition(topic, partition), batch)

    def append(self, topic: str, partition: int, records: Sequence[Record], *, compression: str = "none",
               producer: tuple[int, int, int] | None = None) -> Future[Appended]:  # fmt: skip
        """Write records as one batch. ``producer`` is (id, epoch, first sequence) for an idempotent append."""
        place = self._partition(topic, partition)
        batch = encode_batch(records, compression=compression, producer=producer or NO_PRODUCER,
                             now_ms=self.clock.now_ms())  # fmt: skip
        return self.log.append(place, batch, batch_header(batch))

    def fetch(self, topic: str, partition: int, offset: int, max_bytes: int = 1 << 20) -> list[bytes]:
        """Whole stored batches, undecoded, at least one unless ``offset`` is the end. The first may begin before
        ``offset``. OutOfRange outside the log."""
        return self.log.fetch(self._partition(topic, partition), offset, max_bytes)

    def bounds(self, topic: str) -> list[PartitionBounds]:
        return [partition.bounds for partition in self._topic(topic).partitions]

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        """The first offset whose record is at or after ``ms``; None when there is none."""
        return self.log.offset_for_time(self._partition(topic, partition), ms)

    def on_append(self, callback: AppendCallback) -> Callable[[], None]:
        """``callback(topic, partition, end)`` on the writer thread after each commit; returns how to stop it."""
        return self.log.on_append(callback)

    def new_producer_id(self) -> tuple[int, int]:
        """A producer id never given before in this workspace, and its epoch."""

        def take(db: sqlite3.Connection) -> int:
            number = int(read_meta(db, "next_producer_id") or "1")
            write_meta(db, "next_producer_id", str(number + 1))
            return number

        return self.store.write(take).result(), 0

    # -- keeping house ---------------------------------------------------------------------------------------
    def delete_records(self, topic: str, partition: int, before_offset: int) -> int:
        """Move the log start to ``before_offset`` (-1: the end) and return it. The bytes go in the background."""
        return self.retention.delete_records(self._partition(topic, partition), before_offset)

    def hold_retention(self, topic: str, group: str, until: Mapping[int, int]) -> None:
        """Retention leaves the topic alone until ``group`` has committed past ``until`` (partition: offset)."""
        self.retention.hold(self._topic(topic), group, until)

    def keep_house(self) -> None:
        """Do now, to the end, what the background does by and by: remove what is no longer kept."""
        work = RetentionWork(self.retention, self.path)
        try:
            while work():
                pass
        finally:
            work.close()

    def _log_start_moved(self, topic: str, partition: int, before: int, after: int) -> None:
        """Inside the transaction that moves it."""

    def stats(self) -> BrokerStats:
        """Bounds, sizes and rates as they stand. For one caller: rates are taken between its askings."""
        topics_now = sorted(self._topics.values(), key=lambda topic: topic.meta.name)
        return self._meter.measure(topics_now, self.store.file_bytes())

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
