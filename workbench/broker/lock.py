"""One host a file: an operating-system lock on ``NAME.flow.lock``, held for as long as the workspace is open.

The kernel drops the lock when its process ends in any way, so a lock file left by a crash never keeps anyone out
and a reused process number never looks alive. The number inside is only for the sentence shown to people.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from workbench.core.errors import Locked

if os.name == "nt":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text, which others may read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def holder(path: Path) -> int | None:
    """The process that says it holds the workspace, for messages only."""
    try:
        return int(lock_path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


class FileLock:
    """Held from ``__init__`` (``Locked`` when another has it) to ``release``."""

    def __init__(self, path: Path) -> None:
        self._path = lock_path(path)
        self._descriptor = self._acquire(path)

    def _acquire(self, path: Path) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _try_lock(descriptor)
            except OSError:
                os.close(descriptor)
                number = holder(path)
                by = f" (process {number})" if number else ""
                raise Locked(f"{path.name} is already open in another workbench{by}.",
                             "Use that one, or close it first.") from None  # fmt: skip
            if self._still_named(descriptor):
                os.ftruncate(descriptor, 0)
                with suppress(OSError):  # on a full disk the lock holds all the same; messages name no process then
                    os.write(descriptor, str(os.getpid()).encode("ascii"))
                return descriptor
            os.close(descriptor)

    def _still_named(self, descriptor: int) -> bool:
        """False when the previous holder removed the file between our open and our lock."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
