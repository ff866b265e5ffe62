"""The open workspace file: one writing connection, one writer thread, group commit, and a checkpoint thread.

Everything that changes the file is a *job*, a function of the writing connection. The writer takes all jobs that
wait, runs them in one transaction, and only after COMMIT are results given out:

    write(job, after) ──► queue ──► BEGIN  job job job ...  before-commit hooks  COMMIT
                                     └─ each `after`, the after-commit hooks, then every Future, on the writer thread

A caller may lend its own thread for a round (``begin_held``): rounds are one at a time all the same, and what is said
to be «on the writer thread» is then on the one that was lent.

A job that raises takes back only what it did itself. When the transaction as a whole fails, every Future in it gets
the reason and the rollback hooks put memory back to what the file says. A hook that raises after the commit is logged:
what is committed stays, and the writer goes on. ``background=False`` runs the same round in the calling thread, for
tests.

Checkpoints run on their own thread and connection: PASSIVE every 250 ms, TRUNCATE once the log has grown large, so
that no commit waits for one.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from workbench.broker import files
from workbench.broker.lock import FileLock, NameLock, beside, has_wal, home_of
from workbench.broker.migrations import APPLICATION_ID, SCHEMA_VERSION, migrate, read_meta, write_meta
from workbench.broker.ticker import Ticker
from workbench.core.errors import AlreadyExists, FileError, Invalid, Refused

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
SYNCHRONOUS = ("NORMAL", "FULL")
MAX_JOBS = 1000
CHECKPOINT_S = 0.25
TRUNCATE_BYTES = 64 << 20
_FULL = 2
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pending:
    job: Job[Any]
    future: Future[Any]
    after: Callable[[Any], None] | None
    guarded: bool


class Store:
    """Thread-safe. ``write`` and ``submit`` from any thread; hooks run on the writer thread."""

    def __init__(self, path: Path, *, background: bool = True, reading_if: tuple[type[FileError], ...] = ()) -> None:
        self.path = path
        files.check_header(path)
        self.home = home_of(path)
        self._held = files.hold(self.home)
        self._lock: FileLock | None = None
        self.refusal: FileError | None = None  # why it was opened for reading only; every write is refused with it
        try:
            self._connection = self._open(reading_if)
        except BaseException:
            self._let_go()
            raise
        background = background and self.refusal is None
        self._full = self._connection.execute("PRAGMA synchronous").fetchone()[0] >= _FULL
        self._waiting: deque[_Pending] = deque()  # taken from within a round only
        self._bell: SimpleQueue[None] = SimpleQueue()  # rung for the writer
        self._before: list[Callable[[sqlite3.Connection], None]] = []
        self._after: list[Callable[[], None]] = []
        self._rolled_back: list[Callable[[sqlite3.Connection], None]] = []
        self._round = threading.RLock()
        self._gate = threading.Lock()
        self._closed = False
        self.trouble: FileError | None = self.refusal  # why the last transaction could not be written; None when it was
        self.whereabouts = "here"
        """Whether the file is still where it was opened: «here», «moved» or «removed»."""
        self._writer: threading.Thread | None = None
        self._checkpoints: Ticker | None = None
        if background:
            self._writer = threading.Thread(target=self._write_rounds, name="broker-writer", daemon=True)
            self._checkpoints = Ticker("broker-checkpoint", CHECKPOINT_S, _Checkpoint(self.home, self._follow))

    def _open(self, reading_if: tuple[type[FileError], ...]) -> sqlite3.Connection:
        """The writing connection; where one of ``reading_if`` stands against it, one that reads."""
        try:
            files.check_writable(self.home)
            try:
                self._lock = FileLock(self.home)
            except OSError as error:
                raise files.not_written(self.home, error) from error
            files.check_content(self.home)
            return _connect_writing(self.home)
        except FileError as error:
            if not isinstance(error, reading_if):
                raise
            self.refusal = files.for_good(error)
            return files.connect_reading(self.home)

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._held.release()

    @classmethod
    def create(cls, path: Path, synchronous: str, flow: str = "") -> None:
        """Make an empty workspace at ``path``, whole or not at all."""
        if synchronous not in SYNCHRONOUS:
            raise Invalid("There is no synchronous mode {synchronous!r}.", "Use one of: {synchronous_2}.",
                          synchronous=synchronous, synchronous_2=', '.join(SYNCHRONOUS))
        if path.exists():
            raise AlreadyExists("{name} is already there.", "Choose another name.", name=path.name)
        if not path.parent.is_dir():
            raise files.Missing(f"There is no folder {path.parent}.", "Make it first.")
        files.check_writable(path)
        try:
            lock = NameLock(path)
        except OSError as error:
            raise files.not_written(path, error) from error
        unfinished = path.with_name(path.name + ".new")
        try:
            _refuse_left_log(path)
            unfinished.unlink(missing_ok=True)
            connection = sqlite3.connect(unfinished, isolation_level=None)
            try:
                connection.execute("PRAGMA page_size = 8192")
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table; see ``space``
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                migrate(connection)
                write_meta(connection, "synchronous", synchronous)
                if flow:
                    write_meta(connection, "flow", flow)
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            os.replace(unfinished, path)
        except sqlite3.Error as error:
            raise files.file_error(path, error) from error
        finally:
            unfinished.unlink(missing_ok=True)
            lock.release()

    def _follow(self) -> None:
        if self._lock is not None:
            self.whereabouts = self._lock.follow()

    @property
    def name(self) -> Path:
        """The name that leads to the file now: it may be given another while it is open."""
        return (self._lock and self._lock.moved_to) or self.home

    @property
    def lock_kept(self) -> bool:
        """False where the file system keeps no locks, and another machine could open the file too."""
        return self._lock is None or self._lock.kept

    # -- seams: hooks run in the order they were added -------------------------------------------------------
    def on_before_commit(self, hook: Callable[[sqlite3.Connection], None]) -> None:
        """``hook(connection)`` inside every transaction, after its jobs: flush what was gathered."""
        self._before.append(hook)

    def on_after_commit(self, hook: Callable[[], None]) -> None:
        self._after.append(hook)

    def on_rollback(self, hook: Callable[[sqlite3.Connection], None]) -> None:
        """``hook(connection)`` after a transaction failed: put memory back to what the file says."""
        self._rolled_back.append(hook)

    def start(self) -> None:
        """Start the threads, once all hooks are in place."""
        if self._writer is not None and self._checkpoints is not None:
            self._writer.start()
            self._checkpoints.start()

    # -- writing ---------------------------------------------------------------------------------------------
    def write(self, job: Job[T], after: Callable[[T], None] | None = None, *, held: bool = False) -> Future[T]:
        """Run ``job`` in the next transaction. ``after(result)`` runs after COMMIT, before the Future is set. ``held``:
        as of ``submit``."""
        return self._enqueue(job, after, guarded=True, held=held)

    def submit(self, job: Job[T], *, held: bool = False) -> Future[T]:
        """The same for a job that writes with its last statement only, if at all: it needs no savepoint. ``held``: the
        writer is not told; the caller does so with ``begin_held``, when it has brought all it has."""
        return self._enqueue(job, None, guarded=False, held=held)

    def begin_held(self, *, here: bool) -> None:
        """Have committed what is held. ``here`` lends the calling thread, which spares two changes of thread; not
        when a round is on, nor when a commit waits for the disk."""
        if here and not self._full and self._round.acquire(blocking=False):
            try:
                self._commit_waiting()
            finally:
                self._round.release()
        if self._waiting:
            self._bell.put(None)

    def _enqueue(self, job: Job[T], after: Callable[[T], None] | None, guarded: bool,
                 held: bool = False) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # what is queued will be done, whoever stops waiting for it
        pending = _Pending(job, future, after, guarded)
        if self._writer is None:
            self._refuse_closed()
            self._commit([pending])
        else:
            with self._gate:  # nothing may slip in behind the closing mark
                self._refuse_closed()
                self._waiting.append(pending)
                if not held:
                    self._bell.put(None)
        return future

    @property
    def closed(self) -> bool:
        return self._closed

    def _refuse_closed(self) -> None:
        if self._closed:
            raise Refused("{name} is closed.", "Open it again.", name=self.path.name)

    def _write_rounds(self) -> None:
        open_ = True
        while open_:
            self._bell.get()
            open_ = not self._closed
            with self._round:
                while self._waiting:
                    self._commit_waiting()

    def _commit_waiting(self) -> None:
        """One round of what waits, within ``_round``."""
        jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_JOBS))]
        if jobs:
            self._commit(jobs)

    def _commit(self, jobs: list[_Pending]) -> None:
        connection, done = self._connection, []
        with self._round:
            try:
                if self.refusal is not None:
                    raise self.refusal
                connection.execute("BEGIN IMMEDIATE")
                for pending in jobs:
                    done.append(self._run(connection, pending))
                for hook in self._before:
                    hook(connection)
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection, jobs, error)
                if not isinstance(error, Exception):
                    raise
                return
            self.trouble = None
            self._publish(done)

    @staticmethod
    def _run(connection: sqlite3.Connection, pending: _Pending) -> tuple[_Pending, Any, Exception | None]:
        """The job's result or its own error. A fault of the file ends the whole round, by the exception."""
        if pending.guarded:
            connection.execute("SAVEPOINT job")
        try:
            result = pending.job(connection)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
                raise
            if pending.guarded:
                connection.execute("ROLLBACK TO job")
                connection.execute("RELEASE job")
            return pending, None, error
        if pending.guarded:
            connection.execute("RELEASE job")
        return pending, result, None

    def _publish(self, done: list[tuple[_Pending, Any, Exception | None]]) -> None:
        for pending, result, error in done:
            if pending.after is not None and error is None:
                _tell(pending.after, result)
        for hook in self._after:
            _tell(hook)
        for pending, result, error in done:
            if error is None:
                pending.future.set_result(result)
            else:
                pending.future.set_exception(error)

    def _roll_back(self, connection: sqlite3.Connection, jobs: list[_Pending], error: BaseException) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        reason = files.file_error(self.path, error) if isinstance(error, sqlite3.Error) else error
        if isinstance(reason, FileError):
            self.trouble = reason
        if self.refusal is None:
            _log.warning("a transaction of %d jobs was taken back: %s", len(jobs), reason)
        for hook in self._rolled_back:
            _tell(hook, connection)
        for pending in jobs:
            pending.future.set_exception(reason)

    # -- reading, copying, closing ---------------------------------------------------------------------------
    def read(self, fn: Job[T]) -> T:
        """Read on the writing connection between two rounds: for what must be exact at start and in tests."""
        try:
            with self._round:
                return fn(self._connection)
        except sqlite3.Error as error:
            raise files.file_error(self.path, error) from error

    def backup(self, path: Path) -> None:
        """Copy the whole workspace as of now. One read transaction: the writer goes on, the copy is consistent."""
        self._follow()
        removed = self.whereabouts == "removed"
        source = self._connection if removed else files.connect_reading(self.name)
        try:
            with self._round if removed else nullcontext():  # no name leads to it: writing waits for the copy
                files.copy(source, path)
        finally:
            if not removed:
                source.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No round runs within: appends wait. For who must write through another connection."""
        with self._round:
            yield

    def checkpoint(self) -> None:
        """Move what the write-ahead log holds into the file, and empty the log if nobody reads an older state."""
        with self._round:
            self._connection.execute("PRAGMA busy_timeout = 100")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("PRAGMA busy_timeout = 30000")

    def file_bytes(self) -> int:
        """Bytes of the workspace on disk, the write-ahead log included."""
        wal = beside(self.home, "-wal")
        return self._held.size() + (wal.stat().st_size if wal.exists() else 0)

    def close(self) -> None:
        """Finish what is queued, then let go of the file. Calling it again does nothing."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._bell.put(None)
        if self._checkpoints is not None:
            self._checkpoints.stop()
        if self._writer is not None and self._writer.is_alive():
            self._writer.join()
        try:
            self._follow()
            if self.whereabouts == "moved":  # SQLite empties its log at the end only beside an unmoved file
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
        finally:
            self._let_go()


def _tell(told: Callable[..., None], *what: object) -> None:
    """Call somebody who must not be able to stop the writer."""
    try:
        told(*what)
    except Exception:
        _log.exception("%r failed after a transaction", told)


def _refuse_left_log(path: Path) -> None:
    """A new file would take over what another left under its name."""
    if has_wal(path):
        raise AlreadyExists("{name}-wal is the write-ahead log of a workspace that was called {name}.",
                            "Choose another name; or delete {name}-wal, if that workspace is gone.", name=path.name)


def _connect_writing(path: Path) -> sqlite3.Connection:
    connection = files.Connection.to(path, "rw", check_same_thread=False, cached_statements=128, timeout=30.0)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:
            migrate(connection)
        full = read_meta(connection, "synchronous") == "FULL"
        connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {TRUNCATE_BYTES}")
        connection.execute("PRAGMA cache_spill = OFF")  # a large round would write page by page, and some of them twice
        connection.execute("PRAGMA secure_delete = OFF")  # retention would write every removed page once more
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error as error:
        connection.close()
        raise files.file_error(path, error) from error
    return connection


class _Checkpoint:
    """One tick of the checkpoint thread. The connection is made and used on that thread only."""

    def __init__(self, path: Path, follow: Callable[[], None]) -> None:
        self._path = path
        self._follow = follow
        self._wal = beside(path, "-wal")
        self._connection: sqlite3.Connection | None = None

    def __call__(self) -> bool:
        self._follow()
        if self._connection is None:
            self._connection = files.Connection.to(self._path, "rw", timeout=0.05)
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        if self._wal.exists() and self._wal.stat().st_size > 0:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            if self._wal.stat().st_size > TRUNCATE_BYTES:  # most of it is in the file now, so this one is short
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
