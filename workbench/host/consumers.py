"""Members of groups that clients hold open from outside the flow (the command line does). Lives on the host's loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from itertools import groupby

from workbench.broker import Broker, encode_batch
from workbench.control.messages import (
    CloseConsumer,
    CommitConsumer,
    ConsumerOpened,
    FetchedBatches,
    OpenConsumer,
    PollConsumer,
)
from workbench.core.changes import Changes
from workbench.core.errors import NotFound
from workbench.core.points import parse_point
from workbench.core.records import Record, StoredRecord, TopicPartition
from workbench.engines.base import Consumer, ConsumerSettings, Engine
from workbench.host.acts import Act, Acts
from workbench.host.session import ClientSession

POLL_RECORDS = 2000
MAX_POLL_MS = 30_000
_SESSION_TIMEOUT_MS = 30_000


class ConsumerActs:
    """Each consumer belongs to the session that opened it, and leaves its group when that ends."""

    def __init__(self, broker: Broker, engine: Engine) -> None:
        self._broker = broker
        self._engine = engine
        self._numbers = itertools.count(1)
        self._groups: dict[int, str] = {}

    def acts(self) -> Acts:
        return {
            OpenConsumer: Act(self._open, Changes.GROUPS),
            PollConsumer: Act(self._poll),
            CommitConsumer: Act(self._commit),
            CloseConsumer: Act(self._close, Changes.GROUPS),
        }

    async def leave(self, session: ClientSession) -> None:
        """Close what the session left open."""
        for number in tuple(session.consumers):
            await self._close(session, CloseConsumer(number))

    async def _open(self, session: ClientSession, command: OpenConsumer) -> ConsumerOpened:
        for topic in command.topics:
            self._broker.topic(topic)
        point = parse_point(command.start)
        start = point.kind if point.kind in ("earliest", "latest") else f"{point.kind}:{point.number}"
        consumer = await self._engine.consumer(ConsumerSettings(
            command.group, command.topics, command.client_id, session_timeout_ms=_SESSION_TIMEOUT_MS, start=start,
        ))  # fmt: skip
        number = next(self._numbers)
        session.consumers[number] = consumer
        self._groups[number] = command.group
        return ConsumerOpened(number, consumer.member_id)

    async def _poll(self, session: ClientSession, command: PollConsumer) -> FetchedBatches:
        consumer = _consumer(session, command.consumer)
        records = await consumer.poll(POLL_RECORDS, min(command.timeout_ms, MAX_POLL_MS) / 1000.0)
        runs = list(_within(records, command.max_bytes, consumer))
        batches = []
        for run in runs:
            topic, partition, first = run[0].topic, run[0].partition, run[0].offset
            self._broker.note_delivery(topic, partition, first, run[-1].offset, self._groups[command.consumer],
                                       consumer.member_id)  # fmt: skip
            batches.append((topic, partition, first, self._encode(run)))
        return FetchedBatches(tuple(batches), tuple((place.topic, place.partition) for place in consumer.assignment))

    def _encode(self, run: Sequence[StoredRecord]) -> bytes:
        records = [Record(r.key, r.value, r.headers, r.timestamp_ms) for r in run]
        return encode_batch(records, base_offset=run[0].offset, now_ms=self._broker.clock.now_ms())

    async def _commit(self, session: ClientSession, command: CommitConsumer) -> None:
        offsets = {TopicPartition(topic, partition): offset for topic, partition, offset in command.offsets}
        await _consumer(session, command.consumer).commit(offsets)

    async def _close(self, session: ClientSession, command: CloseConsumer) -> None:
        consumer = _consumer(session, command.consumer)
        del session.consumers[command.consumer]
        del self._groups[command.consumer]
        await asyncio.shield(consumer.close())


def _consumer(session: ClientSession, number: int) -> Consumer:
    try:
        return session.consumers[number]
    except KeyError:
        raise NotFound(f"This connection has no open consumer {number}.", "Open one first.") from None


def _within(
    records: Sequence[StoredRecord], max_bytes: int, consumer: Consumer
) -> Iterator[list[StoredRecord]]:
    """Runs of consecutive offsets of one partition, up to about ``max_bytes`` (one record at least); the consumer
    goes back to the first record that did not fit."""
    total, full, back = 0, False, set()
    for place, of_place in groupby(records, key=lambda r: TopicPartition(r.topic, r.partition)):
        run: list[StoredRecord] = []
        for record in of_place:
            if full:
                if place not in back:
                    back.add(place)
                    consumer.seek(place, record.offset)
                continue
            if run and record.offset != run[-1].offset + 1:
                yield run
                run = []
            run.append(record)
            total += record.size_bytes
            full = total >= max_bytes
        if run:
            yield run
