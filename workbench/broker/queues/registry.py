"""Which queues there are: those of queue topics, and subscriptions of streams; made, altered, deleted, checked.

Everything here but ``topic_*`` and ``readers`` takes the lock of ``Queues`` itself, and may wait for the writer.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.broker.journal.journal import Journal
from workbench.broker.log import Log
from workbench.broker.profiles.table import PROFILE, Act, check_act
from workbench.broker.queues import rows, settings
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.partition_state import PartitionState
from workbench.broker.store import Store
from workbench.broker.topics import Topic, check_name, no_topic
from workbench.core.clock import Clock
from workbench.core.errors import AlreadyExists, NotFound, Refused
from workbench.core.journal import QueueAct, QueueEntry
from workbench.core.queues import SUBSCRIPTION_MARK, QueueMeta, SubscriptionType


class Registry:
    """``topics`` is the broker's own, of the living; it changes under our eyes."""

    def __init__(self, store: Store, log: Log, journal: Journal, clock: Clock, topics: Mapping[str, Topic],
                 lock: threading.RLock, is_exchange: Callable[[str], bool]) -> None:
        self._store = store
        self._log = log
        self._journal = journal
        self._clock = clock
        self._topics = topics
        self._lock = lock
        self._is_exchange = is_exchange
        self.live: dict[str, LiveQueue] = {}
        self._by_topic: dict[str, tuple[LiveQueue, ...]] = {}
        for row in store.read(self._load):
            store.write(lambda db, row=row: rows.delete_queue(db, row.id))

    def _load(self, db: sqlite3.Connection) -> list[rows.QueueRow]:
        """Returned are subscriptions that were not to outlive their consumers, and did: the host was killed."""
        by_id, left = {topic.meta.id: topic for topic in self._topics.values()}, []
        for row in rows.load_queues(db):
            if not settings.QueueSettings.of(row.config).durable:
                left.append(row)
            elif (topic := by_id.get(row.topic_id)) is not None:
                self._add(self._from_file(db, row, topic))
        return left

    def _from_file(self, db: sqlite3.Connection, row: rows.QueueRow, topic: Topic) -> LiveQueue:
        live = LiveQueue(row, topic, self._log, rows.load_lanes(db, row.id, topic.meta.partitions))
        live.leases.seen.ids = rows.load_seen(db, row.id)
        return live

    def lying(self, db: sqlite3.Connection, topic: Topic) -> list[LiveQueue]:
        """The queues over ``topic`` as the file has them, for a topic that is about to be there."""
        found = [row for row in rows.load_queues(db) if row.topic_id == topic.meta.id]
        return [self._from_file(db, row, topic) for row in found if settings.QueueSettings.of(row.config).durable]

    # -- finding, under the lock -----------------------------------------------------------------------------
    def queue(self, name: str) -> LiveQueue:
        live = self.live.get(name)
        if live is None:
            raise NotFound("There is no queue {name}.", "List the queues to see those there are.", name=name)
        return live

    def readers(self, topic: str) -> tuple[LiveQueue, ...]:
        return self._by_topic.get(topic, ())

    def is_alive(self, live: LiveQueue) -> bool:
        return self.live.get(live.name) is live

    def note(self, act: QueueAct, live: LiveQueue, member: str = "", group: str = "", vanished: bool = False,
             floors: Sequence[int] = ()) -> None:
        self._journal.add(QueueEntry(
            self._clock.now_ms(), live.topic.meta.name, group=live.name, member=member, act=act, reading_group=group,
            vanished=vanished, floors=floors))

    def _add(self, live: LiveQueue) -> None:
        self.live[live.name] = live
        self._by_topic[live.topic.meta.name] = (*self.readers(live.topic.meta.name), live)

    # -- subscriptions ---------------------------------------------------------------------------------------
    def subscribe(self, topic: str, subscription: str, config: Mapping[str, str | None]) -> QueueMeta:
        check_name(subscription)
        found = self._topics.get(topic)
        if found is None:
            raise no_topic(topic)
        if found.meta.kind == "queue":
            raise Refused("{topic} is a queue itself: what one takes is gone for the others.",
                          "Subscribe to a stream, or attach to the queue.", topic=topic)
        check_act(Act.READ_AS_QUEUE, found.meta.config)
        name = f"{topic}{SUBSCRIPTION_MARK}{subscription}"
        checked = settings.check_queue_config(config)
        self.check_together(name, checked)
        latest = settings.QueueSettings.of(checked).start == "latest"

        def insert(db: sqlite3.Connection) -> LiveQueue:
            floors = [place.staged_end if latest else place.log_start for place in found.partitions]
            try:
                row = rows.insert_queue(db, found.meta.id, subscription, checked, floors)
            except sqlite3.IntegrityError:  # the file knows also of one that is made in this very transaction
                raise AlreadyExists("Subscription {name} is already there.", "Choose another name.",
                                    name=name) from None
            return LiveQueue(row, found, self._log, rows.load_lanes(db, row.id, len(floors)))

        return self._store.write(insert, self._appear).result().meta

    def _appear(self, live: LiveQueue) -> None:
        with self._lock:
            self._add(live)
            floors = [part.marks.floor for part in live.leases.parts]
            self.note("created", live, floors=floors if any(floors) else ())

    def unsubscribe(self, name: str) -> None:
        live = self._subscription(name, "Delete the topic instead.")

        def vanish(_: None) -> None:
            with self._lock:
                if self.is_alive(live):
                    topic = live.topic.meta.name
                    del self.live[name]
                    self._by_topic[topic] = tuple(other for other in self.readers(topic) if other is not live)
                    self.note("deleted", live)

        self._store.write(lambda db: rows.delete_queue(db, live.row.id), vanish).result()

    def rename(self, name: str, subscription: str) -> None:
        """The subscription ``name`` goes on under another name, with all that is done in it."""
        check_name(subscription)
        live = self._subscription(name, "A queue has the name of its topic.")
        topic = live.topic.meta.name
        new = f"{topic}{SUBSCRIPTION_MARK}{subscription}"

        def move(db: sqlite3.Connection) -> None:
            if new in self.live:
                raise AlreadyExists("Subscription {new} is already there.", "Choose another name.", new=new)
            rows.rename_queue(db, live.row.id, subscription)

        def follow(_: None) -> None:
            with self._lock:
                if self.is_alive(live):
                    self.note("deleted", live)
                    del self.live[name]
                    live.row = live.row._replace(subscription=subscription)
                    self.live[new] = live
                    self.note("created", live, floors=[part.marks.floor for part in live.leases.parts])

        self._store.write(move, follow).result()

    def alter(self, name: str, config: Mapping[str, str | None]) -> QueueMeta:
        live = self._subscription(name, "Its settings are the topic's: alter the topic.")
        kept = {key: value for key, value in live.row.config.items() if key not in config}
        checked = {**kept, **settings.check_queue_config(config)}
        self.check_together(name, checked)

        def appear(_: None) -> None:
            self.take_config(live, checked)

        self._store.write(lambda db: rows.update_config(db, live.row.id, checked), appear).result()
        return live.meta

    def subscriptions(self) -> list[LiveQueue]:
        """All there are, over whichever topic."""
        with self._lock:
            return [live for live in self.live.values() if live.row.subscription]

    def take_config(self, live: LiveQueue, config: dict[str, str]) -> None:
        """The file has other settings of a subscription."""
        with self._lock:
            live.row = live.row._replace(config=config)
            self._altered(live)

    def _subscription(self, name: str, otherwise: str) -> LiveQueue:
        with self._lock:
            live = self.queue(name)
        if not live.row.subscription:
            raise Refused(f"{name} is a queue of its own, not a subscription.", otherwise)
        return live

    def _altered(self, live: LiveQueue) -> None:
        live.altered()
        self.note("altered", live)

    # -- queue topics, told by the broker on the writer thread -----------------------------------------------
    def topic_created(self, topic: Topic, row: rows.QueueRow | None) -> None:
        if row is not None:
            parts = [PartitionState(partition.number) for partition in topic.partitions]
            self._appear(LiveQueue(row, topic, self._log, parts))

    def topic_altered(self, topic: Topic) -> None:
        with self._lock:
            for live in self.readers(topic.meta.name):
                self._altered(live)

    def topic_deleted(self, name: str) -> None:
        with self._lock:
            for live in self._by_topic.pop(name, ()):
                del self.live[live.name]
                self.note("deleted", live)

    def topic_restored(self, queues: Iterable[LiveQueue]) -> None:
        for live in queues:
            self._appear(live)

    # -- settings --------------------------------------------------------------------------------------------
    def check_together(self, name: str, config: Mapping[str, str]) -> None:
        """What does not go together in the settings of queue ``name``, new or altered."""
        own = settings.queue_config(config)

        def next_dead_letter(queue: str) -> str:
            live = self.live.get(queue)
            return "" if live is None else live.leases.settings.dead_letter

        with self._lock:
            settings.check_together(name, own, next_dead_letter)
            live = self.live.get(name)
            attached = 0 if live is None else len(live.leases.consumers)
            known = "" if live is None else live.leases.settings.dead_letter_exchange
        exchange = own.get("queue.dead.letter.exchange", "")
        may_be_undeclared = own.get(PROFILE, "") in settings.UNDECLARED_EXCHANGES
        if exchange not in ("", known) and not (may_be_undeclared or self._is_exchange(exchange)):
            raise NotFound("There is no exchange {exchange} for the dead letters of {name}.", "Declare it first.",
                           exchange=exchange, name=name)
        if settings.QueueSettings.of(own).type is SubscriptionType.EXCLUSIVE and attached > 1:
            raise Refused("{attached} consumers are attached to {name}.",
                          "Stop all but one before it becomes exclusive.", attached=attached, name=name)
