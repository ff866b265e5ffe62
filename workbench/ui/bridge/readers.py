"""Read-only connections to the workspace file, lent to work on other threads and kept for the next.

Opening one checks the file, which is most of the cost of a small read; a kept one also has what it decoded last.
A lent reader belongs to the borrower until it is given back. Any thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.broker import BrokerReader


class Readers:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[BrokerReader] = deque()
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[BrokerReader]:
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

    def _take(self) -> BrokerReader:
        try:
            return self._idle.pop()
        except IndexError:
            from workbench.broker import BrokerReader

            return BrokerReader(self._path)

    def close(self) -> None:
        """Let go of the file; readers still lent are closed as they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
