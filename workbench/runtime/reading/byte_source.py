"""Bytes of a file, a growing file, a pipe or standard input, in chunks, without ever waiting.

``next()`` gives a chunk, or nothing when there is none now; ``ended`` says that none will come. A followed file that
shrinks or is replaced is read from its new start: ``begins_anew`` is true for the first chunk of it.
"""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path

from workbench.core.errors import Invalid, Missing, Unsupported

CHUNK_BYTES = 128 * 1024


class ByteSource:
    def __init__(self, path: str, follow: bool = False) -> None:
        self._path = path
        self._follow = follow and path != "-"
        self._fd = self._open()
        self._read_bytes = 0
        self.begins_anew = False
        self.ended = False
        self.notice = ""

    def _open(self) -> int:
        if self._path == "-":
            return os.dup(0)
        path = Path(self._path).expanduser()
        try:
            if path.is_dir():
                raise Invalid("{path} is a folder, not a file.", "Choose a file in it.", path=self._path)
            return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            raise Missing("The file {path} is not there.", "Choose another file.", path=self._path) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Unsupported("The file {path} can't be read: {reason}.", "Check its permissions.", path=self._path,
                              reason=reason) from None

    @property
    def progress(self) -> float | None:
        """How far, 0 to 1; None where the end is not known."""
        if self._follow or self.ended:
            return None if self._follow else 1.0
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return None
        return min(1.0, self._read_bytes / status.st_size)

    def next(self) -> bytes:
        """The next bytes; empty when there are none now (see ``ended``)."""
        if self.ended:
            return b""
        if self._path == "-" and os.name == "posix" and not select.select([self._fd], [], [], 0)[0]:
            return b""
        try:
            chunk = os.read(self._fd, CHUNK_BYTES)
        except BlockingIOError:
            return b""
        self.begins_anew = False
        if not chunk and self._follow:
            if not self._reopened():
                return b""
            self.begins_anew = True
            chunk = os.read(self._fd, CHUNK_BYTES)
        self._read_bytes += len(chunk)
        self.ended = not chunk and not self._follow
        return chunk

    def _reopened(self) -> bool:
        """While following: start again when the file shrank or another took its name."""
        try:
            now = os.stat(Path(self._path).expanduser())
        except FileNotFoundError:
            self.notice = f"{self._path} went away; waiting for it to come back."
            return False
        if not stat.S_ISREG(now.st_mode):
            return False
        mine = os.fstat(self._fd)
        if (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino):
            self.notice = f"{self._path} was replaced; reading the new one from its start."
        elif now.st_size < self._read_bytes:
            self.notice = f"{self._path} was cut short; reading it from its start."
        else:
            return False
        os.close(self._fd)
        self._fd = self._open()
        self._read_bytes = 0
        return True

    def rewind(self) -> None:
        """Start again at the first byte."""
        self.close()
        self._fd = self._open()
        self._read_bytes = 0
        self.ended = False

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
