"""What an API's code works with: the API itself, one call of it, and what all calls share. Lives on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from workbench.broker import Broker
from workbench.core.clock import Clock
from workbench.listeners.base.settings import ListenerSettings
from workbench.listeners.base.users import Users
from workbench.listeners.base.waiting import Bridge, Notifier, Turn
from workbench.listeners.kafka.clients import KafkaPeer
from workbench.listeners.kafka.dynamic_settings import DynamicSettings
from workbench.listeners.kafka.readers import Readers

T = TypeVar("T")
NODE_ID = 1
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Settling:
    """An answer that is ready when all ``futures`` have their result or error. Where requests are many it spares the
    loop a task for each."""

    futures: Sequence[Future[Any]]
    fields: Callable[[], Fields | None]


Answer = Fields | None | Settling | Awaitable[Fields | None]


@dataclass(frozen=True, slots=True)
class Shared:
    """What one running listener's calls have in common."""

    broker: Broker
    clock: Clock
    settings: ListenerSettings
    users: Users
    bridge: Bridge
    notifier: Notifier
    turn: Turn
    readers: Readers
    cluster_id: str
    dynamic: DynamicSettings


@dataclass(slots=True)
class Login:
    """Where a connection stands with SASL. ``raw``: the next frame is the token itself (handshake version 0)."""

    required: bool
    mechanism: str = ""
    raw: bool = False
    user: str = ""

    @property
    def done(self) -> bool:
        return bool(self.user) or not self.required


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``address`` is what this client is told to connect to."""

    request: Any
    version: int
    shared: Shared
    connection: KafkaPeer
    login: Login
    address: tuple[str, int]

    @property
    def broker(self) -> Broker:
        return self.shared.broker

    async def result(self, future: Future[T]) -> T:
        """The result of a broker's future; raises its error."""
        event = asyncio.Event()
        self.shared.bridge.settled((future,), event.set)
        await event.wait()
        return future.result()


@dataclass(frozen=True, slots=True)
class Api:
    """One API: its number, kio's name, the versions served and the code. ``advertised_low`` says less than is
    served where clients must be told so. ``pipelined``: the next request may begin before the answer is there."""

    key: int
    name: str
    low: int
    high: int
    handle: Callable[[Call], Answer]
    advertised_low: int | None = None
    pipelined: bool = False
    before_login: bool = False

    @property
    def lowest_said(self) -> int:
        return self.low if self.advertised_low is None else self.advertised_low
