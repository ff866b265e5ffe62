"""Making, changing, deleting and restoring topics. ``Broker`` offers what is here.

    living ── delete(keep_ms) ──► deleted, kept ── restore ──► living
                   │                    │ the time is over, or ``drop_kept``
                   └── keep_ms = 0 ──►  deleted ── retention removes its batches, then its rows ──► gone

Invariant: a kept topic has lost nothing. Its batches, the state of its queues and subscriptions stay in their tables;
committed offsets and bindings, which go by name, are set aside in its row (``kept``). What was leased counts as an
attempt that is over. Any thread; one act at a time.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from workbench.broker import topic_rename, topics
from workbench.broker.cache import TailCache
from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.groups import offsets
from workbench.broker.groups.coordination import Coordination
from workbench.broker.groups.membership import CommittedOffset
from workbench.broker.journal.journal import Journal
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.queues import Queues
from workbench.broker.queues.rows import QueueRow, forget_queues, insert_queue
from workbench.broker.store import Store
from workbench.broker.topics import Partition, Topic, TopicMeta
from workbench.core.clock import Clock
from workbench.core.errors import AlreadyExists, NotFound, WorkbenchError
from workbench.core.ids import Ids
from workbench.core.journal import TopicAct, TopicEntry
from workbench.core.records import TopicPartition
from workbench.core.routing import Binding


class DeletedTopic(NamedTuple):
    """A topic that was deleted and can be restored until ``keep_until_ms``."""

    name: str
    kind: str
    partitions: int
    records: int
    size_bytes: int
    keep_until_ms: int


class TopicActs:
    """``living`` and ``deleted`` are the broker's own; they change here, after each commit."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, ids: Ids, cache: TailCache,
                 living: dict[str, Topic], deleted: list[Topic], groups: Coordination, queues: Queues,
                 exchanges: Exchanges) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._cache = cache
        self._living = living
        self._deleted = deleted
        self._groups = groups
        self._queues = queues
        self._exchanges = exchanges
        self.acting = threading.Lock()  # each act sees the topics as the one before left them

    def topic(self, name: str) -> Topic:
        topic = self._living.get(name)
        if topic is None:
            raise topics.no_topic(name)
        return topic

    # -- making and changing ---------------------------------------------------------------------------------
    def create(self, name: str, partitions: int, kind: str, config: Mapping[str, str | None]) -> TopicMeta:
        settings = self.check_new(name, partitions, kind, config)
        now_ms, uuid = self._clock.now_ms(), str(self._ids.uuid())

        def insert(db: sqlite3.Connection) -> tuple[Topic, QueueRow | None]:
            topic = topics.insert_topic(db, name, partitions, kind, settings, now_ms, uuid)
            return topic, insert_queue(db, topic.meta.id) if kind == "queue" else None

        def appear(made: tuple[Topic, QueueRow | None]) -> None:
            self._living[name] = made[0]
            self.note("created", made[0].meta)
            self._queues.registry.topic_created(*made)

        with self.acting:
            return self._store.write(insert, appear).result()[0].meta

    def check_new(self, name: str, partitions: int, kind: str, config: Mapping[str, str | None]) -> dict[str, str]:
        """The settings of a topic that is to be made, as they are stored; Invalid where something can't be."""
        topics.check_name(name)
        topics.check_kind(kind)
        topics.check_partitions(partitions)
        settings = topics.check_config(config)
        topics.check_kind_settings(kind, settings)
        if kind == "queue":
            self._queues.registry.check_together(name, settings)
        return settings

    def alter(self, name: str, partitions: int | None, config: Mapping[str, str | None]) -> TopicMeta:
        checked, changes = topics.check_config(config), dict(config)

        def alter(db: sqlite3.Connection) -> tuple[Topic, TopicMeta, list[Partition]]:
            topic = self.topic(name)
            count = topic.meta.partitions if partitions is None else partitions
            topics.check_partitions(count, topic.meta.partitions)
            kept = {key: value for key, value in topic.meta.config.items() if key not in changes}
            settings = {**kept, **checked}
            topics.check_kind_settings(topic.meta.kind, settings)
            if topic.meta.kind == "queue":
                self._queues.registry.check_together(name, settings)
            topics.update_config(db, topic.meta.id, settings)
            return topic, topics.altered(topic.meta, count, settings), topics.insert_partitions(db, topic, count)

        with self.acting:
            return self._store.write(alter, self._take_altered).result()[1]

    def _take_altered(self, result: tuple[Topic, TopicMeta, list[Partition]]) -> None:
        topic, meta, added = result
        topic.partitions.extend(added)
        topic.rules = topics.LogRules.of(meta.config)
        topic.meta = meta
        self.note("altered", meta)
        self._queues.registry.topic_altered(topic)

    def rename(self, old: str, new: str) -> TopicMeta:
        """The topic goes on under another name with all it has, and as another one to Kafka clients."""
        with self.acting:
            return topic_rename.rename(self._store, self._living, self._groups, self._queues, self._exchanges,
                                       old, new, str(self._ids.uuid()),
                                       lambda meta: self.note("renamed", meta, was=old))

    # -- deleting and restoring ------------------------------------------------------------------------------
    def delete(self, name: str, keep_ms: int = 0) -> None:
        now_ms = self._clock.now_ms()
        keep_until_ms = now_ms + keep_ms if keep_ms > 0 else None

        def delete(db: sqlite3.Connection) -> Topic:
            topic = self.topic(name)
            if keep_until_ms is None:
                forget_queues(db, topic.meta.id)
            else:
                self._queues.write_changed(db)  # what is known of its messages stays as of now
            kept = None if keep_until_ms is None else self._set_aside(db, name)
            db.execute("UPDATE topic SET deleted_ms = ?, keep_until_ms = ?, kept = ? WHERE id = ?",
                       (now_ms, keep_until_ms, kept, topic.meta.id))
            offsets.forget_topic(db, name)
            return topic

        def vanish(topic: Topic) -> None:
            topic.deleted, topic.keep_until_ms = True, keep_until_ms
            del self._living[name]
            self._deleted.append(topic)
            for partition in topic.partitions:
                self._cache.forget(partition.no)
            self._groups.forget_topic(name)
            self._queues.registry.topic_deleted(name)
            self.note("deleted", topic.meta)

        with self.acting:
            self._store.write(delete, vanish).result()
        self._exchanges.forget_queue(name)

    def _set_aside(self, db: sqlite3.Connection, name: str) -> str:
        """What goes by the topic's name and would be lost with it."""
        committed = [[group, part.partition, done.offset, done.metadata, done.at_ms, done.leader_epoch]
                     for group, found in offsets.load_offsets(db).items()
                     for part, done in found.items() if part.topic == name]
        bound = [[one.exchange, one.key, [list(pair) for pair in one.arguments], one.match_any]
                 for one in self._exchanges.bindings() if one.destination == name and not one.to_exchange]
        return json.dumps({"offsets": committed, "bindings": bound})

    def deleted(self) -> list[DeletedTopic]:
        """Those that can be restored, newest last."""
        now_ms = self._clock.now_ms()
        return [
            DeletedTopic(t.meta.name, t.meta.kind, t.meta.partitions, sum(p.end - p.log_start for p in t.partitions),
                         sum(p.size_bytes for p in t.partitions), t.keep_until_ms or 0)
            for t in list(self._deleted) if t.is_kept(now_ms)
        ]

    def restore(self, name: str) -> TopicMeta:
        """Bring a deleted topic back: records, committed offsets, queues with their state, bindings. One of its name
        that was made since and never written to, as a host makes of what is drawn, gives way to it."""
        since = self._living.get(name)
        if since is not None and not any(partition.end for partition in since.partitions) and self._has_kept(name):
            self.delete(name)
        kept: dict[str, Any] = {}

        def revive(db: sqlite3.Connection) -> tuple[Topic, list[LiveQueue]]:
            topic = self._kept(name)
            (text,) = db.execute("SELECT kept FROM topic WHERE id = ?", (topic.meta.id,)).fetchone()
            kept.update(json.loads(text or "{}"))
            db.execute("UPDATE topic SET deleted_ms = NULL, keep_until_ms = NULL, kept = NULL WHERE id = ?",
                       (topic.meta.id,))
            for group, committed in _committed_of(kept, name).items():
                offsets.put_offsets(db, group, committed)
            return topic, self._queues.registry.lying(db, topic)

        def appear(revived: tuple[Topic, list[LiveQueue]]) -> None:
            topic, queues = revived
            topic.deleted, topic.keep_until_ms = False, None
            self._deleted.remove(topic)
            self._living[name] = topic
            self.note("restored", topic.meta, bounds=[[p.log_start, p.end, p.size_bytes] for p in topic.partitions])
            for group, committed in _committed_of(kept, name).items():
                self._groups.take_back(group, committed)
            self._queues.registry.topic_restored(queues)

        with self.acting:
            meta = self._store.write(revive, appear).result()[0].meta
        self._groups.settle()
        for exchange, key, arguments, match_any in kept.get("bindings", ()):
            with suppress(WorkbenchError):  # the exchange has gone since
                self._exchanges.bind(Binding(exchange, name, key, False, tuple(map(tuple, arguments)), match_any))
        return meta

    def _kept(self, name: str) -> Topic:
        if name in self._living:
            raise AlreadyExists("There is a topic {name} again: the deleted one can't take its name.",
                                "Delete or rename that one first.", name=name)
        found = self._has_kept(name)
        if found is None:
            raise NotFound("There is no deleted topic {name} that is still kept.", "Its records are gone.", name=name)
        return found

    def _has_kept(self, name: str) -> Topic | None:
        now_ms = self._clock.now_ms()
        return next((topic for topic in reversed(self._deleted) if topic.meta.name == name and topic.is_kept(now_ms)),
                    None)

    def note(self, act: TopicAct, meta: TopicMeta, bounds: Sequence[Sequence[int]] = (), was: str = "") -> None:
        self._journal.add(TopicEntry(
            self._clock.now_ms(), meta.name, act=act, topic_kind=meta.kind, partitions=meta.partitions,
            config=meta.config, bounds=bounds, was=was))


def _committed_of(kept: Mapping[str, Any], topic: str) -> dict[str, dict[TopicPartition, CommittedOffset]]:
    found: dict[str, dict[TopicPartition, CommittedOffset]] = {}
    for group, partition, *committed in kept.get("offsets", ()):
        found.setdefault(group, {})[TopicPartition(topic, partition)] = CommittedOffset(*committed)
    return found
