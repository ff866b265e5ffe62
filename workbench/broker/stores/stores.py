"""Stores: keyed tables that groups write to, each record in one transaction with what is counted of it.

A write answers once it is committed, so who commits its offsets after that answer has lost nothing. What is counted
stands in the journal at most once a second and store, in absolute numbers. Thread-safe, but for ``stats``, which is for
one caller.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from functools import partial

from workbench.broker.journal.journal import Journal
from workbench.broker.store import Store
from workbench.broker.stores import rows
from workbench.core.clock import Clock
from workbench.core.errors import AlreadyExists, NotFound
from workbench.core.journal import StoreEntry
from workbench.core.snapshot import StoreStat
from workbench.core.stores import StoreCounts, StoreRow, StoreWrite

JOURNAL_SPACING_MS = 1000.0
RATE_WINDOW_MS = 1000.0


class Stores:
    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        known = store.read(rows.load_stores)
        self._numbers = {name: number for name, (number, _) in known.items()}
        self._counts = {name: counts for name, (_, counts) in known.items()}
        self._unentered: dict[str, None] = {}  # names whose counts the journal does not have yet, in their order
        self._entered_ms = clock.monotonic_ms() - JOURNAL_SPACING_MS
        self._samples: deque[tuple[float, dict[str, int]]] = deque()

    # -- writing and reading -----------------------------------------------------------------------------------
    def declare(self, name: str) -> None:
        """Make it, or let it be if it is there."""
        if name not in self._numbers:
            self._store.write(lambda db: rows.make_store(db, name, self._clock.now_ms()),
                              partial(self._made, name)).result()

    def _made(self, name: str, number: int) -> None:
        with self._lock:
            self._numbers[name] = number
            self._counts[name] = StoreCounts()
            self._unentered[name] = None

    def rename(self, old: str, new: str) -> None:
        """``old`` goes on as ``new``, with its rows, the event ids it knows and its counts. AlreadyExists where there
        is a store of that name."""
        number = self._number(old)

        def move(db: sqlite3.Connection) -> None:
            if new in self._numbers:
                raise AlreadyExists("There is a store {new} already.", "Choose another name.", new=new)
            rows.rename_store(db, number, new)

        def follow(_: None) -> None:
            with self._lock:
                self._numbers[new] = self._numbers.pop(old)
                counts = self._counts[new] = self._counts.pop(old)
                self._unentered.pop(old, None)
                for _at_ms, writes in list(self._samples):
                    if old in writes:
                        writes[new] = writes.pop(old)
            self._journal.add(StoreEntry(self._clock.now_ms(), group=new, count=counts.rows, **asdict(counts), was=old))

        self._store.write(move, follow).result()

    def write(self, name: str, writes: Sequence[StoreWrite], once: bool = False) -> Future[StoreCounts]:
        """Apply them in order, in one transaction: with ``once`` each event id a single time. The answer says how the
        counts changed."""
        number = self._number(name)
        return self._store.write(lambda db: rows.apply_writes(db, number, writes, once, self._clock.now_ms()),
                                 partial(self._count, name))

    def get(self, name: str, key: bytes) -> StoreRow | None:
        """The row of a key, None where there is none; it counts as a read."""
        self._number(name)
        self._count(name, StoreCounts(reads=1))
        return self._store.read(lambda db: rows.read_row(db, name, key))

    def refuse(self, name: str, count: int) -> None:
        """So many writes or reads were turned away before they came here."""
        self._count(name, StoreCounts(refused=count))

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            raise NotFound("There is no store «{name}».", "Draw one, or see «workbench stores FILE list».", name=name)
        return self._numbers[name]

    def _count(self, name: str, more: StoreCounts) -> None:
        with self._lock:
            had = self._counts[name]
            self._counts[name] = StoreCounts(had.rows + more.rows, had.writes + more.writes, had.repeats + more.repeats,
                                             had.reads + more.reads, had.refused + more.refused)
            self._unentered[name] = None

    # -- telling -----------------------------------------------------------------------------------------------
    @property
    def due(self) -> bool:
        """There is something to enter in the journal, and it is time."""
        return bool(self._unentered) and self._clock.monotonic_ms() - self._entered_ms >= JOURNAL_SPACING_MS

    def tick(self) -> None:
        """Enter what changed, if it is time."""
        if self.due:
            self._store.write(self._enter)

    def flush(self) -> None:
        """Enter it now."""
        if self._unentered:
            self._store.write(self._enter).result()

    def _enter(self, db: sqlite3.Connection) -> None:
        with self._lock:
            names, self._unentered = self._unentered, {}
            self._entered_ms = self._clock.monotonic_ms()
            told = [(name, self._counts[name]) for name in names]
        for name, counts in told:
            rows.put_counts(db, self._numbers[name], counts)
            self._journal.add(StoreEntry(self._clock.now_ms(), group=name, count=counts.rows, **asdict(counts)))

    def take_up(self, names: Iterable[str]) -> None:
        """These came in by an import: read them anew."""
        found = self._store.read(rows.load_stores)
        with self._lock:
            for name in names:
                self._numbers[name], self._counts[name] = found[name]
                self._unentered[name] = None

    def stats(self) -> tuple[StoreStat, ...]:
        """All stores by name; ``capacity`` and outage are the flow's to say."""
        with self._lock:
            counts = dict(sorted(self._counts.items()))
        now = self._clock.monotonic_ms()
        while len(self._samples) > 1 and self._samples[1][0] <= now - RATE_WINDOW_MS:
            self._samples.popleft()
        writes = {name: one.writes for name, one in counts.items()}
        then, before = self._samples[0] if self._samples else (now, writes)
        if not self._samples or now > self._samples[-1][0]:
            self._samples.append((now, writes))
        second = 1000.0 / (now - then) if now > then else 0.0
        return tuple(replace(stat_of(name, one), rate=max(0, one.writes - before.get(name, 0)) * second)
                     for name, one in counts.items())


def stat_of(name: str, counts: StoreCounts) -> StoreStat:
    return StoreStat(name, counts.rows, counts.writes, counts.reads, counts.refused, counts.repeats)
