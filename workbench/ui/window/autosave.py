"""Keeps the drawing in the file: 300 ms after the last edit it goes to the host, and once more at the end.

While there is no host the drawing is kept here and sent as soon as one is back. GUI thread.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.control.command import Done
from workbench.control.messages import SaveFlow
from workbench.core.errors import WorkbenchError
from workbench.flow import codec
from workbench.ui.bridge.workspace import Workspace

_DELAY_MS = 300


class Autosave(QObject):
    """``saved(at_ms)`` after each save; ``dirty`` while an edit is not stored yet."""

    saved = Signal(object)
    unsaved = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._sent = codec.dumps(workspace.document)
        self._timer = QTimer(self, interval=_DELAY_MS, singleShot=True)
        self._timer.timeout.connect(self._send)
        self._unfollow = workspace.document.follow(lambda _change: self._edited())

    @property
    def dirty(self) -> bool:
        return codec.dumps(self._workspace.document) != self._sent

    def _edited(self) -> None:
        if self._workspace.read_only:
            return
        self._timer.start()
        self.unsaved.emit()

    def took(self, text: str) -> None:
        """The document was loaded from the file: that is what is stored."""
        self._sent = text

    def unsent(self) -> str:
        """The drawing where it is not stored yet, for the window's end; empty when it is. Nothing is sent any more."""
        self._timer.stop()
        text = codec.dumps(self._workspace.document)
        return text if text != self._sent else ""

    def send_soon(self) -> None:
        """A host is there again."""
        if self.dirty:
            self._timer.start()

    def _send(self) -> None:
        if not self._workspace.connected:
            return
        text = codec.dumps(self._workspace.document)
        if text == self._sent:
            return

        def keep(reply: Done) -> None:
            self._sent = text
            self.saved.emit(int(time.time() * 1000))
            if reply.text:
                self._workspace.notice.emit(reply.text)

        def tell(error: WorkbenchError) -> None:
            self._workspace.failed.emit(error)

        self._workspace.act(SaveFlow(text)).done(keep).failed(tell).run()

    def close(self) -> None:
        self._timer.stop()
        self._unfollow()
