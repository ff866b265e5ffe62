"""Plain Python threads for work off the GUI thread.

Not Qt's pool: its threads would destroy objects of Python and of Qt themselves, beside the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

SHARED_THREADS = "work"  # the name they begin with
_MOST_SHARED = 4


class Workers:
    """Up to ``most`` threads, started when needed; one does its work in order. Given out on the GUI thread."""

    def __init__(self, name: str, most: int = 1) -> None:
        self._threads = ThreadPoolExecutor(most, name)
        self.closed = False

    def give(self, fn: Callable[..., None], *args: Any) -> Future[None]:
        return self._threads.submit(fn, *args)

    def close(self, wait: bool = True) -> None:
        """Wait until all that was given is done, and end the threads."""
        self.closed = True
        self._threads.shutdown(wait)


@lru_cache(maxsize=1)
def shared_workers() -> Workers:
    """For work in any order; they stay as long as the process."""
    return Workers(SHARED_THREADS, _MOST_SHARED)
