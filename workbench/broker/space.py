"""The room a workspace takes on its disk: given back as records go, bounded by a budget that is warned about.

A file made by this version keeps SQLite's pointer map (auto_vacuum = INCREMENTAL): free pages leave it from its end, a
few milliseconds of work at a time, between commits. Some stay, because the next appends use them: pages that are
given back and taken again are written twice. An older file gets the map with ``compact``, which writes it anew once.

``ShrinkWork`` lives on the retention thread; ``compact`` and ``room`` may be called from any.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from typing import NamedTuple

from workbench.broker.files import Connection, file_error
from workbench.broker.migrations import read_meta, write_meta
from workbench.broker.store import Store
from workbench.core.errors import FileError
from workbench.core.sizes import size_words

BUDGET_KEY = "size.budget.bytes"
DEFAULT_BUDGET_BYTES = 4 << 30
KEPT_FREE_BYTES = 8 << 20
KEPT_FREE_SHARE = 8
"""Free pages that stay: 8 MiB, or an eighth of the file where that is more."""
STEP_MS = 4.0
FEWEST_PAGES, MOST_PAGES = 16, 1024
INCREMENTAL = 2


class Room(NamedTuple):
    """``free_bytes`` lie in the file and are used by the next appends; ``disk_free_bytes`` is the disk's.
    ``budget_bytes`` 0 means that none is set."""

    file_bytes: int
    free_bytes: int
    budget_bytes: int
    disk_free_bytes: int


class Compacted(NamedTuple):
    """Bytes of the file before and after."""

    before: int
    after: int


def pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


class Space:
    """What is known and set of the workspace's room."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._budget = store.read(_load_budget)

    @property
    def budget_bytes(self) -> int:
        return self._budget

    def set_budget(self, budget_bytes: int) -> None:
        """0: no budget. Kept in the workspace."""
        self._store.write(lambda db: write_meta(db, BUDGET_KEY, str(budget_bytes))).result()
        self._budget = budget_bytes

    def room(self) -> Room:
        free = self._store.read(lambda db: pragma(db, "freelist_count") * pragma(db, "page_size"))
        return Room(self._store.file_bytes(), free, self._budget, self.disk_free_bytes())

    def disk_free_bytes(self) -> int:
        return shutil.disk_usage(self._store.home.parent).free

    def compact(self) -> Compacted:
        """Give all free room back to the disk. Appends go on between small steps; an older file is written anew once,
        and they wait for that."""
        store = self._store
        store.checkpoint()
        before = store.file_bytes()
        if store.read(lambda db: pragma(db, "auto_vacuum")) == INCREMENTAL:
            while store.write(lambda db: _give_back(db, MOST_PAGES)).result():
                store.checkpoint()  # the log would grow by every page that moves
        else:
            self._rewrite(before)
        store.checkpoint()
        return Compacted(before, store.file_bytes())

    def _rewrite(self, size: int) -> None:
        """VACUUM writes a whole copy beside the temporary files and another into the write-ahead log."""
        if self.disk_free_bytes() < 2 * size:
            raise FileError("Compacting {name} once needs {value} of free disk, {self_} are there.",
                            "Free some space, or export what you need into a new workspace.",
                            name=self._store.path.name, value=size_words(2 * size),
                            self_=size_words(self.disk_free_bytes()))
        with self._store.alone():
            connection = Connection.to(self._store.name, "rw", timeout=30.0)
            try:
                connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
                connection.execute("VACUUM")
            except sqlite3.Error as error:
                raise file_error(self._store.path, error) from error
            finally:
                connection.close()


def _load_budget(db: sqlite3.Connection) -> int:
    said = read_meta(db, BUDGET_KEY)
    return int(said) if said is not None and said.isdecimal() else DEFAULT_BUDGET_BYTES


def _give_back(db: sqlite3.Connection, pages: int) -> int:
    """The job: give up to ``pages`` back; how many are still free."""
    db.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()  # a row a page, and each is one step of the work
    return pragma(db, "freelist_count")


class ShrinkWork:
    """One small step of giving room back, if there is more than has to stay. Finds how many pages fit into
    ``STEP_MS`` by itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pages = FEWEST_PAGES
        self._able: bool | None = None

    def __call__(self) -> bool:
        """True when there is more to do."""
        if self._able is None:
            self._able = self._store.read(lambda db: pragma(db, "auto_vacuum")) == INCREMENTAL
        if not self._able or not self._store.read(_spare_pages):
            return False
        return self._store.write(self._step).result()

    def _step(self, db: sqlite3.Connection) -> bool:
        spare = _spare_pages(db)
        if not spare:
            return False
        began = time.perf_counter()
        _give_back(db, min(self._pages, spare))
        took_ms = (time.perf_counter() - began) * 1000.0
        if took_ms < STEP_MS / 2:
            self._pages = min(self._pages * 2, MOST_PAGES)
        elif took_ms > STEP_MS:
            self._pages = max(self._pages // 2, FEWEST_PAGES)
        return _spare_pages(db) > 0


def _spare_pages(db: sqlite3.Connection) -> int:
    """Free pages beyond those that stay."""
    free, pages = pragma(db, "freelist_count"), pragma(db, "page_count")
    kept = max(KEPT_FREE_BYTES // pragma(db, "page_size"), pages // KEPT_FREE_SHARE)
    return max(0, free - kept)
