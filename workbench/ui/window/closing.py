"""Closing the window without ever standing still: store the drawing, stop the host, let go of the file.

    close ─► drawing unsaved? ─► store it ─► tell the host to stop ─► let go ─► closed
                                   │ refused, or no answer in time      │ no answer in time
                                   └► stay open and say so, once        └► let go all the same: the host ends by itself

Both are asked on a thread of their own, which knows nothing of Qt. What takes longer than ``PATIENCE_S`` is said in the
bar with a way to go at once, and what takes longer than ``LONGEST_MS`` is not waited for. What was acknowledged is in
the file whatever happens here. GUI thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer

from workbench.control.client import Caller
from workbench.control.messages import SaveFlow, Shutdown
from workbench.core.errors import WorkbenchError
from workbench.ui.bridge.letterbox import Letterbox
from workbench.ui.bridge.workspace import Phase
from workbench.ui.window.parts import WindowParts

PATIENCE_S = 0.15
LONGEST_MS = 6_000
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Goodbye:
    """What the thread does, and how far it came."""

    drawing: str  # what is not stored yet; empty when all is
    error: WorkbenchError | None = None  # why the drawing could not be stored
    done: threading.Event = field(default_factory=threading.Event)

    def say(self, caller: Caller, told: Callable[[_Goodbye], None]) -> None:
        try:
            if self.drawing:
                caller.call(SaveFlow(self.drawing))
                self.drawing = ""
            caller.call(Shutdown(of_window=True))
        except WorkbenchError as caught:
            if self.drawing:
                self.error = caught.with_traceback(None)
            else:
                log.info("the host's end: %s", caught.sentence())
        self.done.set()
        told(self)


class Closing(QObject):
    """See the module. ``ask`` says whether the window may go now; later it is closed as soon as it may."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._goodbye: _Goodbye | None = None
        self._may_go = False
        self.insists = False  # a signal to end: what can't be stored does not keep the window
        self._answers = Letterbox(self._take, self)
        self._limit = QTimer(self, interval=LONGEST_MS, singleShot=True)
        self._limit.timeout.connect(self._no_answer)
        window.autosave.unsaved.connect(self._take_back)
        window.autosave.saved.connect(self._take_back)

    def ask(self) -> bool:
        if self._may_go:
            return True
        if self._goodbye is not None:
            return False
        window, caller = self._window, self._window.workspace.caller
        goodbye = _Goodbye(window.autosave.unsent())
        if caller is None:
            return not goodbye.drawing or self._stay(None)
        self._goodbye = goodbye
        threading.Thread(target=goodbye.say, args=(caller, self._answers.put), name="closing", daemon=True).start()
        if goodbye.done.wait(PATIENCE_S):  # the usual end
            return self._judge()
        said = window.tr("Closing: the broker does not answer. It has {0} s more, then it is left to itself; nothing "
                         "acknowledged is lost.").format(LONGEST_MS // 1000) if (
            window.workspace.phase is Phase.SILENT) else (
            window.tr("Closing: the broker stores what it holds and stops."))
        window.host_bar.say("closing", said, window.tr("Close now"), self.go_at_once, tone="muted")
        self._limit.start()
        return False

    def go_at_once(self) -> None:
        """Wait for nothing."""
        self._may_go = True
        self._window.close()

    def _judge(self) -> bool:
        """The host answered, or had time enough to: may the window go?"""
        goodbye, self._goodbye = self._goodbye, None
        self._limit.stop()
        self._may_go = goodbye is None or not goodbye.drawing or self._stay(goodbye.error)
        return self._may_go

    def _take(self, goodbye: _Goodbye) -> None:
        if goodbye is self._goodbye and self._judge():
            self._window.close()

    def _no_answer(self) -> None:
        log.warning("the host did not answer for %d ms at the end; it is left to itself", LONGEST_MS)
        if self._judge():
            self._window.close()

    def _stay(self, error: WorkbenchError | None) -> bool:
        """The last changes of the drawing would be lost: say so. True when the window has to go all the same."""
        window = self._window
        why = error.message if error is not None else window.tr("The broker does not answer.")
        if self.insists:
            log.warning("the last changes of the drawing could not be stored: %s", why)
            return True
        said = window.tr("The last changes of the drawing are not stored. {0} Export the drawing to keep them, or "
                         "close without them. All records are safe.").format(why)
        window.host_bar.say("closing", said, window.tr("Close without them"), self.go_at_once)
        return False

    def _take_back(self, _when: object = None) -> None:
        """The drawing changed or was stored: the next close is judged anew."""
        if self._goodbye is None and not self._may_go:
            self._window.host_bar.clear("closing")
