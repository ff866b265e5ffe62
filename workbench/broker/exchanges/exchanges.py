"""Exchanges in the file: what is declared and bound, and publishing through it.

    caller's thread   route each record ─► one batch a queue and partition, encoded
    writer thread     every batch into its queue, in one transaction; a full queue that refuses is noted
    after COMMIT      counters, then the Future: one ``Published`` a record

A record is in all queues that took it or, when the file fails, in none. The topology in memory changes only after the
commit, and is read without a lock. Thread-safe, but for ``stats``, which is for one caller.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from workbench.broker.batch import BatchHeader, batch_header, encode_batch
from workbench.broker.exchanges.counts import ExchangeCounts
from workbench.broker.exchanges.routing import Topology, check_key
from workbench.broker.exchanges.routing_metadata import RoutingMetadata, stamped
from workbench.broker.exchanges.rows import load_topology, save_difference
from workbench.broker.journal.journal import Journal
from workbench.broker.log import BatchTooLarge, Log
from workbench.broker.queues.settings import QueueSettings
from workbench.broker.store import Store
from workbench.broker.topics import Partition, Topic
from workbench.core.clock import Clock
from workbench.core.errors import NotFound, Refused, WorkbenchError
from workbench.core.keys import partition_murmur2
from workbench.core.queues import MESSAGE_GROUP
from workbench.core.records import Headers, Record
from workbench.core.routing import Binding, Exchange, Published, Routed
from workbench.core.snapshot import ExchangeStat


@dataclass(slots=True)
class _Parcel:
    """The records of one publishing, by their numbers, that go to one partition of one queue."""

    queue: str
    partition: Partition
    numbers: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    parcel: _Parcel
    numbers: Sequence[int]
    header: BatchHeader
    data: bytes


class Adding:
    """Exchanges and bindings that an import brings, beside those that are there."""

    def __init__(self, before: Topology, exchanges: Sequence[Exchange], bindings: Sequence[Binding],
                 queue: Callable[[str], Topic | None], publish: Callable[[Topology], None]) -> None:
        self._before = self._after = before
        self._exchanges = exchanges
        self._bindings = bindings
        self._queue = queue
        self._publish = publish

    def write(self, db: sqlite3.Connection, fresh: Mapping[str, Topic]) -> list[str]:
        """``fresh`` are topics that are made by the same job. What could not be taken is said."""
        left_out = []
        for exchange in self._exchanges:
            try:
                self._after = self._after.declare(exchange)
            except WorkbenchError as reason:
                left_out.append(f"The exchange {exchange.name}: {reason.message}")
        for binding in self._bindings:
            queue = fresh.get(binding.destination) or self._queue(binding.destination)
            try:
                if not binding.to_exchange and (queue is None or queue.meta.kind != "queue"):
                    raise NotFound("There is no queue {destination}.", destination=binding.destination)
                self._after = self._after.bind(binding)
            except WorkbenchError as reason:
                left_out.append(f"A binding of {binding.exchange}: {reason.message}")
        save_difference(db, before=self._before, after=self._after)
        return left_out

    def publish(self) -> None:
        """After the commit."""
        self._publish(self._after)


class Exchanges:
    def __init__(self, store: Store, log: Log, journal: Journal, clock: Clock,
                 queue: Callable[[str], Topic | None]) -> None:
        """``queue(name)`` is the topic of that queue, or None."""
        self._store = store
        self._log = log
        self._clock = clock
        self._queue = queue
        self._counts = ExchangeCounts(journal, clock)
        self._turns = itertools.count()
        self._acts = threading.Lock()  # each sees the topology as the one before left it
        self._topology = store.read(load_topology)

    # -- what there is ---------------------------------------------------------------------------------------
    def exchanges(self) -> list[Exchange]:
        """All but the default exchange, by name."""
        return self._topology.exchanges()

    def has(self, name: str) -> bool:
        return self._topology.has(name)

    def exchange(self, name: str) -> Exchange:
        """NotFound when it is not there."""
        return self._topology.exchange(name)

    def reach(self, exchange: str, key: str = "") -> frozenset[str]:
        """The queues that ``exchange`` leads to with ``key``, or with any; none when it is not there."""
        if key and self.has(exchange):
            return frozenset(self.route(exchange, key).queues)
        return self._topology.reach(exchange)

    def bindings(self, exchange: str = "") -> list[Binding]:
        """Of one exchange, or all of them."""
        return self._topology.bindings(exchange)

    def cycles(self) -> list[tuple[str, ...]]:
        """Exchanges that lead back to themselves; each is visited once for a message all the same."""
        return self._topology.cycles()

    def stats(self) -> list[ExchangeStat]:
        """Every exchange; the default one once it was used. For one caller: rates are taken between its askings."""
        return self._counts.stats(self.exchanges())

    def count(self, exchange: str, key: str, routed: Routed, queues: Sequence[str]) -> None:
        """A dead letter went through ``exchange`` to ``queues``; to none when it could not be routed."""
        self._counts.count(exchange, key, (routed,), (Published(tuple(queues)),))

    def flush(self) -> None:
        """Enter in the journal what could not be routed and was not yet entered."""
        self._counts.flush()

    def route(self, exchange: str, key: str, headers: Headers = ()) -> Routed:
        """Where a message would go now; nothing is sent."""
        check_key(key)
        return self._topology.route(exchange, key, headers, lambda name: self._queue(name) is not None)

    # -- acts ------------------------------------------------------------------------------------------------
    def declare(self, exchange: Exchange) -> None:
        """Make an exchange, or let it be if it is there just so; Refused when it is there otherwise."""
        self._change(lambda topology: topology.declare(exchange))

    def predeclare(self, exchange: Exchange) -> None:
        """One of a system's own, by whatever name, is there from now on."""
        self._change(lambda topology: topology.predeclare(exchange))

    def alter(self, exchange: Exchange) -> None:
        """Give an exchange another alternate."""
        self._change(lambda topology: topology.alter(exchange))

    def delete(self, name: str) -> None:
        """The exchange goes, with the bindings from it and to it."""
        self._change(lambda topology: topology.delete(name))
        self._counts.forget(name)

    def bind(self, binding: Binding) -> None:
        """Let messages go on from an exchange to a queue or another exchange; the same again changes nothing."""
        if not binding.to_exchange and self._queue(binding.destination) is None:
            raise NotFound("There is no queue {destination} to bind.", "Create it first; a stream is no queue.",
                           destination=binding.destination)
        self._change(lambda topology: topology.bind(binding))

    def unbind(self, binding: Binding) -> None:
        self._change(lambda topology: topology.unbind(binding))

    def forget_queue(self, queue: str) -> None:
        """A queue was deleted: its bindings go with it."""
        self._change(lambda topology: topology.without_queue(queue))

    @contextmanager
    def renaming(self, old: str, new: str) -> Iterator[tuple[Callable[[sqlite3.Connection], None], Callable[[], None]]]:
        """A queue gets another name as part of another's job: what writes its bindings, and what publishes them
        after the commit; nobody else changes any meanwhile."""
        with self._acts:
            before = self._topology
            after = before.with_queue_renamed(old, new)

            def publish() -> None:
                self._topology = after

            yield partial(save_difference, before=before, after=after), publish

    @contextmanager
    def adding(self, exchanges: Sequence[Exchange], bindings: Sequence[Binding]) -> Iterator[Adding]:
        """Take in exchanges and bindings as part of another's job; nobody else changes any meanwhile."""

        def publish(after: Topology) -> None:
            self._topology = after

        with self._acts:
            yield Adding(self._topology, exchanges, bindings, self._queue, publish)

    def _change(self, act: Callable[[Topology], Topology]) -> None:
        with self._acts:
            before = self._topology
            after = act(before)

            def publish(_: None) -> None:
                self._topology = after

            if after is not before:
                self._store.write(partial(save_difference, before=before, after=after), publish).result()

    # -- publishing ------------------------------------------------------------------------------------------
    def publish(self, exchange: str, key: str, records: Sequence[Record],
                mandatory: bool = False, *, held: bool = False) -> Future[list[Published]]:
        """Send records through an exchange, one copy to each queue it leads to. As in RabbitMQ a record is confirmed
        once every queue has it, also when no queue takes it, and then returned if ``mandatory``; a full queue that
        refuses means it is not confirmed, though the other queues have it. Exchange and key stay with the record.
        ``held``: it waits for ``Broker.begin_held``."""
        check_key(key)
        routes = self._route_all(exchange, key, records)
        records = _stamped(records, RoutingMetadata(exchange, key))
        batches = [batch for parcel in self._parcels(routes, records) for batch in self._encoded(parcel, records)]

        def send(connection: sqlite3.Connection) -> list[Published]:
            taken: list[list[str]] = [[] for _ in records]
            refused: list[list[str]] = [[] for _ in records]
            for batch in batches:
                try:
                    self._log.stage_prepared(batch.parcel.partition, batch.header, batch.data, connection)
                    outcome = taken
                except Refused:
                    outcome = refused
                except NotFound:
                    continue  # the queue was deleted while this waited: it is no longer routed to
                for number in batch.numbers:
                    outcome[number].append(batch.parcel.queue)
            return [_published(exchange, key, mandatory, *each) for each in zip(taken, refused, strict=True)]

        return self._store.write(send, partial(self._counts.count, exchange, key, routes), held=held)

    def _route_all(self, exchange: str, key: str, records: Sequence[Record]) -> list[Routed]:
        """A route for each record; those with the same headers share one."""
        known: dict[Headers, Routed] = {}
        for record in records:
            if record.headers not in known:
                known[record.headers] = self.route(exchange, key, record.headers)
        return [known[record.headers] for record in records]

    def _parcels(self, routes: Sequence[Routed], records: Sequence[Record]) -> list[_Parcel]:
        parcels: dict[tuple[str, int], _Parcel] = {}
        for number, (routed, record) in enumerate(zip(routes, records, strict=True)):
            for name in routed.queues:
                topic = self._queue(name)
                if topic is not None:  # it may have been deleted a moment ago
                    place = topic.partitions[self._choose(record, len(topic.partitions))]
                    parcels.setdefault((name, place.number), _Parcel(name, place)).numbers.append(number)
        return list(parcels.values())

    def _choose(self, record: Record, partitions: int) -> int:
        """What belongs together stays in one partition; the rest takes turns."""
        if partitions == 1:
            return 0
        group = next((value for name, value in record.headers if name == MESSAGE_GROUP), None) or record.key
        return next(self._turns) % partitions if group is None else partition_murmur2(group, partitions)

    def _encoded(self, parcel: _Parcel, records: Sequence[Record]) -> Iterator[_Batch]:
        """The parcel as batches that its queue takes, as few as may be; one by one where the queue may refuse some."""
        refuses = QueueSettings.of(parcel.partition.topic.meta.config).refuses_when_full
        waiting: list[Sequence[int]] = [[number] for number in parcel.numbers] if refuses else [parcel.numbers]
        while waiting:
            numbers = waiting.pop(0)
            try:
                data = encode_batch([records[number] for number in numbers], now_ms=self._clock.now_ms())
                yield _Batch(parcel, numbers, *self._log.prepare(parcel.partition, data, batch_header(data)))
            except BatchTooLarge:
                if len(numbers) == 1:
                    raise
                half = len(numbers) // 2
                waiting[:0] = [numbers[:half], numbers[half:]]


def _stamped(records: Sequence[Record], mark: RoutingMetadata) -> list[Record]:
    """The records with their routing metadata; those with the same headers share the new ones."""
    known: dict[Headers, Headers] = {}
    for record in records:
        if record.headers not in known:
            known[record.headers] = stamped(record.headers, mark)
    return [record._replace(headers=known[record.headers]) for record in records]


def _published(exchange: str, key: str, mandatory: bool, taken: list[str], refused: list[str]) -> Published:
    returned = ""
    if mandatory and not taken and not refused:
        returned = f"No queue takes a message with the key «{key}» from {exchange or 'the default exchange'}."
    return Published(tuple(taken), not refused, returned, tuple(refused))
