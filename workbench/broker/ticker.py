"""A thread that does one small thing again and again until it is stopped.

The work returns True when there is more to do at once, False to wait for the next tick. An error ends one tick, is
logged, and the next tick tries again. ``work.close`` runs on the same thread at the end.
"""

from __future__ import annotations

import logging
import threading
from typing import Protocol

_log = logging.getLogger(__name__)


class Work(Protocol):
    def __call__(self) -> bool: ...

    def close(self) -> None: ...


class Ticker:
    def __init__(self, name: str, every_s: float, work: Work) -> None:
        self._every_s = every_s
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tick, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _tick(self) -> None:
        more = False
        try:
            while not self._stopping.wait(0.0 if more else self._every_s):
                try:
                    more = self._work()
                except Exception:
                    more = False
                    _log.exception("%s failed once; it will try again", self._thread.name)
        finally:
            self._work.close()

    def stop(self) -> None:
        """Let the tick in hand end, then return."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
