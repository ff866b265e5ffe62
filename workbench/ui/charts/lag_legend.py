"""The lag chart's legend: a line's sample, its name and its value, as many as there is room for; the others counted.

Entries stand in the order of their series and never change places. The last button names how many groups have no entry
and opens the list of all: searched by name, the most behind first, shown and hidden by a click. GUI thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.models.series import GroupSeries
from workbench.ui.theme.theme import theme

_GAP = 12
_MORE_PX = 46  # room for the button with the count
_NAME_PX = 150


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One group: ``value`` is its lag in words (``role`` its colour), ``lag`` what the list is sorted by."""

    series: GroupSeries
    value: str
    role: str
    lag: float
    shown: bool


class LegendEntry(QToolButton):
    """A line's sample and its name; checked while the line is shown."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.line: LegendLine | None = None
        self._valued = False
        self.setCheckable(True)
        self.setChecked(True)
        self.setAccessibleName(name)
        self.setToolTip(self.tr("Show or hide {0}").format(name))

    @property
    def value(self) -> str:
        return self.line.value if self.line is not None and self._valued else ""

    def show_line(self, line: LegendLine, valued: bool) -> None:
        if (line, valued) != (self.line, self._valued):
            self.line, self._valued = line, valued
            self.setAccessibleDescription(line.value)
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        value = metrics.horizontalAdvance(f"  {self.value}") if self.value else 0
        return QSize(22 + min(_NAME_PX, metrics.horizontalAdvance(self.name)) + value + 6, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.line is None:
            return
        painter, look, middle = QPainter(self), theme(), self.height() / 2
        pen = QPen(self.line.series.colour, 1.75)
        if self.line.series.dash:
            pen.setDashPattern([part / 1.75 for part in self.line.series.dash])
        painter.setOpacity(1.0 if self.isChecked() else 0.35)
        painter.setPen(pen)
        painter.drawLine(0, round(middle), 16, round(middle))
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text"))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(self.name, Qt.TextElideMode.ElideRight, _NAME_PX)
        painter.drawText(self.rect().adjusted(22, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), name)
        if self.value:
            painter.setPen(look.color(self.line.role))
            left = 22 + metrics.horizontalAdvance(f"{name} ")
            painter.drawText(self.rect().adjusted(left, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), self.value)
        if self.hasFocus():
            painter.setPen(QPen(look.color("focus"), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


class LagLegend(QWidget):
    """See the module. ``toggled`` names a line that is to be shown or hidden."""

    toggled = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # else it keeps the dock wide
        self.setFixedHeight(22)
        self.entries: dict[str, LegendEntry] = {}
        self.valued = False
        self._front = ""
        self._lines: dict[str, LegendLine] = {}
        self.more = QToolButton(self)
        self.more.setAutoRaise(True)
        self.more.clicked.connect(self.open_list)
        self.more.hide()
        self.list = GroupList(self)
        self.list.toggled.connect(self.toggled)

    def show_lines(self, lines: Sequence[LegendLine], valued: bool, front: str = "") -> None:
        """All groups, in their order; ``valued``: there is room for their values. ``front``, the one that is selected,
        is never among those that have no room."""
        self._front = front
        self._lines = {line.series.name: line for line in lines}
        self.valued = valued
        for name in [name for name in self.entries if name not in self._lines]:
            gone = self.entries.pop(name)
            gone.hide()
            gone.deleteLater()
        self._place()
        if self.list.isVisible():
            self.list.show_lines(self._lines)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Give those an entry that are drawn, or were hidden by hand among few, while there is room."""
        few = len(self._lines) <= FEW
        placed = self._that_fit([self._entry(line) for line in self._lines.values() if line.shown or few])
        x = 0
        for entry in placed:
            entry.setGeometry(x, 1, entry.sizeHint().width(), 20)
            entry.show()
            x += entry.width() + _GAP
        for entry in self.entries.values():
            entry.setVisible(entry in placed)
        left_out = len(self._lines) - len(placed)
        self.more.setVisible(bool(left_out))
        self.more.setText(f"+{left_out}")
        self.more.setToolTip(self.tr("{0} more groups: search, show, hide").format(left_out))
        self.more.setAccessibleName(self.more.toolTip())
        self.more.setGeometry(x, 0, _MORE_PX, 22)

    def _that_fit(self, entries: list[LegendEntry]) -> list[LegendEntry]:
        """As many as have room, in their order; the one in front takes the place of the last."""
        def wide(some: list[LegendEntry]) -> int:
            return sum(entry.sizeHint().width() + _GAP for entry in some) - _GAP

        placed: list[LegendEntry] = []
        front = self.entries.get(self._front)
        for entry in sorted(entries, key=lambda entry: entry is not front):
            more = 0 if len(placed) + 1 == len(self._lines) else _MORE_PX
            if wide([*placed, entry]) > self.width() - more:
                break
            placed.append(entry)
        return [entry for entry in entries if entry in placed]

    def _entry(self, line: LegendLine) -> LegendEntry:
        name = line.series.name
        if name not in self.entries:
            entry = self.entries[name] = LegendEntry(name, self)
            entry.clicked.connect(lambda shown: self.toggled.emit(name, shown))
        entry = self.entries[name]
        entry.setChecked(line.shown)
        entry.show_line(line, self.valued)
        return entry

    def open_list(self) -> None:
        self.list.show_lines(self._lines)
        self.list.move(self.more.mapToGlobal(QPoint(0, self.more.height())))
        self.list.show()
        self.list.search.setFocus()


FEW = 8
"""As many lines can be told apart; of more groups those that are most behind are drawn."""


class GroupList(QFrame):
    """All groups in a list with a search."""

    toggled = Signal(str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("surface", "raised")
        self._filling = False
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        head = QHBoxLayout()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a group"))
        self.search.setAccessibleName(self.tr("Find a group"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._filter())
        head.addWidget(self.search)
        self.rows = QListWidget()
        self.rows.setAccessibleName(self.tr("Groups on the chart"))
        self.rows.itemChanged.connect(self._changed)
        column.addLayout(head)
        column.addWidget(self.rows)
        self.resize(300, 340)

    def show_lines(self, lines: Mapping[str, LegendLine]) -> None:
        """The most behind first; rows that are there stay where they are, so that nothing moves under the pointer."""
        known = [self.rows.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.rows.count())]
        order = known if set(known) == set(lines) and self.isVisible() else sorted(
            lines, key=lambda name: (-lines[name].lag, name))
        self._filling = True
        if order != known:
            self.rows.clear()
            for name in order:
                item = QListWidgetItem(self.rows)
                item.setData(Qt.ItemDataRole.UserRole, name)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        for row, name in enumerate(order):
            item, line = self.rows.item(row), lines[name]
            item.setText(f"{name}   {line.value}")
            item.setCheckState(Qt.CheckState.Checked if line.shown else Qt.CheckState.Unchecked)
        self._filling = False
        self._filter()

    def _filter(self) -> None:
        wanted = self.search.text().strip().lower()
        for row in range(self.rows.count()):
            item = self.rows.item(row)
            item.setHidden(wanted not in str(item.data(Qt.ItemDataRole.UserRole)).lower())

    def _changed(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self.toggled.emit(item.data(Qt.ItemDataRole.UserRole), item.checkState() == Qt.CheckState.Checked)
