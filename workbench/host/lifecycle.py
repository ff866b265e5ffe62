"""When a host may stop: a signal, a client's ``Shutdown``, or its window gone and nobody attached for a while.

    serving ──signal or Shutdown──────────────────────────────► stop in order
       │
       └─(child) the window's end of the pipe closes──► orphaned ──nobody attached for ``grace_s``──► stop in order

Lives on the host's loop.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

_LOOK_EVERY_S = 0.1


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call ``stop`` at SIGTERM, SIGINT or the end of the terminal."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop)


async def wait_until_abandoned(pipe: int, attached: Callable[[], bool], grace_s: float) -> None:
    """Return when the other end of ``pipe`` is closed and, after that, nobody was attached for ``grace_s``."""
    await _wait_for_end(pipe)
    loop = asyncio.get_running_loop()
    alone_since = loop.time()
    while loop.time() - alone_since < grace_s:
        await asyncio.sleep(min(_LOOK_EVERY_S, grace_s))
        if attached():
            alone_since = loop.time()


async def _wait_for_end(pipe: int) -> None:
    """Read and forget until the pipe ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def look() -> None:
        try:
            data = os.read(pipe, 4096)
        except OSError:
            data = b""  # a broken pipe has ended too
        if not data:
            loop.remove_reader(pipe)
            ended.set()

    loop.add_reader(pipe, look)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(pipe)
