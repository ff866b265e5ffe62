"""Finding, starting and restarting the host of a workspace, off the GUI thread.

    connect ──► attach to a living host, or start one (which makes the file if it is new) ──► workspace.attach

``in_process`` serves the file on a thread of this process instead. Lives on the GUI thread; the work does not.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workbench.control.client import Caller
from workbench.control.messages import Subscribe
from workbench.core.errors import WorkbenchError
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace

SNAPSHOTS_HZ = 10.0


class HostLink(QObject):
    """See the module. ``connected`` comes after each attach, ``refused`` when there is no way to a host."""

    connected = Signal()
    refused = Signal(object)  # WorkbenchError

    def __init__(self, workspace: Workspace, in_process: bool = False) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._in_process = in_process
        self._busy = False

    def connect_host(self, make: str | None = None) -> None:
        """Get a host for the workspace's file; ``make`` names the sample a new file is made from («» for none)."""
        if self._busy:
            return
        self._busy = True
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
        self._workspace.act(Subscribe(hz=SNAPSHOTS_HZ)).run()
        self.connected.emit()

    def _refuse(self, error: WorkbenchError) -> None:
        self._busy = False
        self.refused.emit(error)
