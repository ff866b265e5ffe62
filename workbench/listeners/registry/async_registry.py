"""The registry as the routes use it: what reads or writes more than memory is done beside the loop, one at a time.

Lives on the listener's loop. A schema may take seconds to read, and whoever registers waits for those before him: so
registering takes one thread at most, and checking another, however many clients ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from workbench.broker import Broker
from workbench.session.schemas import Registry

P = ParamSpec("P")
T = TypeVar("T")


class AsyncRegistry:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.registry = Registry(broker.schemas)
        self._writing = asyncio.Lock()
        self._checking = asyncio.Lock()

    async def ready(self) -> Registry:
        """With what is registered in memory: from here on a look costs no file."""
        if not self._broker.schemas.loaded:
            await asyncio.to_thread(lambda: self._broker.schemas.catalogue)
        return self.registry

    async def write(self, act: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        async with self._writing:
            return await asyncio.to_thread(act, *args, **more)

    async def check(self, act: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        async with self._checking:
            return await asyncio.to_thread(act, *args, **more)
