"""What must happen by itself: overdue sessions, waits and leases, journal ticks, lag samples, expiry, trimming.

``Maintenance`` is one round and says how long the next may wait; ``Housekeeping`` is the thread that does rounds, woken
early by ``nudge`` when a deadline has come nearer. Without the thread (tests) rounds are done by hand.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from workbench.broker.groups.coordination import Coordination
from workbench.broker.journal.journal import DEFAULT_MAX_BYTES, TICK_MS, Journal, trim
from workbench.broker.migrations import read_meta, write_meta
from workbench.broker.queues.queues import Queues
from workbench.broker.store import Store
from workbench.broker.stores.stores import Stores
from workbench.broker.transactions import Transactions
from workbench.core.clock import Clock

IDLE_MS = 250.0
LAG_SAMPLE_MS = 1_000.0
EXPIRE_MS = 60_000.0
MAX_BYTES_KEY = "journal.max.bytes"
ROOM_KEY = "room.seen.ms"  # written to find out whether the disk takes something again
_log = logging.getLogger(__name__)


class Maintenance:
    """One round of the chores that are due."""

    def __init__(self, store: Store, groups: Coordination, queues: Queues, stores: Stores,
                 transactions: Transactions, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._groups = groups
        self._queues = queues
        self._stores = stores
        self._transactions = transactions
        self._journal = journal
        self._clock = clock
        self._sampled = self._expired = clock.monotonic_ms()
        self._max_bytes = int(store.read(lambda db: read_meta(db, MAX_BYTES_KEY)) or DEFAULT_MAX_BYTES)

    def __call__(self) -> float:
        """Do what is due; the seconds until there may be more."""
        self._groups.tick()
        self._queues.tick()
        self._stores.tick()
        self._transactions.expire()
        now = self._clock.monotonic_ms()
        if now - self._sampled >= LAG_SAMPLE_MS:
            self._sampled = now
            if self._store.trouble is not None:  # is it over? Nobody else may be writing
                self._store.write(lambda db: write_meta(db, ROOM_KEY, str(self._clock.now_ms())))
            self._journal.sample_lags([*self._groups.lag_samples(), *self._queues.lag_samples()])
        if now - self._expired >= EXPIRE_MS:
            self._expired = now
            self._groups.expire()
            self._store.write(lambda db: trim(db, self._max_bytes))
        if self._journal.due:
            self._store.write(self._journal.flush)
        return self._wait_s()

    def _wait_s(self) -> float:
        """A round by hand, in a test, has no thread to wait; the thread sleeps until the nearest deadline."""
        now = self._clock.monotonic_ms()
        deadlines = (self._groups.next_deadline(), self._queues.next_deadline())
        until = min((max(0.0, due - now) for due in deadlines if due is not None), default=IDLE_MS)
        return min(until, IDLE_MS, TICK_MS if self._journal.gathered else IDLE_MS) / 1000.0


class Housekeeping:
    """The thread. ``nudge`` may be called from any thread."""

    def __init__(self, round_: Callable[[], float]) -> None:
        self._round = round_
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="broker-housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def nudge(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """Let the round in hand end, then return."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping:
            self._wake.wait(wait_s)
            self._wake.clear()
            try:
                wait_s = 0.0 if self._stopping else self._round()
            except Exception:  # one round's fault must not end the sessions of all groups
                wait_s = 1.0
                _log.exception("a round of housekeeping failed; the next will try again")
