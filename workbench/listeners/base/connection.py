"""One connection, as every protocol has it: who is there, when it was heard last, and its end. Lives on the loop.

A protocol's own connection is a subclass that takes bytes in ``data_received``. Whatever a peer sends, its own
connection is all it can end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic

from workbench.core.clock import Clock
from workbench.listeners.base.clients import Clients, P
from workbench.listeners.base.settings import ListenerSettings

HIGH_WATER_BYTES = 1 << 20


class Connection(asyncio.Protocol, Generic[P]):
    """``on_begin`` is called when it stands (with TLS: after the handshake), ``on_end`` when it is over; each once. The
    server sets both."""

    on_begin: Callable[[Connection[Any]], None]
    on_end: Callable[[Connection[Any]], None]
    peer: P

    def __init__(self, settings: ListenerSettings, clients: Clients[P], clock: Clock) -> None:
        self._settings = settings
        self._clients = clients
        self._clock = clock
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost = asyncio.Event()
        self._heard_ms = clock.monotonic_ms()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        host, port, *_ = transport.get_extra_info("peername") or ("", 0)
        self.peer = self._clients.enter(host, port)
        self.on_begin(self)
        most = self._settings.max_connections
        if len(self._clients) > most:
            self.turn_away(f"More than {most} connections; this one was closed.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._lost.set()
        self._clients.leave(self.peer)
        for task in self._tasks:
            task.cancel()
        self.on_end(self)

    def heard(self) -> None:
        """Something has come."""
        self._heard_ms = self._clock.monotonic_ms()

    def at_work(self) -> bool:
        """Whether the peer waits for an answer: such a connection is not idle."""
        return False

    def idle_ms(self) -> float:
        """For how long the peer has asked nothing; 0 while it waits for an answer."""
        return 0.0 if self.at_work() else self._clock.monotonic_ms() - self._heard_ms

    def overdue(self) -> bool:
        """Whether it is to be closed: nothing was asked for too long; the client opens a new one when it needs to."""
        return self.idle_ms() >= self._settings.max_idle_ms

    def close(self) -> None:
        """End the connection, what was answered goes out first."""
        self._closing = True
        self._transport.close()

    def abort(self) -> None:
        """End the connection now."""
        self._closing = True
        self._transport.abort()

    async def finished(self) -> None:
        """Return when the socket is closed and nothing of this connection is at work any more. The loop closes an
        aborted socket a turn later only: one that ends before leaves it open."""
        await self._lost.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def turn_away(self, sentence: str) -> None:
        """Close it, and let it be seen why."""
        self._clients.note(self.peer, sentence)
        self.close()
