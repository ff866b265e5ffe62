"""A file that appears at its name only when it is whole: a temporary one beside it is renamed at the end.

After an error or a cancel nothing is left. Where a device or a named pipe has the name, it is written into: to rename
over it would take it away from everybody else. A symbolic link stays, its target is the file. Any one thread.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from workbench.broker import file_head
from workbench.core.errors import Invalid, Refused

_OPEN_FILES = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
_BUFFER_BYTES = 1 << 20
_DATABASE = b"SQLite format 3\0"
_BESIDE_DATABASE = ("-wal", "-shm", "-journal", ".lock", ".host")


@contextmanager
def whole_file(out: Path) -> Iterator[BinaryIO]:
    """A stream to write to. ``Invalid`` when it can't be written there, ``Refused`` where a workspace would be lost."""
    if out.is_dir():
        raise Invalid("{out} is a directory.", "Give the name of a file.", out=out)
    try:
        if _is_stream(out):
            with out.open("wb", buffering=_BUFFER_BYTES) as stream:
                yield stream
            return
        _spare_databases(out)
        with _beside(Path(os.path.realpath(out))) as stream:
            yield stream
    except BrokenPipeError:
        raise  # its reader has seen enough
    except OSError as error:
        raise Invalid("{out} can't be written: {strerror}.", "Choose another place, or make room.", out=out,
                      strerror=error.strerror) from error


def _is_stream(out: Path) -> bool:
    """Also a regular file by a name like /dev/stdout: that is somebody's open file. One in /dev/shm is a file."""
    return out.exists() and (not out.is_file() or out.absolute().parent in _OPEN_FILES)


def _spare_databases(out: Path) -> None:
    """Neither a database nor what SQLite and the host keep beside one is written over, or made in their place."""
    real = os.path.realpath(out)
    if _is_database(Path(real)):
        raise Refused("{out} is a workspace or another database, which would be lost.", "Choose another name.", out=out)
    for end in _BESIDE_DATABASE:
        if real.endswith(end) and _is_database(Path(real.removesuffix(end))):
            raise Refused("{out} belongs to the workspace or database beside it, which would be damaged.",
                          "Choose another name.", out=out)


def _is_database(path: Path) -> bool:
    return path.is_file() and file_head(path, len(_DATABASE)) == _DATABASE


@contextmanager
def _beside(out: Path) -> Iterator[BinaryIO]:
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=_BUFFER_BYTES) as stream:
            yield stream
        part.chmod(0o666 & ~_umask())
        part.replace(out)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
