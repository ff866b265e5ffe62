"""What channels and their parts need of their connection, so that none of them knows the whole. Types only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Protocol

from workbench.listeners.amqp.clients import AmqpPeer


class Outgoing(Protocol):
    """What the connection publishes, in order."""

    def put(self, sent: Any, /) -> None: ...

    def flush(self) -> None: ...

    def unsettled(self) -> list[Future[Any]]: ...


class OpenConnection(Protocol):
    """``frame_max`` is in bytes; ``choked``: its socket takes nothing more for now."""

    @property
    def peer(self) -> AmqpPeer: ...

    @property
    def who(self) -> str: ...

    @property
    def frame_max(self) -> int: ...

    @property
    def choked(self) -> bool: ...

    @property
    def outbox(self) -> Outgoing: ...

    def send(self, wire: bytes) -> None: ...

    def act(self, channel: Any, which: tuple[int, int], payload: bytes) -> Callable[[], Awaitable[bytes | None]]: ...
