"""What stands above the log tape: the legend of its groups, and a bar to find, sort and pin where there are many.

The legend gives way in steps: what the markers mean goes first, then the last names become letters; where not even
letters fit, the last groups become a count, which opens the list of all. None is left out without a word. GUI thread.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QIcon,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QToolTip, QWidget

from workbench.ui.charts.tape_order import BY_LAG, BY_NAME, DRAWN
from workbench.ui.models.series import GroupSeries
from workbench.ui.theme.icons import icon
from workbench.ui.theme.theme import theme

_MARK, _LETTER, _GAP = 15, 14, 16
_MOST_NAME = 150
_AT = int(Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One part of the legend. ``group`` is None for what a marker means, and for the count of those left out."""

    letter: str
    name: str
    group: GroupSeries | None = None
    filled: bool = True
    marker: bool = True


class TapeLegend(QWidget):
    """Groups with letter, colour and name, then what filled and hollow markers mean. A click on a group pins it: its
    marker is drawn on every strip. ``resized`` comes when there is more or less room."""

    pin_wanted = Signal(str)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: list[GroupSeries] = []
        self._pinned: frozenset[str] = frozenset()
        self._places: list[tuple[float, float, _Entry]] = []
        self._needed: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(40)
        theme().changed.connect(self.update)

    def show_groups(self, groups: list[GroupSeries], pinned: Collection[str] = ()) -> None:
        if (groups, frozenset(pinned)) == (self._groups, self._pinned):
            return
        self._groups, self._pinned, self._needed = groups, frozenset(pinned), None
        names = ", ".join(group.name for group in groups)
        self.setAccessibleName(self.tr("Groups on the tape: {0}").format(names))
        self.updateGeometry()
        self.update()

    # -- what fits -------------------------------------------------------------------------------------------
    def _means(self) -> list[_Entry]:
        return [_Entry("", self.tr("committed")), _Entry("", self.tr("position"), filled=False)]

    def _named(self) -> list[_Entry]:
        """The pinned ones first."""
        groups = sorted(self._groups, key=lambda group: group.name not in self._pinned)
        return [_Entry(group.letter, self._short(group.name), group) for group in groups]

    def _short(self, name: str) -> str:
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _MOST_NAME)

    def _width(self, entry: _Entry) -> int:
        text = self.fontMetrics().horizontalAdvance(entry.name) + (4 if entry.name else 0)
        return (_MARK if entry.marker else 0) + (_LETTER if entry.letter else 0) + text + _GAP

    def _wide(self, entries: list[_Entry]) -> int:
        return sum(map(self._width, entries))

    def sizeHint(self) -> QSize:
        return QSize(self._wide([*self._named(), *self._means()]) if self._groups else 0, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 24)

    def needed(self) -> int:
        """The width in which every group stands with its name."""
        if self._needed is None:
            self._needed = self._wide(self._named())
        return self._needed

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._needed = None

    def fitting(self) -> list[_Entry]:
        """As much as there is room for."""
        if not self._groups:
            return []
        named = self._named()
        for entries in ([*named, *self._means()], named):
            if self._wide(entries) <= self.width():
                return entries
        letters = [_Entry(entry.letter, "", entry.group) for entry in named]
        if self._wide(letters) <= self.width():
            return max(([*named[:n], *letters[n:]] for n in range(len(named))
                        if self._wide([*named[:n], *letters[n:]]) <= self.width()), key=self._wide)
        for shown in range(len(named) - 1, 0, -1):
            more = _Entry("", self.tr("+{0}").format(len(named) - shown), marker=False)
            if self._wide([*named[:shown], more]) <= self.width():
                return [*named[:shown], more]
        return [_Entry("", self.tr("{0} groups").format(len(named)), marker=False)]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.resized.emit()

    # -- pointer ---------------------------------------------------------------------------------------------
    def _entry_at(self, x: float) -> _Entry | None:
        return next((entry for left, right, entry in self._places if left <= x < right), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        entry = self._entry_at(event.position().x())
        if entry is not None and entry.group is not None:
            self.pin_wanted.emit(entry.group.name)
        elif entry is None or entry.marker:
            event.ignore()  # it stands on a title bar, which is dragged and double clicked
        else:
            self.list_all().popup(self.mapToGlobal(QPoint(round(event.position().x()), self.height())))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        entry = self._entry_at(event.position().x())
        event.setAccepted(entry is not None and (entry.group is not None or not entry.marker))

    def list_all(self) -> QMenu:
        """All groups, to pin or to let go."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for group in self._groups:
            text = f"{group.letter}  {group.name}".replace("&", "&&")
            action = menu.addAction(_swatch(group, self.devicePixelRatioF()), text)
            action.setCheckable(True)
            action.setChecked(group.name in self._pinned)
            action.triggered.connect(lambda _=False, name=group.name: self.pin_wanted.emit(name))
        return menu

    def event(self, event) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QHelpEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x()), self)
            return True
        return super().event(event)

    def tip_at(self, x: float) -> str:
        entry = self._entry_at(x)
        if entry is None or (entry.group is None and entry.marker):
            return ""
        if entry.group is None:
            return self.tr("Press for all {0} groups").format(len(self._groups))
        how = self.tr("Press to let it go") if entry.group.name in self._pinned else self.tr(
            "Press to pin it: its marker shows on every strip")
        return f"{entry.group.name}\n{how}"

    # -- painting --------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, look, self._places = 0.0, theme(), []
        for entry in self.fitting():
            width = self._width(entry)
            self._places.append((x, x + width, entry))
            self._paint_entry(painter, x, entry)
            if entry.group is not None and entry.group.name in self._pinned:
                painter.fillRect(QRectF(x, self.height() - 3, width - _GAP, 2), look.color("accent"))
            x += width
        painter.end()

    def _paint_entry(self, painter: QPainter, x: float, entry: _Entry) -> None:
        look, middle = theme(), self.height() / 2
        colour = look.color("external") if entry.group is None else entry.group.colour
        painter.setPen(colour)
        if entry.marker:
            painter.setBrush(colour if entry.filled else Qt.BrushStyle.NoBrush)
            corners = [QPointF(x + 0.5, middle - 4), QPointF(x + 9.5, middle - 4), QPointF(x + 5, middle + 4)]
            painter.drawPolygon(QPolygonF(corners))
            x += _MARK
        if entry.letter:
            painter.setFont(look.font("caption", 600))
            painter.drawText(QRectF(x, 0, 20, self.height()), _AT, entry.letter)
            x += _LETTER + (4 if len(entry.letter) > 1 and entry.name else 0)
        painter.setFont(look.font("caption"))
        painter.setPen(look.color("text_muted"))
        painter.drawText(QRectF(x, 0, 300, self.height()), _AT, entry.name)


def _swatch(group: GroupSeries, ratio: float) -> QIcon:
    made = QPixmap(round(16 * ratio), round(16 * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(group.colour)
    return QIcon(made)


class TapeBar(QWidget):
    """Find, and sort: shown where there is much to look through. ``changed`` comes with each."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 12, 3)
        row.setSpacing(10)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a topic or group"))
        self.search.setAccessibleName(self.tr("Find a topic, a partition (orders/3) or a group on the tape"))
        self.search.setToolTip(self.search.accessibleName())
        self.search.addAction(icon("search", "text_muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(190)
        self.search.textChanged.connect(lambda _: self.changed.emit())
        self.sort = QComboBox()
        self.sort.setAccessibleName(self.tr("Order of the strips"))
        for key, text in ((DRAWN, self.tr("As drawn")), (BY_NAME, self.tr("By name")),
                          (BY_LAG, self.tr("Furthest behind first"))):
            self.sort.addItem(text, key)
        self.sort.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.legend = TapeLegend()
        self.legend.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row.addWidget(self.search)
        row.addWidget(self.sort)
        row.addWidget(self.legend, 1)

    @property
    def order(self) -> str:
        return str(self.sort.currentData())

    @property
    def used(self) -> bool:
        """Whether it leaves something out, or lays it out otherwise."""
        return bool(self.search.text().strip()) or self.order != DRAWN
