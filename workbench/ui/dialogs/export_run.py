"""One export at work: the session's exporter, on a thread of its own with a reader of its own.

The file appears only when it is whole; a cancelled export leaves nothing. GUI thread; the work is not.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.session.export import Exported, What, export
from workbench.session.matching import read_filter
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workers import Workers
from workbench.ui.bridge.workspace import Workspace

_LOOK_MS = 100
_ROOM_S = 0.001  # after every 500 records


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What to export. No ``topics`` means all; no time means from the first or to the last; ``connection`` "" is the
    workspace's file."""

    out: Path
    what: What = "records"
    form: str = "jsonl"
    topics: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    wanted: str = ""  # a filter
    connection: str = ""


class _HowFar:
    """Written by the thread that exports, read by the GUI thread: two numbers, and the wish to stop. With every note
    the exporter makes room for the window, whose frames would else wait for it."""

    def __init__(self) -> None:
        self.numbers = (0, 0)
        self.stop = threading.Event()

    def note(self, done: int, in_all: int) -> None:
        self.numbers = done, in_all
        self.stop.wait(_ROOM_S)


class ExportRun(QObject):
    """See the module. Ends with exactly one of ``done``, ``failed`` and ``cancelled``."""

    progressed = Signal(int, int)  # gone through, in all
    done = Signal(object)  # Exported
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, workspace: Workspace, wish: ExportWish, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace, self._wish = workspace, wish
        self._how_far = _HowFar()
        self._workers = Workers("export")
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._tell)
        self._told = (0, 0)

    @property
    def running(self) -> bool:
        return not self._workers.closed

    def start(self) -> None:
        workspace, wish, how_far = self._workspace, self._wish, self._how_far
        self._look.start()

        def write() -> Exported:
            return _export(workspace, wish, how_far)

        Operation(self, write, self._workers).done(self._finish).failed(self._fail).run()

    def cancel(self) -> None:
        """Ask it to stop; it tidies up and ``cancelled`` follows."""
        self._how_far.stop.set()

    def end(self) -> None:
        """Cancel and wait for its last page: whoever wanted it is going away. For a system that may not
        answer it is not waited."""
        self.cancel()
        self._stop()

    def _stop(self) -> None:
        self._look.stop()
        self._workers.close(wait=not self._wish.connection)

    def _tell(self) -> None:
        if self._how_far.numbers != self._told:
            self._told = self._how_far.numbers
            self.progressed.emit(*self._told)

    def _finish(self, done: Exported) -> None:
        self._stop()
        self._tell()
        self.done.emit(done)

    def _fail(self, error: WorkbenchError) -> None:
        self._stop()
        if isinstance(error, Cancelled):
            self.cancelled.emit()
        else:
            self.failed.emit(error.sentence())


def _export(workspace: Workspace, wish: ExportWish, how_far: _HowFar) -> Exported:
    """On the worker."""
    matches = read_filter(wish.wanted).matches if wish.wanted else None
    from_ = EARLIEST if wish.from_ms is None else LogPoint("time", wish.from_ms)
    to = LATEST if wish.to_ms is None else LogPoint("time", wish.to_ms)
    with workspace.browse_for_work(wish.connection) as reader:
        return export(reader, wish.out, wish.what, wish.form, wish.topics, from_, to, how_far.note,
                      how_far.stop.is_set, matches)
