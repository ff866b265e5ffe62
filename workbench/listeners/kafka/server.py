"""The Kafka listener: its sockets and everybody connected. Lives on the host's asyncio loop.

``localhost`` and port 0 are served on both loopback addresses under one port where the system has both.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import uuid
from collections.abc import Sequence

from workbench.broker import Broker
from workbench.core.errors import Refused
from workbench.core.snapshot import ClientStat
from workbench.listeners.kafka.call import Shared
from workbench.listeners.kafka.clients import Clients
from workbench.listeners.kafka.dynamic_settings import DynamicSettings
from workbench.listeners.kafka.readers import Readers
from workbench.listeners.kafka.session import Session
from workbench.listeners.kafka.settings import ListenerSettings, show_address
from workbench.listeners.kafka.users import Users
from workbench.listeners.kafka.waiting import Bridge, News, Turn

CLUSTER_KEY = "kafka.cluster.id"
BACKLOG = 512
IDLE_LOOK_S = 30.0
LOOPBACKS = ("127.0.0.1", "::1")
log = logging.getLogger(__name__)


class KafkaListener:
    """One broker served to Kafka clients at one address."""

    def __init__(self, broker: Broker, settings: ListenerSettings) -> None:
        self._broker = broker
        self._settings = settings
        self._clients = Clients(broker.clock)
        self._sessions: set[Session] = set()
        self._servers: list[asyncio.Server] = []
        self._idle_timer: asyncio.TimerHandle | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen. Refused when the address is not loopback and that was not chosen, or it is taken."""
        settings = self._settings
        settings.check()
        tls = settings.tls()
        users = Users(self._broker)
        if settings.sasl and not users.names():
            raise Refused("This listener asks for SASL/PLAIN, and the workspace has no users.",
                          "Add one first: in the window, or with «workbench users FILE put NAME».")  # fmt: skip
        bridge = Bridge()
        self._news = News(self._broker, bridge)
        self._shared = Shared(
            self._broker, self._broker.clock, settings, users, bridge, self._news, Turn(self._broker, bridge),
            Readers(self._broker), _cluster_id(self._broker), DynamicSettings(self._broker),
        )  # fmt: skip
        hosts, port = _hosts(settings.host), settings.port
        try:
            for host in hosts:
                server = await self._listen(host, port, tls, optional=host != hosts[0])
                if server is not None:
                    self._servers.append(server)
                    port = server.sockets[0].getsockname()[1]
        except BaseException:
            await self.stop()
            raise
        self.address = show_address(hosts[0], port)
        self._look_for_idle()

    async def _listen(self, host: str, port: int, tls: object, optional: bool) -> asyncio.Server | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(self._session, host, port, ssl=tls, backlog=BACKLOG)  # type: ignore[arg-type]
        except OSError as error:
            if optional:  # a machine without IPv6, or the port is another program's there
                log.info("the Kafka listener is not on %s: %s", show_address(host, port), error)
                return None
            raise Refused(f"The Kafka listener can't have {show_address(host, port)}: {error.strerror or error}.",
                          "Stop what uses it, or choose another port (0: any free one).") from None  # fmt: skip

    def _session(self) -> Session:
        session = Session(self._shared, self._clients, self._sessions.discard)
        self._sessions.add(session)
        return session

    def clients(self) -> tuple[ClientStat, ...]:
        """Who is connected, and who was turned away lately. For one caller (rates are taken between askings)."""
        return self._clients.stats()

    def close_idle(self) -> None:
        """Close the connections that have asked nothing for too long; their clients open new ones when they need to."""
        for session in list(self._sessions):
            if session.idle_ms() >= self._settings.max_idle_ms:
                session.close()

    def _look_for_idle(self) -> None:
        self.close_idle()
        seconds = min(IDLE_LOOK_S, self._settings.max_idle_ms / 4000)
        self._idle_timer = asyncio.get_running_loop().call_later(seconds, self._look_for_idle)

    async def stop(self) -> None:
        """Close the sockets and every connection, and wait until nothing of them is at work."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        for server in self._servers:
            server.close()
        sessions = list(self._sessions)
        for session in sessions:
            session.abort()
        for session in sessions:
            await session.finished()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()
        self._news.close()


def _hosts(host: str) -> Sequence[str]:
    """``localhost`` may mean either loopback to a client, so it is served on both; so is 127.0.0.1's default."""
    return LOOPBACKS if host in ("localhost", *LOOPBACKS[:1]) else (host,)


def _cluster_id(broker: Broker) -> str:
    """The workspace's cluster id, made once: 22 characters as Kafka's."""
    known = broker.meta(CLUSTER_KEY)
    if not known:
        known = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        broker.set_meta(CLUSTER_KEY, known)
    return known
