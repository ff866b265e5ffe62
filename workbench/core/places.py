"""Where what belongs to a running process is kept, and what a file is called that has several names.

A file may be reached by many names: symbolic links, hard links, a name it was given while it is open. What must be
one for all of them goes by ``file_key``, the device and the number of the file itself.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 100


def file_key(path: Path) -> str | None:
    """``DEVICE-NUMBER`` of the file that ``path`` leads to; None when there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return f"{found.st_dev:x}-{found.st_ino:x}"


def real(path: Path) -> Path:
    """The absolute path with every symbolic link followed. Files beside a workspace are named after this."""
    return Path(os.path.realpath(path))


def same_file(one: Path, other: Path) -> bool:
    """Whether both names lead to one file; False when either leads nowhere."""
    key = file_key(one)
    return key is not None and key == file_key(other)


def runtime_directory() -> Path | None:
    """A directory only this user can enter, with a path short enough for a socket in it; None when none can be had."""
    return next((d for d in wished_directories() if len(str(d)) + 20 <= LONGEST_SOCKET_PATH and _is_private(d)), None)


def wished_directories() -> list[Path]:
    """Where the runtime directory may be, the best place first."""
    wishes = [Path(tempfile.gettempdir()) / f"workbench-{os.getuid()}", Path("/tmp") / f"workbench-{os.getuid()}"]
    if given := os.environ.get("XDG_RUNTIME_DIR"):
        wishes.insert(0, Path(given) / "workbench")
    return wishes


def _is_private(directory: Path) -> bool:
    """Whether it is a directory (made here if needed) that only this user can enter."""
    try:
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        found = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def write_private(path: Path, data: bytes) -> None:
    """Put ``data`` there in one step, readable by its owner only. When it fails (``OSError``) nothing is left."""
    handle, name = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)  # mkstemp gives mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def boot_id() -> str:
    """Names this run of this machine, so that a process number of another machine is not taken for one of ours."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return os.uname().nodename


def is_stopped(pid: int) -> bool:
    """Whether the process is there and stopped (Ctrl-Z, SIGSTOP): it keeps what it has and answers nobody."""
    if pid <= 0:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] in (b"T", b"t")
    except (OSError, IndexError):
        return False
