"""What clients ask about queues: look, receive, settle, purge, redrive; and what is sent to exchanges.

Lives on the host's loop; what waits for the disk goes off it. Invariant: leases that a session received return at once
when the session ends, unless another one receives under the same name.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import accumulate

from workbench.broker import Broker, queue_defaults
from workbench.control.queues import (
    AlterQueue,
    DeliveryList,
    ListQueues,
    MessageList,
    PeekQueue,
    PublishedList,
    PublishRecords,
    Purge,
    PurgeQueue,
    QueueInfo,
    QueueList,
    ReceiveMessages,
    RedriveOutcome,
    RedriveQueue,
    SettleMessages,
    StopRedrive,
    SubscribeQueue,
    UnsubscribeQueue,
)
from workbench.core.acts import Settlement
from workbench.core.errors import Invalid
from workbench.core.queues import Delivery
from workbench.core.records import StoredRecord
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.redrives import Redrives
from workbench.host.session import ClientSession

MAX_RECEIVED = 1000
MAX_WAIT_MS = 30_000
MAX_PEEKED = 10_000
MAX_REPLY_BYTES = 32 << 20


class QueueCommands:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._queues = broker.queues
        self._redrives = Redrives(broker)
        self._receiving: Counter[tuple[str, str]] = Counter()

    def handlers(self) -> CommandHandlers:
        return {
            ListQueues: CommandHandler(self._list),
            PeekQueue: CommandHandler(self._peek),
            PurgeQueue: CommandHandler(self._purge),
            RedriveQueue: CommandHandler(self._redrive),
            StopRedrive: CommandHandler(self._stop_redrive),
            ReceiveMessages: CommandHandler(self._receive),
            SettleMessages: CommandHandler(self._settle),
            PublishRecords: CommandHandler(self._publish),
            SubscribeQueue: CommandHandler(self._subscribe),
            UnsubscribeQueue: CommandHandler(self._unsubscribe),
            AlterQueue: CommandHandler(self._alter),
        }

    async def leave(self, session: ClientSession) -> None:
        """Give back what the session still has leased."""
        for place in tuple(session.leasing):
            session.leasing.discard(place)
            self._receiving[place] -= 1
            if not self._receiving[place]:
                del self._receiving[place]
                self._queues.detach(*place)

    # -- looking -------------------------------------------------------------------------------------------
    async def _list(self, session: ClientSession, command: ListQueues) -> QueueList:
        metas = {meta.name: meta for meta in self._queues.metas()}
        return QueueList(tuple(
            QueueInfo(metas[stat.name], stat, queue_defaults(metas[stat.name].config, stat.name))
            for stat in self._queues.stats()
            if stat.name in metas
        ))

    async def _peek(self, session: ClientSession, command: PeekQueue) -> MessageList:
        limit = min(command.limit, MAX_PEEKED)
        found = await asyncio.to_thread(
            self._queues.peek, command.queue, states=command.states, after=command.after, limit=limit
        )
        return MessageList(tuple(found[: _fitting([message.record for message in found])]))

    # -- leases --------------------------------------------------------------------------------------------
    async def _receive(self, session: ClientSession, command: ReceiveMessages) -> DeliveryList:
        deliveries = self._claim(session, command)
        if not deliveries and command.timeout_ms > 0:
            deliveries = await self._claim_later(session, command)
        return DeliveryList(tuple(deliveries))

    def _claim(self, session: ClientSession, command: ReceiveMessages) -> Sequence[Delivery]:
        most = min(command.max_messages, MAX_RECEIVED)
        deliveries = self._queues.receive(command.queue, command.consumer, most, command.visibility_ms)
        place = (command.queue, command.consumer)
        if place not in session.leasing:
            session.leasing.add(place)
            self._receiving[place] += 1
        fitting = _fitting([delivery.record for delivery in deliveries])
        if fitting < len(deliveries):
            self._queues.release(command.queue, [delivery.receipt for delivery in deliveries[fitting:]])
        return deliveries[:fitting]

    async def _claim_later(self, session: ClientSession, command: ReceiveMessages) -> Sequence[Delivery]:
        """Wait until something is ready, at most as long as the command says."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake(*_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(news.set)

        forget = self._queues.on_ready(command.queue, wake)
        try:
            async with asyncio.timeout(min(command.timeout_ms, MAX_WAIT_MS) / 1000.0):
                while not (deliveries := self._claim(session, command)):
                    await news.wait()
                    news.clear()
            return deliveries
        except TimeoutError:
            return ()
        finally:
            forget()

    async def _settle(self, session: ClientSession, command: SettleMessages) -> None:
        done = self._settled(command)
        if done is not None:
            await asyncio.wrap_future(done)

    def _settled(self, c: SettleMessages) -> Future[None] | None:
        queues = self._queues
        match c.act:
            case Settlement.ACK:
                return queues.ack(c.queue, c.receipts, multiple=c.multiple, consumer=c.consumer)
            case Settlement.NACK:
                return queues.nack(c.queue, c.receipts, delay_ms=c.delay_ms, reason=c.reason)
            case Settlement.REJECT:
                return queues.reject(c.queue, c.receipts, reason=c.reason)
            case Settlement.EXTEND:
                return queues.extend(c.queue, c.receipts, c.delay_ms or 0)
            case Settlement.RELEASE:
                return queues.release(c.queue, c.receipts)
        raise Invalid("Messages can't be settled by «{act}».", "Use one of: {settlement}.", act=c.act,
                      settlement=', '.join(Settlement))

    # -- emptying and sending on ---------------------------------------------------------------------------
    async def _purge(self, session: ClientSession, command: PurgeQueue) -> Purge:
        purge = self._queues.plan_purge if command.dry_run else self._queues.purge
        return Purge(await asyncio.to_thread(purge, command.queue))

    async def _redrive(self, session: ClientSession, command: RedriveQueue) -> RedriveOutcome:
        if command.dry_run:
            return RedriveOutcome(await self._redrives.plan(command.queue, command.spec))
        return RedriveOutcome(await self._redrives.run(command.queue, command.spec))

    async def _stop_redrive(self, session: ClientSession, command: StopRedrive) -> None:
        self._redrives.stop(command.queue)

    async def _publish(self, session: ClientSession, command: PublishRecords) -> PublishedList:
        published = self._broker.exchanges.publish(
            command.exchange, command.routing_key, command.records, mandatory=command.mandatory
        )
        return PublishedList(tuple(await asyncio.wrap_future(published)))

    # -- subscriptions -------------------------------------------------------------------------------------
    async def _subscribe(self, session: ClientSession, command: SubscribeQueue) -> None:
        await asyncio.to_thread(self._queues.subscribe, command.topic, command.subscription, command.config)

    async def _unsubscribe(self, session: ClientSession, command: UnsubscribeQueue) -> None:
        await asyncio.to_thread(self._queues.unsubscribe, command.queue)

    async def _alter(self, session: ClientSession, command: AlterQueue) -> None:
        await asyncio.to_thread(self._queues.alter, command.queue, command.config)


def _fitting(records: Sequence[StoredRecord]) -> int:
    """How many of the records one reply can carry; one at least."""
    sizes = accumulate(record.size_bytes for record in records)
    return max(1, sum(1 for size in sizes if size <= MAX_REPLY_BYTES))
