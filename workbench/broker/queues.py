"""All queues of a workspace: the façade over their state machines, the log and the file. ``Broker.queues``.

    any thread      receive, ack, nack ... ──lock──► ``Leases`` of the queue ──► ``Flush`` marks it
    writer thread   appends are noted (``on_append``); ``Flush`` writes; lengths that refuse are held against appends
    housekeeping    ``tick``: leases that ran out, delays, times to live; what queues did, told to the journal

Claims live in memory, what is acked in the file; the Future of an ack is set once it is there. Lock order: the
writer's round, then this lock, then the journal's; nothing here waits for the writer while it holds the lock.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future

from workbench.broker import queue_rows as rows
from workbench.broker import queue_settings as settings
from workbench.broker.journal import Journal
from workbench.broker.lane import Lane, Lease
from workbench.broker.live_queue import LiveQueue
from workbench.broker.log import Log
from workbench.broker.queue_flush import Flush
from workbench.broker.queue_journal import backlog_of, queue_entry, tick_entries
from workbench.broker.queue_moves import Moves
from workbench.broker.queue_stats import QueueMeter
from workbench.broker.store import Store
from workbench.broker.topics import Partition, Topic, check_name, no_topic
from workbench.core.clock import Clock
from workbench.core.errors import AlreadyExists, Invalid, NotFound, Refused
from workbench.core.journal import JournalEntry
from workbench.core.queues import (
    SUBSCRIPTION_MARK,
    Delivery,
    Edit,
    MessageId,
    MessageState,
    PurgePlan,
    QueueCounts,
    QueuedMessage,
    QueueMeta,
    Receipt,
    Redriven,
    SubscriptionType,
)
from workbench.core.snapshot import QueueStat

_SOON_MS = 250
_log = logging.getLogger(__name__)


class Queues:
    """``topics`` is the broker's own, of the living; it changes under our eyes."""

    def __init__(self, store: Store, log: Log, journal: Journal, clock: Clock, topics: Mapping[str, Topic]) -> None:
        self._store = store
        self._log_of = log
        self._journal = journal
        self._clock = clock
        self._topics = topics
        self._lock = threading.RLock()
        self._live: dict[str, LiveQueue] = {}
        self._by_topic: dict[str, tuple[LiveQueue, ...]] = {}
        self._ready: dict[str, tuple[Callable[[], None], ...]] = {}
        self._told: dict[str, dict[str, object]] = {}
        self._moves = Moves(log, clock, topics)
        self._flush = Flush(store, self._lock, self._moves, self._is_alive)
        self._meter = QueueMeter(clock)
        self.on_deadline: Callable[[], None] = lambda: None  # called when the next deadline may have come nearer
        store.read(self._load)
        log.admission = self._admit
        log.on_append(self._appended)

    # -- which there are -------------------------------------------------------------------------------------
    def _load(self, db: sqlite3.Connection) -> None:
        by_id = {topic.meta.id: topic for topic in self._topics.values()}
        for row in rows.load_queues(db):
            if (topic := by_id.get(row.topic_id)) is not None:
                live = LiveQueue(row, topic, self._log_of, rows.load_lanes(db, row.id, topic.meta.partitions))
                live.leases.seen.ids = rows.load_seen(db, row.id)
                if live.leases.settings.durable:
                    self._add(live)
                    self._flush.mark(live)

    def _add(self, live: LiveQueue) -> None:
        self._live[live.name] = live
        self._by_topic[live.topic.meta.name] = (*self._by_topic.get(live.topic.meta.name, ()), live)

    def _remove(self, live: LiveQueue) -> None:
        del self._live[live.name]
        topic = live.topic.meta.name
        self._by_topic[topic] = tuple(other for other in self._by_topic[topic] if other is not live)
        self._told.pop(live.name, None)

    def _is_alive(self, live: LiveQueue) -> bool:
        return self._live.get(live.name) is live

    def _queue(self, name: str) -> LiveQueue:
        live = self._live.get(name)
        if live is None:
            raise NotFound(f"There is no queue {name}.", "List the queues to see those there are.")
        return live

    def metas(self) -> list[QueueMeta]:
        with self._lock:
            return sorted((live.meta for live in self._live.values()), key=lambda meta: meta.name)

    def meta(self, name: str) -> QueueMeta:
        with self._lock:
            return self._queue(name).meta

    def subscribe(self, topic: str, subscription: str, config: Mapping[str, str | None] | None = None) -> QueueMeta:
        """Read a stream as a queue. AlreadyExists when there is one of that name."""
        check_name(subscription)
        found = self._topics.get(topic)
        if found is None:
            raise no_topic(topic)
        if found.meta.kind == "queue":
            raise Refused(f"{topic} is a queue itself: what one takes is gone for the others.",
                          "Subscribe to a stream, or attach to the queue.")  # fmt: skip
        name = f"{topic}{SUBSCRIPTION_MARK}{subscription}"
        checked = self._check(name, config or {})
        latest = settings.QueueSettings.of(checked).start == "latest"

        def insert(db: sqlite3.Connection) -> LiveQueue:
            with self._lock:
                if name in self._live:
                    raise AlreadyExists(f"Subscription {name} is already there.", "Choose another name.")
            floors = [place.staged_end if latest else place.log_start for place in found.partitions]
            row = rows.insert_queue(db, found.meta.id, subscription, checked, floors)
            return LiveQueue(row, found, self._log_of, rows.load_lanes(db, row.id, len(floors)))

        self._store.write(insert, lambda live: self._appear(live)).result()
        return self.meta(name)

    def _appear(self, live: LiveQueue) -> None:
        with self._lock:
            self._add(live)
            self._journal.add(self._entry("created", live))

    def _entry(self, act: str, live: LiveQueue, member: str = "") -> JournalEntry:
        return queue_entry(act, live.topic.meta.name, live.name, self._clock.now_ms(), member)

    def unsubscribe(self, name: str) -> None:
        """The subscription and what it knows is gone; the events stay."""
        live = self._subscription(name, "Delete the topic instead.")

        def vanish(_: None) -> None:
            with self._lock:
                if self._is_alive(live):
                    self._remove(live)
                    self._journal.add(self._entry("deleted", live))

        self._store.write(lambda db: rows.delete_queue(db, live.row.id), vanish).result()

    def alter(self, name: str, config: Mapping[str, str | None]) -> QueueMeta:
        """Change settings of a subscription; None goes back to the default."""
        live = self._subscription(name, "Its settings are the topic's: alter the topic.")
        kept = {key: value for key, value in live.row.config.items() if key not in config}
        checked = {**kept, **self._check(name, config, kept)}

        def appear(_: None) -> None:
            with self._lock:
                live.row = live.row._replace(config=checked)
                self._alter_live(live)

        self._store.write(lambda db: rows.update_config(db, live.row.id, checked), appear).result()
        return self.meta(name)

    def _subscription(self, name: str, otherwise: str) -> LiveQueue:
        with self._lock:
            live = self._queue(name)
        if not live.row.subscription:
            raise Refused(f"{name} is a queue of its own, not a subscription.", otherwise)
        return live

    def _alter_live(self, live: LiveQueue) -> None:
        live.altered()
        self._journal.add(self._entry("altered", live))

    # -- settings --------------------------------------------------------------------------------------------
    def _check(self, name: str, config: Mapping[str, str | None],
               kept: Mapping[str, str] | None = None) -> dict[str, str]:  # fmt: skip
        checked = settings.check_queue_config(config)
        self.check_together(name, {**(kept or {}), **checked})
        return checked

    def check_together(self, name: str, config: Mapping[str, str]) -> None:
        """What does not go together in the settings of queue ``name``, new or altered."""

        def next_dead_letter(queue: str) -> str:
            live = self._live.get(queue)
            return "" if live is None else live.leases.settings.dead_letter

        with self._lock:
            settings.check_together(name, settings.queue_config(config), next_dead_letter)
            live = self._live.get(name)
            wanted = settings.QueueSettings.of(settings.queue_config(config)).type
            if live is not None and wanted is SubscriptionType.EXCLUSIVE and len(live.leases.consumers) > 1:
                raise Refused(f"{len(live.leases.consumers)} consumers are attached to {name}.",
                              "Stop all but one before it becomes exclusive.")  # fmt: skip

    # -- topics, told by the broker --------------------------------------------------------------------------
    def topic_created(self, topic: Topic, row: rows.QueueRow | None) -> None:
        if row is not None:
            lanes = [Lane(partition.number) for partition in topic.partitions]
            self._appear(LiveQueue(row, topic, self._log_of, lanes))

    def topic_altered(self, topic: Topic) -> None:
        with self._lock:
            for live in self._by_topic.get(topic.meta.name, ()):
                self._alter_live(live)

    def topic_deleted(self, name: str) -> None:
        with self._lock:
            for live in self._by_topic.pop(name, ()):
                del self._live[live.name]
                self._told.pop(live.name, None)
                self._journal.add(self._entry("deleted", live))

    def _admit(self, partition: Partition, count: int) -> None:
        """On the writer thread, before an append: a full queue that refuses takes no more (RabbitMQ, maxlen)."""
        if not (readers := self._by_topic.get(partition.topic.meta.name)):
            return
        with self._lock:
            for live in readers:
                leases = live.leases
                limit = leases.settings.max_length
                if limit is None or not leases.settings.refuses_when_full:
                    continue
                waiting = leases.ready + sum(place.staged_end - lane.frontier for lane, place in
                                             zip(leases.lanes, live.topic.partitions, strict=True))  # fmt: skip
                if waiting + count > limit:
                    leases.counters.refused += count
                    raise Refused(f"Queue {live.name} is full: {waiting} messages are ready and it takes {limit}.",
                                  "Try again when some were taken, or raise queue.max.length.")  # fmt: skip

    def _appended(self, topic: str, partition: int, end: int) -> None:
        readers = self._by_topic.get(topic)
        if not readers:
            return
        now = self._clock.now_ms()
        with self._lock:
            for live in readers:
                live.note_append(partition, end, now)
        self._signal(live.name for live in readers)

    # -- consumers -------------------------------------------------------------------------------------------
    def attach(self, queue: str, consumer: str, *, prefetch: int | None = None, priority: int = 0) -> None:
        """Begin to consume. ``prefetch`` None is the queue's; Refused when the queue is another's alone."""
        if not consumer:
            raise Invalid("A consumer needs a name.")
        if prefetch is not None:
            settings.check_prefetch(prefetch)
        with self._lock:
            self._attach(self._queue(queue), consumer, prefetch, priority)

    def _attach(self, live: LiveQueue, consumer: str, prefetch: int | None, priority: int) -> None:
        new = consumer not in live.leases.consumers
        live.leases.attach(consumer, live.leases.settings.prefetch if prefetch is None else prefetch, priority)
        if new:
            self._journal.add(self._entry("attached", live, consumer))

    def detach(self, queue: str, consumer: str) -> None:
        """The consumer is gone; its leases return at once. A subscription that is not durable goes with its last."""
        with self._lock:
            live = self._live.get(queue)
            if live is None or consumer not in live.leases.consumers:
                return
            live.leases.detach(consumer, self._clock.now_ms())
            self._journal.add(self._entry("detached", live, consumer))
            self._flush.mark(live)
            vanishes = not live.leases.settings.durable and live.row.subscription and not live.leases.consumers
        if vanishes:
            self.unsubscribe(queue)
            return
        self._flush.submit()
        self._signal([queue])

    def on_ready(self, queue: str, callback: Callable[[], None]) -> Callable[[], None]:
        """``callback()`` on any thread when there may be something to receive; returns how to stop it."""
        with self._lock:
            self._ready[queue] = (*self._ready.get(queue, ()), callback)

        def unsubscribe() -> None:
            with self._lock:
                self._ready[queue] = tuple(other for other in self._ready.get(queue, ()) if other is not callback)

        return unsubscribe

    def _signal(self, queues: Iterable[str]) -> None:
        for queue in queues:
            for callback in self._ready.get(queue, ()):
                try:
                    callback()
                except Exception:  # whoever listens must not stop the writer, or the one who acked
                    _log.exception("a listener of queue %s failed", queue)

    # -- leases ----------------------------------------------------------------------------------------------
    def receive(self, queue: str, consumer: str, max_messages: int = 1,
                visibility_ms: int | None = None) -> list[Delivery]:  # fmt: skip
        """Lease what is there now, up to ``max_messages``. A consumer that is not attached is."""
        if visibility_ms is not None:
            settings.check_visibility(visibility_ms)
        now = self._clock.now_ms()
        with self._lock:
            live = self._queue(queue)
            leases = live.leases
            if consumer not in leases.consumers:
                self._attach(live, consumer, None, 0)
            live.catch_up(now, max_messages)
            taken = leases.take(consumer, max_messages, now, visibility_ms)
            if not taken and not leases.leaving:
                return []
            found = live.deliver(taken, now)
            self._flush.mark(live)
        self._flush.submit()
        if (visibility_ms or leases.settings.visibility_ms) < _SOON_MS:
            self.on_deadline()
        return found

    def ack(self, queue: str, receipts: Sequence[Receipt], *, multiple: bool = False,
            consumer: str = "") -> Future[None]:  # fmt: skip
        """Done with these (``multiple``: and with everything that the consumer was handed before). Set once it is in
        the file; Refused, in the Future, names the first receipt that is stale, and the others are acked."""
        with self._lock:
            live = self._queue(queue)
            held, stale = _held(live, receipts, consumer)
            if multiple:
                _check_multiple(live)
                held = list({id(one): one for lease in held for one in live.leases.leases_until(lease)}.values())
            for lease in held:
                live.leases.ack(lease)
            answer = self._flush.mark(live)
            more = live.leases.settings.by_key
        self._flush.submit()
        if more:
            self._signal([queue])
        return answer if stale is None else _refused(stale)

    def nack(self, queue: str, receipts: Sequence[Receipt], *, delay_ms: int | None = None, reason: str = "") -> None:
        """Back to the queue, after ``delay_ms`` (None: as the queue says)."""
        if delay_ms is not None:
            settings.check_delay(delay_ms)
        self._settle(queue, receipts, lambda live, lease, now: live.leases.nack(lease, now, delay_ms, reason))

    def reject(self, queue: str, receipts: Sequence[Receipt], reason: str = "") -> None:
        """Dead at once."""
        self._settle(queue, receipts, lambda live, lease, now: live.leases.reject(lease, now, reason))

    def release(self, queue: str, receipts: Sequence[Receipt]) -> None:
        """Back to the queue as if the lease had run out."""
        self._settle(queue, receipts, lambda live, lease, now: live.leases.release(lease, now))

    def extend(self, queue: str, receipts: Sequence[Receipt], visibility_ms: int) -> None:
        """The leases end ``visibility_ms`` from now."""
        settings.check_visibility(visibility_ms)
        self._settle(queue, receipts, lambda live, lease, now: live.leases.extend(lease, now, visibility_ms))

    def _settle(self, queue: str, receipts: Sequence[Receipt],
                act: Callable[[LiveQueue, Lease, int], None]) -> None:  # fmt: skip
        now = self._clock.now_ms()
        with self._lock:
            live = self._queue(queue)
            held, stale = _held(live, receipts, "")
            for lease in held:
                act(live, lease, now)
            self._flush.mark(live)
        self._flush.submit()
        self.on_deadline()
        self._signal([queue])
        if stale is not None:
            raise stale

    # -- looking ---------------------------------------------------------------------------------------------
    def peek(self, queue: str, states: Sequence[MessageState] = (), after: MessageId | None = None,
             limit: int = 100) -> list[QueuedMessage]:  # fmt: skip
        """Messages in the order of the log; nothing is changed by looking. Without ``states`` those not acked."""
        with self._lock:
            live = self._queue(queue)
            self._look_after(live)
            return live.peek(states, after, limit)

    def counts(self, queue: str) -> QueueCounts:
        with self._lock:
            live = self._queue(queue)
            self._look_after(live)
            return live.leases.counts()

    def stats(self) -> list[QueueStat]:
        """All queues by name. For one caller: rates are taken between its askings."""
        with self._lock:
            found = sorted(self._live.values(), key=lambda live: live.name)
            for live in found:
                self._look_after(live)
            return self._meter.measure(found)

    def _look_after(self, live: LiveQueue) -> bool:
        """Take in what came, do what is due; True when that changed the queue."""
        now = self._clock.now_ms()
        before = (live.leases.ready, live.leases.in_flight)
        live.catch_up(now, steps=1)
        live.leases.tick(now)
        return (live.leases.ready, live.leases.in_flight) != before or bool(live.leases.leaving)

    # -- removing, sending on --------------------------------------------------------------------------------
    def plan_purge(self, queue: str) -> PurgePlan:
        """What a purge would remove."""
        counts = self.counts(queue)
        return PurgePlan(queue, counts.ready, counts.delayed, counts.dead, counts.in_flight)

    def purge(self, queue: str) -> PurgePlan:
        """Remove what is ready, delayed and dead; messages in flight stay with their consumers."""
        with self._lock:
            live = self._queue(queue)
            live.catch_up(self._clock.now_ms())
            plan = self.plan_purge(queue)
            live.leases.purge()
            gone = plan.ready + plan.delayed + plan.dead
            self._journal.add(JournalEntry("purge", self._clock.now_ms(), live.topic.meta.name, count=gone,
                                           group=queue))  # fmt: skip
            written = self._flush.mark(live)
        self._flush.submit()
        written.result()
        return plan

    def redrive(self, queue: str, messages: Sequence[MessageId] = (), to: str = "",
                edits: Mapping[MessageId, Edit] | None = None, limit: int = 100,
                dry_run: bool = False) -> Redriven:  # fmt: skip
        """Send dead messages on, up to ``limit``: those named, or all; to ``to``, or each back to where it died. They
        are new messages there, with the deaths they had."""

        def send(db: sqlite3.Connection) -> Redriven:
            with self._lock:
                live = self._queue(queue)
                live.catch_up(self._clock.now_ms(), limit)
                plan = self._moves.plan_redrive(live, messages, to, edits or {}, limit)
                if not dry_run:
                    self._moves.redrive(db, live, plan)
                    self._flush.mark(live)
                    self._flush.run(db)
                return Redriven(plan.moved, plan.kept, plan.reason)

        with self._lock:
            self._queue(queue)
        return self._store.write(send).result()

    # -- time ------------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Do what is due in every queue, and tell the journal what they did."""
        changed = []
        with self._lock:
            for live in self._live.values():
                if self._look_after(live):
                    self._flush.mark(live)
                    changed.append(live.name)
                self._tell(live)
        self._flush.submit()
        self._signal(changed)

    def _tell(self, live: LiveQueue) -> None:
        now, topic = self._clock.now_ms(), live.topic.meta.name
        for entry in tick_entries(live.leases, topic, live.name, now):
            self._journal.add(entry)
        backlog = backlog_of(live.leases)
        if backlog != self._told.get(live.name):
            self._told[live.name] = backlog
            self._journal.add(JournalEntry("backlog", now, topic, group=live.name, detail=backlog))

    def next_deadline(self) -> float | None:
        """When ``tick`` should be called again at the latest, on the monotonic clock."""
        with self._lock:
            dues = [due for live in self._live.values() if (due := live.leases.next_deadline()) is not None]
        return min(dues) - self._clock.now_ms() + self._clock.monotonic_ms() if dues else None

    def close(self) -> None:
        """The host stops: leases end as if their consumers had gone, and everything is written."""
        with self._lock:
            for live in self._live.values():
                for consumer in list(live.leases.consumers):
                    live.leases.detach(consumer, self._clock.now_ms())
                self._flush.mark(live)
        self.tick()

    # -- the log start ---------------------------------------------------------------------------------------
    def settled_floor(self, topic: str, partition: int) -> int | None:
        """Before it everything is done in every queue over the partition; None when there is none."""
        with self._lock:
            lanes = [live.leases.lanes for live in self._by_topic.get(topic, ())]
            return min((part[partition].marks.floor for part in lanes if partition < len(part)), default=None)


def _held(live: LiveQueue, receipts: Sequence[Receipt], consumer: str) -> tuple[list[Lease], Refused | None]:
    """The leases of the receipts, and what is wrong with the first that has none."""
    held, stale = [], None
    for receipt in receipts:
        lease = live.leases.lease_of(receipt)
        if lease is not None and (not consumer or lease.consumer == consumer):
            held.append(lease)
        elif stale is None:
            stale = Refused(f"Receipt {Receipt(*receipt)} is no longer valid: its lease is over, or it was settled.",
                            "Receive the message again.")  # fmt: skip
    return held, stale


def _check_multiple(live: LiveQueue) -> None:
    shared = live.leases.settings.type in (SubscriptionType.SHARED, SubscriptionType.KEY_SHARED)
    if live.leases.settings.profile == "pulsar" and shared:
        raise Refused("Pulsar acks several at once only where one consumer is active.",
                      "Ack them one by one, or make the subscription exclusive or failover.")  # fmt: skip


def _refused(reason: Refused) -> Future[None]:
    answer: Future[None] = Future()
    answer.set_exception(reason)
    return answer
