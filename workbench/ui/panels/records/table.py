"""The view of the records table: fixed rows, columns of fixed widths but for the value. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QAbstractSlider, QHeaderView, QTableView, QWidget

from workbench.ui.models.records import COLUMNS
from workbench.ui.panels.records.cells import ROW_HEIGHT, RecordCell

_WIDTHS = {"time": 114, "partition": 50, "offset": 76, "key": 100, "value": 400, "headers": 76, "size": 72}


class RecordsTable(QTableView):
    """The view with fixed rows. ``scrolled`` comes when a person scrolls."""

    scrolled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(RecordCell(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.hide()
        self.verticalScrollBar().actionTriggered.connect(self._tell_scrolled)

    def _tell_scrolled(self, action: int) -> None:
        if action != QAbstractSlider.SliderAction.SliderNoAction.value:
            self.scrolled.emit()

    def dress_columns(self) -> None:
        """Widths once a model is there: the value takes what is left."""
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(40)
        columns.setFixedHeight(26)
        for index, name in enumerate(COLUMNS):
            mode = QHeaderView.ResizeMode.Stretch if name == "value" else QHeaderView.ResizeMode.Interactive
            columns.setSectionResizeMode(index, mode)
            self.setColumnWidth(index, _WIDTHS[name])
