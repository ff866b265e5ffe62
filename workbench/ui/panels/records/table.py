"""The view of the records table: fixed rows, columns of fixed widths but for the value. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractSlider, QHeaderView, QTableView, QWidget

from workbench.ui.models.records import RecordsModel
from workbench.ui.panels.records.cells import ROW_HEIGHT, RecordCell
from workbench.ui.qt_types import Index

_WIDTHS = {"time": 114, "partition": 50, "offset": 76, "key": 100, "value": 400, "headers": 76, "size": 72}
FIELD_WIDTH = 110
_VISIBLE = QAbstractItemView.ScrollHint.EnsureVisible


class RecordsTable(QTableView):
    """The view with fixed rows. ``scrolled`` comes when a person scrolls."""

    scrolled = Signal()
    menu_wanted = Signal(object, object)  # index, global position

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widths = dict(_WIDTHS)
        self._row = -1  # that was scrolled to last
        self.setItemDelegate(RecordCell(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.hide()
        self.horizontalHeader().sectionResized.connect(self.keep_width)
        self.verticalScrollBar().actionTriggered.connect(self._tell_scrolled)

    def scrollTo(self, index: Index, hint: QAbstractItemView.ScrollHint = _VISIBLE) -> None:
        """To another row without going sideways: where the table is narrow, time and partition would be gone."""
        sideways = self.horizontalScrollBar()
        before, same = sideways.value(), index.row() == self._row
        super().scrollTo(index, hint)
        self._row = index.row()
        if not same:
            sideways.setValue(before)

    def _tell_scrolled(self, action: int) -> None:
        if action != QAbstractSlider.SliderAction.SliderNoAction.value:
            self.scrolled.emit()

    def dress_columns(self) -> None:
        """Widths once a model is there: the value takes what is left. Again after the columns have changed."""
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionsClickable(True)
        columns.setMinimumSectionSize(40)
        columns.setFixedHeight(26)
        model = self.model()
        assert isinstance(model, RecordsModel)
        for index, name in enumerate(model.columns):
            mode = QHeaderView.ResizeMode.Stretch if name == "value" else QHeaderView.ResizeMode.Interactive
            columns.setSectionResizeMode(index, mode)
            self.setColumnWidth(index, self._widths.get(name, FIELD_WIDTH))

    def keep_width(self, column: int, _before: int, width: int) -> None:
        model = self.model()
        if isinstance(model, RecordsModel) and column < len(model.columns) and model.columns[column] != "value":
            self._widths[model.columns[column]] = width

    def chosen_rows(self) -> list[int]:
        """The rows that are selected, in their order."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The key asks for the menu of the current row, the mouse for that under it."""
        index = self.indexAt(event.pos())
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard or not index.isValid():
            index = self.currentIndex()
            at = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        if index.isValid():
            if not self.selectionModel().isRowSelected(index.row()):
                self.setCurrentIndex(index)
            self.menu_wanted.emit(index, at)
