"""Attached systems as a tree: each with its topics, then its groups. Rows are made as they are asked for.

A name that contains what is searched for is shown; an empty search shows all. A snapshot whose names are those of
before changes cells only, so that nothing that is chosen or open jumps. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QModelIndex, QObject, Qt

from workbench.core.snapshot import AttachedStat, GroupStat, TopicStat
from workbench.ui.models.attached import held_words, state_words, title_of, why_not_shown
from workbench.ui.qt_types import Index
from workbench.ui.theme import words

ROW = Qt.ItemDataRole.UserRole
"""The row's own value: AttachedStat, TopicStat or GroupStat."""
Child = TopicStat | GroupStat


def _tr(text: str) -> str:
    return QCoreApplication.translate("systems", text)


class SystemsModel(QAbstractItemModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.systems: tuple[AttachedStat, ...] = ()
        self._children: list[list[Child]] = []
        self._wanted = ""

    def show(self, systems: tuple[AttachedStat, ...], wanted: str = "") -> bool:
        """True when rows came or went, so that what was open has to be opened again."""
        children = [_matching(system, wanted) for system in systems]
        same = wanted == self._wanted and _names(systems, children) == _names(self.systems, self._children)
        if same and all(new is old for new, old in zip(systems, self.systems, strict=True)):
            return False
        if not same:
            self.beginResetModel()
        self.systems, self._children, self._wanted = systems, children, wanted
        if not same:
            self.endResetModel()
            return True
        for row, found in enumerate(children):
            here = self.index(row, 0)
            self.dataChanged.emit(here, here)
            if found:
                self.dataChanged.emit(self.index(0, 0, here), self.index(len(found) - 1, 0, here))
        return False

    def value(self, index: Index) -> AttachedStat | Child | None:
        if not index.isValid():
            return None
        system = index.internalId()
        return self._children[system - 1][index.row()] if system else self.systems[index.row()]

    def system_of(self, index: Index) -> AttachedStat | None:
        if not index.isValid():
            return None
        return self.systems[index.internalId() - 1 if index.internalId() else index.row()]

    # -- Qt ------------------------------------------------------------------------------------------------
    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    # Also QObject's parent without an argument, which nobody asks a model for here.
    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # pyright: ignore[reportIncompatibleMethodOverride]
        system = index.internalId() if index.isValid() else 0
        return self.createIndex(system - 1, 0, 0) if system else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        if not parent.isValid():
            return len(self.systems)
        return 0 if parent.internalId() else len(self._children[parent.row()])

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self.value(index)
        if role == ROW:
            return value
        if value is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return value.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._tip(value, self.system_of(index))
        return None

    def _tip(self, value: AttachedStat | Child, system: AttachedStat | None) -> str:
        if isinstance(value, AttachedStat):
            return "\n".join(filter(None, (f"@{value.name}: {state_words(value)}", value.about, value.reason)))
        name = title_of(system.name if system else "", value.name)
        if isinstance(value, TopicStat):
            assert system is not None, "a topic has its system above it"
            why = why_not_shown(system, value)
            said = f"{name}: {held_words(system, value)}."
            return "\n".join(filter(None, (said, system.counts if value.kind == "queue" else "",
                                           why or _tr("Double click for its records."))))
        return _tr("Group {0}: {1}, {2} behind.").format(
            name, words.plural(len(value.members), "member", "members"), words.count(value.lag_records))


def _matching(system: AttachedStat, wanted: str) -> list[Child]:
    rows: Sequence[Child] = (*system.topics, *system.groups)
    low = wanted.lower()
    return [row for row in rows if low in row.name.lower()] if low else list(rows)


def _names(systems: Sequence[AttachedStat], children: Sequence[Sequence[Child]]) -> list[object]:
    return [(system.name, [(type(row), row.name) for row in rows])
            for system, rows in zip(systems, children, strict=True)]
