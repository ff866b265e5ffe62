"""What queues have to write, brought into the writer's group commit.

    any thread      mark(queue) ──► the next flush's Future; ``submit`` queues that flush, if none waits
    writer thread   flush: what died is sent on, every changed row is taken under the lock and written without it
                    after COMMIT: floors advance, the Future is set;  rollback: what was taken is to be written again

While one flush is written the next gathers, so however many are acked one at a time, they cost a row or two a commit.
A crash forgets what was not flushed: those messages come again (at least once, as in every system modelled here).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from workbench.broker.queues import rows
from workbench.broker.queues.dead_letter_routing import DeadLetterRouting
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.tally import Counters
from workbench.broker.store import Store
from workbench.core.errors import FileError


class _Taken:
    """What one flush took from one queue."""

    def __init__(self, live: LiveQueue) -> None:
        leases = live.leases
        self.live = live
        self.parts = [changes for part in leases.parts if (changes := rows.LaneChanges.take(part)) is not None]
        self.counters: Counters = replace(leases.counters)
        self.seen_changed, leases.seen.changed = leases.seen.changed, set()
        self.seen = {key: leases.seen.ids[key] for key in self.seen_changed if key in leases.seen.ids}

    def write(self, db: sqlite3.Connection) -> None:
        queue_id = self.live.row.id
        for changes in self.parts:
            rows.put_lane(db, queue_id, changes)
        rows.put_counters(db, queue_id, self.counters)
        rows.put_seen(db, queue_id, self.seen_changed, self.seen)

    def advance(self) -> None:
        for changes in self.parts:
            if changes.part.marks.advance():
                changes.part.arrivals.forget(changes.part.marks.floor)

    def give_back(self) -> None:
        for changes in self.parts:
            changes.give_back()
        self.live.leases.seen.changed |= self.seen_changed


class Flush:
    """``alive(queue)``: whether it still is there. The lock is that of ``Queues``."""

    def __init__(self, store: Store, lock: threading.RLock, moves: DeadLetterRouting,
                 alive: Callable[[LiveQueue], bool]) -> None:
        self._store = store
        self._lock = lock
        self._moves = moves
        self._alive = alive
        self._dirty: dict[LiveQueue, None] = {}  # in the order they changed
        self._next: Future[None] | None = None
        self.waits = False  # a flush is queued and has not begun: it will find what is marked
        self._taken: list[_Taken] = []
        self._answers: list[Future[None]] = []
        store.on_after_commit(self._committed)
        store.on_rollback(self._rolled_back)

    def mark(self, live: LiveQueue) -> Future[None]:
        """``live`` has changed; the Future is set once that is in the file. Under the lock, with ``submit`` after."""
        self._dirty[live] = None
        if self._next is None:
            self._next = Future()
            self._next.set_running_or_notify_cancel()
        return self._next

    def submit(self) -> None:
        """Queue the flush, unless one waits already. Without the lock: it may run here and now."""
        with self._lock:
            if self.waits or self._next is None:
                return
            self.waits = True
        self._store.write(self.run)

    def run(self, db: sqlite3.Connection) -> None:
        """Write everything that has changed; a job of the writer, or part of one."""
        with self._lock:
            answer, self._next, self.waits = self._next, None, False
            changed, self._dirty = self._dirty, {}
            for live in changed:
                if live.leases.leaving and self._alive(live):
                    self._moves.send_dead(db, live)
            taken = [_Taken(live) for live in changed if self._alive(live)]
            self._taken += taken
            if answer is not None:
                self._answers.append(answer)
        for one in taken:
            one.write(db)

    def _committed(self) -> None:
        with self._lock:
            self._moves.confirm()
            for one in self._taken:
                one.advance()
            self._taken = []
            answers, self._answers = self._answers, []
        for answer in answers:
            answer.set_result(None)

    def _rolled_back(self, _: sqlite3.Connection) -> None:
        with self._lock:
            self._moves.take_back()
            for one in self._taken:
                one.give_back()
                self._dirty[one.live] = None
            self._taken = []
            answers, self._answers = self._answers, []
        for answer in answers:
            answer.set_exception(FileError("The file could not be written; what was acked may come again.",
                                           "See that the disk has room."))
