"""The tape as a picture: gutters, axis, strips and markers of the rows in sight, as a ``TapeView`` has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from workbench.core.offsets import ResetMove
from workbench.ui.canvas.kinds import role_of
from workbench.ui.charts import tape_paint as paint
from workbench.ui.charts.tape_strips import Strip, TapeGroup
from workbench.ui.charts.ticks import number_ticks, time_step, time_ticks
from workbench.ui.models.health import LAG_ROLE
from workbench.ui.theme import icons, words
from workbench.ui.theme.theme import theme

AXIS = 22
ROW, STRIP = 23, 11
TOPIC_GAP = 5
_MOST_NAME = 120
SHOWN_GROUPS = 2
_AT_LEFT = int(Qt.AlignmentFlag.AlignVCenter)  # joining flags is slow: once, not a word
_AT_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_CENTRED = int(Qt.AlignmentFlag.AlignCenter)


def _tr(text: str) -> str:
    return QCoreApplication.translate("tape", text)


class Laid(Protocol):
    """The tape as it is laid out: which strips, where, and what is marked on them. ``TapeView`` is one."""

    strips: Sequence[Strip]
    by_time: bool
    name_width: float
    kinds: dict[str, str]
    moving: str
    chosen: tuple[str, int, str] | None

    @property
    def shown_range(self) -> tuple[float, float]: ...

    def viewport(self) -> QWidget: ...
    def hasFocus(self) -> bool: ...
    def plot(self) -> tuple[float, float]: ...
    def x_of(self, strip: Strip, offset: int) -> float: ...
    def strip_rect(self, index: int) -> QRectF: ...
    def rows_in_sight(self) -> list[int]: ...
    def shown_groups(self, strip: Strip) -> list[TapeGroup]: ...


class TapePicture:
    def __init__(self, view: Laid) -> None:
        self._view = view
        self._said: list[QRectF] = []  # where letters and names of groups stand
        self._named = -1  # the row that says its topic's name although that begins above

    def paint(self, painter: QPainter) -> None:
        """Everything but the move that is under way."""
        painter.fillRect(self._view.viewport().rect(), theme().color("surface"))
        self._paint_axis(painter)
        painter.setClipRect(QRectF(0, AXIS + 1, self._view.viewport().width(), self._view.viewport().height()))
        rows = self._view.rows_in_sight()
        self._named = next((row for row in rows if self._view.strip_rect(row).top() - (ROW - STRIP) / 2 >= AXIS), -1)
        for index in rows:
            self._paint_row(painter, index, self._view.strip_rect(index))
        painter.end()

    def _paint_axis(self, painter: QPainter) -> None:
        look, width, height = theme(), self._view.viewport().width(), self._view.viewport().height()
        left, right = self._view.plot()
        painter.setFont(look.font("caption", mono=True))
        low, high = self._view.shown_range
        most = max(2, int((right - left) / 92))
        zone_ms = words.zone_offset_ms(high) if self._view.by_time else 0
        ticks = time_ticks(low, high, most, zone_ms) if self._view.by_time else number_ticks(low, high, most)
        step = time_step(high - low, most) if self._view.by_time else 0
        for tick in ticks:
            x = left + (tick - low) / (high - low) * (right - left)
            painter.setPen(QPen(look.color("line"), 1))
            painter.drawLine(QPointF(x, AXIS), QPointF(x, height))
            painter.setPen(look.color("text_muted"))
            text = words.clock(int(tick), step < 1000) if self._view.by_time else words.count(round(tick))
            painter.drawText(QRectF(x - 50, 0, 100, AXIS - 2), _CENTRED, text)
        painter.setFont(look.font("caption"))
        name = _tr("time, {0}").format(words.zone_name()) if self._view.by_time else _tr("offset")
        painter.drawText(QRectF(12, 0, 90, AXIS - 2), _AT_LEFT, name)
        for right_edge, text in ((width - 67, _tr("end")), (width - 12, _tr("behind"))):
            box = QRectF(right_edge - 100, 0, 100, AXIS - 2)
            painter.drawText(box, _AT_RIGHT, text)
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawLine(QPointF(0, AXIS + 0.5), QPointF(width, AXIS + 0.5))

    def _paint_row(self, painter: QPainter, index: int, area: QRectF) -> None:
        strip = self._view.strips[index]
        self._paint_words(painter, strip, area, strip.first_of_topic or index == self._named)
        if strip.first_of_topic and index:
            y = round(area.top() - (ROW - STRIP) / 2 - TOPIC_GAP / 2) + 0.5
            painter.setPen(QPen(theme().color("line"), 1))
            painter.drawLine(QPointF(0, y), QPointF(self._view.viewport().width(), y))
        painter.save()
        painter.setClipRect(area.adjusted(-5, -9, 5, 11), Qt.ClipOperation.IntersectClip)
        self._paint_log(painter, strip, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_groups(painter, strip, area)
        painter.restore()

    def _paint_words(self, painter: QPainter, strip: Strip, area: QRectF, named: bool) -> None:
        look, width, name_width = theme(), self._view.viewport().width(), self._view.name_width
        line = QRectF(0, area.center().y() - 9, width, 18)
        if named:
            kind = self._view.kinds.get(strip.topic, "queue" if strip.kind == "queue" else "topic")
            icons.paint(painter, QRectF(12, line.top() + 2, 14, 14), kind, look.color(role_of(kind)))
            font = look.font("body", 600)
            painter.setFont(font)
            painter.setPen(look.color("text"))
            name = QFontMetricsF(font).elidedText(strip.topic, Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(QRectF(30, line.top(), name_width + 2, 18), _AT_LEFT, name)
        painter.setFont(look.font("caption", mono=True))
        painter.setPen(look.color("text_muted"))
        painter.drawText(QRectF(name_width, line.top(), 41, 18), _AT_RIGHT, str(strip.partition))
        painter.setPen(look.color("text"))
        painter.drawText(QRectF(width - 167, line.top(), 100, 18), _AT_RIGHT, words.count(strip.end))
        slowest = strip.slowest
        if slowest is None:
            said = _tr("by leases") if strip.kind == "queue" else _tr("no reader")
            painter.setFont(look.font("caption"))
            painter.setPen(look.color("text_muted"))
            painter.drawText(QRectF(width - 112, line.top(), 100, 18), _AT_RIGHT, said)
            return
        painter.setFont(look.font("caption", 600 if slowest.level else 400, mono=True))
        painter.setPen(look.color(LAG_ROLE[slowest.level]))
        painter.drawText(QRectF(width - 112, line.top(), 100, 18), _AT_RIGHT, words.count(slowest.behind))

    def _paint_log(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        look = theme()
        start, end = self._view.x_of(strip, strip.log_start), self._view.x_of(strip, strip.end)
        if strip.log_start > 0:
            paint.fill_hatched(painter, QRectF(area.left(), area.top(), start - area.left(), STRIP), look.color("line"))
        if strip.later_end > strip.end:
            later = self._view.x_of(strip, strip.later_end)
            paint.outline_later(painter, QRectF(end, area.top(), later - end, STRIP))
        painter.fillRect(QRectF(start, area.top(), end - start, STRIP), look.color(strip.role, 0.26))
        slowest = strip.slowest
        if slowest is not None and slowest.level:
            x = self._view.x_of(strip, max(slowest.committed, strip.log_start))
            paint.behind(painter, QRectF(x, area.top(), end - x, STRIP))
        painter.fillRect(QRectF(start - 1, area.top() - 1, 2, STRIP + 2), look.color(strip.role))
        painter.fillRect(QRectF(end - 1.25, area.top() - 1, 2.5, STRIP + 2), look.color(strip.role))

    def _paint_groups(self, painter: QPainter, strip: Strip, area: QRectF) -> None:
        shown = self._view.shown_groups(strip)
        end = self._view.x_of(strip, strip.end)
        for index, group in enumerate(shown):
            above, colour = index == 0, group.series.colour
            x = self._view.x_of(strip, group.committed)
            if group.series.name == self._view.moving and strip.later_end == strip.end:
                continue  # the move shows it, before and after
            if group.position is not None and (at := self._view.x_of(strip, group.position)) - x > 3:
                paint.position(painter, at, area, above, colour)
            paint.committed(painter, x, area, above, colour)
            if end - x > 16:
                self._paint_letter(painter, x, area, above, group)
            if self._view.chosen == (strip.topic, strip.partition, group.series.name):
                self._paint_focus(painter, x, area, above)
        if len(strip.groups) > SHOWN_GROUPS:
            painter.setFont(theme().font("caption", 500))
            painter.setPen(theme().color("text_muted"))
            text = f"+{len(strip.groups) - SHOWN_GROUPS}"
            painter.drawText(QRectF(end + 8, area.center().y() - 8, 30, 16), _AT_LEFT, text)

    def paint_move(self, painter: QPainter, strip: Strip, area: QRectF, move: ResetMove | None) -> None:
        """Where the moving group's marker stands, and where it would go."""
        shown = self._view.shown_groups(strip)
        at = next((i for i, group in enumerate(shown) if group.series.name == self._view.moving), None)
        if at is None or area.top() < AXIS - 2:
            return
        above, colour = at == 0, shown[at].series.colour
        painter.setClipRect(area.adjusted(-5, -9, 5, 9))  # what lies beyond what is shown runs over no number
        if move is None:
            if strip.later_end == strip.end:
                paint.committed(painter, self._view.x_of(strip, shown[at].committed), area, above, colour)
            return
        before = self._view.x_of(strip, strip.log_start if move.before is None else move.before)
        after = self._view.x_of(strip, move.after)
        paint.left_behind(painter, before, area, above, colour)
        if abs(after - before) > 8:
            paint.arrow(painter, before, after, area.center().y(), colour)
        paint.committed(painter, after, area, above, colour)

    def _paint_letter(self, painter: QPainter, x: float, area: QRectF, above: bool, group: TapeGroup) -> None:
        """The group's name beside its marker where that has room; else its letter."""
        font = theme().font("caption", 600)
        painter.setFont(font)
        painter.setPen(group.series.colour)
        y = area.top() - 12 if above else area.bottom() - 6.5
        for text in (group.series.name, group.series.letter):
            width = QFontMetricsF(font).horizontalAdvance(text) + 1
            box = QRectF(x - 8 - width, y, width, 15)
            free = not any(box.adjusted(-3, 3, 3, -3).intersects(other) for other in self._said)
            if text == group.series.letter or (width <= _MOST_NAME and box.left() > area.left() and free):
                self._said.append(box.adjusted(-3, 3, 3, -3))
                painter.drawText(box, _AT_RIGHT, text)
                return

    def _paint_focus(self, painter: QPainter, x: float, area: QRectF, above: bool) -> None:
        if not self._view.hasFocus():
            return
        painter.setPen(QPen(theme().color("focus"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(paint.triangle(x, area, above).boundingRect().adjusted(-2, -1, 2, 1), 3, 3)
