"""Waiting on the listener's loop for what the broker's writer thread does: commits of appends, news in partitions.

Futures and events are made and awaited on one asyncio loop; the broker calls from its writer thread. What one commit
completes is told to the loop in one wake-up, however many connections it concerns.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from workbench.broker import Broker

COMMIT_HERE_BYTES = 64 << 10


class Bridge:
    """Calls from wherever a commit is, mostly another thread, run on the loop; many that come together wake it once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: deque[Callable[[], object]] = deque()
        self._asked = False
        self._lock = threading.Lock()
        self._thread = threading.get_ident()

    def call(self, callback: Callable[[], object]) -> None:
        """Run ``callback`` on the loop soon. Any thread."""
        with self._lock:
            self._calls.append(callback)
            if self._asked or self._loop.is_closed():
                return
            self._asked = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self.run)
        else:
            self._loop.call_soon_threadsafe(self.run)

    def run(self) -> None:
        """Run what waits, now. On the loop."""
        with self._lock:
            self._asked = False
            calls, self._calls = self._calls, deque()
        for callback in calls:
            callback()

    def settled(self, futures: Sequence[Future[Any]], told: Callable[[], None]) -> None:
        """Run ``told`` on the loop when every one of ``futures`` has its result or error, after the fetches that the
        same commit wakes: who waits for news goes before who waits for a receipt. On the loop."""
        if all(future.done() for future in futures):
            self._loop.call_soon(told)
            return
        left = len(futures)
        lock = threading.Lock()

        def one(_: Future[Any]) -> None:
            nonlocal left
            with lock:
                left -= 1
                last = left == 0
            if last:
                self.call(lambda: self._loop.call_soon(told))

        for future in futures:
            future.add_done_callback(one)


class Turn:
    """The appends that one turn of the loop brought, begun as one round. A small one is committed on the loop itself:
    to wake the writer and be woken by it takes longer than the commit, and who waits for it is told in the same turn.
    With a large one the loop reads on meanwhile."""

    def __init__(self, broker: Broker, bridge: Bridge) -> None:
        self._broker = broker
        self._bridge = bridge
        self._loop = asyncio.get_running_loop()
        self._bytes = 0

    def brought(self, size_bytes: int) -> None:
        """A batch is held."""
        if not self._bytes:
            self._loop.call_soon(self._begin)
        self._bytes += size_bytes

    def _begin(self) -> None:
        here, self._bytes = self._bytes <= COMMIT_HERE_BYTES, 0
        self._broker.begin_held(here=here)
        self._bridge.run()


class Notifier:
    """AppendNotifier fetches that wait for their partitions. Lives on the loop, but for ``_appended``."""

    def __init__(self, broker: Broker, bridge: Bridge) -> None:
        self._bridge = bridge
        self._sleepers: dict[tuple[str, int], set[asyncio.Event]] = {}
        self._stop = broker.on_append(self._appended)

    def close(self) -> None:
        self._stop()

    def sleep(self, parts: Iterable[tuple[str, int]], event: asyncio.Event) -> None:
        """Set ``event`` at each append to one of ``parts``, until ``forget``."""
        for part in parts:
            self._sleepers.setdefault(part, set()).add(event)

    def forget(self, parts: Iterable[tuple[str, int]], event: asyncio.Event) -> None:
        for part in parts:
            sleepers = self._sleepers.get(part)
            if sleepers is not None:
                sleepers.discard(event)
                if not sleepers:
                    del self._sleepers[part]

    def _appended(self, topic: str, partition: int, end: int) -> None:
        if (topic, partition) in self._sleepers:  # a sleeper looks once more after it has lain down, so no news is lost
            self._bridge.call(lambda: self._wake((topic, partition)))

    def _wake(self, part: tuple[str, int]) -> None:
        for event in self._sleepers.get(part, ()):
            event.set()
