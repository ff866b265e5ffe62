"""A story on a broker in virtual time: nothing waits really, and the same happens each time, however busy the machine
is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from workbench.broker import Broker
from workbench.core.clock import Clock
from workbench.core.ids import SeededIds
from workbench.host.virtual import EPOCH_MS, keep_house, run_on
from workbench.runtime.virtual import VirtualClock, VirtualLoop

T = TypeVar("T")


def in_virtual_time(story: Callable[[Broker, Clock], Awaitable[T]], path: Path) -> T:
    """``story`` with a new workspace's broker, whose own work is called from the same loop."""
    loop = VirtualLoop()
    clock = VirtualClock(loop, EPOCH_MS)

    async def tell() -> T:
        house = asyncio.create_task(keep_house(broker))
        try:
            return await story(broker, clock)
        finally:
            house.cancel()

    with Broker.create(path, clock=clock, background=False, ids=SeededIds(1)) as broker:
        try:
            return run_on(loop, tell())
        finally:
            loop.close()


async def until(holds: Callable[[], Any], deadline_s: float = 60.0) -> None:
    """Go on in virtual time until it holds; the deadline is virtual too."""
    async with asyncio.timeout(deadline_s):
        while not holds():
            await asyncio.sleep(0.01)
