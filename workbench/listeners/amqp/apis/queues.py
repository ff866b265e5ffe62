"""queue.declare, bind, unbind, purge, delete."""

from __future__ import annotations

import asyncio
import base64
import os
from typing import Any

from workbench.core.errors import AlreadyExists, Invalid, NotFound, WorkbenchError
from workbench.core.names import stored_name
from workbench.core.routing import Binding, ExchangeType
from workbench.listeners.amqp import frames
from workbench.listeners.amqp.channel import REPLY_TO, Channel
from workbench.listeners.amqp.declarations import NOT_KEPT, Declared, check_alike, kind_of, settings_of
from workbench.listeners.amqp.properties import as_text
from workbench.listeners.amqp.refusals import (
    DEFAULT_EXCHANGE_LEFT_ALONE,
    ChannelRefusal,
    locked,
    no_exchange,
    no_queue,
    queue_words,
)
from workbench.listeners.amqp.shared_queues import PREDECLARED, QueueInUse

QUEUE, RESERVED = 50, "amq."
_MATCHES, _NOT_SERVED = ("all", "any"), ("all-with-x", "any-with-x")


def found(channel: Channel, name: str) -> QueueInUse:
    """A queue that is there, and may be used by this connection; the empty name is the channel's last (A7)."""
    shown = named(channel, name)
    stored = _stored(shown)
    if not channel.shared.has(stored):
        raise no_queue(shown)
    queue = channel.shared.in_use(stored)
    if queue.owner is not None and queue.owner is not channel.session:
        raise locked(shown)
    channel.shared.used(queue)
    return queue


def named(channel: Channel, name: str) -> str:
    if not name and not channel.last_queue:
        raise ChannelRefusal(404, "no previously declared queue")
    return name or channel.last_queue


def _stored(shown: str) -> str:
    try:
        return stored_name(shown)
    except Invalid as reason:
        raise ChannelRefusal(406, reason.sentence()) from None


# -- declaring -----------------------------------------------------------------------------------------------
async def declare(channel: Channel, asked: Any) -> bytes | None:
    name = asked.queue.replace("\r", "").replace("\n", "")
    if asked.passive:
        if name == REPLY_TO or name.startswith(REPLY_TO + "."):  # A2
            return None if asked.nowait else _declare_ok(channel, name, 0, 1)
        if not name:
            raise no_queue(name)
        queue = found(channel, name)
    else:
        if name.startswith(RESERVED):
            raise ChannelRefusal(403, f"queue name '{name}' contains reserved prefix 'amq.*'")
        name = name or "amq.gen-" + base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        durable = asked.durable and not asked.exclusive  # as RabbitMQ has it
        declared = Declared(durable, asked.exclusive, asked.auto_delete, asked.arguments or {})
        async with channel.shared.turn:
            queue = await _declared(channel, name, declared)
    channel.last_queue = name
    ready = channel.shared.broker.queues.counts(queue.stored).ready
    return None if asked.nowait else _declare_ok(channel, name, ready, queue.consumers)


async def _declared(channel: Channel, name: str, declared: Declared) -> QueueInUse:
    stored = _stored(name)
    shared = channel.shared
    if shared.has(stored):
        queue = found(channel, name)
        if queue.declared is not None:
            check_alike(name, declared, queue.declared)
            if declared.exclusive is not queue.declared.exclusive:
                raise locked(name)
        return queue
    for argument in declared.arguments:
        if argument in NOT_KEPT:
            channel.session.peer.in_vain(argument, NOT_KEPT[argument])
    config = settings_of(name, declared)
    try:
        await asyncio.to_thread(shared.broker.create_topic, stored, 1, "queue", config)
    except AlreadyExists:
        raise ChannelRefusal(406, f"{name} is a stream here, and a stream is no queue") from None
    except WorkbenchError as reason:
        raise ChannelRefusal(406, reason.sentence()) from None
    queue = shared.in_use(stored)
    if declared.exclusive:
        queue.owner = channel.session
    shared.used(queue)
    return queue


def _declare_ok(channel: Channel, name: str, ready: int, consumers: int) -> bytes:
    counts = ready.to_bytes(4, "big") + consumers.to_bytes(4, "big")
    return frames.method(channel.number, QUEUE, 11, frames.short(name) + counts)


# -- binding -------------------------------------------------------------------------------------------------
async def bind(channel: Channel, asked: Any) -> bytes | None:
    queue, key = found(channel, asked.queue), asked.routing_key
    if not key and not asked.queue:
        key = channel.last_queue
    async with channel.shared.turn:
        await bound(channel, asked.exchange, queue.stored, key, asked.arguments or {}, to_exchange=False)
    return None if asked.nowait else frames.method(channel.number, QUEUE, 21)


async def unbind(channel: Channel, asked: Any) -> bytes | None:
    key = asked.routing_key or ("" if asked.queue else channel.last_queue)
    async with channel.shared.turn:
        await unbound(channel, asked.exchange, asked.queue, key, asked.arguments or {}, to_exchange=False)
    return frames.method(channel.number, QUEUE, 51)


async def bound(channel: Channel, exchange: str, destination: str, key: str, arguments: dict[str, Any],
                to_exchange: bool) -> None:
    """Within the shared's turn."""
    exchanges = channel.shared.broker.exchanges
    made = binding(channel, exchange, destination, key, arguments, to_exchange)
    for name in (exchange, destination) if to_exchange else (exchange,):
        if name in PREDECLARED and (own := channel.shared.exchange(name)) is not None:
            await asyncio.to_thread(exchanges.predeclare, own)
    try:
        await asyncio.to_thread(exchanges.bind, made)
    except NotFound:
        raise no_queue(channel.shared.show(destination)) from None
    except WorkbenchError as reason:
        raise ChannelRefusal(406, reason.sentence()) from None


async def unbound(channel: Channel, exchange: str, destination: str, key: str, arguments: dict[str, Any],
                  to_exchange: bool) -> None:
    """What is not bound is unbound already; ``destination`` is an exchange, or the name of a queue as it is shown."""
    try:
        if not to_exchange:
            destination = found(channel, destination).stored
        made = binding(channel, exchange, destination, key, arguments, to_exchange)
        await asyncio.to_thread(channel.shared.broker.exchanges.unbind, made)
    except NotFound:
        return
    except ChannelRefusal as refusal:
        if refusal.code != 404:
            raise


def binding(channel: Channel, exchange: str, destination: str, key: str, arguments: dict[str, Any],
            to_exchange: bool) -> Binding:
    if not exchange:
        raise ChannelRefusal(403, DEFAULT_EXCHANGE_LEFT_ALONE)
    source = channel.shared.exchange(exchange)
    if source is None:
        raise no_exchange(exchange)
    if source.type is not ExchangeType.HEADERS:
        return Binding(exchange, destination, key, to_exchange)
    match = arguments.get("x-match", "all")
    if not isinstance(match, str):
        raise ChannelRefusal(406, f"Invalid x-match field type {kind_of(match)} (value {match}); expected longstr")
    if match not in _MATCHES:
        if match in _NOT_SERVED:
            channel.session.peer.in_vain(f"x-match {match}", "Use all or any: headers that begin with x- do not count.")
        raise ChannelRefusal(406, f"Invalid x-match field value <<\"{match}\">>; expected all, any, all-with-x, or "
                             "any-with-x")
    seen = {name: as_text(value) for name, value in arguments.items() if name != "x-match"}
    if None in seen.values():
        channel.session.peer.in_vain("a headers binding by presence alone", "Bind with the value of the header.")
    kept = tuple((name, text) for name, text in sorted(seen.items()) if text is not None)
    return Binding(exchange, destination, key, to_exchange, kept, match == "any")


# -- emptying and deleting -----------------------------------------------------------------------------------
async def purge(channel: Channel, asked: Any) -> bytes | None:
    queue = found(channel, asked.queue)
    plan = await asyncio.to_thread(channel.shared.broker.queues.purge, queue.stored)
    return None if asked.nowait else frames.method(channel.number, QUEUE, 31, plan.ready.to_bytes(4, "big"))


async def delete(channel: Channel, asked: Any) -> bytes | None:
    ready = 0
    try:
        queue = found(channel, asked.queue)
    except ChannelRefusal as refusal:
        if refusal.code != 404 or not (asked.queue or channel.last_queue):  # what is not there is deleted (A8)
            raise
    else:
        name = named(channel, asked.queue)
        ready = channel.shared.broker.queues.counts(queue.stored).ready
        if asked.if_unused and queue.consumers:
            raise ChannelRefusal(406, f"{queue_words(name)} in use")
        if asked.if_empty and ready:
            raise ChannelRefusal(406, f"{queue_words(name)} not empty")
        await channel.shared.delete(queue.stored)
    return None if asked.nowait else frames.method(channel.number, QUEUE, 41, ready.to_bytes(4, "big"))
