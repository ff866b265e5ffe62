"""The one descriptor this process keeps of each workspace file that it has open, and the lock on the file itself.

Two rules of POSIX locks make it necessary. They belong to the process and the file: closing *any* descriptor of the
file drops all locks the process has there, also those of SQLite, whose connections then lose their file to the next
process that closes it ("last one out" removes the write-ahead log). So whoever must look at the bytes, or have a
connection, takes a ``Held`` of the file; all of one process share a descriptor, and it is closed with the last.

The lock that keeps a second writer out is an open-file-description lock (F_OFD_SETLK) on one byte far beyond any
content and any byte that SQLite locks. It belongs to the descriptor, so no other ``close`` drops it; it is on the
file, whatever name led there; a network file system hands it to its server where that keeps locks at all.

Every function may be called from any thread.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
import threading
from pathlib import Path

from workbench.core.places import file_key

if sys.platform != "win32":
    import fcntl

LOCK_BYTE = 1 << 62
_NO_LOCKS = (errno.ENOLCK, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EOVERFLOW)
_FLOCK = "hhqqi4x"  # struct flock: type, whence, start, length, pid


class _Shared:
    __slots__ = ("descriptors", "locked", "users")

    def __init__(self) -> None:
        self.descriptors: list[int] = []  # more than one only when a name changed its file between two system calls
        self.users = 0
        self.locked = False


_guard = threading.RLock()
_shared: dict[str, _Shared] = {}


class Held:
    """The file that ``path`` led to when this was made (``OSError`` when it can't be opened), until ``release``."""

    def __init__(self, path: Path) -> None:
        self._owns = False
        with _guard:
            key = file_key(path)
            if key is None or key not in _shared:
                descriptor = _open(path)
                found = os.fstat(descriptor)
                key = f"{found.st_dev:x}-{found.st_ino:x}"
                _shared.setdefault(key, _Shared()).descriptors.append(descriptor)
            self.key = key
            self._of = _shared[key]
            self._of.users += 1

    @property
    def descriptor(self) -> int:
        return self._of.descriptors[0]

    def head(self, count: int) -> bytes:
        return os.pread(self.descriptor, count, 0)

    def size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def links(self) -> int:
        """How many names the file has; 0 once it was removed."""
        return os.fstat(self.descriptor).st_nlink

    def name_now(self) -> Path | None:
        """What the file is called now, wherever it was moved; None when it was removed or the system does not tell."""
        try:
            name = Path(os.readlink(f"/proc/self/fd/{self.descriptor}"))
        except OSError:
            return None
        return name if file_key(name) == self.key else None

    def lock(self) -> bool | None:
        """Keep every other writer out: True when that is so now, False when there is one, None when the file system
        keeps no locks."""
        with _guard:
            if self._of.locked:
                return False
            try:
                _lock(self.descriptor)
            except OSError as error:
                return None if error.errno in _NO_LOCKS else False
            self._of.locked = self._owns = True
            return True

    def is_locked(self) -> bool:
        """Whether somebody, here or elsewhere, has the lock."""
        if self._of.locked:
            return True
        if not hasattr(fcntl, "F_OFD_GETLK"):
            return False
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, LOCK_BYTE, 1, 0)
        try:
            return struct.unpack(_FLOCK, fcntl.fcntl(self.descriptor, fcntl.F_OFD_GETLK, asked))[0] != fcntl.F_UNLCK
        except OSError:
            return False

    def release(self) -> None:
        with _guard:
            if self._owns:
                self._owns = self._of.locked = False
                _unlock(self.descriptor)
            self._of.users -= 1
            if not self._of.users:
                del _shared[self.key]
                for descriptor in self._of.descriptors:
                    os.close(descriptor)


def file_head(path: Path, count: int) -> bytes:
    """The first bytes of any file. For a file that may be a workspace open in this process: ``open`` and ``close``
    would drop SQLite's locks on it."""
    held = Held(path)
    try:
        return held.head(count)
    finally:
        held.release()


def _open(path: Path) -> int:
    """To write where that is allowed, which the lock asks for; nothing is written."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ETXTBSY):
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)


def _lock(descriptor: int) -> None:
    if hasattr(fcntl, "F_OFD_SETLK"):
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, LOCK_BYTE, 1, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, asked)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _unlock(descriptor: int) -> None:
    if hasattr(fcntl, "F_OFD_SETLK"):
        asked = struct.pack(_FLOCK, fcntl.F_UNLCK, os.SEEK_SET, LOCK_BYTE, 1, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, asked)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
