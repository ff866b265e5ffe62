"""Where a window and a host meet: the host file, found by any name that leads to the workspace, and its socket.

The host file is JSON that only its owner can read (mode 0600): the socket's path, a random token, the pid and
where foreign clients are served. It lies in the user's runtime directory under the device and number of the
workspace file, so that a symbolic link, a hard link and a new name meet the same host; and beside the workspace
(``NAME.flow.host``), for who has another runtime directory. One of the two is enough. The socket lives
in a directory of mode 0700 with a short path (the system allows about 100 bytes). Everything that depends on the kind
of socket is in this module; another system needs only another one.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from workbench.core.errors import HostGone, NotAnswering, Refused
from workbench.core.places import file_key, real, runtime_directory, wished_directories, write_private


@dataclass(frozen=True, slots=True)
class HostFile:
    """What stands in the host file. One that an older or newer host wrote may have more, which is passed over."""

    socket: str
    token: str
    pid: int
    listeners: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def beside(workspace: Path) -> Path:
        """The host file beside the workspace: symbolic links are followed, so that two names of one file meet."""
        at = real(workspace)
        return at.with_name(at.name + ".host")

    @classmethod
    def places(cls, workspace: Path) -> tuple[Path, ...]:
        """Where host files of this workspace may lie, the surer first."""
        key, directory = file_key(workspace), runtime_directory()
        sure = () if key is None or directory is None else (directory / f"{key}.host",)
        return (*sure, cls.beside(workspace))

    @classmethod
    def read(cls, workspace: Path) -> HostFile | None:
        """The host file, or None when there is none or it can't be read as one."""
        return next(filter(None, map(cls._at, cls.places(workspace))), None)

    @classmethod
    def _at(cls, place: Path) -> HostFile | None:
        try:
            return msgspec.json.decode(place.read_bytes(), type=cls)
        except (OSError, ValueError):
            return None

    def write(self, workspace: Path) -> tuple[Path, ...]:
        """Put it where it is looked for, each in one step, readable by its owner only; returns where it is now.
        ``OSError`` when it could be put nowhere."""
        written, failure = [], None
        for place in self.places(workspace):
            try:
                write_private(place, msgspec.json.encode(self))
                written.append(place)
            except OSError as error:  # a full disk, a folder that is read-only
                failure = error
        if failure is not None and not written:
            raise failure
        return tuple(written)

    def remove(self, places: tuple[Path, ...]) -> None:
        """Take it away again, unless another host has put its own there meanwhile."""
        for place in places:
            if self._at(place) == self:
                place.unlink(missing_ok=True)


def new_endpoint(listeners: Mapping[str, str] | None = None) -> HostFile:
    """A fresh socket path and token for this process."""
    directory = runtime_directory()
    if directory is None:
        raise Refused("There is no private directory for the host's socket.",
                      "Make {wished_directories} yours alone (mode 0700), or set XDG_RUNTIME_DIR.",
                      wished_directories=wished_directories()[-1])
    path = directory / f"{secrets.token_hex(6)}.sock"
    return HostFile(str(path), secrets.token_hex(16), os.getpid(), dict(listeners or {}))


def connect(endpoint: HostFile, timeout_s: float = 5.0) -> socket.socket:
    """A connected socket, or ``HostGone`` when nobody listens there any more."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(timeout_s)
        link.connect(endpoint.socket)
        link.settimeout(None)
    except TimeoutError as error:
        link.close()
        end = f"End it with: kill -KILL {endpoint.pid}; what was acknowledged stays."
        raise NotAnswering(f"The host of this workspace (process {endpoint.pid}) does not answer.", end) from error
    except OSError as error:
        link.close()
        raise HostGone("The host of this workspace is not running.") from error
    return link
