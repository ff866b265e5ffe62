"""The sockets of a listener and everybody connected. Lives on the host's asyncio loop.

``localhost`` and the default address are served on both loopback addresses under one port where the system has both.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable, Sequence

from workbench.core.errors import Refused
from workbench.listeners.base.connection import Connection
from workbench.listeners.base.settings import AddressTaken, ListenerSettings, show_address
from workbench.listeners.base.users import Users

BACKLOG = 512
IDLE_LOOK_S = 30.0
_ACCEPTING_TURNS = 3
"""Of the loop, until a connection that was just accepted stands and can be ended."""
LOOPBACKS = ("127.0.0.1", "::1")
log = logging.getLogger(__name__)


class Server:
    """``protocol`` is its key, as in the options of the command line; ``label`` its name in words."""

    def __init__(self, protocol: str, label: str, settings: ListenerSettings) -> None:
        self._protocol = protocol
        self._label = label
        self._settings = settings
        self._make: Callable[[], Connection]
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._idle_timer: asyncio.TimerHandle | None = None
        self._stopping = False
        self.address = ""

    def check(self, users: Users) -> None:
        """Refuse settings that can't be or are not safe; sockets are not touched."""
        self._settings.check(self._protocol)
        if self._settings.users and not users.names():
            raise Refused("This listener asks for the name and password of a user, and the workspace has no users.",
                          "Add one first: in the window, or with «workbench users FILE put NAME».")

    async def start(self, make: Callable[[], Connection]) -> None:
        """Listen; ``make`` makes each connection."""
        self._make = make
        tls = self._settings.tls()
        hosts, port = _hosts(self._settings.host), self._settings.port
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

    async def _listen(self, host: str, port: int, tls: ssl.SSLContext | None, optional: bool) -> asyncio.Server | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(self._accept, host, port, ssl=tls, backlog=BACKLOG)
        except OSError as error:
            if optional:  # a machine without IPv6, or the port is another program's there
                log.info("the %s listener is not on %s: %s", self._label, show_address(host, port), error)
                return None
            kind = AddressTaken if error.errno == errno.EADDRINUSE else Refused
            raise kind(f"The {self._label} listener can't have {show_address(host, port)}: {_reason(error)}.",
                       "Stop what uses it, or choose another port (0: any free one).") from None

    def _accept(self) -> Connection:
        connection = self._make()
        connection.on_begin, connection.on_end = self._entered, self._connections.discard
        return connection

    def _entered(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._stopping:
            connection.abort()

    def close_idle(self) -> None:
        """Close the connections that have asked nothing for too long."""
        for connection in list(self._connections):
            if connection.overdue():
                connection.close()

    def _look_for_idle(self) -> None:
        self.close_idle()
        seconds = min(IDLE_LOOK_S, self._settings.max_idle_ms / 4000)
        self._idle_timer = asyncio.get_running_loop().call_later(seconds, self._look_for_idle)

    async def stop(self) -> None:
        """Close the sockets and every connection, and wait until nothing of them is at work."""
        self._stopping = True
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        for server in self._servers:
            server.close()
        for _ in range(_ACCEPTING_TURNS):
            await asyncio.sleep(0)
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.finished()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()


def _hosts(host: str) -> Sequence[str]:
    """``localhost`` may mean either loopback to a client, so it is served on both; so is 127.0.0.1's default."""
    return LOOPBACKS if host in ("localhost", *LOOPBACKS[:1]) else (host,)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
