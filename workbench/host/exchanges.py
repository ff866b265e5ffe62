"""What clients ask about exchanges: list, declare, bind, and where a message would go.

Lives on the host's loop; what waits for the disk goes off it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from workbench.broker import Broker
from workbench.control.exchanges import (
    Bind,
    DeclareExchange,
    DeleteExchange,
    ExchangeInfo,
    ExchangeList,
    ListExchanges,
    Route,
    RouteMessage,
    Unbind,
)
from workbench.core.queues import QueueMeta
from workbench.core.routing import Exchange
from workbench.core.snapshot import ExchangeStat
from workbench.host.command_handlers import CommandHandler, CommandHandlers
from workbench.host.session import ClientSession


class ExchangeCommands:
    def __init__(self, broker: Broker) -> None:
        self._queues = broker.queues
        self._exchanges = broker.exchanges

    def handlers(self) -> CommandHandlers:
        return {
            ListExchanges: CommandHandler(self._list),
            DeclareExchange: CommandHandler(self._declare),
            DeleteExchange: CommandHandler(self._delete),
            Bind: CommandHandler(self._bind),
            Unbind: CommandHandler(self._unbind),
            RouteMessage: CommandHandler(self._route),
        }

    async def _list(self, session: ClientSession, command: ListExchanges) -> ExchangeList:
        stats = {stat.name: stat for stat in self._exchanges.stats()}
        queues = self._queues.metas()
        infos = (self._info(each, stats.get(each.name), queues) for each in self._exchanges.exchanges())
        return ExchangeList(tuple(infos), tuple(self._exchanges.cycles()))

    def _info(self, exchange: Exchange, stat: ExchangeStat | None, queues: Sequence[QueueMeta]) -> ExchangeInfo:
        senders = [queue for queue in queues if queue.config.get("queue.dead.letter.exchange") == exchange.name]
        back = (queue.name for queue in senders if queue.name in self._exchanges.reach(
            exchange.name, queue.config.get("queue.dead.letter.routing.key", "")))
        return ExchangeInfo(exchange, tuple(self._exchanges.bindings(exchange.name)),
                            tuple(queue.name for queue in senders),
                            stat or ExchangeStat(exchange.name, str(exchange.type)), tuple(back))

    async def _declare(self, session: ClientSession, command: DeclareExchange) -> None:
        act = self._exchanges.alter if command.alter else self._exchanges.declare
        await asyncio.to_thread(act, command.exchange)

    async def _delete(self, session: ClientSession, command: DeleteExchange) -> None:
        await asyncio.to_thread(self._exchanges.delete, command.name)

    async def _bind(self, session: ClientSession, command: Bind) -> None:
        await asyncio.to_thread(self._exchanges.bind, command.binding)

    async def _unbind(self, session: ClientSession, command: Unbind) -> None:
        await asyncio.to_thread(self._exchanges.unbind, command.binding)

    async def _route(self, session: ClientSession, command: RouteMessage) -> Route:
        return Route(self._exchanges.route(command.exchange, command.routing_key, command.headers))
