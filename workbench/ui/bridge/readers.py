"""Readers of the workspace file, or of an attached system, lent to work on other threads and kept for the next.

Opening a file checks it, which is most of the cost of a small read; a kept reader also has what it decoded last.
A lent reader belongs to the borrower until it is given back. Any thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    def close(self) -> None: ...


R = TypeVar("R", bound=Closable)


class Readers(Generic[R]):
    """``open`` makes a new one."""

    def __init__(self, open: Callable[[], R]) -> None:
        self._open = open
        self._idle: deque[R] = deque()
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[R]:
        """A reader for the length of a ``with``; one that met an error is not lent again."""
        reader = self._take()
        try:
            yield reader
        except BaseException:
            reader.close()
            raise
        self._idle.append(reader)
        if self._closed:
            self.close()

    def _take(self) -> R:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def close(self) -> None:
        """Let go of the file; readers still lent are closed as they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
