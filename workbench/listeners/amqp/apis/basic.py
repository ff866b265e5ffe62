"""basic.qos, consume, cancel, get, recover; confirm.select; tx.select, commit, rollback; channel.flow."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from workbench.listeners.amqp import frames
from workbench.listeners.amqp.apis.queues import found, named
from workbench.listeners.amqp.channel import REPLY_TO, Channel, Transaction
from workbench.listeners.amqp.consuming import Consumer
from workbench.listeners.amqp.declarations import whole_number
from workbench.listeners.amqp.publishing import Confirms
from workbench.listeners.amqp.refusals import ChannelRefusal, ConnectionRefusal, queue_words
from workbench.listeners.amqp.shared_queues import QueueInUse

CHANNEL, CONFIRM, TX = 20, 85, 90


async def qos(channel: Channel, asked: Any) -> bytes:
    if asked.prefetch_size:
        raise ConnectionRefusal(540, f"prefetch_size!=0 ({asked.prefetch_size})")
    if asked.global_:
        channel.budget = asked.prefetch_count
        for consumer in channel.consumers.values():
            channel.shared.ask(consumer.queue)
    else:
        channel.prefetch = asked.prefetch_count
    return frames.method(channel.number, frames.BASIC, 11)


# -- consumers -----------------------------------------------------------------------------------------------
async def consume(channel: Channel, asked: Any) -> bytes | None:
    tag = asked.consumer_tag or "amq.ctag-" + base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    if tag in channel.consumers:
        raise ConnectionRefusal(530, f"attempt to reuse consumer tag '{tag}'")
    if asked.queue == REPLY_TO:
        consumer = _reply_consumer(channel, tag, asked.no_ack)
    else:
        queue = found(channel, asked.queue)
        _check_exclusive(queue, named(channel, asked.queue), asked.exclusive)
        consumer = _consumer(channel, tag, queue, asked)
    channel.consumers[tag] = consumer
    ok = b"" if asked.nowait else frames.method(channel.number, frames.BASIC, 21, consumer.tag_bytes)
    channel.session.send(ok)
    if consumer.queue.stored != REPLY_TO:
        channel.shared.add(consumer.queue, consumer)
    return None


def _check_exclusive(queue: QueueInUse, name: str, exclusive: bool) -> None:
    alone = queue.declared is not None and queue.declared.arguments.get("x-single-active-consumer")
    if any(taker.exclusive for taker in queue.takers or ()) or (exclusive and (queue.consumers or alone)):
        raise ChannelRefusal(403, f"{queue_words(name)} in exclusive use")


def _consumer(channel: Channel, tag: str, queue: QueueInUse, asked: Any) -> Consumer:
    priority = (asked.arguments or {}).get("x-priority", 0)
    if reason := whole_number(priority):
        raise ChannelRefusal(406, f"invalid arg 'x-priority' for {queue_words(channel.shared.show(queue.stored))}: "
                             f"{reason}")
    name = channel.shared.new_name(tag, channel.session.who)
    consumer = Consumer(channel, tag, queue, name, asked.no_ack, asked.exclusive, priority, frames.short(tag))
    channel.shared.broker.queues.attach(queue.stored, name, prefetch=0 if asked.no_ack else channel.prefetch,
                                      priority=priority)
    return consumer


def _reply_consumer(channel: Channel, tag: str, no_ack: bool) -> Consumer:
    if not no_ack:
        raise ChannelRefusal(406, "reply consumer cannot acknowledge")
    if channel.reply_token:
        raise ChannelRefusal(406, "reply consumer already set")
    channel.reply_token = base64.urlsafe_b64encode(os.urandom(18)).decode()
    channel.shared.replies[channel.reply_token] = channel.reply
    queue = QueueInUse(REPLY_TO, None)
    return Consumer(channel, tag, queue, "", True, False, 0, frames.short(tag))


async def cancel(channel: Channel, asked: Any) -> bytes | None:
    consumer = channel.consumers.pop(asked.consumer_tag, None)  # what is not there is cancelled (A8)
    if consumer is not None and consumer.queue.stored == REPLY_TO:
        channel.shared.replies.pop(channel.reply_token, None)
        channel.reply_token = ""
    elif consumer is not None:
        goes = consumer.cancel()
        if consumer.unacked:
            channel.cancelled.append(consumer)
        if goes:
            await channel.shared.delete(consumer.queue.stored)
    return None if asked.nowait else frames.method(channel.number, frames.BASIC, 31, frames.short(asked.consumer_tag))


async def get(channel: Channel, asked: Any) -> bytes:
    return channel.got(found(channel, asked.queue), asked.no_ack)


async def recover(channel: Channel, asked: Any) -> bytes:
    _recover(channel, asked.requeue)
    return frames.method(channel.number, frames.BASIC, 111)


async def recover_async(channel: Channel, asked: Any) -> None:
    _recover(channel, asked.requeue)


def _recover(channel: Channel, requeue: bool) -> None:
    if not requeue:
        raise ConnectionRefusal(540, "requeue=false")
    channel.settle("requeue", channel.unacked.collect(0, True))


async def flow(channel: Channel, asked: Any) -> bytes:
    if not asked.active:
        raise ConnectionRefusal(540, "active=false")
    return frames.method(channel.number, CHANNEL, 21, b"\1")


# -- confirms and transactions -------------------------------------------------------------------------------
async def confirm_select(channel: Channel, asked: Any) -> bytes | None:
    if channel.transaction is not None:
        raise ChannelRefusal(406, "cannot switch from tx to confirm mode")
    channel.confirms = channel.confirms or Confirms(channel.number, channel.session.send)
    return None if asked.nowait else frames.method(channel.number, CONFIRM, 11)


async def tx_select(channel: Channel, asked: Any) -> bytes:
    if channel.confirms is not None:
        raise ChannelRefusal(406, "cannot switch from confirm to tx mode")
    channel.transaction = channel.transaction or Transaction()
    return frames.method(channel.number, TX, 11)


async def tx_commit(channel: Channel, asked: Any) -> bytes:
    """Answered when all of it is in the file."""
    done = _transaction(channel)
    channel.transaction = Transaction()
    for sent in done.sent:
        channel.session.outbox.put(sent)
    channel.session.outbox.flush()
    for how, outs in done.settled:
        channel.settle(how, outs)
    futures = channel.session.outbox.unsettled()
    await settled(channel, futures)
    if any(future.exception() is not None for future in futures):
        raise ConnectionRefusal(541, "the transaction could not be written")
    return frames.method(channel.number, TX, 21)


async def tx_rollback(channel: Channel, asked: Any) -> bytes:
    gone = _transaction(channel)
    channel.transaction = Transaction()
    for _, outs in gone.settled:
        channel.unacked.put_back(outs)
    return frames.method(channel.number, TX, 31)


def _transaction(channel: Channel) -> Transaction:
    if channel.transaction is None:
        raise ChannelRefusal(406, "channel is not transactional")
    return channel.transaction


async def settled(channel: Channel, futures: Sequence[Future[Any]]) -> None:
    """Return when what is on its way is in the file, and was told."""
    if futures:
        done = asyncio.Event()
        channel.shared.bridge.settled(futures, partial(_told, done))
        await done.wait()


def _told(done: asyncio.Event) -> None:
    asyncio.get_running_loop().call_soon(done.set)
