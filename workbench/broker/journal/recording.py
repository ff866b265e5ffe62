"""What the log does, told to the journal: appends and moved log starts, once they are committed.

    before COMMIT   what this transaction appended is set down; the journal's tick is written when it is due
    after COMMIT    what was set down is gathered for the next tick
    rollback        it is forgotten, and the tick is gathered again

All of it on the writer thread.
"""

from __future__ import annotations

import sqlite3

from workbench.broker.journal.journal import Journal
from workbench.broker.log import Log
from workbench.broker.store import Store
from workbench.core.clock import Clock
from workbench.core.journal import JournalEntry, RetentionEntry


class Recording:
    def __init__(self, store: Store, log: Log, journal: Journal, clock: Clock) -> None:
        self._log = log
        self._journal = journal
        self._clock = clock
        self._appends: list[tuple[str, int, int, int, int]] = []
        self._entries: list[JournalEntry] = []
        store.on_before_commit(self._before_commit)
        store.on_after_commit(self._after_commit)
        store.on_rollback(self._rolled_back)

    def retention(self, topic: str, partition: int, first: int, last: int, size: int = 0) -> None:
        """The transaction at hand moves the log start."""
        self._entries.append(RetentionEntry(self._clock.now_ms(), topic, partition, first, last, bytes=size))

    def _before_commit(self, connection: sqlite3.Connection) -> None:
        self._appends = [
            (s.partition.topic.meta.name, s.partition.number, s.base_offset, s.next_offset - 1, len(s.data))
            for s in self._log.staged
        ]
        if self._journal.due:
            self._journal.flush(connection)

    def _after_commit(self) -> None:
        self._journal.confirm()
        for entry in self._entries:
            self._journal.add(entry)
        for append in self._appends:
            self._journal.note_append(*append)
        self._entries, self._appends = [], []

    def _rolled_back(self, connection: sqlite3.Connection) -> None:
        self._entries, self._appends = [], []
        self._journal.take_back(connection)
