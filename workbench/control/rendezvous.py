"""Where a window and a host meet: the host file beside the workspace and the socket it names.

``NAME.flow.host`` is JSON that only its owner can read (mode 0600): the socket's path, a random token, the pid and
the Kafka address. The socket lives in a directory of mode 0700 with a short path (the system allows about 100
bytes). Everything that depends on the kind of socket is in this module; another system needs only another one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from workbench.core.errors import HostGone, Refused

_LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True, slots=True)
class HostFile:
    """What stands in the host file."""

    socket: str
    token: str
    pid: int
    kafka: str | None = None

    @staticmethod
    def beside(workspace: Path) -> Path:
        """The host file's path: symbolic links are followed, so that two names of one file meet."""
        real = Path(os.path.realpath(workspace))
        return real.with_name(real.name + ".host")

    @classmethod
    def read(cls, workspace: Path) -> HostFile | None:
        """The host file, or None when there is none or it can't be read as one."""
        try:
            return msgspec.json.decode(cls.beside(workspace).read_bytes(), type=cls)
        except (OSError, ValueError):
            return None

    def write(self, workspace: Path) -> None:
        """Put it beside the workspace in one step, readable by its owner only."""
        path = self.beside(workspace)
        handle, name = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)  # mkstemp gives mode 0600
        with os.fdopen(handle, "wb") as out:
            out.write(msgspec.json.encode(self))
        os.replace(name, path)

    def remove(self, workspace: Path) -> None:
        """Take it away, unless another host has put its own there meanwhile."""
        if self.read(workspace) == self:
            self.beside(workspace).unlink(missing_ok=True)


def new_meeting(kafka: str | None = None) -> HostFile:
    """A fresh socket path and token for this process."""
    path = _runtime_directory() / f"{secrets.token_hex(6)}.sock"
    return HostFile(str(path), secrets.token_hex(16), os.getpid(), kafka)


def _runtime_directory() -> Path:
    wishes = [Path(tempfile.gettempdir()) / f"workbench-{os.getuid()}", Path("/tmp") / f"workbench-{os.getuid()}"]
    if given := os.environ.get("XDG_RUNTIME_DIR"):
        wishes.insert(0, Path(given) / "workbench")
    for directory in wishes:
        if len(str(directory)) + 20 <= _LONGEST_SOCKET_PATH and _is_private(directory):
            return directory
    raise Refused(
        "There is no private directory for the host's socket.",
        f"Make {wishes[-1]} yours alone (mode 0700), or set XDG_RUNTIME_DIR.",
    )


def _is_private(directory: Path) -> bool:
    """Whether it is a directory (made here if needed) that only this user can enter."""
    try:
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        found = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def connect(meeting: HostFile, timeout_s: float = 5.0) -> socket.socket:
    """A connected socket, or ``HostGone`` when nobody listens there any more."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(timeout_s)
        link.connect(meeting.socket)
        link.settimeout(None)
    except OSError as error:
        link.close()
        raise HostGone("The host of this workspace is not running.") from error
    return link
