"""Before and after of every partition, as a small table with a total. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.offsets import ResetMove
from workbench.ui.panels.blocks import label
from workbench.ui.panels.values_table import LinedCell
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

ROW, HEAD, MOST_ROWS = 21, 22, 10
_RIGHT = (2, 4, 5)


class _MovesModel(QAbstractTableModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.moves: tuple[ResetMove, ...] = ()
        self._names: Mapping[str, str] = {}

    def show(self, moves: tuple[ResetMove, ...], names: Mapping[str, str]) -> None:
        self.beginResetModel()
        self.moves, self._names = moves, names
        self.endResetModel()

    @property
    def skips(self) -> bool:
        return not any(m.read_again for m in self.moves) and any(m.skipped for m in self.moves)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.moves)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:
        return 6

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            last = self.tr("Skipped") if self.skips else self.tr("Read again")
            titles = (self.tr("Partition"), self.tr("Member"), self.tr("Committed now"), "", self.tr("After"), last)
            return titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(section))
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        move, column = self.moves[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            before = self.tr("none") if move.before is None else words.count(move.before)
            change = move.skipped if self.skips else move.read_again
            member = self._names.get(move.member_id, move.member_id) or "–"
            place, after = f"{move.topic}/{move.partition}", words.count(move.after)
            return (place, member, before, "→", after, words.count(change))[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(column))
        if role == Qt.ItemDataRole.FontRole:
            return _font(column)
        if role == Qt.ItemDataRole.ForegroundRole and column in (1, 3):
            return theme().color("text_muted")
        if role == Qt.ItemDataRole.ToolTipRole and move.note:
            return move.note
        return None


def _font(column: int) -> QFont:
    return theme().font("body", 600 if column == 4 else 400, mono=column != 3)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class MovesTable(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _MovesModel(self)
        self.table = QTableView()
        self.table.setModel(self._model)
        self.table.setAccessibleName(self.tr("Before and after"))
        self.table.setShowGrid(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setStyleSheet(
            "QTableView { background: transparent; } QHeaderView, QHeaderView::section { background: transparent;"
            " padding: 0 3px 4px 3px; } QTableView::item { padding: 0; }"
        )
        self.table.setItemDelegate(LinedCell(self.table))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setMinimumSectionSize(ROW)
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        columns = self.table.horizontalHeader()
        columns.setFixedHeight(HEAD)
        columns.setSectionsClickable(False)
        for column, width in enumerate((76, 110, 104, 28, 58)):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, width)
        columns.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(5, QHeaderView.ResizeMode.Fixed)
        self.table.setColumnWidth(5, 80)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.table)
        column.addWidget(self._build_total())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _build_total(self) -> QFrame:
        total = QFrame()
        total.setProperty("line", "top")
        row = QHBoxLayout(total)
        row.setContentsMargins(3, 4, 3, 2)
        name = label(self.tr("Total"))
        name.setFont(theme().font("body", 600))
        self.total = label("")
        self.total.setFont(theme().font("body", 600, mono=True))
        row.addWidget(name)
        row.addStretch(1)
        row.addWidget(self.total)
        return total

    def show_moves(self, moves: tuple[ResetMove, ...], names: Mapping[str, str]) -> None:
        self._model.show(moves, names)
        self.table.setFixedHeight(HEAD + ROW * min(len(moves), MOST_ROWS) + 1)
        topics = max((self.table.fontMetrics().horizontalAdvance(f"{m.topic}/{m.partition}") for m in moves), default=0)
        self.table.setColumnWidth(0, min(160, max(76, topics + 16)))
        amount = sum(m.skipped if self._model.skips else m.read_again for m in moves)
        self.total.setText(words.count(amount))
