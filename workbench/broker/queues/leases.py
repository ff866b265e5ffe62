"""The state machine of one queue. Pure: no clock (``now`` is an argument), no file, no lock; one caller at a time.

                     time to live, length ─────────────────────────────┐
                        │           │                                  ▼
    arrive ──► delayed ─┴─► ready ──┴─ take ──► in flight ── reject ─► dead ──► settle (dead-letter queue, redrive)
       │          ▲           ▲                    │  │  └─ limit ───►  ▲
       │          │           ├─ lease runs out ───┤  └──── ack ──► done
       │          │           ├─ release, detach ──┤
       │          └───────────┴─ nack (delay) ─────┘
       └── repeated id ──► done (a duplicate)

Rules and where they come from:
  * a lease hides a message and does not remove it; it starts when it is handed out; ``extend`` counts from the call
    (SQS developer guide, visibility timeout). Only the latest receipt counts.
  * what comes back takes its original position and is marked redelivered (RabbitMQ, confirms); attempts count every
    handing out, and at the limit a message dies instead of coming back (SQS maxReceiveCount, RabbitMQ delivery-limit)
  * the lower time to live of queue and message holds, coming back keeps the first expiry, expired is never delivered
    (RabbitMQ, ttl); the length counts what is ready only (RabbitMQ, maxlen)
  * who may have what: ``consumers``; in which order, ordered groups, key-shared: ``waiting``; repeated ids: ``seen``

Counts add up: arrived = ready + delayed + in flight + dead + done. Every step is O(log n) or better.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.broker.queues.consumers import Consumer, Consumers
from workbench.broker.queues.dedup_window import DedupWindow, Sighting
from workbench.broker.queues.partition_state import PLAIN, Dead, Lease, PartitionState, Traits
from workbench.broker.queues.settings import QueueSettings
from workbench.broker.queues.tally import Counters, Tally
from workbench.broker.queues.timers import Due, Timers
from workbench.broker.queues.waiting import Lines, Order, Spans, Standing
from workbench.core.queues import DeadLetterReason, QueueCounts, Receipt, SubscriptionType
from workbench.core.runs import Run

HELD = -1
"""In place of a time: no clock ends the lease, but its consumer, by settling it or by going (AMQP, STOMP, Pulsar)."""
UNKEYED = "\0"
"""A group of one message begins with it."""
_NO_LIMIT = 1 << 60


class Leases:
    """``parts`` may already know attempts, delays and dead of an earlier life; nothing of them is in flight."""

    def __init__(self, settings: QueueSettings, parts: list[PartitionState], counters: Counters | None = None) -> None:
        self.parts = parts
        self.counters = counters or Counters()
        self.consumers = Consumers()
        self.tally = Tally()
        self.seen = DedupWindow()
        self.leaving: list[tuple[int, int]] = []  # dead that go to the dead-letter queue
        self.in_flight = 0
        self.waits_for_acks = False  # whether an ack may let a message go that could not before
        self.stirred = False  # something became ready or died; whoever tells others resets it
        self._serial = 0
        self._timers = Timers()
        for part in parts:
            for offset in part.cut_short:
                self.tally.note("return", part.partition, offset, "", part.attempts[offset])
        self.apply(settings)

    def apply(self, settings: QueueSettings) -> None:
        """Go by ``settings`` from now on: what waits is taken in again, leases go on as they were given."""
        self.settings = settings
        self.consumers.type, self.consumers.by_arrival = settings.type, settings.active_by_arrival
        self._one_active = settings.type is SubscriptionType.FAILOVER
        self.needs_all, self._by_key = settings.needs_all, settings.by_key  # asked with every message
        self.ready = 0
        self._order: Order = self._new_order()
        self._consumers_changed()
        for part in self.parts:
            part.frontier = part.aged = part.head = part.marks.floor
            part.arrivals.clear()
            part.traits = {}
        self._renew_timers()

    def _new_order(self) -> Order:
        if not self._by_key:
            return Spans(self._stands)
        return Lines(self._stands, strict=self.settings.ordered_groups, batches=self.settings.groups_in_batches,
                     by_owner=self.settings.type is SubscriptionType.KEY_SHARED)

    def _stands(self, partition: int, offset: int) -> Standing:
        part = self.parts[partition]
        if offset in part.delayed:
            return Standing.DELAYED
        return Standing.READY if part.is_ready(offset) else Standing.GONE

    # -- arriving --------------------------------------------------------------------------------------------
    def arrive(self, partition: int, first: int, end: int, appended_ms: int, traits: Mapping[int, Traits],
               now: int, *, again: bool = False) -> None:
        """Messages up to ``end`` are taken in; what lies between the frontier and ``first`` is no message. ``again``:
        they were before, so the length was held then, and what came back since is not dropped for it."""
        part, settings = self.parts[partition], self.settings
        if first > part.frontier:
            self.skip(partition, first)
        part.arrivals.note(end, appended_ms)
        part.frontier, part.end = end, max(end, part.end)
        plain = not (traits or self._by_key or settings.delay_ms or part.delayed
                     or (settings.max_deliveries and part.attempts))
        for start, stop in list(part.waiting_runs(first, end)):
            if plain:
                self._order.put(partition, start, stop, 0, "")
                self.ready += stop - start
            else:
                for offset in range(start, stop):
                    self._arrive_one(part, offset, traits.get(offset, PLAIN), now)
        if part.leases and (traits or self._by_key):
            self._hold_again(part, first, end, traits)
        if settings.max_length is not None and not again:
            self._keep_length(now)

    def _arrive_one(self, part: PartitionState, offset: int, traits: Traits, now: int) -> None:
        appended_ms, _ = part.arrivals.of(offset)
        if traits.dedup_id and self._is_repeat(traits.dedup_id, Sighting(appended_ms, part.partition, offset)):
            part.finish(offset)
            self.counters.duplicates += 1
            return None
        if self._by_key and not traits.group:
            traits = traits._replace(group=f"{UNKEYED}{part.partition}-{offset}")
        if traits is not PLAIN:
            part.traits[offset] = traits
        expires_ms = self.expires_ms(part, offset)
        if part.attempts.get(offset, 0) >= (self.settings.max_deliveries or _NO_LIMIT):
            return self._mark_dead(part, offset, DeadLetterReason.LIMIT, "", now)
        if expires_ms is not None and expires_ms <= now:
            return self._mark_dead(part, offset, DeadLetterReason.EXPIRED, "", now)
        delay = self.settings.delay_ms if traits.delay_ms is None else traits.delay_ms
        if delay and offset not in part.delayed and offset not in part.attempts and appended_ms + delay > now:
            part.delayed[offset] = appended_ms + delay
        if traits.ttl_ms is not None and expires_ms is not None:
            self._timers.put(expires_ms, Due.LIFE_ENDS, part.partition, offset)
        return self._wait(part, offset)

    def _is_repeat(self, dedup_id: str, this: Sighting) -> bool:
        window_ms = self.settings.dedup_ms
        return bool(window_ms) and self.seen.is_repeat(dedup_id, this, window_ms)

    def _hold_again(self, part: PartitionState, first: int, end: int, traits: Mapping[int, Traits]) -> None:
        """Leases that were given before the settings changed keep what their messages ask for, and their group."""
        for offset, lease in part.leases.items():
            if first <= offset < end:
                own = traits.get(offset, PLAIN)
                if self._by_key:
                    own = own._replace(group=own.group or f"{UNKEYED}{part.partition}-{offset}")
                    self._order.hold(own.group, part.partition, offset, lease.consumer)
                if own is not PLAIN:
                    part.traits[offset] = own

    def _wait(self, part: PartitionState, offset: int) -> None:
        """A message that was taken in begins to wait: for its time, or for a consumer."""
        traits = part.traits.get(offset, PLAIN)
        until = part.delayed.get(offset)
        if until is not None:
            self._timers.put(until, Due.DELAY_ENDS, part.partition, offset)
            if not self._by_key:
                return
        else:
            self.ready += 1
            part.head = min(part.head, offset)
        self.stirred = True
        rank = -min(traits.priority, self.settings.max_priority)
        self._order.put(part.partition, offset, offset + 1, rank, traits.group)

    def _keep_length(self, now: int) -> None:
        """The oldest go; to the dead-letter queue, where there is one (RabbitMQ, maxlen: drop-head)."""
        over = self.ready - (self.settings.max_length or 0)
        while over > 0 and (oldest := self._oldest()) is not None:
            self._die(*oldest, DeadLetterReason.LENGTH, "", now)
            over -= 1

    def _oldest(self) -> tuple[PartitionState, int] | None:
        found = [(part, offset) for part in self.parts if (offset := part.oldest_ready()) is not None]
        return min(found, key=lambda one: one[0].arrivals.of(one[1])[0], default=None)

    def skip(self, partition: int, end: int) -> None:
        """What lies up to ``end`` is no message: a transaction's end, or what one had written that was aborted."""
        part = self.parts[partition]
        part.marks.set_done_range(part.frontier, end)
        part.frontier, part.end = end, max(end, part.end)

    # -- consumers -------------------------------------------------------------------------------------------
    def attach(self, name: str, prefetch: int, priority: int) -> None:
        """Refused when the queue is another's alone."""
        new = self.consumers.attach(name, prefetch, priority)
        self._consumers_changed(new)

    def _consumers_changed(self, members: bool = True) -> None:
        if members:
            self._order.assign(self.consumers)
        limited = any(consumer.prefetch for consumer in self.consumers.values())
        self.waits_for_acks = self._by_key or limited or bool(self.settings.profile)

    def detach(self, name: str, now: int) -> None:
        """Its leases return at once (RabbitMQ: unacked deliveries are requeued when the channel closes)."""
        del self.consumers[name]
        self._consumers_changed()
        for part in self.parts:
            for lease in [lease for lease in part.leases.values() if lease.consumer == name]:
                self.release(lease, now)

    # -- handing out -----------------------------------------------------------------------------------------
    def take(self, name: str, limit: int, now: int, visibility_ms: int | None = None) -> list[Lease]:
        """Lease up to ``limit`` messages to an attached consumer."""
        timers, settings, parts = self._timers, self.settings, self.parts
        if (timers.heap and timers.heap[0][0] <= now) or settings.ttl_ms is not None:
            self.tick(now)
        consumer = self.consumers[name]
        if consumer.prefetch:
            limit = min(limit, consumer.prefetch - consumer.in_flight)
        if limit <= 0 or (self._one_active and not self.consumers.is_active(name)):
            return []
        held = visibility_ms == HELD
        until_ms = 0 if held else now + (settings.visibility_ms if visibility_ms is None else visibility_ms)
        build, found = tuple.__new__, []  # Lease(...) goes through a __new__ in Python: twice the time
        self._order.begin()
        while len(found) < limit and (place := self._order.take(name)) is not None:
            partition, offset = place
            part = parts[partition]
            attempt = part.attempts.get(offset, 0) + 1 if part.attempts else 1
            self._serial += 1
            lease = build(Lease, (partition, offset, attempt, name, now, until_ms, self._serial))
            part.leases[offset] = lease
            part.marks.set_leased(offset)
            self.tally.note("lease", partition, offset, name, attempt)
            found.append(lease)
            if attempt > 1:
                self.counters.redelivered += 1
        if found:
            self._handed_out(consumer, len(found))
            if not held and timers.put_leases(until_ms, found):
                self._renew_timers()
        return found

    def _handed_out(self, consumer: Consumer, count: int) -> None:
        self.ready -= count
        self.in_flight += count
        consumer.in_flight += count
        self.counters.received += count

    def lease_of(self, receipt: Receipt) -> Lease | None:
        """The lease that the receipt is for; None when it is over."""
        partition, offset, attempt = receipt
        if not 0 <= partition < len(self.parts):
            return None
        lease = self.parts[partition].leases.get(offset)
        return lease if lease is not None and lease[2] == attempt else None

    # -- ending leases ---------------------------------------------------------------------------------------
    def ack(self, lease: Lease) -> None:
        partition, offset, _, name, _, _, _ = lease
        part, consumer = self.parts[partition], self.consumers[name]
        group = self._end(part, offset, consumer)
        part.finish(offset)
        if group is not None:
            self._order.settled(group, partition, offset)
        self.counters.acked += 1
        consumer.acked += 1
        self.tally.note("ack", partition, offset, name)

    def leases_until(self, lease: Lease) -> list[Lease]:
        """All of the same consumer that were handed out before it, and itself."""
        held = (other for part in self.parts for other in part.leases.values())
        return [other for other in held if other.consumer == lease.consumer and other.serial <= lease.serial]

    def nack(self, lease: Lease, now: int, delay_ms: int | None, reason: str) -> None:
        delay = self.settings.retry_delay_ms if delay_ms is None else delay_ms
        self._return(self.parts[lease.partition], lease, now, delay, reason)
        self.tally.note("nack", lease.partition, lease.offset, lease.consumer,
                        (True, delay, reason, lease.attempt))

    def release(self, lease: Lease, now: int) -> None:
        self._return(self.parts[lease.partition], lease, now, 0, "")
        self.tally.note("return", lease.partition, lease.offset, lease.consumer, lease.attempt)

    def reject(self, lease: Lease, now: int, reason: str) -> None:
        part, offset = self.parts[lease.partition], lease.offset
        group = self._end(part, lease.offset, self.consumers.get(lease.consumer))
        part.marks.clear_leased(offset)
        part.attempts[offset] = lease.attempt
        self.tally.note("nack", lease.partition, offset, lease.consumer, (False, 0, reason, lease.attempt))
        self._mark_dead(part, offset, DeadLetterReason.REJECTED, reason, now)
        if group is not None:
            self._order.settled(group, lease.partition, lease.offset)

    def extend(self, lease: Lease, now: int, visibility_ms: int) -> None:
        longer = lease._replace(until_ms=now + visibility_ms)
        self.parts[lease.partition].leases[lease.offset] = longer
        self._timers.put_leases(longer.until_ms, [longer])

    def _end(self, part: PartitionState, offset: int, consumer: Consumer | None) -> str | None:
        """The lease is over. Returned is the group that is free again once the message is dealt with, if any."""
        del part.leases[offset]
        self.in_flight -= 1
        if consumer is not None:  # None: it is leaving
            consumer.in_flight -= 1
        if not self._by_key or offset >= part.frontier:
            return None
        return part.traits[offset].group

    def _return(self, part: PartitionState, lease: Lease, now: int, delay_ms: int, note: str) -> None:
        """Back to its original position, or dead: at the delivery limit, or past its time to live."""
        offset = lease.offset
        group = self._end(part, lease.offset, self.consumers.get(lease.consumer))
        part.marks.clear_leased(offset)
        part.attempts[offset] = lease.attempt
        part.changed.add(offset)
        if note:
            part.notes[offset] = note
        limit, expires_ms = self.settings.max_deliveries, self.expires_ms(part, offset)
        if limit is not None and lease.attempt >= limit:
            self._mark_dead(part, offset, DeadLetterReason.LIMIT, note, now)
        elif expires_ms is not None and expires_ms <= now:
            self._mark_dead(part, offset, DeadLetterReason.EXPIRED, note, now)
        else:
            if delay_ms > 0:
                part.delayed[offset] = now + delay_ms
            if offset < part.frontier:
                self._wait(part, offset)
        if group is not None:
            self._order.settled(group, lease.partition, lease.offset)

    # -- dying, and leaving ----------------------------------------------------------------------------------
    def _die(self, part: PartitionState, offset: int, reason: DeadLetterReason, text: str, now: int) -> None:
        """A message that waits dies. What a full queue drops without a dead-letter queue is gone."""
        self._stop_waiting(part, offset)
        if reason is DeadLetterReason.LENGTH and not self.settings.sends_dead:
            part.finish(offset)
            self.tally.note("dead", part.partition, offset, "", (reason, "dropped"))
        else:
            self._mark_dead(part, offset, reason, text, now)

    def _mark_dead(self, part: PartitionState, offset: int, reason: DeadLetterReason, text: str, now: int) -> None:
        leaving = self.settings.sends_dead
        part.dead[offset] = Dead(reason, text, now, leaving)
        self.stirred = True
        part.changed.add(offset)
        if reason is DeadLetterReason.EXPIRED:
            self.counters.expired += 1
        if leaving:
            self.leaving.append((part.partition, offset))
        else:
            self.tally.note("dead", part.partition, offset, "", (reason, ""))

    def _stop_waiting(self, part: PartitionState, offset: int) -> None:
        taken_in = offset < part.frontier
        if part.delayed.pop(offset, None) is None:
            self.ready -= taken_in and part.is_ready(offset)
        elif self._by_key and taken_in:
            self._order.wake(part.traits[offset].group)  # its group waited for it
        self._order.doubtful = True

    def stay(self, partition: int, offset: int, text: str) -> None:
        """A dead message that should have left can't: it is kept here, and says why, after what its consumer said."""
        part = self.parts[partition]
        dead = part.dead[offset]
        said = f"{dead.text.rstrip('.')}. {text}" if dead.text else text
        part.dead[offset] = dead._replace(leaving=False, text=said)
        part.changed.add(offset)
        self.tally.note("dead", partition, offset, "", (dead.reason, ""))

    def settle(self, partition: int, offset: int) -> Dead | None:
        """A message that is dead or waits is done, having been sent on; returned is how it was dead."""
        part = self.parts[partition]
        dead = part.dead.pop(offset, None)
        if dead is None:
            self._stop_waiting(part, offset)
        part.changed.add(offset)
        part.finish(offset)
        return dead

    def unsettle(self, partition: int, offset: int, dead: Dead | None) -> None:
        """The commit that sent it on failed: it is what it was. ``apply`` must follow, as it may have waited."""
        part = self.parts[partition]
        part.marks.set_undone(offset)
        if dead is not None:
            part.dead[offset] = dead
            if dead.leaving:
                self.leaving.append((partition, offset))

    def purge(self) -> dict[int, list[Run]]:
        """Everything that waits or is dead is done; leases go on. Returned is what that was, by partition."""
        purged = {part.partition: runs for part in self.parts if (runs := part.purge())}
        self.leaving, self.ready = [], 0
        self._order = self._new_order()
        self._order.assign(self.consumers)
        if self._by_key:
            for lease in [lease for part in self.parts for lease in part.leases.values()]:
                group = self.parts[lease.partition].traits[lease.offset].group
                self._order.hold(group, lease.partition, lease.offset, lease.consumer)
        return purged

    def lose(self, partition: int, before: int) -> None:
        """The log lost what lies before ``before``: nobody can have it any more."""
        part = self.parts[partition]
        for start, stop in list(part.waiting_runs(part.marks.floor, min(before, part.frontier))):
            for offset in range(start, stop):
                self._stop_waiting(part, offset)
        for lease in [lease for lease in part.leases.values() if lease.offset < before]:
            group = self._end(part, lease.offset, self.consumers.get(lease.consumer))
            if group is not None:
                self._order.settled(group, lease.partition, lease.offset)
        part.forget(lambda offset: offset < before)
        part.marks.set_done_range(part.marks.floor, before)
        self.leaving = [place for place in self.leaving if place[0] != partition or place[1] >= before]
        part.frontier, part.end = max(part.frontier, before), max(part.end, before)

    # -- time ------------------------------------------------------------------------------------------------
    def expires_ms(self, part: PartitionState, offset: int) -> int | None:
        """When the message's time to live ends: the lower of its own and the queue's."""
        own = part.traits[offset].ttl_ms if offset in part.traits else None
        both = [ttl for ttl in (own, self.settings.ttl_ms) if ttl is not None]
        return part.arrivals.of(offset)[0] + min(both) if both else None

    def tick(self, now: int) -> None:
        """Do what is due: leases that ran out return, delayed ones become ready, old ones expire."""
        for at_ms, kind, partition, offset in self._timers.due(now):
            part = self.parts[partition]
            if kind is Due.LEASES_END:
                for lease in self._timers.ended(at_ms):
                    if self.parts[lease.partition].leases.get(lease.offset) is lease:
                        self.counters.returned += 1
                        self.release(lease, now)
            elif kind is Due.DELAY_ENDS:
                if part.delayed.get(offset, _NO_LIMIT) <= now:
                    self._wake(part, offset)
            elif part.is_waiting(offset) and (self.expires_ms(part, offset) or 0) <= now:
                self._die(part, offset, DeadLetterReason.EXPIRED, "", now)
        if self.settings.ttl_ms is not None:
            self._age(now, self.settings.ttl_ms)
        self.seen.forget(now - self.settings.dedup_ms)

    def _wake(self, part: PartitionState, offset: int) -> None:
        del part.delayed[offset]
        if offset in part.attempts:
            part.changed.add(offset)
        if offset >= part.frontier:
            return
        if self._by_key:
            self.ready += 1
            part.head = min(part.head, offset)
            self.stirred = True
            self._order.wake(part.traits[offset].group)
        else:
            self._wait(part, offset)

    def _age(self, now: int, ttl_ms: int) -> None:
        for part in self.parts:
            while part.aged < part.frontier:
                came_ms, end = part.arrivals.of(part.aged)
                if came_ms + ttl_ms > now:
                    break
                for offset in range(part.aged, min(end, part.frontier)):
                    if part.is_waiting(offset):
                        self._die(part, offset, DeadLetterReason.EXPIRED, "", now)
                part.aged = min(end, part.frontier)

    def next_deadline(self) -> int | None:
        """When ``tick`` should be called again at the latest."""
        dues = [] if self._timers.next_ms is None else [self._timers.next_ms]
        if self.settings.ttl_ms is not None:
            dues += [part.arrivals.of(part.aged)[0] + self.settings.ttl_ms
                     for part in self.parts if part.aged < part.frontier]
        return min(dues, default=None)

    def _renew_timers(self) -> None:
        kept = [timer for timer in self._timers.of(Due.LIFE_ENDS)
                if self.parts[timer.partition].is_waiting(timer.offset)]
        held = [lease for part in self.parts for lease in part.leases.values() if lease.until_ms]
        delays = [(until, Due.DELAY_ENDS, part.partition, offset)
                  for part in self.parts for offset, until in part.delayed.items()]
        self._timers.renew([*kept, *delays], held)

    # -- how it stands ---------------------------------------------------------------------------------------
    def counts(self) -> QueueCounts:
        c = self.counters
        return QueueCounts(
            ready=self.ready + sum(part.unseen() for part in self.parts),
            delayed=sum(len(part.delayed) for part in self.parts),
            in_flight=self.in_flight,
            dead=sum(len(part.dead) for part in self.parts),
            received=c.received, acked=c.acked, redelivered=c.redelivered, returned=c.returned, expired=c.expired,
            dead_lettered=c.dead_lettered, duplicates=c.duplicates, refused=c.refused,
        )

    def oldest_came_ms(self) -> int | None:
        """When the oldest message that is ready came."""
        oldest = self._oldest()
        return None if oldest is None else oldest[0].arrivals.of(oldest[1])[0]
