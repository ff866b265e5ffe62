"""The view of a small table: fixed rows with a hairline under each, one row chosen at a time. GUI thread."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.ui.models.tables import ROW_ROLE, ValuesModel
from workbench.ui.theme.theme import theme

LEAST_STRETCHED = 90
"""Pixels that a column which takes what is left has at least before others are left out."""


class LinedCell(QStyledItemDelegate):
    """A cell with a hairline under it; a chosen one keeps the colour of its words."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        plain = QStyleOptionViewItem(option)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme().color("accent_soft"))
            plain.state &= ~QStyle.StateFlag.State_Selected
        super().paint(painter, plain, index)
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())


class ValuesTable(QTableView):
    """Fixed rows, no grid, one row chosen at a time. ``sortable`` by a click on a column's head; a third click takes
    the order back."""

    def __init__(self, model: ValuesModel, name: str, parent: QWidget | None = None, sortable: bool = False) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(sortable)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setStyleSheet("QTableView::item { padding: 0 6px; }")
        self.setItemDelegate(LinedCell(self))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(int(theme().size("row_table")))
        self._columns = model.columns
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setFixedHeight(26)
        for index, column in enumerate(model.columns):
            if column.width:
                self.setColumnWidth(index, column.width)
            else:
                head.setSectionResizeMode(index, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._leave_out()

    def _leave_out(self) -> None:
        """Hide what is spare until the rest has room."""
        columns, room = self._columns, self.viewport().width()
        needed = sum(column.width or LEAST_STRETCHED for column in columns)
        for index in sorted(range(len(columns)), key=lambda index: -columns[index].spare):
            hidden = bool(columns[index].spare) and needed > room
            needed -= columns[index].width if hidden else 0
            self.setColumnHidden(index, hidden)
        self.updateGeometries()

    def wrap_words(self) -> None:
        """Rows as high as their sentences need: nothing is cut. For tables of a few rows."""
        self.setWordWrap(True)
        self.verticalHeader().setMinimumSectionSize(int(theme().size("row_table")))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def chosen(self) -> Any:
        """The row value under the cursor; None when there is none."""
        return self.currentIndex().data(ROW_ROLE) if self.currentIndex().isValid() else None
