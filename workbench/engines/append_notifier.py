"""Waking consumers of the embedded broker: an append sets the events of those who sleep for its partition.

``sleep`` and ``forget`` on the asyncio loop; the broker calls from its writer thread, which costs next to nothing
while nobody sleeps.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from workbench.broker import Broker
from workbench.core.records import TopicPartition


class AppendNotifier:
    """Who sleeps where. The lock is held for a look-up only."""

    def __init__(self, broker: Broker) -> None:
        self._sleepers: dict[tuple[str, int], dict[asyncio.Event, asyncio.AbstractEventLoop]] = {}
        self._lock = threading.Lock()
        broker.on_append(self._appended)

    def sleep(self, parts: Sequence[TopicPartition], event: asyncio.Event) -> None:
        """Set ``event`` at the next append to one of ``parts``."""
        loop = asyncio.get_running_loop()
        with self._lock:
            for part in parts:
                self._sleepers.setdefault(part, {})[event] = loop

    def forget(self, parts: Sequence[TopicPartition], event: asyncio.Event) -> None:
        with self._lock:
            for part in parts:
                self._sleepers.get(part, {}).pop(event, None)

    def _appended(self, topic: str, partition: int, end: int) -> None:
        with self._lock:
            sleepers = self._sleepers.pop((topic, partition), {})
        for event, loop in sleepers.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
