"""The log tape: every partition as a strip of offsets, with log start, end, and the markers of its groups.

The view paints strips it is given and turns the mouse into ``moved``/``dropped`` of a committed marker; it asks nobody
anything. Wheel zooms round the pointer (over the gutters it scrolls), dragging the ground pans, a double click fits.
Only visible rows are painted, so 1,000 partitions cost what 40 do. GUI thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from workbench.core.offsets import ResetMove
from workbench.ui.charts import tape_paint as paint
from workbench.ui.charts.tape_strips import Axis, OffsetAxis, Strip, TapeGroup
from workbench.ui.charts.ticks import number_ticks, time_step, time_ticks
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

AXIS = 22
ROW, STRIP = 23, 11
GUTTER_LEFT, GUTTER_RIGHT = 112, 130
TOPIC_GAP = 5
_NEAR = 7.0
_SHOWN_GROUPS = 2


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
        self._strips: Sequence[Strip] = ()
        self._tops: list[float] = []
        self._axis: Axis = OffsetAxis()
        self._by_time = False
        self._range = (0.0, 1.0)
        self._fitted = True
        self._front = ""
        self._moves: Mapping[tuple[str, int], ResetMove] = {}
        self._moving = ""
        self._grip: Grip | None = None
        self._pan: tuple[QPointF, tuple[float, float], int] | None = None
        self._chosen: tuple[str, int, str] | None = None
        theme().changed.connect(self.viewport().update)

    # -- what is shown -------------------------------------------------------------------------------------
    def show_strips(self, strips: Sequence[Strip], front: str = "") -> None:
        """``front`` is the selected group: it is always among the two that are drawn."""
        self._strips, self._front = strips, front
        self._tops = []
        top = 0.0
        for index, strip in enumerate(strips):
            top += TOPIC_GAP if strip.first_of_topic and index else 0
            self._tops.append(top)
            top += ROW
        self._place_bar()
        if self._fitted:
            self._range = self._axis.extent(strips)
        self.viewport().update()

    def show_axis(self, axis: Axis, by_time: bool) -> None:
        changed = by_time != self._by_time
        self._axis, self._by_time = axis, by_time
        self._fitted = self._fitted or changed
        if self._fitted:
            self._range = axis.extent(self._strips)
        self.viewport().update()

    def show_moves(self, group: str, moves: Sequence[ResetMove]) -> None:
        """Arrows of a planned move; none with an empty group."""
        self._moving = group
        self._moves = {(move.topic, move.partition): move for move in moves}
        self.viewport().update()

    def holds(self, group: str) -> bool:
        """Is a marker of this group being dragged?"""
        return self._grip is not None and self._grip.group == group

    def fit(self) -> None:
        self._fitted = True
        self._range = self._axis.extent(self._strips)
        self.viewport().update()

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show ``1 / factor`` of the range, with the value ``around`` standing still."""
        low, high = self._range
        middle = (low + high) / 2 if around is None else around
        full = self._axis.extent(self._strips)
        span = min((high - low) / factor, full[1] - full[0])
        if span < 8:
            return
        share = (middle - low) / (high - low)
        low = min(max(middle - span * share, full[0]), full[1] - span)
        self._range = (low, low + span)
        self._fitted = span >= full[1] - full[0]
        self.viewport().update()

    @property
    def shown_range(self) -> tuple[float, float]:
        return self._range

    # -- places --------------------------------------------------------------------------------------------
    def _plot(self) -> tuple[float, float]:
        return float(GUTTER_LEFT), float(max(GUTTER_LEFT + 40, self.viewport().width() - GUTTER_RIGHT))

    def x_of(self, strip: Strip, offset: int) -> float:
        left, right = self._plot()
        low, high = self._range
        return left + (self._axis.value(strip, offset) - low) / (high - low) * (right - left)

    def value_at(self, x: float) -> float:
        left, right = self._plot()
        low, high = self._range
        return low + (x - left) / (right - left) * (high - low)

    def strip_rect(self, index: int) -> QRectF:
        """The band of a strip over the whole plot, in the viewport."""
        left, right = self._plot()
        top = AXIS + self._tops[index] - self.verticalScrollBar().value()
        return QRectF(left, top + (ROW - STRIP) / 2, right - left, STRIP)

    def marker_at(self, index: int, group: str) -> QPointF:
        """The middle of a group's committed marker."""
        strip, area = self._strips[index], self.strip_rect(index)
        shown = self._shown_groups(strip)
        above = next(i for i, g in enumerate(shown) if g.series.name == group) == 0
        found = next(g for g in shown if g.series.name == group)
        return QPointF(self.x_of(strip, found.committed), area.top() - 3 if above else area.bottom() + 3)

    def _row_at(self, y: float) -> int | None:
        at = y - AXIS + self.verticalScrollBar().value()
        if y < AXIS:
            return None
        return next((i for i, top in enumerate(self._tops) if top <= at < top + ROW), None)

    def _shown_groups(self, strip: Strip) -> list[TapeGroup]:
        shown = list(strip.groups[:_SHOWN_GROUPS])
        front = next((g for g in strip.groups[_SHOWN_GROUPS:] if g.series.name == self._front), None)
        return [shown[0], front] if front is not None else shown

    def _grip_at(self, point: QPointF) -> Grip | None:
        for index in {row for dy in (-8, 0, 8) if (row := self._row_at(point.y() + dy)) is not None}:
            strip = self._strips[index]
            for group in reversed(self._shown_groups(strip)):
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

    # -- painting ------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme().color("surface"))
        self._paint_axis(painter)
        painter.save()
        painter.setClipRect(QRectF(0, AXIS + 1, self.viewport().width(), self.viewport().height()))
        height = self.viewport().height()
        for index in range(len(self._strips)):
            area = self.strip_rect(index)
            if area.bottom() >= AXIS and area.top() <= height:
                self._paint_row(painter, index, area)
        painter.restore()
        painter.end()

    def _paint_axis(self, painter: QPainter) -> None:
        look, width, height = theme(), self.viewport().width(), self.viewport().height()
        left, right = self._plot()
        painter.setFont(look.font("caption", mono=True))
        low, high = self._range
        most = max(2, int((right - left) / 92))
        ticks = time_ticks(low, high, most) if self._by_time else number_ticks(low, high, most)
        step = time_step(high - low, most) if self._by_time else 0
        for tick in ticks:
            x = left + (tick - low) / (high - low) * (right - left)
            painter.setPen(QPen(look.color("line"), 1))
            painter.drawLine(QPointF(x, AXIS), QPointF(x, height))
            painter.setPen(look.color("text_muted"))
            text = words.clock(int(tick), step < 1000) if self._by_time else words.count(round(tick))
            painter.drawText(QRectF(x - 50, 0, 100, AXIS - 2), int(Qt.AlignmentFlag.AlignCenter), text)
        painter.setFont(look.font("caption"))
        name = self.tr("time, UTC") if self._by_time else self.tr("offset")
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(12, 0, 90, AXIS - 2), int(centre), name)
        for right_edge, text in ((width - 67, self.tr("end")), (width - 12, self.tr("behind"))):
            box = QRectF(right_edge - 100, 0, 100, AXIS - 2)
            painter.drawText(box, int(centre | Qt.AlignmentFlag.AlignRight), text)
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(QPointF(0, AXIS + 0.5), QPointF(width, AXIS + 0.5))

    def _paint_row(self, painter: QPainter, index: int, area: QRectF) -> None:
        strip = self._strips[index]
        self._paint_words(painter, strip, area)
        if strip.first_of_topic and index:
            y = round(area.top() - (ROW - STRIP) / 2 - TOPIC_GAP / 2) + 0.5
            painter.setPen(QPen(theme().color("line"), 1))
            painter.drawLine(QPointF(0, y), QPointF(self.viewport().width(), y))
        painter.save()
        painter.setClipRect(area.adjusted(-5, -9, 5, 9), Qt.ClipOperation.IntersectClip)
        self._paint_log(painter, strip, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_groups(painter, strip, area)
        painter.restore()

    def _paint_words(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        look, width = theme(), self.viewport().width()
        line = QRectF(0, area.center().y() - 9, width, 18)
        centre, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        if strip.first_of_topic:
            icons.paint(painter, QRectF(12, line.top() + 2, 14, 14), "topic", look.color("stream"))
            font = look.font("body", 600)
            painter.setFont(font)
            painter.setPen(look.color("text"))
            name = QFontMetricsF(font).elidedText(strip.topic, Qt.TextElideMode.ElideMiddle, 60)
            painter.drawText(QRectF(30, line.top(), 62, 18), int(centre), name)
        painter.setFont(look.font("caption", mono=True))
        painter.setPen(look.color("text_muted"))
        painter.drawText(QRectF(60, line.top(), 41, 18), int(centre | right), str(strip.partition))
        painter.setFont(look.font("caption", mono=True))
        painter.setPen(look.color("text"))
        painter.drawText(QRectF(width - 167, line.top(), 100, 18), int(centre | right), words.count(strip.end))
        slowest = strip.slowest
        if slowest is None:
            painter.setFont(look.font("caption"))
            painter.setPen(look.color("text_muted"))
            painter.drawText(QRectF(width - 112, line.top(), 100, 18), int(centre | right), self.tr("no reader"))
            return
        painter.setFont(look.font("caption", 600 if slowest.level else 400, mono=True))
        painter.setPen(look.color(("text_muted", "warn", "bad")[slowest.level]))
        painter.drawText(QRectF(width - 112, line.top(), 100, 18), int(centre | right), words.count(slowest.behind))

    def _paint_log(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        look = theme()
        start, end = self.x_of(strip, strip.log_start), self.x_of(strip, strip.end)
        if strip.log_start > 0:
            paint.fill_hatched(painter, QRectF(area.left(), area.top(), start - area.left(), STRIP), look.color("line"))
        if strip.later_end > strip.end:
            later = self.x_of(strip, strip.later_end)
            paint.outline_later(painter, QRectF(end, area.top(), later - end, STRIP))
        painter.fillRect(QRectF(start, area.top(), end - start, STRIP), look.color("stream", 0.26))
        slowest = strip.slowest
        if slowest is not None and slowest.level:
            x = self.x_of(strip, max(slowest.committed, strip.log_start))
            paint.behind(painter, QRectF(x, area.top(), end - x, STRIP))
        painter.fillRect(QRectF(start - 1, area.top() - 1, 2, STRIP + 2), look.color("stream"))
        painter.fillRect(QRectF(end - 1.25, area.top() - 1, 2.5, STRIP + 2), look.color("stream"))

    def _paint_groups(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        shown = self._shown_groups(strip)
        move = self._moves.get((strip.topic, strip.partition))
        end = self.x_of(strip, strip.end)
        for index, group in enumerate(shown):
            above, colour = index == 0, group.series.colour
            x = self.x_of(strip, group.committed)
            if move is not None and group.series.name == self._moving:
                self._paint_move(painter, strip, area, move, above)
                if strip.later_end == strip.end:
                    continue
            if group.position is not None and (at := self.x_of(strip, group.position)) - x > 3:
                paint.position(painter, at, area, above, colour)
            paint.committed(painter, x, area, above, colour)
            if end - x > 16:
                self._paint_letter(painter, x, area, above, group)
            if self._chosen == (strip.topic, strip.partition, group.series.name):
                self._paint_focus(painter, x, area, above)
        if len(strip.groups) > _SHOWN_GROUPS:
            painter.setFont(theme().font("caption", 500))
            painter.setPen(theme().color("text_muted"))
            text = f"+{len(strip.groups) - _SHOWN_GROUPS}"
            painter.drawText(QRectF(end + 8, area.center().y() - 8, 30, 16), int(Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_move(self, painter: QPainter, strip: Strip, area: QRectF, move: ResetMove, above: bool) -> None:
        group = next(g for g in strip.groups if g.series.name == self._moving)
        before = self.x_of(strip, strip.log_start if move.before is None else move.before)
        after = self.x_of(strip, move.after)
        paint.left_behind(painter, before, area, above, group.series.colour)
        if abs(after - before) > 8:
            paint.arrow(painter, before, after, area.center().y(), group.series.colour)
        paint.committed(painter, after, area, above, group.series.colour)

    def _paint_letter(self, painter: QPainter, x: float, area: QRectF, above: bool, group: TapeGroup) -> None:
        painter.setFont(theme().font("caption", 600))
        painter.setPen(group.series.colour)
        y = area.top() - 12 if above else area.bottom() - 5
        painter.drawText(QRectF(x - 26, y, 18, 15), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter),
                         group.series.letter)  # fmt: skip

    def _paint_focus(self, painter: QPainter, x: float, area: QRectF, above: bool) -> None:
        if not self.hasFocus():
            return
        painter.setPen(QPen(theme().color("focus"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(paint.triangle(x, area, above).boundingRect().adjusted(-2, -1, 2, 1), 3, 3)

    # -- mouse ---------------------------------------------------------------------------------------------
    def wheelEvent(self, event: QWheelEvent) -> None:
        left, right = self._plot()
        turn = event.angleDelta().y()
        if left <= event.position().x() <= right and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier and turn:
            self.zoom(1.2 ** (turn / 120), self.value_at(event.position().x()))
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._grip = self._grip_at(event.position())
        if self._grip is not None:
            self._chosen = (self._grip.topic, self._grip.partition, self._grip.group)
        else:
            self._pan = (event.position(), self._range, self.verticalScrollBar().value())
        self.viewport().update()

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
        if grip is not None and strip is not None and self._moving:
            self.dropped.emit(grip)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        left, right = self._plot()
        if row is None or not left <= event.position().x() <= right:
            self.fit()
            return
        strip = self._strips[row]
        offset = self._axis.offset(strip, self.value_at(event.position().x()))
        self.place_opened.emit(strip.topic, strip.partition, min(max(offset, strip.log_start), strip.end))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self._row_at(event.pos().y())
        if row is not None:
            strip = self._strips[row]
            offset = self._axis.offset(strip, self.value_at(event.pos().x()))
            self.menu_wanted.emit(strip, min(max(offset, strip.log_start), strip.end), event.globalPos())

    def _strip_of(self, grip: Grip) -> Strip | None:
        return next((s for s in self._strips if (s.topic, s.partition) == (grip.topic, grip.partition)), None)

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
        if self._moving != self._grip.group:
            self._moves = {}
        self._moving = self._grip.group
        own = ResetMove(strip.topic, strip.partition, group.committed, offset, strip.log_start, strip.end)
        self._moves = {**self._moves, (strip.topic, strip.partition): own}
        self.viewport().update()
        self.moved.emit(self._grip)

    def _pan_to(self, point: QPointF) -> None:
        assert self._pan is not None
        start, (low, high), scrolled = self._pan
        left, right = self._plot()
        full = self._axis.extent(self._strips)
        by = (start.x() - point.x()) / (right - left) * (high - low)
        by = min(max(by, full[0] - low), full[1] - high)
        self._range = (low + by, high + by)
        self.verticalScrollBar().setValue(scrolled + round(start.y() - point.y()))
        self.viewport().update()

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
        strip = self._strips[row]
        lines = [self.tr("{0}/{1}: {2} to {3}").format(strip.topic, strip.partition, words.count(strip.log_start),
                                                       words.count(strip.end))]  # fmt: skip
        for group in strip.groups:
            at = "" if group.position is None else self.tr(", position {0}").format(words.count(group.position))
            lines.append(self.tr("{0}: committed {1}{2}, {3}").format(
                group.series.name, words.count(group.committed), at, words.behind(group.behind)))  # fmt: skip
        return "\n".join(lines)

    # -- keys ----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        handles = [(s.topic, s.partition, g.series.name) for s in self._strips for g in self._shown_groups(s)]
        if event.key() == Qt.Key.Key_Escape and self._moving:
            self._grip = None
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and handles:
            at = handles.index(self._chosen) if self._chosen in handles else -1
            self._chosen = handles[(at + (1 if event.key() == Qt.Key.Key_Down else -1)) % len(handles)]
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._chosen in handles:
            self._nudge(event.key() == Qt.Key.Key_Right, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._grip is not None:
            grip, self._grip = self._grip, None
            self.dropped.emit(grip)
        else:
            super().keyPressEvent(event)
            return
        self.viewport().update()

    def _nudge(self, forward: bool, far: bool) -> None:
        """Move the chosen marker by a hundredth of what is shown, or a tenth."""
        assert self._chosen is not None
        topic, partition, name = self._chosen
        strip = next(s for s in self._strips if (s.topic, s.partition) == (topic, partition))
        group = next(g for g in strip.groups if g.series.name == name)
        grip = self._grip or Grip(topic, partition, name, group.committed)
        left, right = self._plot()
        step = (right - left) * (0.1 if far else 0.01) * (1 if forward else -1)
        self._grip = grip
        self._hold(self._offset_under(grip, self.x_of(strip, grip.offset) + step))
