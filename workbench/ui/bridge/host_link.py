"""Finding, starting and restarting the host of a workspace, off the GUI thread.

    connect ──► attach to a living host, or start one (which makes the file if it is new) ──► workspace.attach
                     └─ the file can't be written (read-only, the disk full)
                                     └► its last state, read without a host ──► workspace.look_only

Snapshots come ten times a second; when none came for ``SILENT_MS`` the host counts as silent, until the next one.
``in_process`` serves the file on a thread of this process instead. Lives on the GUI thread; the work does not.
"""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from workbench.control.client import Caller
from workbench.control.messages import Subscribe, Want
from workbench.core.errors import Damaged, FileError, Locked, Missing, NotOurs, TooNew, WorkbenchError
from workbench.core.snapshot import Snapshot
from workbench.core.wanted import Wanted
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Phase, Workspace

SNAPSHOTS_HZ = 10.0
SILENT_MS = 5_000
_LOOK_MS = 1_000
_NOT_EVEN_READ = (Damaged, Locked, Missing, NotOurs, TooNew)
_STILL_MS = 2_000  # after the last entry: no rate of the last second is shown as if it were now


class HostLink(QObject):
    """See the module. ``connected`` comes after each attach, ``refused`` when there is no way to a host."""

    connected = Signal()
    refused = Signal(object)  # WorkbenchError
    looking_only = Signal(object)  # FileError: why the file is shown without a host

    def __init__(self, workspace: Workspace, in_process: bool = False) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._in_process = in_process
        self._busy = False
        self._heard, self._looked = QElapsedTimer(), QElapsedTimer()
        self._watch = QTimer(self, interval=_LOOK_MS)
        self._watch.timeout.connect(self._look)
        workspace.live_changed.connect(self._hear)
        workspace.wants.changed.connect(self._want)

    def connect_host(self, make: str | None = None) -> None:
        """Get a host for the workspace's file; ``make`` names the sample a new file is made from («» for none)."""
        if self._busy:
            return
        self._busy = True
        self._workspace.start_again()
        Operation(self, lambda: self._reach(make)).done(self._take).failed(self._refuse).run()

    def _reach(self, make: str | None) -> Caller:
        from workbench.host import LocalHost, make_workspace, start_host  # off the first paint's way

        path = self._workspace.path
        if not self._in_process:
            return start_host(path, make=make)
        if make is not None and not path.exists():
            make_workspace(path, make)
        return LocalHost(path)

    def _take(self, caller: Caller) -> None:
        self._busy = False
        if self._workspace.closed:  # meanwhile; nobody waits for this host
            caller.close()
            return
        self._workspace.attach(caller)
        self._heard.start()
        self._looked.start()
        self._watch.start()
        self._want(self._workspace.wants.wanted)
        self._workspace.act(Subscribe(hz=SNAPSHOTS_HZ)).run()
        self.connected.emit()

    def _want(self, wanted: Wanted) -> None:
        """Have the host tell details of these; a host that is gone is said elsewhere."""
        if self._workspace.connected:
            self._workspace.act(Want(wanted)).failed(lambda _: None).run()

    def _refuse(self, error: WorkbenchError) -> None:
        self._busy = False
        if isinstance(error, FileError) and not isinstance(error, _NOT_EVEN_READ):
            Operation(self, self._last_state).done(lambda state: self._look_only(state, error)).failed(
                lambda also: self._give_up(FileError(f"{error.message} {also.message}", error.next_step))).run()
        else:
            self._give_up(error)

    def _give_up(self, error: WorkbenchError) -> None:
        self._workspace.refuse()
        self.refused.emit(error)

    def _last_state(self) -> Snapshot:
        from workbench.session.timeline import Timeline

        with self._workspace.reader_for_work() as reader:
            past = Timeline(reader)
            return past.state_at(past.range()[1] + _STILL_MS)

    def _look_only(self, state: Snapshot, error: FileError) -> None:
        if not self._workspace.closed:
            self._workspace.look_only(state, error)
            self.looking_only.emit(error)

    # -- is it still there? --------------------------------------------------------------------------------
    def _hear(self, _snapshot: Snapshot) -> None:
        self._heard.start()
        if self._workspace.phase is Phase.SILENT:
            self._workspace.fall_silent(False)

    def _look(self) -> None:
        """Not told as silent: a host that could not be heard because this thread was away itself."""
        awake = self._looked.restart() < 2 * _LOOK_MS
        if not self._workspace.connected:
            self._watch.stop()
        elif awake and self._heard.elapsed() > SILENT_MS and self._workspace.phase is Phase.ATTACHED:
            self._workspace.fall_silent(True)
