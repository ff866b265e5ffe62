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
from concurrent.futures import Future, wait
from dataclasses import replace

from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.journal.journal import Journal
from workbench.broker.log import Log
from workbench.broker.profiles.table import PROFILE, Act
from workbench.broker.queues import settings
from workbench.broker.queues.attributes import check_messages
from workbench.broker.queues.dead_letter_routing import DeadLetterRouting
from workbench.broker.queues.flush import Flush
from workbench.broker.queues.journal import backlog_entry, purge_entries, tick_entries
from workbench.broker.queues.leases import HELD
from workbench.broker.queues.live import LiveQueue, on_the_wall
from workbench.broker.queues.partition_state import Lease
from workbench.broker.queues.registry import Registry
from workbench.broker.queues.settings import QueueSettings, queue_config
from workbench.broker.queues.stats import QueueMeter
from workbench.broker.store import Store
from workbench.broker.topics import Partition, Topic
from workbench.core.clock import Clock, SteadyClock
from workbench.core.errors import Invalid, Refused
from workbench.core.journal import BacklogEntry, LagSample
from workbench.core.queues import (
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
)
from workbench.core.snapshot import QueueStat

_SOON_MS = 250
_log = logging.getLogger(__name__)


class Queues:
    """``topics`` is the broker's own, of the living; it changes under our eyes."""

    def __init__(self, store: Store, log: Log, journal: Journal, clock: Clock, topics: Mapping[str, Topic],
                 exchanges: Exchanges) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock  # for stamps
        self._steady = SteadyClock(clock)  # for leases, delays and times to live
        self._lock = threading.RLock()
        self._exchanges = exchanges
        self.registry = Registry(store, log, journal, clock, topics, self._lock, exchanges.has)
        self._queue, self._live = self.registry.queue, self.registry.live
        self._ready: dict[str, tuple[Callable[[], None], ...]] = {}
        self._told: dict[int, BacklogEntry] = {}
        self._moves = DeadLetterRouting(log, clock, topics, exchanges)
        self._flush = Flush(store, self._lock, self._moves, self.registry.is_alive)
        self._meter = QueueMeter(self._steady)
        self.on_deadline: Callable[[], None] = lambda: None  # called when the next deadline may have come nearer
        log.admission, log.inspect = self._admit, self._inspect
        log.on_append(self._appended)

    # -- which there are -------------------------------------------------------------------------------------
    def metas(self) -> list[QueueMeta]:
        with self._lock:
            return sorted((live.meta for live in self.registry.live.values()), key=lambda meta: meta.name)

    def meta(self, name: str) -> QueueMeta:
        with self._lock:
            return self.registry.queue(name).meta

    def subscribe(self, topic: str, subscription: str, config: Mapping[str, str | None] | None = None) -> QueueMeta:
        """Read a stream as a queue. AlreadyExists when there is one of that name."""
        return self.registry.subscribe(topic, subscription, config or {})

    def unsubscribe(self, name: str) -> None:
        """The subscription and what it knows is gone; the events stay."""
        self.registry.unsubscribe(name)

    def rename(self, name: str, subscription: str) -> None:
        """A subscription goes on under another name, with all that is done in it. AlreadyExists."""
        self.registry.rename(name, subscription)

    def alter(self, name: str, config: Mapping[str, str | None]) -> QueueMeta:
        """Change settings of a subscription; None goes back to the default."""
        return self.registry.alter(name, config)

    def write_changed(self, db: sqlite3.Connection) -> None:
        """Bring the file up to date as part of a job that needs it so."""
        self._flush.run(db)

    # -- appends, on the writer thread -----------------------------------------------------------------------
    def _inspect(self, topic: Topic, data: bytes) -> None:
        """Before an append, on its thread: what a batch's messages ask for must be had under the queue's profile."""
        if topic.meta.kind == "queue" and topic.meta.config.get(PROFILE):
            check_messages(data, QueueSettings.of(queue_config(topic.meta.config), topic.meta.name))

    def _admit(self, partition: Partition, count: int) -> int:
        """Before an append: how many of its messages a queue that refuses has room for (RabbitMQ, maxlen). Refused
        when that is none."""
        room = count
        if not (readers := self.registry.readers(partition.topic.meta.name)):
            return room
        with self._lock:
            for live in readers:
                leases = live.leases
                if not leases.settings.refuses_when_full:
                    continue
                limit = leases.settings.max_length or 0
                waiting = leases.ready + sum(place.staged_end - part.frontier for part, place in
                                             zip(leases.parts, live.topic.partitions, strict=True))
                fits = max(0, min(count, limit - waiting))
                leases.counters.refused += count - fits
                if not fits:
                    raise Refused("Queue {name} is full: {waiting} messages are ready and it takes {limit}.",
                                  "Try again when some were taken, or raise queue.max.length.", name=live.name,
                                  waiting=waiting, limit=limit)
                room = min(room, fits)
        return room

    def _appended(self, topic: str, partition: int, end: int) -> None:
        if not (readers := self.registry.readers(topic)):
            return
        now = self._steady.now_ms()
        with self._lock:
            for live in readers:
                live.note_append(partition, end, now)
        self._signal(live.name for live in readers)

    # -- consumers -------------------------------------------------------------------------------------------
    def attach(self, queue: str, consumer: str, *, prefetch: int | None = None, priority: int = 0,
               group: str = "") -> None:
        """Begin to consume. ``prefetch`` None is the queue's; Refused when the queue is another's alone. ``group`` is
        what the consumer is a member of, for the journal."""
        if not consumer:
            raise Invalid("A consumer needs a name.")
        if prefetch is not None:
            settings.check_prefetch(prefetch)
        with self._lock:
            self._attach(self._queue(queue), consumer, prefetch, priority, group)

    def _attach(self, live: LiveQueue, consumer: str, prefetch: int | None, priority: int, group: str = "") -> None:
        new = consumer not in live.leases.consumers
        live.leases.attach(consumer, live.leases.settings.prefetch if prefetch is None else prefetch, priority)
        if group:
            live.groups[consumer] = group
        if new or group:
            self.registry.note("attached", live, consumer, group=group)

    def detach(self, queue: str, consumer: str, *, vanished: bool = False) -> None:
        """The consumer is gone; its leases return at once. A subscription that is not durable goes with its last.
        ``vanished``: it was killed and said nothing, so that its group still counts on it."""
        with self._lock:
            live = self.registry.live.get(queue)
            if live is None or consumer not in live.leases.consumers:
                return
            live.leases.detach(consumer, self._steady.now_ms())
            if not vanished:
                live.groups.pop(consumer, None)
            self.registry.note("detached", live, consumer, vanished=vanished)
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
                visibility_ms: int | None = None) -> list[Delivery]:
        """Lease what is there now, up to ``max_messages``. A consumer that is not attached is. With HELD for
        ``visibility_ms`` no clock ends the leases."""
        now = self._steady.now_ms()
        with self._lock:
            live = self._live.get(queue) or self._queue(queue)
            leases = live.leases
            if visibility_ms is not None and visibility_ms != HELD:
                leases.settings.check_visibility(visibility_ms)
            if consumer not in leases.consumers:
                self._attach(live, consumer, None, 0)
            if live.behind and (leases.needs_all or leases.ready < max_messages):
                live.catch_up(now, max_messages)
            if leases.settings.profile:
                max_messages = leases.settings.most(max_messages, leases.in_flight)
            taken = leases.take(consumer, max_messages, now, visibility_ms)
            if not taken and not leases.leaving:
                return []
            found = live.deliver(taken, now)
            if ahead_ms := self._steady.ahead_ms():
                found = [delivery._replace(expires_ms=delivery.expires_ms + ahead_ms) for delivery in found]
            self._flush.mark(live)
        if not self._flush.waits:
            self._flush.submit()
        if visibility_ms is not None and HELD < visibility_ms < _SOON_MS:
            self.on_deadline()
        return found

    def ack(self, queue: str, receipts: Sequence[Receipt], *, multiple: bool = False,
            consumer: str = "") -> Future[None]:
        """Done with these (``multiple``: and with everything that the consumer was handed before). Set once it is in
        the file; Refused, in the Future, names the first receipt that is stale, and the others are acked."""
        with self._lock:
            live = self._live.get(queue) or self._queue(queue)
            leases = live.leases
            held, stale = _held(live, receipts, consumer)
            if multiple:
                live.leases.settings.allow(Act.ACK_MULTIPLE)
                held = list(dict.fromkeys(one for lease in held for one in leases.leases_until(lease)))
            for lease in held:
                leases.ack(lease)
            answer = self._flush.mark(live)
        if not self._flush.waits:
            self._flush.submit()
        if leases.waits_for_acks:
            self._signal([queue])
        return answer if stale is None else _refused(stale)

    def nack(self, queue: str, receipts: Sequence[Receipt], *, delay_ms: int | None = None, reason: str = "") -> None:
        """Back to the queue, after ``delay_ms`` (None: as the queue says)."""
        if delay_ms is not None:
            settings.check_delay(delay_ms)
        asked = Act.NACK_DELAY if delay_ms else None
        self._settle(queue, receipts, lambda live, lease, now: live.leases.nack(lease, now, delay_ms, reason), asked,
                     delay_ms or 0)

    def reject(self, queue: str, receipts: Sequence[Receipt], reason: str = "") -> None:
        """Dead at once."""
        self._settle(queue, receipts, lambda live, lease, now: live.leases.reject(lease, now, reason), Act.REJECT)

    def release(self, queue: str, receipts: Sequence[Receipt]) -> None:
        """Back to the queue as if the lease had run out."""
        self._settle(queue, receipts, lambda live, lease, now: live.leases.release(lease, now))

    def extend(self, queue: str, receipts: Sequence[Receipt], visibility_ms: int) -> None:
        """The leases end ``visibility_ms`` from now."""
        with self._lock:
            self._queue(queue).leases.settings.check_visibility(visibility_ms)
        self._settle(queue, receipts, lambda live, lease, now: live.leases.extend(lease, now, visibility_ms),
                     Act.EXTEND)

    def _settle(self, queue: str, receipts: Sequence[Receipt],
                act: Callable[[LiveQueue, Lease, int], None], asked: Act | None = None,
                amount: int = 0) -> None:
        """``asked`` is what the queue's profile must allow, with its amount."""
        now = self._steady.now_ms()
        with self._lock:
            live = self._queue(queue)
            if asked is not None:
                live.leases.settings.allow(asked, amount)
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
             limit: int = 100) -> list[QueuedMessage]:
        """Messages in the order of the log; nothing is changed by looking. Without ``states`` those not acked."""
        with self._lock:
            live = self._queue(queue)
            self._look_after(live)
            ahead_ms = self._steady.ahead_ms()
            return [on_the_wall(message, ahead_ms) for message in live.peek(states, after, limit)]

    def counts(self, queue: str) -> QueueCounts:
        with self._lock:
            live = self._queue(queue)
            self._look_after(live)
            return replace(live.leases.counts(), dead_lettered_to=dict(live.sent_to))

    def stats(self) -> list[QueueStat]:
        """All queues by name. For one caller: rates are taken between its askings."""
        with self._lock:
            found = sorted(self.registry.live.values(), key=lambda live: live.name)
            for live in found:
                self._look_after(live)
            return self._meter.measure(found, self._taking_dead_letters(found))

    def lag_samples(self) -> list[LagSample]:
        """What waits for each group that reads by leases, as of now: of each of its queues as of one partition."""
        now = self._clock.now_ms()
        with self._lock:
            return [
                LagSample(now, group, live.name, 0, live.leases.counts().ready, live.oldest_ms(self._steady.now_ms()))
                for live in self.registry.live.values() for group in sorted(set(live.groups.values()))
            ]

    def _taking_dead_letters(self, queues: Sequence[LiveQueue]) -> set[str]:
        """Queues that are there for the dead of others: named by them, or behind their dead-letter exchange. One of
        those that sends its own dead on is a stage of retrying, and is not meant."""
        named, behind = set(), set()
        for own in (live.leases.settings for live in queues):
            named.add(own.dead_letter)
            if own.dead_letter_exchange:
                behind |= self._exchanges.reach(own.dead_letter_exchange, own.dead_letter_key)
        return named | behind.difference(live.name for live in queues if live.leases.settings.sends_dead)

    def _look_after(self, live: LiveQueue) -> None:
        """Take in what came, do what is due."""
        now = self._steady.now_ms()
        live.catch_up(now, steps=1)
        live.leases.tick(now)

    # -- removing, sending on --------------------------------------------------------------------------------
    def plan_purge(self, queue: str) -> PurgePlan:
        """What a purge would remove."""
        counts = self.counts(queue)
        return PurgePlan(queue, counts.ready, counts.delayed, counts.dead, counts.in_flight)

    def purge(self, queue: str) -> PurgePlan:
        """Remove what is ready, delayed and dead; messages in flight stay with their consumers."""
        with self._lock:
            live = self._queue(queue)
            live.catch_up(self._steady.now_ms())
            plan = self.plan_purge(queue)
            for entry in purge_entries(live.leases.purge(), live.topic.meta.name, queue, self._clock.now_ms()):
                self._journal.add(entry)
            written = self._flush.mark(live)
        self._flush.submit()
        written.result()
        return plan

    def redrive(self, queue: str, messages: Sequence[MessageId] = (), to: str = "",
                edits: Mapping[MessageId, Edit] | None = None, limit: int = 100,
                dry_run: bool = False) -> Redriven:
        """Send dead messages on, up to ``limit``: those named, or all; to ``to``, or each back to where it died. They
        are new messages there, with the deaths they had."""

        def send(db: sqlite3.Connection) -> Redriven:
            with self._lock:
                live = self._queue(queue)
                live.catch_up(self._steady.now_ms(), limit)
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
            for live in self.registry.live.values():
                self._look_after(live)
                if live.leases.stirred:
                    live.leases.stirred = False
                    self._flush.mark(live)
                    changed.append(live.name)
                self._tell(live)
        self._flush.submit()
        self._signal(changed)

    def _tell(self, live: LiveQueue) -> None:
        now, topic = self._clock.now_ms(), live.topic.meta.name
        for entry in tick_entries(live.leases, topic, live.name, now):
            self._journal.add(entry)
        backlog = backlog_entry(live.leases, topic, live.name, now)
        known = self._told.get(live.row.id)
        if known is None or backlog != replace(known, at_ms=now):
            self._told[live.row.id] = backlog
            self._journal.add(backlog)

    def next_deadline(self) -> float | None:
        """When ``tick`` should be called again at the latest, on the monotonic clock."""
        with self._lock:
            dues = [due for live in self.registry.live.values() if (due := live.leases.next_deadline()) is not None]
        return min(dues) - self._steady.now_ms() + self._steady.monotonic_ms() if dues else None

    def close(self) -> None:
        """The host stops: leases end as if their consumers had gone, and everything is written, then told."""
        written = []
        with self._lock:
            for live in self.registry.live.values():
                self._look_after(live)  # a death that is found only now is still sent on, and told
                for consumer in list(live.leases.consumers):
                    live.leases.detach(consumer, self._steady.now_ms())
                written.append(self._flush.mark(live))
        self._flush.submit()
        wait(written)
        self.tick()

    # -- the log start ---------------------------------------------------------------------------------------
    def settled_floor(self, topic: str, partition: int) -> int | None:
        """Before it everything is done in every queue over the partition; None when there is none."""
        with self._lock:
            parts = [live.leases.parts for live in self.registry.readers(topic)]
            return min((part[partition].marks.floor for part in parts if partition < len(part)), default=None)


def _held(live: LiveQueue, receipts: Sequence[Receipt], consumer: str) -> tuple[list[Lease], Refused | None]:
    """The leases of the receipts, and what is wrong with the first that has none."""
    held, stale = [], None
    lease_of = live.leases.lease_of
    for receipt in receipts:
        lease = lease_of(receipt)
        if lease is not None and (not consumer or lease.consumer == consumer):
            held.append(lease)
        elif stale is None:
            stale = Refused("Receipt {receipt} is no longer valid: its lease is over, or it was settled.",
                            "Receive the message again.", receipt=Receipt(*receipt))
    return held, stale


def _refused(reason: Refused) -> Future[None]:
    answer: Future[None] = Future()
    answer.set_exception(reason)
    return answer
