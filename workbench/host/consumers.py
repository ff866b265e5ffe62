"""Members of groups that clients hold open from outside the flow (the command line does). Lives on the host's loop."""

from __future__ import annotations

import asyncio
import itertools

from workbench.broker import Broker
from workbench.control.messages import (
    CloseConsumer,
    CommitConsumer,
    ConsumerOpened,
    FetchedBatches,
    OpenConsumer,
    PollConsumer,
)
from workbench.core.errors import NotFound
from workbench.core.points import parse_point
from workbench.core.records import TopicPartition
from workbench.engines.base import ConsumerSettings
from workbench.engines.embedded import EmbeddedEngine
from workbench.engines.embedded_consumer import EmbeddedConsumer
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.session import ClientSession

MAX_POLL_MS = 30_000
_SESSION_TIMEOUT_MS = 30_000


class ConsumerCommands:
    """Each consumer belongs to the session that opened it, and leaves its group when that ends."""

    def __init__(self, broker: Broker, engine: EmbeddedEngine) -> None:
        self._broker = broker
        self._engine = engine
        self._numbers = itertools.count(1)
        self._groups: dict[int, str] = {}

    def handlers(self) -> CommandHandlers:
        return {
            OpenConsumer: CommandHandler(self._open),
            PollConsumer: CommandHandler(self._poll),
            CommitConsumer: CommandHandler(self._commit),
            CloseConsumer: CommandHandler(self._close),
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
        ))
        number = next(self._numbers)
        session.consumers[number] = consumer
        self._groups[number] = command.group
        return ConsumerOpened(number, consumer.member_id)

    async def _poll(self, session: ClientSession, command: PollConsumer) -> FetchedBatches:
        """What is stored goes through as it is: the client decodes it, and nobody before."""
        consumer = _consumer(session, command.consumer)
        group, batches = self._groups[command.consumer], []
        for (topic, partition), first, last, data in await consumer.poll_batches(
            command.max_bytes, min(command.timeout_ms, MAX_POLL_MS) / 1000.0
        ):
            self._broker.note_delivery(topic, partition, first, last, group, consumer.member_id)
            batches.append((topic, partition, first, data))
        return FetchedBatches(tuple(batches), tuple((place.topic, place.partition) for place in consumer.assignment))

    async def _commit(self, session: ClientSession, command: CommitConsumer) -> None:
        offsets = {TopicPartition(topic, partition): offset for topic, partition, offset in command.offsets}
        await _consumer(session, command.consumer).commit(offsets)

    async def _close(self, session: ClientSession, command: CloseConsumer) -> None:
        consumer = _consumer(session, command.consumer)
        del session.consumers[command.consumer]
        del self._groups[command.consumer]
        await asyncio.shield(consumer.close())


def _consumer(session: ClientSession, number: int) -> EmbeddedConsumer:
    try:
        return session.consumers[number]
    except KeyError:
        raise NotFound("This connection has no open consumer {number}.", "Open one first.", number=number) from None
