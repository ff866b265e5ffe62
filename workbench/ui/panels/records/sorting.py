"""A sort at work: it looks at every record off the GUI thread, a slice at a time, and says how far it is.

Until it is complete the table shows what it showed. Knows no widgets. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.records import PartitionBounds
from workbench.session.matching import RecordFilter
from workbench.session.scan import Progress
from workbench.session.sorting import SortedRows, SortScan
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.models.records import column_title
from workbench.ui.theme import words

SLICE_S = 0.1
LARGEST_FIRST = ("size", "headers")
SORTABLE_NOT = ("time", "partition", "offset", "value")
"""The log has the order of these, or they have none."""


class RecordSort(QObject):
    """``column`` is what is sorted by, empty for the order of the log; ``descending`` shows the largest first."""

    advanced = Signal()
    sorted = Signal()
    failed = Signal(object)  # WorkbenchError

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._scan: SortScan | None = None
        self._progress: Progress | None = None
        self.column = ""
        self.descending = True
        self._at_ms = 0
        self._total = 0

    @property
    def rows(self) -> SortedRows | None:
        """The rows, once all of them are sorted."""
        done = self._scan is not None and self._progress is not None and self._progress.complete
        return SortedRows(self._scan) if done and self._scan is not None else None

    def press(self, column: str) -> bool:
        """What another press on a column's head means; False when it is the order of the log again."""
        first = column in LARGEST_FIRST
        if column != self.column:
            self.column, self.descending = column, first
        elif self.descending == first:
            self.descending = not first
        else:
            self.drop()
            return False
        return True

    def drop(self) -> None:
        self._scan = self._progress = None
        self.column = ""

    def begin(self, topic: str, bounds: Sequence[PartitionBounds], wanted: RecordFilter | None,
              connection: str = "") -> None:
        """Sort what the topic holds now."""
        self._scan = SortScan(topic, self.column, bounds, wanted, self._workspace.decoder(topic), connection)
        self._progress = None
        self._at_ms = self._workspace.shown.at_ms
        self._total = sum(b.end for b in bounds)
        self._look_on(self._scan)

    def _look_on(self, scan: SortScan) -> None:
        workspace = self._workspace

        def look() -> Progress:
            with workspace.browse_for_work(scan.connection) as reader:
                return scan.advance(reader, SLICE_S)

        work = Operation(self, look, workspace.workers_for(scan.connection))
        work.done(lambda progress: self._looked(scan, progress)).failed(
            lambda error: self._give_up(scan, error)).run()

    def _looked(self, scan: SortScan, progress: Progress) -> None:
        if scan is not self._scan:
            return
        self._progress = progress
        self.advanced.emit()
        if progress.complete:
            self.sorted.emit()
        else:
            self._look_on(scan)

    def _give_up(self, scan: SortScan, error: WorkbenchError) -> None:
        if scan is self._scan:
            self.drop()
            self.failed.emit(error)

    def said(self, total: int) -> str:
        """How far it is, or what it holds and what came since; ``total`` is where the log ends now."""
        progress, name = self._progress, column_title(self.column)
        if progress is None or not progress.complete:
            done = progress.scanned if progress is not None else 0
            of = progress.total if progress is not None else self._total
            return self.tr("Sorting by {0}: looked at {1} of {2}.").format(name, words.count(done), words.count(of))
        text = self.tr("Sorted by {0}, as of {1}.").format(name, words.clock(self._at_ms, False))
        since = total - self._total
        if since <= 0:
            return text
        return f"{text} " + self.tr("{0} are not in it.").format(
            words.plural(since, self.tr("record since then"), self.tr("records since then")))
