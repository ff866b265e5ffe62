"""Lines of a file, a growing file, a pipe or standard input, as bytes, without ever waiting.

``next()`` gives one line without its end, or None when there is none now; ``ended`` says that none will come. A last
line without a newline counts, but while following only once its newline is there. Lines over ``MAX_LINE_BYTES`` are
passed over and counted, never held in memory. A followed file that shrinks or is replaced is read from its new start.
"""

from __future__ import annotations

import os
import select
import stat
from collections import deque
from pathlib import Path

from workbench.core.errors import Invalid, Missing, Unsupported

MAX_LINE_BYTES = 32 * 1024 * 1024
_CHUNK = 256 * 1024


class LineReader:
    def __init__(self, path: str, follow: bool = False) -> None:
        self._path = path
        self._follow = follow and path != "-"
        self._fd = self._open()
        self._ready: deque[bytes] = deque()
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._overlong = False
        self._read = 0
        self.line = 0
        self.ended = False
        self.notice = ""

    def _open(self) -> int:
        if self._path == "-":
            return os.dup(0)
        path = Path(self._path).expanduser()
        try:
            if path.is_dir():
                raise Invalid(f"{self._path} is a folder, not a file.", "Choose a file in it.")
            return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            raise Missing(f"The file {self._path} is not there.", "Choose another file.") from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Unsupported(f"The file {self._path} can't be read: {reason}.", "Check its permissions.") from None

    @property
    def progress(self) -> float | None:
        """How far, 0 to 1; None where the end is not known."""
        if self._follow or self.ended:
            return None if self._follow else 1.0
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return None
        return min(1.0, self._read / status.st_size)

    def next(self) -> bytes | None:
        """The next line, or None: nothing now (see ``ended``)."""
        while not self._ready:
            if self.ended or not self._fill():
                return None
        self.line += 1
        return self._ready.popleft()

    def _fill(self) -> bool:
        """Read one chunk; false when there is nothing now."""
        if self._path == "-" and os.name == "posix" and not select.select([self._fd], [], [], 0)[0]:
            return False
        try:
            chunk = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return False
        if chunk:
            self._read += len(chunk)
            self._split(chunk)
            return True
        if self._follow:
            return self._reopened()
        self._finish()
        return bool(self._ready)

    def _split(self, chunk: bytes) -> None:
        first, *rest = chunk.split(b"\n")
        self._add(first)
        if rest:
            self._close_line()
            for line in rest[:-1]:
                self._ready.append(line.removesuffix(b"\r"))
            self._add(rest[-1])

    def _add(self, piece: bytes) -> None:
        if self._overlong or self._tail_bytes + len(piece) > MAX_LINE_BYTES:
            self._overlong = True
            self._tail.clear()
            self._tail_bytes = 0
        elif piece:
            self._tail.append(piece)
            self._tail_bytes += len(piece)

    def _close_line(self) -> None:
        if self._overlong:
            self.line += 1
            limit = MAX_LINE_BYTES // (1024 * 1024)
            self.notice = f"Line {self.line + len(self._ready):,} is longer than {limit} MiB and was passed over."
        else:
            self._ready.append(b"".join(self._tail).removesuffix(b"\r"))
        self._overlong = False
        self._tail.clear()
        self._tail_bytes = 0

    def _finish(self) -> None:
        if self._tail or self._overlong:
            self._close_line()
        self.ended = True

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
        elif now.st_size < self._read:
            self.notice = f"{self._path} was cut short; reading it from its start."
        else:
            return False
        if self._tail or self._overlong:
            self._close_line()
        os.close(self._fd)
        self._fd = self._open()
        self._read = 0
        return True

    def rewind(self) -> None:
        """Start again at the first line."""
        self.close()
        self._fd = self._open()
        self._read = self.line = 0
        self.ended = False

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
