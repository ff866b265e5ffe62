"""Connections that speak HTTP: looked at by their first bytes, then served by an ASGI app. Lives on the loop.

    first bytes ──► TLS, HTTP/2, no HTTP at all: told so, closed
         │
         └─ HTTP/1.1 ──► the engine (imported by a thread when the first is there) ──► the app

Bounded: a request's head in bytes and time, a body by the app; a connection that asks nothing is closed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from workbench.core.clock import Clock
from workbench.listeners.base.clients import Clients, Peer
from workbench.listeners.base.connection import Connection
from workbench.listeners.base.first_bytes import ENOUGH_BYTES, HTTP, HTTP2, TLS, http_refusal, spoken
from workbench.listeners.base.settings import ListenerSettings

if TYPE_CHECKING:
    from uvicorn import Config

    from workbench.listeners.base.http_engine import HttpEngine

HEAD_WITHIN_MS = 30_000.0
PEER = "workbench.peer"
"""The key of the connection's ``Peer`` in the state of an ASGI scope."""


class HttpParts:
    """What the connections of one listener share: the app, and the engine once it was wanted."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.config: Config | None = None
        self._loading: asyncio.Task[Config] | None = None

    async def load(self) -> Config:
        """Bring the engine in, once; the loop goes on meanwhile."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._import))
        self.config = config = await asyncio.shield(self._loading)
        return config

    async def close(self) -> None:
        """Wait until nothing is being brought in any more."""
        if self._loading is not None:
            await asyncio.gather(self._loading, return_exceptions=True)

    def _import(self) -> Config:
        from workbench.listeners.base.http_engine import config_of

        return config_of(self._app)


class HttpConnection(Connection[Peer]):
    def __init__(self, settings: ListenerSettings, clients: Clients[Peer], clock: Clock, parts: HttpParts) -> None:
        super().__init__(settings, clients, clock)
        self._parts = parts
        self._first = b""
        self._engine: HttpEngine | None = None
        self._asked_ms = self._heard_ms  # when the head that is coming began

    # -- the transport's calls -----------------------------------------------------------------------------
    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self.heard()
        if self._engine is not None:
            self._feed(data)
            return
        self._first += data
        if len(self._first) < ENOUGH_BYTES and self._first[:1].isalpha():
            return
        refusal = _refusal(self._first)
        if refusal:
            self._refuse("400 Bad Request", refusal)
        elif self._parts.config is not None:
            self._begin(self._parts.config)
        else:
            self._transport.pause_reading()
            task = asyncio.create_task(self._load())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def eof_received(self) -> None:
        if self._engine is not None:
            self._engine.eof_received()

    def pause_writing(self) -> None:
        if self._engine is not None:
            self._engine.pause_writing()

    def resume_writing(self) -> None:
        if self._engine is not None:
            self._engine.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._engine is not None:
            self._tasks |= self._engine.tasks
            self._engine.connection_lost(exc)
        super().connection_lost(exc)

    def at_work(self) -> bool:
        return self._engine is not None and self._engine.answering()

    def overdue(self) -> bool:
        """Also when the head of a request takes too long: a peer that sends a byte a minute holds nothing open."""
        return super().overdue() or (self._half_open() and self._clock.monotonic_ms() - self._asked_ms > HEAD_WITHIN_MS)

    # -- serving -------------------------------------------------------------------------------------------
    async def _load(self) -> None:
        config = await self._parts.load()
        if not self._closing:
            self._begin(config)
            self._transport.resume_reading()

    def _begin(self, config: Config) -> None:
        from workbench.listeners.base.http_engine import HttpEngine, OneWrite

        self._engine = HttpEngine(config, {PEER: self.peer}, self._refuse)
        # It is a transport to all that the engine asks; the stub wants asyncio.Transport itself.
        self._engine.connection_made(OneWrite(self._transport))  # pyright: ignore[reportArgumentType]
        first, self._first = self._first, b""
        self._feed(first)

    def _feed(self, data: bytes) -> None:
        assert self._engine is not None
        was_open = self._engine.head_open
        self._engine.data_received(data)
        if not was_open:
            self._asked_ms = self._heard_ms

    def _half_open(self) -> bool:
        return self._engine is None or self._engine.head_open

    def _refuse(self, status: str, sentence: str) -> None:
        self._transport.write(http_refusal(sentence, status))
        self.turn_away(sentence)


def _refusal(start: bytes) -> str:
    """Why these first bytes are not served; empty when they are HTTP."""
    speaks = spoken(start)
    if speaks == TLS:
        return ("This client begins with TLS, which this listener is not set up for. Use http://, or give the "
                "listener a certificate.")
    if speaks == HTTP2:
        return "This client begins with HTTP/2, which is not served here. Set HTTP/1.1 in its configuration."
    return "" if speaks == HTTP else "This address speaks HTTP, and this client something else. Is it its address?"
