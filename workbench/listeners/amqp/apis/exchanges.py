"""exchange.declare, delete, bind, unbind."""

from __future__ import annotations

import asyncio
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.routing import Exchange, ExchangeType
from workbench.listeners.amqp import frames
from workbench.listeners.amqp.apis.queues import RESERVED, bound, unbound
from workbench.listeners.amqp.channel import Channel
from workbench.listeners.amqp.declarations import kind_of
from workbench.listeners.amqp.refusals import (
    DEFAULT_EXCHANGE_LEFT_ALONE,
    ChannelRefusal,
    ConnectionRefusal,
    exchange_words,
    flag_unlike,
    no_exchange,
    unlike,
)

EXCHANGE = 40
_TYPES = frozenset(str(each) for each in ExchangeType)


async def declare(channel: Channel, asked: Any) -> bytes | None:
    name, shared = asked.exchange, channel.shared
    _not_default(name)
    async with shared.turn:
        known = shared.exchange(name)
        if asked.passive:
            if known is None:
                raise no_exchange(name)
        else:
            made = _asked_for(asked)
            if known is not None:
                _check_alike(made, known)
            elif name.startswith(RESERVED):
                raise ChannelRefusal(403, f"exchange name '{name}' contains reserved prefix 'amq.*'")
            else:
                await _made(channel, made)
    return None if asked.nowait else frames.method(channel.number, EXCHANGE, 11)


def _asked_for(asked: Any) -> Exchange:
    if asked.exchange_type not in _TYPES:
        raise ConnectionRefusal(503, f"unknown exchange type '{asked.exchange_type}'")
    alternate = (asked.arguments or {}).get("alternate-exchange", "")
    if not isinstance(alternate, str):
        raise ChannelRefusal(406, f"invalid arg 'alternate-exchange' for {exchange_words(asked.exchange)}: "
                             f"{{unacceptable_type,{kind_of(alternate)}}}")
    return Exchange(asked.exchange, ExchangeType(asked.exchange_type), alternate, asked.durable, asked.auto_delete,
                    asked.internal)


def _check_alike(made: Exchange, known: Exchange) -> None:
    words = exchange_words(made.name)
    for flag in ("type", "durable", "auto_delete", "internal"):
        new, old = getattr(made, flag), getattr(known, flag)
        if new != old:
            raise flag_unlike(flag, words, new, old)
    if made.alternate != known.alternate:
        alone = not (made.alternate and known.alternate)
        raise unlike("alternate-exchange", words, *(
            "none" if not each else f"the value '{each}' of type 'longstr'" if alone else f"'{each}'"
            for each in (made.alternate, known.alternate)))


async def _made(channel: Channel, exchange: Exchange) -> None:
    try:
        await asyncio.to_thread(channel.shared.broker.exchanges.declare, exchange)
    except WorkbenchError as reason:
        raise ChannelRefusal(406, reason.sentence()) from None


async def delete(channel: Channel, asked: Any) -> bytes | None:
    name, exchanges = asked.exchange, channel.shared.broker.exchanges
    _not_default(name)
    if name.startswith(RESERVED):
        raise ChannelRefusal(403, f"deletion of system {exchange_words(name)} not allowed")
    async with channel.shared.turn:
        if exchanges.has(name):  # what is not there is deleted (A8)
            if asked.if_unused and exchanges.bindings(name):
                raise ChannelRefusal(406, f"{exchange_words(name)} in use")
            await asyncio.to_thread(exchanges.delete, name)
    return None if asked.nowait else frames.method(channel.number, EXCHANGE, 21)


async def bind(channel: Channel, asked: Any) -> bytes | None:
    _both_there(channel, asked)
    async with channel.shared.turn:
        await bound(channel, asked.source, asked.destination, asked.routing_key, asked.arguments or {},
                    to_exchange=True)
    return None if asked.nowait else frames.method(channel.number, EXCHANGE, 31)


async def unbind(channel: Channel, asked: Any) -> bytes | None:
    async with channel.shared.turn:
        await unbound(channel, asked.source, asked.destination, asked.routing_key, asked.arguments or {},
                      to_exchange=True)
    return None if asked.nowait else frames.method(channel.number, EXCHANGE, 51)


def _both_there(channel: Channel, asked: Any) -> None:
    for name in (asked.destination, asked.source):
        _not_default(name)
        if channel.shared.exchange(name) is None:
            raise no_exchange(name)


def _not_default(name: str) -> None:
    if not name:
        raise ChannelRefusal(403, DEFAULT_EXCHANGE_LEFT_ALONE)
