"""The AMQP listener: one broker served to RabbitMQ's clients at one address. Lives on the host's asyncio loop."""

from __future__ import annotations

import asyncio

from workbench.broker import Broker
from workbench.core.snapshot import ClientStat
from workbench.listeners.amqp.clients import AmqpPeer
from workbench.listeners.amqp.session import Session
from workbench.listeners.amqp.shared_queues import SharedQueues
from workbench.listeners.base.clients import Clients
from workbench.listeners.base.server import Server
from workbench.listeners.base.settings import ListenerSettings
from workbench.listeners.base.waiting import Bridge, Turn

PROTOCOL, LABEL = "amqp", "AMQP"


class AmqpListener:
    """A ``Listener`` of ``listeners.base``."""

    def __init__(self, broker: Broker, settings: ListenerSettings) -> None:
        self._broker = broker
        self._settings = settings
        self._clients: Clients[AmqpPeer] = Clients(broker.clock, PROTOCOL, LABEL, AmqpPeer)
        self._server = Server(PROTOCOL, LABEL, settings)
        self._shared: SharedQueues | None = None

    @property
    def address(self) -> str:
        return self._server.address

    async def start(self) -> None:
        bridge = Bridge()
        self._shared = shared = SharedQueues(self._broker, self._settings, bridge, Turn(self._broker, bridge))
        self._server.check(shared.users)
        shared.begin(await asyncio.to_thread(shared.sweep))
        await self._server.start(lambda: Session(shared, self._clients))

    def clients(self) -> tuple[ClientStat, ...]:
        return self._clients.stats()

    def close_idle(self) -> None:
        """Close the connections that did not get through the handshake in time."""
        self._server.close_idle()

    async def stop(self) -> None:
        await self._server.stop()
        if self._shared is not None:
            await self._shared.close()
