"""What the window says and does about its host: starting, silent, gone, refused, or not wanted (read-only).

Every error of host, file and disk comes to the one bar from here. GUI thread.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer

from workbench.control.messages import Run
from workbench.core.errors import FileError, HostGone, NotOurs, ReadOnly, WorkbenchError
from workbench.core.snapshot import RunState, Snapshot
from workbench.ui.bridge.workspace import Phase
from workbench.ui.theme import words
from workbench.ui.window.clients_box import serve_again
from workbench.ui.window.parts import WindowParts


class HostWatch(QObject):
    """See the module."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window, self._workspace, self._bar, self._link = window, window.workspace, window.host_bar, window.link
        self._restart_when_lost = False
        self._inode = _inode(self._workspace.path)
        self._folder = QFileSystemWatcher(self)
        self._folder.directoryChanged.connect(lambda _: self._look_for_file())
        workspace = self._workspace
        workspace.host_lost.connect(self._lost)
        workspace.failed.connect(self.tell)
        workspace.phase_changed.connect(self._phase)
        workspace.live_changed.connect(self._live)
        self._link.connected.connect(self._there)
        self._link.refused.connect(self._refused)
        self._link.looking_only.connect(self._looking_only)

    # -- coming --------------------------------------------------------------------------------------------
    def run_when_ready(self) -> None:
        """Run the flow as soon as the host is there."""
        self._link.connected.connect(lambda: self._workspace.act(Run()).run(), Qt.ConnectionType.SingleShotConnection)

    def restart(self) -> None:
        self._bar.say("host", self.tr("Starting the broker…"), tone="muted")
        self._link.connect_host()

    def _there(self) -> None:
        self._bar.clear("host")
        self._bar.clear("read-only")
        self._window.autosave.send_soon()
        self._watch_file()
        serve_again(self._workspace, self._window.settings)

    # -- going ---------------------------------------------------------------------------------------------
    def _lost(self, reason: str) -> None:
        if self._restart_when_lost:
            self._restart_when_lost = False
            self.restart()
            return
        at = words.clock(int(time.time() * 1000), millis=False)
        said = self.tr("The broker stopped at {0}. Nothing acknowledged was lost.").format(at)
        self._bar.say("host", f"{said} {reason}".strip() if reason and reason not in said else said,
                      self.tr("Restart"), self.restart)

    def _phase(self, phase: Phase) -> None:
        if phase is Phase.SILENT:
            at = words.clock(self._workspace.live.at_ms, millis=False)
            said = self.tr("The broker does not answer since {0}. What is shown is from then; nothing acknowledged is "
                           "lost. It may come back by itself.").format(at)
            ours = self._workspace.live.host.pid not in (0, os.getpid())
            self._bar.say("host", said, self.tr("End and restart it") if ours else "", self._end_and_restart)
        elif phase is Phase.ATTACHED:
            self._bar.clear("host")

    def _end_and_restart(self) -> None:
        self._restart_when_lost = True
        with suppress(ProcessLookupError):
            os.kill(self._workspace.live.host.pid, signal.SIGKILL)

    def _refused(self, error: object) -> None:
        sentence = error.sentence() if isinstance(error, WorkbenchError) else str(error)
        if isinstance(error, NotOurs):  # the broker's next step is for the command line
            sentence = self.tr("{0} Open another file (Ctrl+O), or make a new one (Ctrl+N).").format(error.message)
        if isinstance(error, FileError) and not self._workspace.path.exists():
            sentence = self.tr("{0} is not there any more. It may have been moved or deleted.").format(
                self._workspace.path)
        self._bar.say("host", sentence, self.tr("Try again"), self.restart)

    def _looking_only(self, error: FileError) -> None:
        self._bar.clear("host")
        said = self.tr("{0} You can look at everything in it; nothing can be changed or run.").format(error.message)
        if isinstance(error, ReadOnly):
            self._bar.say("read-only", said, self.tr("Save a copy…"), self._window.files.save_as, tone="warn")
        else:
            self._bar.say("read-only", said, self.tr("Try again"), self.restart, tone="warn")

    # -- errors --------------------------------------------------------------------------------------------
    def tell(self, error: object) -> None:
        """An act failed and nobody else says so: a sentence over the canvas, until it is closed."""
        if isinstance(error, HostGone) and self._bar.has("host"):
            self._workspace.notice.emit(error.sentence())  # the bar says already why
            return
        sentence = error.sentence() if isinstance(error, WorkbenchError) else str(error)
        self._bar.say("act", sentence, self.tr("Close"), lambda: self._bar.clear("act"))

    def _live(self, live: Snapshot) -> None:
        """A full disk, a file that can't be written any more: said for as long as it lasts."""
        if not live.host.trouble:
            if self._bar.has("disk"):
                self._bar.clear("disk")
                self._window.autosave.send_soon()
        elif live.run is RunState.RUNNING:
            self._bar.say("disk", live.host.trouble, self.tr("Pause the flow"), self._window.running.pause)
        else:
            self._bar.say("disk", live.host.trouble, self.tr("Save a copy elsewhere…"), self._window.files.save_as)

    # -- the file under us ---------------------------------------------------------------------------------
    def _watch_file(self) -> None:
        self._inode = _inode(self._workspace.path)
        self._folder.addPath(str(self._workspace.path.parent))
        self._look_for_file()

    def _look_for_file(self) -> None:
        """Look twice: a file that is being replaced in one step is gone for a moment."""
        if self._inode is None or _inode(self._workspace.path) == self._inode:
            self._bar.clear("file")
        else:
            QTimer.singleShot(300, self, self._say_gone)

    def _say_gone(self) -> None:
        if self._inode is not None and _inode(self._workspace.path) != self._inode:
            self._bar.say("file", self.tr(
                "{0} was moved, replaced or deleted while it is open. The broker goes on writing to the file it has; "
                "if it was deleted, all of it is lost when this window closes.").format(self._workspace.path.name),
                self.tr("Save a copy…"), self._window.files.save_as)


def _inode(path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
