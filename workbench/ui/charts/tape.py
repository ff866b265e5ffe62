"""The log tape: every partition as a strip of offsets, with log start, end, and the markers of its groups.

The view paints strips it is given and turns the mouse into ``moved``/``dropped`` of a committed marker; it asks nobody
anything. The wheel scrolls, with Ctrl it zooms round the pointer, with Shift it pans, as dragging the ground does; a
double click fits.
Only rows in sight are painted, so 1,000 partitions cost what 40 do; they are painted into one picture that stays until
something changes, so that dragging a marker paints arrows only. GUI thread.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from workbench.core.offsets import ResetMove
from workbench.ui.charts.tape_order import marked
from workbench.ui.charts.tape_picture import AXIS, ROW, SHOWN_GROUPS, STRIP, TOPIC_GAP, TapePicture
from workbench.ui.charts.tape_strips import Axis, OffsetAxis, Strip, TapeGroup, changed_places
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

GUTTER_RIGHT = 130
_NUMBERS = 52  # of the left gutter: the icon before a topic's name, and the partition behind it
_LEAST_NAME, _MOST_NAME = 60, 170
_NEAR = 7.0
_HEAD_ROOM = 4.0  # above the first strip, for the markers of its first group


@dataclass(frozen=True, slots=True)
class Grip:
    """A committed marker: where it is held, and the offset it is held over."""

    topic: str
    partition: int
    group: str
    offset: int


class TapeView(QAbstractScrollArea):
    moved = Signal(object)  # Grip, while it is dragged
    dropped = Signal(object)  # Grip
    cancelled = Signal()
    menu_wanted = Signal(object, int, object)  # Strip, offset, global point
    place_opened = Signal(str, int, int)  # topic, partition, offset

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Log tape"))
        self.viewport().setMouseTracking(True)
        self.strips: Sequence[Strip] = ()
        self.kinds: dict[str, str] = {}
        self._tops: list[float] = []
        self._axis: Axis = OffsetAxis()
        self.by_time = False
        self._range = (0.0, 1.0)
        self._fitted = True
        self._front: tuple[str, ...] = ()
        self._marked: dict[tuple[str, int], list[TapeGroup]] = {}  # whose markers are drawn, by strip
        self._moves: Mapping[tuple[str, int], ResetMove] = {}
        self.moving = ""
        self._grip: Grip | None = None
        self._pan: tuple[QPointF, tuple[float, float], int] | None = None
        self.chosen: tuple[str, int, str] | None = None
        self._picture: QPixmap | None = None
        self.name_width = float(_LEAST_NAME)  # of the topics' names
        theme().changed.connect(self._refresh)

    # -- what is shown -------------------------------------------------------------------------------------
    def show_kinds(self, kinds: dict[str, str]) -> None:
        """What each topic is, for the icon before its name."""
        if kinds != self.kinds:
            self.kinds = kinds
            self._refresh()

    def show_strips(self, strips: Sequence[Strip], front: Sequence[str] = ()) -> None:
        """``front`` are the selected group and the pinned ones: they are drawn before others, beside the worst."""
        places = changed_places(self.strips, strips)
        if places is not None and tuple(front) == self._front and all(strips[i] == self.strips[i] for i in places):
            return
        as_laid = places is not None and all(
            (strips[i].topic, strips[i].first_of_topic) == (self.strips[i].topic, self.strips[i].first_of_topic)
            for i in places
        )
        self.strips, self._front = strips, tuple(front)
        self._marked = {}
        if not as_laid:
            self._lay()
        if self._fitted:
            self._range = self._axis.extent(strips)
        self._refresh()

    def _lay(self) -> None:
        """Where each strip is, beneath the others."""
        self._tops = []
        top = _HEAD_ROOM
        for index, strip in enumerate(self.strips):
            top += TOPIC_GAP if strip.first_of_topic and index else 0
            self._tops.append(top)
            top += ROW
        self.name_width = self._widest_name()
        self._place_bar()

    def _widest_name(self) -> float:
        """As wide as the longest topic's name, within limits."""
        metrics = QFontMetricsF(theme().font("body", 600))
        widths = (metrics.horizontalAdvance(strip.topic) + 1 for strip in self.strips if strip.first_of_topic)
        return min(max(_LEAST_NAME, *widths), _MOST_NAME) if self.strips else _LEAST_NAME

    def show_axis(self, axis: Axis, by_time: bool) -> None:
        changed = by_time != self.by_time
        self._axis, self.by_time = axis, by_time
        self._fitted = self._fitted or changed
        if self._fitted:
            self._range = axis.extent(self.strips)
        self._refresh()

    def show_moves(self, group: str, moves: Sequence[ResetMove]) -> None:
        """Arrows of a planned move; none with an empty group."""
        self._moves = {(move.topic, move.partition): move for move in moves}
        self._set_moving(group)
        self.viewport().update()

    def _set_moving(self, group: str) -> None:
        if group != self.moving:
            self.moving = group
            self._refresh()

    def _refresh(self) -> None:
        """Paint everything anew; without it only the arrows of a move are."""
        self._picture = None
        self.viewport().update()

    def holds(self, group: str) -> bool:
        """Is a marker of this group being dragged?"""
        return self._grip is not None and self._grip.group == group

    def fit(self) -> None:
        self._fitted = True
        self._range = self._axis.extent(self.strips)
        self._refresh()

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show ``1 / factor`` of the range, with the value ``around`` standing still."""
        low, high = self._range
        middle = (low + high) / 2 if around is None else around
        full = self._axis.extent(self.strips)
        span = min((high - low) / factor, full[1] - full[0])
        if span < 8:
            return
        share = (middle - low) / (high - low)
        low = min(max(middle - span * share, full[0]), full[1] - span)
        self._range = (low, low + span)
        self._fitted = span >= full[1] - full[0]
        self._refresh()

    @property
    def shown_range(self) -> tuple[float, float]:
        return self._range

    # -- places --------------------------------------------------------------------------------------------
    def plot(self) -> tuple[float, float]:
        left = self.name_width + _NUMBERS
        return left, float(max(left + 40, self.viewport().width() - GUTTER_RIGHT))

    def x_of(self, strip: Strip, offset: int) -> float:
        left, right = self.plot()
        low, high = self._range
        return left + (self._axis.value(strip, offset) - low) / (high - low) * (right - left)

    def value_at(self, x: float) -> float:
        left, right = self.plot()
        low, high = self._range
        return low + (x - left) / (right - left) * (high - low)

    def strip_rect(self, index: int) -> QRectF:
        """The band of a strip over the whole plot, in the viewport."""
        left, right = self.plot()
        top = AXIS + self._tops[index] - self.verticalScrollBar().value()
        return QRectF(left, top + (ROW - STRIP) / 2, right - left, STRIP)

    def marker_at(self, index: int, group: str) -> QPointF:
        """The middle of a group's committed marker."""
        strip, area = self.strips[index], self.strip_rect(index)
        shown = self.shown_groups(strip)
        above = next(i for i, g in enumerate(shown) if g.series.name == group) == 0
        found = next(g for g in shown if g.series.name == group)
        return QPointF(self.x_of(strip, found.committed), area.top() - 3 if above else area.bottom() + 3)

    def _row_at(self, y: float) -> int | None:
        at = y - AXIS + self.verticalScrollBar().value()
        if y < AXIS:
            return None
        return next((i for i, top in enumerate(self._tops) if top <= at < top + ROW), None)

    def shown_groups(self, strip: Strip) -> list[TapeGroup]:
        """Those whose markers are drawn; the one that is furthest behind is always among them."""
        place = strip.topic, strip.partition
        if place not in self._marked:
            self._marked[place] = marked(strip, self._front, SHOWN_GROUPS)
        return self._marked[place]

    def show_topic(self, topic: str) -> None:
        """Scroll so that the topic's first strip is in sight, the others below it."""
        index = next((i for i, strip in enumerate(self.strips) if strip.topic == topic), None)
        if index is None:
            return
        last = max(i for i, strip in enumerate(self.strips) if strip.topic == topic)
        bar, room = self.verticalScrollBar(), self.viewport().height() - AXIS
        if self._tops[index] < bar.value() or self._tops[min(last, index + 3)] + ROW > bar.value() + room:
            bar.setValue(round(self._tops[index] - TOPIC_GAP))

    def _grip_at(self, point: QPointF) -> Grip | None:
        for index in {row for dy in (-8, 0, 8) if (row := self._row_at(point.y() + dy)) is not None}:
            strip = self.strips[index]
            for group in reversed(self.shown_groups(strip)):
                at = self.marker_at(index, group.series.name)
                if abs(at.x() - point.x()) <= _NEAR and abs(at.y() - point.y()) <= _NEAR:
                    return Grip(strip.topic, strip.partition, group.series.name, group.committed)
        return None

    def _place_bar(self) -> None:
        height = (self._tops[-1] + ROW + 6) if self._tops else 0
        room = self.viewport().height() - AXIS
        self.verticalScrollBar().setRange(0, max(0, round(height - room)))
        self.verticalScrollBar().setPageStep(max(1, room))
        self.verticalScrollBar().setSingleStep(ROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_bar()
        self._refresh()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._refresh()

    # -- painting ------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None:
            self._picture = QPixmap(self.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            TapePicture(self).paint(QPainter(self._picture))
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._picture)
        if self.moving:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index in self.rows_in_sight():
                strip = self.strips[index]
                move = self._moves.get((strip.topic, strip.partition))
                TapePicture(self).paint_move(painter, strip, self.strip_rect(index), move)

    def rows_in_sight(self) -> list[int]:
        scrolled = self.verticalScrollBar().value()
        first = max(0, bisect_right(self._tops, scrolled - ROW) - 1)
        return list(range(first, bisect_right(self._tops, scrolled + self.viewport().height() - AXIS)))

    # -- mouse ---------------------------------------------------------------------------------------------
    def wheelEvent(self, event: QWheelEvent) -> None:
        held = event.modifiers()
        turn = event.angleDelta()
        sideways = turn.y() if held & Qt.KeyboardModifier.ShiftModifier else -turn.x()
        if held & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.2 ** (turn.y() / 120), self.value_at(event.position().x()))
        elif sideways:
            low, high = self._range
            self._shift(-sideways / 120 * (high - low) / 10)
        else:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - round(turn.y() / 120 * 3 * ROW))
        event.accept()

    def _shift(self, by: float) -> None:
        """Another part of the range, as wide, within what there is."""
        low, high = self._range
        full = self._axis.extent(self.strips)
        by = min(max(by, full[0] - low), full[1] - high)
        self._range = (low + by, high + by)
        self._refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._grip = self._grip_at(event.position())
        if self._grip is not None:
            self.chosen = (self._grip.topic, self._grip.partition, self._grip.group)
        else:
            self._pan = (event.position(), self._range, self.verticalScrollBar().value())
        self._refresh()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._hold(self._offset_under(self._grip, event.position().x()))
        elif self._pan is not None:
            self._pan_to(event.position())
        else:
            over = self._grip_at(event.position())
            self.viewport().setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        grip, self._grip, self._pan = self._grip, None, None
        strip = None if grip is None else self._strip_of(grip)
        if grip is not None and strip is not None and self.moving:
            self.dropped.emit(grip)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        left, right = self.plot()
        if row is None or not left <= event.position().x() <= right:
            self.fit()
            return
        strip = self.strips[row]
        offset = self._axis.offset(strip, self.value_at(event.position().x()))
        self.place_opened.emit(strip.topic, strip.partition, min(max(offset, strip.log_start), strip.end))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self._row_at(event.pos().y())
        if row is not None:
            strip = self.strips[row]
            offset = self._axis.offset(strip, self.value_at(event.pos().x()))
            self.menu_wanted.emit(strip, min(max(offset, strip.log_start), strip.end), event.globalPos())

    def _strip_of(self, grip: Grip) -> Strip | None:
        return next((s for s in self.strips if (s.topic, s.partition) == (grip.topic, grip.partition)), None)

    def _offset_under(self, grip: Grip, x: float) -> int:
        strip = self._strip_of(grip)
        if strip is None:
            return grip.offset
        return min(max(self._axis.offset(strip, self.value_at(x)), strip.log_start), strip.later_end)

    def _hold(self, offset: int) -> None:
        assert self._grip is not None
        strip = self._strip_of(self._grip)
        group = None if strip is None else next((g for g in strip.groups if g.series.name == self._grip.group), None)
        if strip is None or group is None:
            return
        self._grip = replace(self._grip, offset=offset)
        if self.moving != self._grip.group:
            self._moves = {}
        self._set_moving(self._grip.group)
        own = ResetMove(strip.topic, strip.partition, group.committed, offset, strip.log_start, strip.end)
        self._moves = {**self._moves, (strip.topic, strip.partition): own}
        self.viewport().update()
        self.moved.emit(self._grip)

    def _pan_to(self, point: QPointF) -> None:
        assert self._pan is not None
        start, (low, high), scrolled = self._pan
        left, right = self.plot()
        full = self._axis.extent(self.strips)
        by = (start.x() - point.x()) / (right - left) * (high - low)
        by = min(max(by, full[0] - low), full[1] - high)
        self._range = (low + by, high + by)
        self.verticalScrollBar().setValue(scrolled + round(start.y() - point.y()))
        self._refresh()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().viewportEvent(event)

    def tip_at(self, point: QPointF) -> str:
        """What is under the pointer, in words."""
        row = self._row_at(point.y())
        if row is None:
            return ""
        strip = self.strips[row]
        lines = [self.tr("{0}/{1}: {2} to {3}").format(strip.topic, strip.partition, words.count(strip.log_start),
                                                       words.count(strip.end))]
        for group in strip.groups:
            at = "" if group.position is None else self.tr(", position {0}").format(words.count(group.position))
            lines.append(self.tr("{0}: committed {1}{2}, {3}").format(
                group.series.name, words.count(group.committed), at, words.behind(group.behind)))
        return "\n".join(lines)

    # -- keys ----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        handles = [(s.topic, s.partition, g.series.name) for s in self.strips for g in self.shown_groups(s)]
        if event.key() == Qt.Key.Key_Escape and self.moving:
            self._grip = None
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and handles:
            at = handles.index(self.chosen) if self.chosen in handles else -1
            self.chosen = handles[(at + (1 if event.key() == Qt.Key.Key_Down else -1)) % len(handles)]
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.chosen in handles:
            self._nudge(event.key() == Qt.Key.Key_Right, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._grip is not None:
            grip, self._grip = self._grip, None
            self.dropped.emit(grip)
        else:
            super().keyPressEvent(event)
            return
        self._refresh()

    def _nudge(self, forward: bool, far: bool) -> None:
        """Move the chosen marker by a hundredth of what is shown, or a tenth."""
        assert self.chosen is not None
        topic, partition, name = self.chosen
        strip = next(s for s in self.strips if (s.topic, s.partition) == (topic, partition))
        group = next(g for g in strip.groups if g.series.name == name)
        grip = self._grip or Grip(topic, partition, name, group.committed)
        left, right = self.plot()
        step = (right - left) * (0.1 if far else 0.01) * (1 if forward else -1)
        self._grip = grip
        self._hold(self._offset_under(grip, self.x_of(strip, grip.offset) + step))
