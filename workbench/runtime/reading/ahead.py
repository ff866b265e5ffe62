"""A reader that works beside an event loop: one thread reads the next batch while the last one is being sent.

It looks like the reader it drives, but ``next_batch`` only fetches what is ready; the thread ends with ``close``.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from workbench.runtime.reading.base import Event
from workbench.runtime.reading.findings import Findings
from workbench.runtime.reading.reader import EventReader

_PATIENCE_S = 1.0
_BATCHES_AT_ONCE = 4
_ENOUGH_EVENTS = 4_000


class ReadAhead:
    def __init__(self, reader: EventReader) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="file reader")
        self._next: Future[list[Event]] | None = self._thread.submit(self._read)
        self.busy = False

    def _read(self) -> list[Event]:
        """On the thread: some batches, for a loop that comes by now and then."""
        events: list[Event] = []
        for _ in range(_BATCHES_AT_ONCE):
            events += self._reader.next_batch()
            if self._reader.ended or not self._reader.busy or len(events) >= _ENOUGH_EVENTS:
                break
        return events

    def next_batch(self) -> list[Event]:
        """What is ready. What the reader raised is raised here."""
        if self._next is None or not self._next.done():
            return []
        events = self._next.result()
        self._next = None if self._reader.ended else self._thread.submit(self._read)
        return events

    def wait(self) -> None:
        """Until something is ready, for a moment: a step is one event at once."""
        if self._next is not None:
            self._next.exception(_PATIENCE_S)

    @property
    def ended(self) -> bool:
        return self._next is None and self._reader.ended

    @property
    def progress(self) -> float | None:
        return self._reader.progress

    @property
    def findings(self) -> Findings:
        return self._reader.findings

    @property
    def notice(self) -> str:
        return self._reader.notice

    def rewind(self) -> None:
        """Start again at the first byte; only once it has ended."""
        self._reader.rewind()
        self._next = self._thread.submit(self._read)

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._reader.close()
