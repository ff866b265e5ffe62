"""One window a file: who opens it a second time raises the window that is there, whatever name the file has now.

A window listens under two names: that of the path (a file that is still to be made has nothing else) and that of the
file itself, by device and number, which a symbolic link, a hard link or a renamed file lead to as well.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_MS = 500


def _names(path: Path) -> list[str]:
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    ways = [str(path.resolve())]
    try:
        found = path.stat()
    except OSError:
        pass  # there is no such file yet
    else:
        ways.append(f"{found.st_dev}:{found.st_ino}")
    return [f"workbench-{hashlib.sha256(f'{user}:{way}'.encode()).hexdigest()[:24]}" for way in ways]


def raise_window(path: Path) -> bool:
    """Raise the window that is open on the file, in whichever process; False when there is none."""
    return any([_knock(name) for name in _names(path)])


def _knock(name: str) -> bool:
    socket = QLocalSocket()
    socket.connectToServer(name)
    answered = socket.waitForConnected(_WAIT_MS)
    socket.disconnectFromServer()
    return answered


class SingleInstance(QObject):
    """Claims a file for this process; ``first`` says whether it had no window yet, ``raised`` that somebody asks for
    the window. The names are made of the user and the file, so they differ between users."""

    raised = Signal()

    def __init__(self, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._path = path
        self._servers: dict[str, QLocalServer] = {}
        self.first = not raise_window(path)
        if self.first:
            self.claim()

    def claim(self) -> None:
        """Listen under the names the file has now; again once a file that was not there is made."""
        for name in _names(self._path):
            if name in self._servers:
                continue
            QLocalServer.removeServer(name)  # what a crash left behind
            server = self._servers[name] = QLocalServer(self)
            server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
            server.newConnection.connect(lambda server=server: self._answer(server))
            server.listen(name)

    def _answer(self, server: QLocalServer) -> None:
        while (socket := server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
        self.raised.emit()

    def close(self) -> None:
        for server in self._servers.values():
            server.close()
            server.deleteLater()
        self._servers.clear()
