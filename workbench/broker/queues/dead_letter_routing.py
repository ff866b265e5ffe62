"""Messages that go to another queue: dead letters and redrives. In one transaction the record is appended there and
done here, so that it is never in both and never in none. On the writer thread, under the lock of ``Queues``.

A dead-letter exchange may lead to several queues: the message goes to all of them, or stays. What a broker of AMQP
would drop (no such exchange, no queue for the key, a cycle that nobody rejected it in) stays too, and says why.

When the transaction fails as a whole, ``take_back`` puts the messages where they were.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.broker.batch import encode_batch
from workbench.broker.exchanges.exchanges import Exchanges
from workbench.broker.exchanges.routing_metadata import RoutingMetadata, routing_metadata_of
from workbench.broker.log import Log
from workbench.broker.queues.dead_letter_history import (
    dead_letter,
    death_in,
    deaths_of,
    goes_round,
    key_there,
    redriven,
    with_death,
)
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.partition_state import Dead
from workbench.broker.topics import Topic
from workbench.core.clock import Clock
from workbench.core.errors import NotFound, Refused, WorkbenchError
from workbench.core.queues import SUBSCRIPTION_MARK, DeadLetterEvent, DeadLetterReason, Edit, MessageId
from workbench.core.records import Record, StoredRecord
from workbench.core.routing import Routed


class Wanted(NamedTuple):
    """A message that is to be sent on: as the batch it will be, and where it goes."""

    id: MessageId
    target: str
    partition: int
    batch: bytes


class _Way(NamedTuple):
    """Where a dead message goes: to these queues, by an exchange or straight."""

    queues: tuple[str, ...]
    mark: RoutingMetadata | None = None
    routed: Routed | None = None


@dataclass(slots=True)
class RedrivePlan:
    moves: list[Wanted] = field(default_factory=list)
    kept: int = 0
    reason: str = ""

    def keep(self, reason: str) -> None:
        self.kept += 1
        self.reason = self.reason or reason

    @property
    def moved(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for move in self.moves:
            counts[move.target] = counts.get(move.target, 0) + 1
        return counts


class DeadLetterRouting:
    def __init__(self, log: Log, clock: Clock, topics: Mapping[str, Topic], exchanges: Exchanges) -> None:
        self._log = log
        self._clock = clock
        self._topics = topics
        self._exchanges = exchanges
        self._settled: list[tuple[LiveQueue, int, int, Dead | None]] = []
        self._sent: list[tuple[LiveQueue, _Way]] = []

    # -- dead letters ----------------------------------------------------------------------------------------
    def send_dead(self, db: sqlite3.Connection, live: LiveQueue) -> None:
        """All that died and has dead letters to go to. What can't go stays, and says why."""
        leaving, live.leases.leaving = live.leases.leaving, []
        for partition, offset in leaving:
            dead = live.leases.parts[partition].dead.get(offset)
            if dead is None or not dead.leaving:
                continue
            try:
                self._send_one_dead(db, live, partition, offset, dead)
            except WorkbenchError as problem:
                live.leases.stay(partition, offset, problem.message)

    def _send_one_dead(self, db: sqlite3.Connection, live: LiveQueue, partition: int, offset: int,
                       dead: Dead) -> None:
        record = live.record(partition, offset)
        deaths = with_death(deaths_of(record.headers), death_in(live.name, record, dead))
        way = self._way(live, record)
        if dead.reason is not DeadLetterReason.REJECTED:
            way = _without_rounds(way, deaths)
        topics = [self._topic(queue) for queue in way.queues]
        letter = self._encode(dead_letter(record, deaths, way.mark))
        for topic in topics:
            self._append(db, topic, partition, letter)
        self._settle(live, partition, offset)
        self._sent.append((live, way))
        live.leases.counters.dead_lettered += 1
        live.leases.tally.note("dead", partition, offset, "", (dead.reason, ", ".join(way.queues)))

    def _way(self, live: LiveQueue, record: StoredRecord) -> _Way:
        """Where it is to go; Refused when there is nowhere. The key is kept unless the queue has one for its dead
        (RabbitMQ, dlx)."""
        settings, exchange = live.leases.settings, live.leases.settings.dead_letter_exchange
        if not exchange:
            return _Way((settings.dead_letter,))
        mark = RoutingMetadata(exchange, settings.dead_letter_key or _own_key(live, record))
        if not self._exchanges.has(exchange):
            raise Refused("There is no exchange {exchange} for its dead letters; it stays here.", exchange=exchange)
        routed = self._exchanges.route(*mark, record.headers)
        queues = tuple(queue for queue in routed.queues if queue in self._topics)
        if not queues:
            self._exchanges.count(*mark, routed, ())
            raise Refused("No queue takes the key «{key}» from {exchange}; it stays here.", key=mark.key,
                          exchange=exchange)
        return _Way(queues, mark, routed)

    # -- redrive ---------------------------------------------------------------------------------------------
    def plan_redrive(self, live: LiveQueue, messages: Iterable[MessageId], to: str, edits: Mapping[MessageId, Edit],
                     limit: int) -> RedrivePlan:
        """What of ``messages`` (or of all that are dead here, or came here dead) can be sent on, up to ``limit``."""
        plan = RedrivePlan()
        for partition, offset in list(messages) or _dead_places(live, limit):
            if len(plan.moves) >= limit:
                break
            try:
                self._plan_one(plan, live, MessageId(partition, offset), to, edits)
            except WorkbenchError as problem:
                plan.keep(problem.sentence())
        return plan

    def _plan_one(self, plan: RedrivePlan, live: LiveQueue, message: MessageId, to: str,
                  edits: Mapping[MessageId, Edit]) -> None:
        partition, offset = message
        parts = live.leases.parts
        part = parts[partition] if 0 <= partition < len(parts) else None
        if part is None or not 0 <= offset < part.end or part.marks.is_done(offset):
            return plan.keep(f"{message} is not in {live.name} any more.")
        if offset in part.leases:
            return plan.keep(f"{message} is in flight with {part.leases[offset].consumer}.")
        record = live.record(partition, offset)
        deaths, here = deaths_of(record.headers), part.dead.get(offset)
        if here is None and not _came_dead(live, deaths):
            return plan.keep(f"{message} is not dead.")
        if here is not None:
            deaths = with_death(deaths, death_in(live.name, record, here))
        origin = live.name if here is not None else deaths[0].queue
        back = message.partition if here is not None else deaths[0].origin.partition
        target = to or origin
        topic = self._topic(target)
        batch = self._encode(redriven(record, deaths, edits.get(message)))
        plan.moves.append(Wanted(message, target, back % len(topic.partitions), batch))

    def redrive(self, db: sqlite3.Connection, live: LiveQueue, plan: RedrivePlan) -> None:
        """Carry the plan out; made under the same lock, so that nothing has changed since."""
        for move in plan.moves:
            self._append(db, self._topic(move.target), move.partition, move.batch)
            self._settle(live, *move.id)
            live.leases.tally.note("redrive", *move.id, "", move.target)

    def _topic(self, target: str) -> Topic:
        """The topic of a queue, or that a subscription reads."""
        topic = self._topics.get(target.split(SUBSCRIPTION_MARK)[0])
        if topic is None:
            raise NotFound("There is no queue {target} to send it to.", "Make it, or choose another.", target=target)
        return topic

    def _encode(self, record: Record) -> bytes:
        return encode_batch([record], now_ms=self._clock.now_ms())

    def _append(self, db: sqlite3.Connection, topic: Topic, partition: int, batch: bytes) -> None:
        self._log.stage(db, topic.partitions[partition % len(topic.partitions)], batch)

    def _settle(self, live: LiveQueue, partition: int, offset: int) -> None:
        self._settled.append((live, partition, offset, live.leases.settle(partition, offset)))

    # -- the transaction -------------------------------------------------------------------------------------
    def confirm(self) -> None:
        for live, way in self._sent:
            for queue in way.queues:
                live.sent_to[queue] = live.sent_to.get(queue, 0) + 1
            if way.mark is not None and way.routed is not None:
                self._exchanges.count(*way.mark, way.routed, way.queues)
        self._sent.clear()
        self._settled.clear()

    def take_back(self) -> None:
        for live, partition, offset, dead in self._settled:
            live.leases.unsettle(partition, offset, dead)
        for live in dict.fromkeys(live for live, *_ in self._settled):
            live.take_in_again()
        self._sent.clear()
        self._settled.clear()


def _own_key(live: LiveQueue, record: StoredRecord) -> str:
    """The key it came with; of one that was sent straight here, the key of the time it died here before (it was
    redriven), else the queue's name."""
    came = routing_metadata_of(record.headers)
    return came.key if came is not None else key_there(deaths_of(record.headers), live.name) or live.name


def _without_rounds(way: _Way, deaths: Sequence[DeadLetterEvent]) -> _Way:
    """Without the queues that it died in already; Refused when none is left."""
    onward = tuple(queue for queue in way.queues if not goes_round(deaths, queue))
    if not onward:
        by = f"{way.mark.exchange} leads it back to" if way.mark is not None else "It died before in"
        raise Refused("{by} {queues}: it stays here, or it would go round.", by=by, queues=', '.join(way.queues))
    return way._replace(queues=onward)


def _dead_places(live: LiveQueue, limit: int) -> list[tuple[int, int]]:
    """What is dead in the queue, then what came here dead, oldest first."""
    parts = live.leases.parts
    places = [(part.partition, offset) for part in parts for offset in sorted(part.dead)][:limit]
    for part in parts:
        for start, stop in part.waiting_runs(part.marks.floor, part.end):
            for offset in range(start, stop):
                if len(places) >= limit:
                    return places
                if _came_dead(live, deaths_of(live.record(part.partition, offset).headers)):
                    places.append((part.partition, offset))
    return places


def _came_dead(live: LiveQueue, deaths: Sequence[DeadLetterEvent]) -> bool:
    """Whether a message that waits died elsewhere; one that died here was sent back here, to be tried again."""
    return bool(deaths) and deaths[0].queue != live.name
