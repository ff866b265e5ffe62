"""A filter at work: it looks through a topic off the GUI thread, a slice at a time, and says how far it is.

``begin`` starts over, ``look_on`` goes on whenever there is more to look at; each slice ends in ``advanced``. Knows no
widgets. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import Unavailable, WorkbenchError
from workbench.core.records import PartitionBounds
from workbench.session.matching import RecordFilter
from workbench.session.rows import MatchedRows
from workbench.session.scan import Progress, Scan
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.theme import words

SLICE_S = 0.1


class RecordSearch(QObject):
    advanced = Signal()
    failed = Signal(object)  # WorkbenchError

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._scan: Scan | None = None
        self._looking = False
        self.progress: Progress | None = None

    @property
    def active(self) -> bool:
        return self._scan is not None

    @property
    def complete(self) -> bool:
        """Was everything looked at, for now?"""
        return self.progress is not None and self.progress.complete

    @property
    def wanted(self) -> RecordFilter | None:
        return None if self._scan is None else self._scan.wanted

    def rows(self) -> MatchedRows:
        """What was found so far, as rows; only while active."""
        assert self._scan is not None
        return MatchedRows(self._scan)

    def begin(self, topic: str, wanted: RecordFilter, bounds: Sequence[PartitionBounds],
              connection: str = "") -> None:
        """Look through ``topic`` from its newest record back."""
        self._scan = Scan(topic, wanted, bounds, connection)
        self.progress = None

    def drop(self) -> None:
        self._scan = self.progress = None

    def stop(self) -> None:
        """Look no further back; what was found stays."""
        if self._scan is not None:
            self._scan.full = True

    def look_on(self, bounds: Sequence[PartitionBounds]) -> None:
        """Look on, unless a slice is under way or there is nothing new."""
        scan = self._scan
        if scan is None or self._looking or (scan.full and self.progress is not None):
            return
        ends = {b.partition: b.end for b in bounds}
        if self.progress is not None and scan.progress(ends).complete:
            self.progress = scan.progress(ends)
            return
        self._looking = True
        workspace = self._workspace

        def look() -> Progress:
            with workspace.browse_for_work(scan.connection) as reader:
                return scan.advance(reader, ends, SLICE_S)

        work = Operation(self, look, workspace.workers_for(scan.connection))
        work.done(lambda progress: self._looked(scan, progress)).failed(self._give_up).run()

    def _looked(self, scan: Scan, progress: Progress) -> None:
        self._looking = False
        if scan is self._scan:
            self.progress = progress
        self.advanced.emit()

    def _give_up(self, error: WorkbenchError) -> None:
        """A system that is out of reach for a while is looked at further once it is back."""
        self._looking = False
        if not isinstance(error, Unavailable):
            self.stop()
        self.failed.emit(error)

    def said(self) -> str:
        """How many match, and how far it has looked."""
        progress = self.progress
        if progress is None:
            return self.tr("looking…")
        matched = self.tr("{0} of {1} match").format(words.count(progress.matched), words.count(progress.total))
        scanned = self.tr("scanned {0} of {1}").format(words.count(progress.scanned), words.count(progress.total))
        kept = self.tr(" · the newest {0} are kept").format(words.count(progress.older)) if progress.full else ""
        return f"{matched}     {scanned}{kept}"
