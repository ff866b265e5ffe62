"""The time strip's picture: how much was written when, marks, a range, and the playhead that is dragged.

It shows what it is given and says where the playhead was put (``sought``); a playhead let go near the live end means
live again. The wheel zooms round the pointer, sideways it moves to earlier and later. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.ui.charts.strip_range import StripRange
from workbench.ui.charts.ticks import time_step, time_ticks
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

TOP, BASE, HEIGHT = 18, 50, 68
BAR, PITCH = 3.2, 4.7
HANDLE, GRAB = 6, 10
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_MARK = 13
_COUNT = 13  # room for how many a mark stands for
_LOOKS = {
    "run": ("start_fill", "text_muted"), "rebalance": ("group_fill", "text_muted"), "reset": ("replay", "consumer"),
    "fault": ("fault_fill", "warn"), "dead_letters": ("dead_letters_fill", "text_muted"),
    "bookmark": ("bookmark_fill", "accent"), "problem": ("problem_fill", "bad"), "member": ("group", "text_muted"),
    "kill": ("kill", "bad"),
    "redrive": ("redrive", "consumer"), "purge": ("purge", "text_muted"),
    "host": ("database", "text_muted"), "topic": ("topic", "text_muted"), "group": ("group", "text_muted"),
}


class MarkLike(Protocol):
    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Marks that stand too close to be told apart, as one."""

    x: float
    marks: tuple[MarkLike, ...]


class StripView(QWidget):
    sought = Signal(object)  # int ms: the playhead is here now
    went_live = Signal()
    range_changed = Signal(object)  # (from ms, to ms or None for live)
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Time strip"))
        self.shown = StripRange()
        self._bars: Sequence[int] = ()
        self._bars_at = (0, 1)  # start of the first bar, and how long a bar is
        self._marks: Sequence[MarkLike] = ()
        self._at_ms: int | None = None
        self._range: tuple[int | None, int | None] = (None, None)
        self._held = ""
        self._why_empty = ""
        self.end_name = self.tr("live")  # what the end of the session is called
        theme().changed.connect(self.update)

    # -- what is shown -------------------------------------------------------------------------------------
    def show_session(self, first_ms: int, now_ms: int) -> None:
        self.shown.session = (first_ms, now_ms)
        self.update()

    def say_why_empty(self, words: str) -> None:
        """Shown where no time is yet."""
        self._why_empty = words
        self.setAccessibleDescription(words if self.empty else "")
        self.update()

    def show_bars(self, first_ms: int, bar_ms: int, counts: Sequence[int]) -> None:
        self._bars_at, self._bars = (first_ms, bar_ms), counts
        self.update()

    def show_marks(self, marks: Sequence[MarkLike]) -> None:
        self._marks = marks
        self.update()

    def show_time(self, at_ms: int | None) -> None:
        self._at_ms = at_ms
        if not self.empty and self.shown.look_at(at_ms, turn=not self._held):
            self.view_changed.emit()
        self.update()

    @property
    def range(self) -> tuple[int, int | None]:
        """The chosen range; None at the end means live."""
        return (self.shown.session[0] if self._range[0] is None else self._range[0]), self._range[1]

    @property
    def chosen_range(self) -> tuple[int, int | None] | None:
        """The same when a person chose one; None when nobody did."""
        return None if self._range == (None, None) else self.range

    @property
    def empty(self) -> bool:
        return self.shown.session[1] <= 0

    def view_range(self) -> tuple[float, float]:
        """The times at the left and right edge."""
        return self.shown.edges

    def wanted_bars(self) -> tuple[int, int, int]:
        """Which histogram to ask for: start, length of a bar, how many. Bars stand still while the session grows."""
        low, high = self.view_range()
        bar_ms = time_step(high - low, max(1, int(self.width() / (PITCH - 0.6))))
        first = int(low // bar_ms * bar_ms)
        return first, bar_ms, max(1, int((high - first) // bar_ms) + 1)

    # -- places --------------------------------------------------------------------------------------------
    def x_of(self, ms: float) -> float:
        low, high = self.view_range()
        return (ms - low) / (high - low) * self.width()

    def ms_at(self, x: float) -> int:
        low, high = self.view_range()
        return round(low + x / max(1, self.width()) * (high - low))

    def playhead_x(self) -> float:
        return self.x_of(self.shown.session[1] if self._at_ms is None else self._at_ms)

    def clusters(self) -> list[Cluster]:
        found: list[Cluster] = []
        for mark in sorted(self._marks, key=lambda mark: mark.at_ms):
            x = self.x_of(mark.at_ms)
            if not -_MARK < x < self.width() + _MARK:
                continue
            if found and x - found[-1].x < _MARK + (_COUNT if len(found[-1].marks) > 1 else 0):
                found[-1] = Cluster(found[-1].x, (*found[-1].marks, mark))
            else:
                found.append(Cluster(x, (mark,)))
        return found

    def cluster_at(self, point: QPointF) -> Cluster | None:
        if point.y() > TOP:
            return None
        return next((c for c in self.clusters() if abs(c.x - point.x()) <= _MARK / 2 + 1), None)

    def _handles(self) -> tuple[float, float]:
        first, last = self.range
        return self.x_of(first), self.x_of(self.shown.session[1] if last is None else last)

    # -- painting ------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = theme()
        painter.fillRect(QRectF(0, TOP, self.width(), BASE - TOP), look.color("surface_sunken"))
        painter.fillRect(QRectF(0, BASE, self.width(), 1), look.color("line_strong"))
        if self.empty:
            painter.setFont(look.font("body"))
            painter.setPen(look.color("text_muted"))
            painter.drawText(QRectF(0, TOP, self.width(), BASE - TOP), int(Qt.AlignmentFlag.AlignCenter),
                             self._why_empty)
            return
        self._paint_range(painter)
        self._paint_bars(painter)
        self._paint_labels(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marks(painter)
        self._paint_handles(painter)
        if self._at_ms is not None:
            self._paint_live(painter)
        self._paint_playhead(painter)

    def _bar_colour(self, ms: float) -> QColor:
        look = theme()
        if self._at_ms is not None:
            return look.color("replay", 0.62) if ms <= self._at_ms else look.color("line_strong", 0.75)
        first, last = self.range
        inside = ms >= first and (last is None or ms <= last)
        return look.color("stream", 0.62 if inside else 0.38)

    def _paint_range(self, painter: QPainter) -> None:
        left, right = self._handles()
        if self._range != (None, None):
            painter.fillRect(QRectF(left, TOP, right - left, BASE - TOP), theme().color("accent_soft", 0.55))

    def _paint_bars(self, painter: QPainter) -> None:
        first, bar_ms = self._bars_at
        low, high = self.view_range()
        width = max(1.0, bar_ms / (high - low) * self.width() - (PITCH - BAR))
        most = max(self._bars, default=0)
        if not most:
            return
        for index, count in enumerate(self._bars):
            if not count:
                continue
            ms = first + index * bar_ms
            height = max(1.0, count / most * (BASE - TOP - 4))
            painter.fillRect(QRectF(self.x_of(ms), BASE - height, width, height), self._bar_colour(ms + bar_ms / 2))

    def _paint_labels(self, painter: QPainter) -> None:
        look, (low, high) = theme(), self.view_range()
        font = look.font("caption")
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        most = max(2, int(self.width() / 96))
        step = time_step(high - low, most)
        taken = self.playhead_x() if self._at_ms is not None else -1000
        painter.setPen(look.color("text_muted"))
        for tick in time_ticks(low, high, most, words.zone_offset_ms(high)):
            text = _label(tick, step)
            half = metrics.horizontalAdvance(text) / 2 + 1
            x = min(max(self.x_of(tick), half), self.width() - half)
            if abs(x - taken) > 64:
                painter.drawText(QRectF(x - 40, BASE + 2, 80, 16), int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_marks(self, painter: QPainter) -> None:
        look = theme()
        for cluster in self.clusters():
            icon, role = _LOOKS.get(_worst(cluster.marks).kind, ("circle", "text_muted"))
            colour = look.color(role)
            x = min(max(cluster.x, _MARK / 2), self.width() - _MARK / 2)
            line = QColor(colour)
            line.setAlphaF(0.5)
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(cluster.x, TOP), QPointF(cluster.x, BASE))
            icons.paint(painter, QRectF(x - _MARK / 2, 3, _MARK, _MARK), icon, colour)
            if len(cluster.marks) > 1:
                painter.setFont(look.font("caption", 500))
                painter.setPen(look.color("text_muted"))
                painter.drawText(QRectF(x + _MARK / 2 + 1, 1, 20, 16), int(Qt.AlignmentFlag.AlignVCenter),
                                 str(len(cluster.marks)))

    def _paint_handles(self, painter: QPainter) -> None:
        look = theme()
        for x, chosen in zip(self._handles(), self._range, strict=True):
            if chosen is None:
                continue
            painter.setPen(QPen(look.color("accent"), 1.25))
            painter.setBrush(look.color("surface_raised"))
            painter.drawRoundedRect(QRectF(x - HANDLE / 2, TOP - 1, HANDLE, BASE - TOP + 2), 2.5, 2.5)

    def _paint_live(self, painter: QPainter) -> None:
        look, x = theme(), self.x_of(self.shown.session[1])
        pen = QPen(look.color("ok"), 1.75)
        pen.setDashPattern([1, 2])
        font = look.font("caption", 600)
        name = QRectF(0, 1, QFontMetricsF(font).horizontalAdvance(self.end_name) + 6, 15)
        name.moveCenter(QPointF(min(x, self.width() - name.width() / 2), name.center().y()))
        painter.fillRect(name, look.color("surface"))  # over the marks
        painter.setPen(pen)
        painter.drawLine(QPointF(x, TOP - 2), QPointF(x, BASE))
        painter.setFont(font)
        painter.drawText(name, int(Qt.AlignmentFlag.AlignCenter), self.end_name)

    def _paint_playhead(self, painter: QPainter) -> None:
        look, x = theme(), self.playhead_x()
        colour = look.color("accent" if self._at_ms is None else "replay")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRect(QRectF(x - 1, 8, 2, BASE - 7))
        cap = ((-5, 1), (5, 1), (5, 9), (0, 14), (-5, 9))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y) for dx, y in cap]))
        if self._at_ms is None:
            return
        text = words.clock(self._at_ms, False)
        left = min(max(x - 33, 0), self.width() - 66)
        painter.drawRoundedRect(QRectF(left, BASE + 3, 66, 15), 4, 4)
        painter.setPen(look.color("surface_raised"))
        painter.setFont(look.font("caption", 600))
        painter.drawText(QRectF(left, BASE + 3, 66, 15), int(Qt.AlignmentFlag.AlignCenter), text)

    # -- mouse ---------------------------------------------------------------------------------------------
    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if self.empty or not (turned.x() or turned.y()):
            return
        if abs(turned.x()) > abs(turned.y()):
            self.shown.pan(-turned.x() / 1200)
        else:
            self.shown.zoom(1.25 ** (turned.y() / 120), event.position().x() / max(1, self.width()))
        self._moved()
        event.accept()

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times less time, round the playhead."""
        if not self.empty:
            self.shown.zoom(factor, self.playhead_x() / max(1, self.width()))
            self._moved()

    def _moved(self) -> None:
        self.view_changed.emit()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.empty:
            return
        cluster = self.cluster_at(event.position())
        x = event.position().x()
        handles = self._handles()
        near_head = abs(x - self.playhead_x()) <= GRAB
        if cluster is not None and not near_head:
            self.sought.emit(cluster.marks[0].at_ms)
        elif not near_head and abs(x - handles[0]) <= HANDLE:
            self._held = "first"
        elif not near_head and self._range[1] is not None and abs(x - handles[1]) <= HANDLE:
            self._held = "last"
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._range = (self.ms_at(x), self.ms_at(x))
            self._held = "last"
        else:
            self._held = "head"
            if not near_head:
                self._seek(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._held == "head":
            self._seek(x)
        elif self._held:
            self._pull(x)
        elif not self.empty:
            over = abs(x - self.playhead_x()) <= GRAB or min(abs(x - at) for at in self._handles()) <= HANDLE
            self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held == "head" and abs(event.position().x() - self.x_of(self.shown.session[1])) <= HANDLE:
            self.went_live.emit()
        elif self._held in ("first", "last"):
            self.range_changed.emit(self.range)
        self._held = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._range = (None, None)
        self.range_changed.emit(self.range)
        self.update()

    def _seek(self, x: float) -> None:
        first, now = self.shown.session
        self.sought.emit(min(max(self.ms_at(x), first), now))

    def _pull(self, x: float) -> None:
        first, now = self.shown.session
        at = min(max(self.ms_at(x), first), now)
        low, high = self.range
        if self._held == "first":
            self._range = (min(at, high or now), self._range[1])
        else:
            self._range = (low, None if at >= now else max(at, low))
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def tip_at(self, point: QPointF) -> str:
        """Marks under the pointer, or the time and how much was written then."""
        if self.empty:
            return ""
        cluster = self.cluster_at(point)
        if cluster is not None:
            return "\n".join(f"{words.clock(mark.at_ms)}  {mark.text}" for mark in cluster.marks[:12])
        ms = self.ms_at(point.x())
        first, bar_ms = self._bars_at
        index = (ms - first) // bar_ms
        written = self._bars[index] if 0 <= index < len(self._bars) else 0
        return self.tr("{0}  {1}").format(words.clock(ms), words.rate(written * 1000 / bar_ms))


def _label(ms: int, step_ms: float) -> str:
    """As much of a time as tells it from the next label's; a day by its date."""
    if step_ms >= _DAY_MS or (step_ms >= _HOUR_MS and (ms + words.zone_offset_ms(ms)) % _DAY_MS == 0):
        return words.date(ms)
    return words.clock(ms, False) if step_ms < 60_000 else words.clock(ms, False)[:5]


def _worst(marks: Sequence[MarkLike]) -> MarkLike:
    """The mark that stands for a cluster: a problem before a fault before the rest."""
    order = {"problem": 0, "fault": 1, "dead_letters": 2, "reset": 3, "bookmark": 4}
    return min(marks, key=lambda mark: order.get(mark.kind, 9))
