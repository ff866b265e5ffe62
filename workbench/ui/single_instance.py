"""One window a file: a second start raises the first window and stops."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_MS = 500


class SingleInstance(QObject):
    """Claims a file for this process; ``first`` says whether it had no window yet, ``raised`` that another start asks
    for the window. The name is made of the user and the file, so it differs between users."""

    raised = Signal()

    def __init__(self, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
        digest = hashlib.sha256(f"{user}:{path.resolve()}".encode()).hexdigest()[:24]
        self._name = f"workbench-{digest}"
        self._server: QLocalServer | None = None
        self.first = not self._knock()
        if self.first:
            QLocalServer.removeServer(self._name)  # what a crash left behind
            self._server = QLocalServer(self)
            self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
            self._server.newConnection.connect(self._answer)
            self._server.listen(self._name)

    def _knock(self) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        answered = socket.waitForConnected(_WAIT_MS)
        socket.disconnectFromServer()
        return answered

    def _answer(self) -> None:
        assert self._server is not None
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
        self.raised.emit()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
