"""The Schema Registry listener: its sockets and its table of routes. Lives on the host's asyncio loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.broker import Broker
from workbench.core.snapshot import ClientStat
from workbench.listeners.base.clients import Clients, Peer
from workbench.listeners.base.http import HttpConnection, HttpParts
from workbench.listeners.base.server import Server
from workbench.listeners.base.settings import ListenerSettings
from workbench.listeners.base.users import Users

if TYPE_CHECKING:
    from workbench.listeners.base.web import WebApp

PROTOCOL, LABEL = "registry", "Schema Registry"


class RegistryListener:
    """A ``Listener`` of ``listeners.base``. Whoever comes must log in by HTTP basic once the workspace has users."""

    def __init__(self, broker: Broker, settings: ListenerSettings) -> None:
        self._broker = broker
        self._settings = settings
        self._clients: Clients[Peer] = Clients(broker.clock, PROTOCOL, LABEL, Peer)
        self._server = Server(PROTOCOL, LABEL, settings)
        users = Users(broker)
        self._users = users
        self._app: WebApp | None = None
        self._parts = HttpParts(self._answer)

    @property
    def address(self) -> str:
        """The URL for schema.registry.url; empty while nothing listens."""
        scheme = "http" if self._settings.certificate is None else "https"
        return f"{scheme}://{self._server.address}" if self._server.address else ""

    async def start(self) -> None:
        self._server.check(self._users)
        clock = self._broker.clock
        await self._server.start(lambda: HttpConnection(self._settings, self._clients, clock, self._parts))

    async def _answer(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]],
                      send: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        """The ASGI app. Rules, kinds of schemas and routes are imported when the first request is there."""
        if self._app is None:
            self._app = await asyncio.to_thread(self._make)
        await self._app(scope, receive, send)

    def _make(self) -> WebApp:
        from workbench.listeners.base.web import WebApp
        from workbench.listeners.registry.answers import RegistryAnswers, acceptable
        from workbench.listeners.registry.apis import routes
        from workbench.listeners.registry.async_registry import AsyncRegistry

        answers = RegistryAnswers()
        return WebApp(routes(AsyncRegistry(self._broker)), answers, self._users, self._clients, LABEL, acceptable,
                      answers.dressed)

    def clients(self) -> tuple[ClientStat, ...]:
        return self._clients.stats()

    def close_idle(self) -> None:
        """Close the connections that have asked nothing for too long."""
        self._server.close_idle()

    async def stop(self) -> None:
        await self._server.stop()
        await self._parts.close()
