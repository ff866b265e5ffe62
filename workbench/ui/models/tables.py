"""A small table of values: columns are functions of a row, rows are known by a key, and new rows replace old in place.

For tables of some hundreds of rows that change a few times a second; no reset unless the keys changed. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QIcon

from workbench.ui.models.natural import natural
from workbench.ui.qt_types import Index
from workbench.ui.theme.theme import theme

Row = TypeVar("Row")
ROW_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """``tone`` names a colour role for a row; ``width`` 0 takes what is left. A ``title`` that is a function is asked
    for at each paint: the zone that times are shown in may change. Where there is no room for all, those that are
    ``spare`` are left out, the greatest first; none is pushed behind a scroll bar."""

    title: str | Callable[[], str]
    text: Callable[[Row], str]
    width: int = 0
    right: bool = False
    mono: bool = False
    tone: Callable[[Row], str] | None = None
    icon: Callable[[Row], QIcon] | None = None
    strong: Callable[[Row], bool] | None = None
    spare: int = 0
    order: Callable[[Row], Any] | None = None  # what it is sorted by; its text, in natural order, without one

    def sort_key(self, row: Row) -> Any:
        return natural(self.text(row)) if self.order is None else self.order(row)


class ValuesModel(QAbstractTableModel, Generic[Row]):
    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], Hashable],
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self._key = key
        self.rows: list[Row] = []
        self._given: list[Row] = []
        self._sorted_by = -1  # the column; -1: as they are given
        self._falling = False

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column from now on, also what comes later; -1 is the order they are given in."""
        self._sorted_by, self._falling = column, order == Qt.SortOrder.DescendingOrder
        self.show(self._given)

    def _in_order(self, rows: Sequence[Row]) -> list[Row]:
        if self._sorted_by < 0:
            return list(rows)
        return sorted(rows, key=self.columns[self._sorted_by].sort_key, reverse=self._falling)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows; one whose key was there stays where it is when the order is the same, and chosen in any."""
        self._given = list(rows)
        rows = self._in_order(rows)
        keys, before = [self._key(row) for row in rows], [self._key(row) for row in self.rows]
        if keys != before and len(keys) == len(before) and set(keys) == set(before):
            self._reorder(rows, keys)
            return
        if keys != before:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()
            return
        changed = [i for i, (old, new) in enumerate(zip(self.rows, rows, strict=True)) if old != new]
        self.rows = list(rows)
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(self.columns) - 1))

    def _reorder(self, rows: list[Row], keys: list[Hashable]) -> None:
        """The same rows elsewhere: who is chosen stays chosen."""
        self.layoutAboutToBeChanged.emit()
        places = {key: place for place, key in enumerate(keys)}
        held = self.persistentIndexList()
        there = [self.index(places[self._key(self.rows[index.row()])], index.column()) for index in held]
        self.rows = rows
        self.changePersistentIndexList(held, there)
        self.layoutChanged.emit()

    def append(self, rows: Sequence[Row], most: int) -> None:
        """Add rows at the end; the oldest go when there are more than ``most``."""
        if rows:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(rows) - 1)
            self.rows += rows
            self.endInsertRows()
        extra = len(self.rows) - most
        if extra > 0:
            self.beginRemoveRows(QModelIndex(), 0, extra - 1)
            del self.rows[:extra]
            self.endRemoveRows()

    def row_of(self, key: Hashable) -> int:
        return next((i for i, row in enumerate(self.rows) if self._key(row) == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            title = self.columns[section].title
            return title if isinstance(title, str) else title()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        return None

    def _side(self, section: int) -> int:
        side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], self.columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return column.text(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._side(index.column())
            case Qt.ItemDataRole.FontRole:
                strong = column.strong is not None and column.strong(row)
                return theme().font("body", 600 if strong else 400, mono=column.mono)
            case Qt.ItemDataRole.ForegroundRole if column.tone is not None:
                return theme().color(column.tone(row))
            case Qt.ItemDataRole.DecorationRole if column.icon is not None:
                return column.icon(row)
        return row if role == ROW_ROLE else None
