"""Before and after of every partition, as a small table with a total. GUI thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.offsets import ResetMove
from workbench.ui.panels.parts.blocks import label, push_button
from workbench.ui.panels.parts.values_table import LinedCell
from workbench.ui.qt_types import Index
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

ROW, HEAD, MOST_ROWS, TICK = 21, 22, 10, 20
_RIGHT = (2, 4, 5)


class _MovesModel(QAbstractTableModel):
    """``left_out`` are the partitions that a person wants left where they are."""

    chosen_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.moves: tuple[ResetMove, ...] = ()
        self.left_out: frozenset[tuple[str, int]] = frozenset()
        self._names: Mapping[str, str] = {}

    def show(self, moves: tuple[ResetMove, ...], names: Mapping[str, str]) -> None:
        """Other figures; the rows stay, with what is chosen, while the partitions are the same."""
        same = [_place(m) for m in moves] == [_place(m) for m in self.moves]
        if not same:
            self.beginResetModel()
            self.left_out &= {_place(m) for m in moves}
        self.moves, self._names = moves, names
        if same and moves:
            self.dataChanged.emit(self.index(0, 0), self.index(len(moves) - 1, 5))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 5, 5)
        elif not same:
            self.endResetModel()

    def leave_out(self, places: Iterable[tuple[str, int]]) -> None:
        self.left_out = frozenset(places)
        if self.moves:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.moves) - 1, 5))
        self.chosen_changed.emit()

    @property
    def going(self) -> list[ResetMove]:
        return [move for move in self.moves if _place(move) not in self.left_out]

    @property
    def skips(self) -> bool:
        return not any(m.read_again for m in self.going) and any(m.skipped for m in self.going)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.moves)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 6

    def flags(self, index: Index) -> Qt.ItemFlag:
        ticks = Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 and len(self.moves) > 1 else Qt.ItemFlag(0)
        return super().flags(index) | ticks

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self.leave_out(self.left_out ^ {_place(self.moves[index.row()])})
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            last = self.tr("Skipped") if self.skips else self.tr("Read again")
            titles = (self.tr("Partition"), self.tr("Member"), self.tr("Committed now"), "", self.tr("After"), last)
            return titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        move, column = self.moves[index.row()], index.column()
        stays = _place(move) in self.left_out
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(move, column, stays)
        if role == Qt.ItemDataRole.CheckStateRole and column == 0 and len(self.moves) > 1:
            return Qt.CheckState.Unchecked if stays else Qt.CheckState.Checked
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(column))
        if role == Qt.ItemDataRole.FontRole:
            return _font(column)
        if role == Qt.ItemDataRole.ForegroundRole and (stays or column in (1, 3)):
            return theme().color("text_muted")
        if role == Qt.ItemDataRole.ToolTipRole and move.note:
            return move.note
        return None

    def _text(self, move: ResetMove, column: int, stays: bool) -> str:
        before = self.tr("none") if move.before is None else words.count(move.before)
        if stays:
            return (_shown(move), self._member(move), before, "", self.tr("stays"), "–")[column]
        change = move.skipped if self.skips else move.read_again
        return (_shown(move), self._member(move), before, "→", words.count(move.after), words.count(change))[column]

    def _member(self, move: ResetMove) -> str:
        return self._names.get(move.member_id, move.member_id) or "–"


def _place(move: ResetMove) -> tuple[str, int]:
    return move.topic, move.partition


def _shown(move: ResetMove) -> str:
    return f"{move.topic}/{move.partition}"


def _font(column: int) -> QFont:
    return theme().font("body", 600 if column == 4 else 400, mono=column != 3)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class MovesTable(QWidget):
    """The table, its total, and which partitions go along: by the boxes, by Space, by the menu of a row."""

    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _MovesModel(self)
        self.table = QTableView()
        self.table.setModel(self._model)
        self.table.setAccessibleName(self.tr("Before and after"))
        self.table.setShowGrid(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self._model.chosen_changed.connect(self._show_total)
        self._model.chosen_changed.connect(self.chosen_changed)
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
        self.all = push_button(self.tr("All"), variant="link", tip=self.tr("Move every partition"))
        self.none = push_button(self.tr("None"), variant="link", tip=self.tr("Tick the partitions to move one by one"))
        self.all.clicked.connect(lambda: self._model.leave_out(()))
        self.none.clicked.connect(lambda: self._model.leave_out(map(_place, self._model.moves)))
        row.addWidget(name)
        row.addSpacing(10)
        row.addWidget(self.all)
        row.addWidget(self.none)
        row.addStretch(1)
        row.addWidget(self.total)
        return total

    @property
    def left_out(self) -> frozenset[tuple[str, int]]:
        return self._model.left_out

    def only(self, topic: str, partition: int) -> None:
        """Move this partition alone."""
        self._model.leave_out({_place(m) for m in self._model.moves} - {(topic, partition)})

    def show_moves(self, moves: tuple[ResetMove, ...], names: Mapping[str, str]) -> None:
        self._model.show(moves, names)
        self.all.setVisible(len(moves) > 1)
        self.none.setVisible(len(moves) > 1)
        self.show_rows(MOST_ROWS)
        box = TICK if len(moves) > 1 else 0
        topics = max((self.table.fontMetrics().horizontalAdvance(_shown(m)) for m in moves), default=0)
        self.table.setColumnWidth(0, min(180, max(76, topics + 16) + box))
        self._show_total()

    def show_rows(self, most: int) -> None:
        """No more rows than this; the others are scrolled to."""
        self.table.setFixedHeight(HEAD + ROW * min(len(self._model.moves), most) + 1)

    @property
    def row_count(self) -> int:
        return len(self._model.moves)

    def _show_total(self) -> None:
        skips = self._model.skips
        self.total.setText(words.count(sum(m.skipped if skips else m.read_again for m in self._model.going)))

    def _open_menu(self, at: QPoint) -> None:
        index = self.table.indexAt(at)
        if not index.isValid() or self.row_count < 2:
            return
        move = self._model.moves[index.row()]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        alone = menu.addAction(self.tr("Only {0}").format(_shown(move)))
        alone.triggered.connect(lambda *_: self.only(move.topic, move.partition))
        menu.addAction(self.tr("All partitions")).triggered.connect(lambda *_: self._model.leave_out(()))
        menu.popup(self.table.viewport().mapToGlobal(at))
