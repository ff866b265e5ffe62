"""Is this file a workspace, and can it be used? Asked of the bytes first, before SQLite may touch them.

Nothing here writes to the file asked about. A file that is refused keeps every byte. All functions work on the
calling thread.

    SQLite header (first 100 bytes), the fields looked at
    0    "SQLite format 3\\0"      60   user_version (u32): steps of the schema
    16   page size (u16, 1 = 64 KiB)   68   application_id (u32)
    24   change counter (u32)     92   change counter when the page count was written (u32)
    28   pages in the file (u32)
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from workbench.broker.descriptors import Held
from workbench.broker.diagnosis import damaged
from workbench.broker.lock import check_near, has_wal, home_of
from workbench.broker.migrations import APPLICATION_ID, SCHEMA_VERSION
from workbench.core.errors import AlreadyExists, Damaged, DiskFull, FileError, Missing, NotOurs, ReadOnly, TooNew

_MAGIC = b"SQLite format 3\0"
_RESTORE = "Restore it from a copy."
_WRITE_BITS = 0o222
_NEEDED_BESIDE = 64 << 10
_NO_INDEX = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)
_ALONE = "ro&vfs=unix-none"


def check_header(path: Path) -> int:
    """The schema version of the workspace at ``path``; a ``FileError`` says why it is none."""
    if path.is_dir():
        raise NotOurs("{name} is a folder, not a workspace.", "Name a .flow file.", name=path.name)
    held = hold(path)
    try:
        head, size = held.head(100), held.size()
        check_near(path, held)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        held.release()
    if not head.startswith(_MAGIC):
        if head and _MAGIC.startswith(head):
            raise Damaged(f"{path.name} is cut off: only {size} bytes are left.", _RESTORE)
        what = "is empty" if not head else "is not a workspace file"
        raise NotOurs("{name} {what}.", "Make one with: workbench new FILE", name=path.name, what=what)
    if len(head) < 100:
        raise Damaged(f"{path.name} is cut off: only {size} bytes are left.", _RESTORE)
    _check_owner(path, head)
    _check_length(path, head, size)
    return _u32(head, 60)


def hold(path: Path) -> Held:
    """The file's descriptor in this process, until ``release``; a ``FileError`` says why it can't be had."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotOurs("{name} is not a workspace file.", "Make one with: workbench new FILE", name=path.name)
        return Held(path)
    except FileNotFoundError:
        raise Missing("There is no file {path}.", "Make one with: workbench new FILE", path=path) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError | ValueError) -> FileError:
    why = error.strerror if isinstance(error, OSError) else "its name is none that a file can have"
    return FileError("{name} can't be read: {why}.", "Check its permissions.", name=path.name, why=why)


def _u32(head: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", head, at)[0])


def _check_owner(path: Path, head: bytes) -> None:
    if _u32(head, 68) != APPLICATION_ID:
        raise NotOurs("{name} is an SQLite database of another program.", "Name a .flow file.", name=path.name)
    version = _u32(head, 60)
    if version > SCHEMA_VERSION:
        raise TooNew("{name} was written by a newer workbench (format {version}, this one knows {schema_version}).",
                     "Update the workbench, then open it again.", name=path.name, version=version,
                     schema_version=SCHEMA_VERSION)
    if version == 0:
        raise Damaged("{name} was never finished: it holds no workspace.", "Make a new one.", name=path.name)


def _check_length(path: Path, head: bytes, size: int) -> None:
    """Fewer bytes than pages. With a write-ahead log beside it the missing pages may still come from there."""
    page_size = struct.unpack_from(">H", head, 16)[0]
    page_size = 65536 if page_size == 1 else page_size
    counted = _u32(head, 24) == _u32(head, 92)
    if counted and size < _u32(head, 28) * page_size and not has_wal(path):
        raise Damaged(f"{path.name} is cut off: {size} of {_u32(head, 28) * page_size} bytes are left.", _RESTORE)


def check_writable(path: Path) -> None:
    """``ReadOnly`` when the file or its folder can't be written (SQLite needs both)."""
    for place, name in ((path, path.name), (path.parent, f"The folder of {path.name}")):
        if place.exists() and (not os.access(place, os.W_OK) or not place.stat().st_mode & _WRITE_BITS):
            raise ReadOnly("{name} is read-only.", "Allow writing, or copy the workspace to another place.", name=name)


class Connection(sqlite3.Connection):
    """A connection that holds the file as long as it is open (see ``descriptors``)."""

    held: Held | None = None

    @classmethod
    def to(cls, path: Path, mode: str, **options: Any) -> Self:
        """``mode`` as in SQLite's addresses; never one that makes a file."""
        held = Held(path)
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None,
                                         factory=cls, **options)
        except BaseException:
            held.release()
            raise
        connection.held = held
        return connection

    def close(self) -> None:
        super().close()
        held, self.held = self.held, None
        if held is not None:
            held.release()


class ReadingConnection(Connection):
    """What goes wrong in reading comes as a ``FileError``: a damaged page may be met at any row."""

    path: Path

    def cursor(self, factory: Any = None) -> Any:
        make: Any = factory or _Cursor
        return super().cursor(make)

    def execute(self, *what: Any) -> sqlite3.Cursor:
        return self.cursor().execute(*what)


class _Cursor(sqlite3.Cursor):
    def __init__(self, connection: ReadingConnection) -> None:
        super().__init__(connection)
        self._path = connection.path

    def execute(self, *what: Any) -> Self:
        with self._telling():
            return super().execute(*what)

    def fetchone(self) -> Any:
        with self._telling():
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with self._telling():
            return super().fetchall()

    def __iter__(self) -> Iterator[Any]:  # pyright: ignore[reportIncompatibleMethodOverride] (quicker than __next__)
        """Row by row: who reads batches stops after some, and each row more would be read for nothing."""
        with self._telling():
            yield from iter(super().__next__, None)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise file_error(self._path, error) from error


def connect_reading(path: Path) -> sqlite3.Connection:
    """A connection that can't write. Its own reader may be on any thread, one at a time. ``path``: its home.

    A reader of a write-ahead log shares an index beside the file. Where that can't be made (the folder is read-only,
    the disk is full) and the log is empty, the file is read as one that nobody changes; with a log, its index is
    built in this connection's memory, without locks: nobody can write there either.
    """
    logged = has_wal(path)
    ways = ["ro"] if logged or os.access(path.parent, os.W_OK) else []
    error: sqlite3.Error | None = None
    for way in (*ways, _ALONE if logged else "ro&immutable=1"):
        try:
            return _reading(path, way)
        except sqlite3.Error as refused:
            if (refused.sqlite_errorcode & 0xFF) not in _NO_INDEX:
                raise file_error(path, refused) from refused
            error = error or refused
        except OSError as refused:
            raise _unreadable(path, refused) from None
    assert error is not None
    raise file_error(path, error) from error


def _reading(path: Path, way: str) -> sqlite3.Connection:
    connection = ReadingConnection.to(path, way, check_same_thread=False, cached_statements=64, timeout=5.0)
    connection.path = path
    try:
        plain = sqlite3.Connection.cursor(connection)
        if way == _ALONE:
            plain.execute("PRAGMA locking_mode = EXCLUSIVE")
        plain.execute("PRAGMA query_only = ON")  # a second wall: no statement of a reader writes, whatever it says
        plain.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def check_content(path: Path) -> None:
    """Read what every later step relies on, through a connection that can't write: schema, topics, partitions."""
    connection = connect_reading(path)
    try:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"meta", "topic", "partition", "batch"} <= names:
            raise Damaged(f"{path.name} is damaged: its tables are missing.", _RESTORE)
        connection.execute("SELECT value FROM meta").fetchall()
        connection.execute("SELECT * FROM topic").fetchall()
        connection.execute("SELECT * FROM partition").fetchall()
        connection.execute("SELECT max(id) FROM batch").fetchone()
    except sqlite3.Error as error:
        raise file_error(path, error) from error
    finally:
        connection.close()


def check_workspace(path: Path) -> None:
    """A ``FileError`` says why the file can't be opened, not even for looking; nothing is written."""
    check_header(path)
    check_content(home_of(path))


def copy_workspace(path: Path, target: Path) -> None:
    """``copy``, of a workspace that nobody has opened for writing."""
    if not target.parent.is_dir():
        raise Missing("There is no folder {parent}.", "Make it first.", parent=target.parent)
    check_writable(target)
    with closing(connect_reading(home_of(path))) as source:
        copy(source, target)


def file_error(path: Path, error: sqlite3.Error) -> FileError:
    """What SQLite said, in a person's words."""
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return damaged(path, error)
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        return disk_full(path)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return ReadOnly("{name} can't be written ({error}).", "Allow writing, then try again.", name=path.name,
                        error=error)
    return FileError("{name} can't be used: {error}.", "See that the disk and the file are there.", name=path.name,
                     error=error)


def not_written(path: Path, error: OSError) -> FileError:
    """What the system said when a file beside the workspace was to be made."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return ReadOnly("The folder of {name} is read-only.", "Allow writing, or copy the workspace.", name=path.name)
    return FileError("{name} can't be used: {strerror}.", "See that the disk and the file are there.", name=path.name,
                     strerror=error.strerror)


def disk_full(path: Path) -> DiskFull:
    return DiskFull("The disk that holds {name} is full.", "Free some space; nothing stored was lost.", name=path.name)


def for_good(error: FileError) -> FileError:
    """The same, told by a host that was opened for reading and stays so."""
    if not isinstance(error, DiskFull):
        return error
    return DiskFull(error.message, "Free some space, then start the host again; until then it only reads.")


def _is_full(path: Path) -> bool:
    """SQLite calls it an I/O error when there is no room for what it keeps beside the file."""
    return shutil.disk_usage(path.parent).free < _NEEDED_BESIDE


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy a whole workspace as of now, whole or not at all; it may be written to meanwhile. AlreadyExists."""
    if target.exists():
        raise AlreadyExists("{name} is already there.", "Choose another name.", name=target.name)
    unfinished = target.with_name(target.name + ".new")
    try:
        writing = sqlite3.connect(unfinished, isolation_level=None)
        try:
            source.backup(writing)
        finally:
            writing.close()
        os.replace(unfinished, target)
    except sqlite3.Error as error:
        raise file_error(target, error) from error
    finally:
        unfinished.unlink(missing_ok=True)
