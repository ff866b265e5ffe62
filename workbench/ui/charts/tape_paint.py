"""How the tape's parts are painted: strips, hatching, markers, arrows. Plain functions of a painter. GUI thread."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QPolygonF

from workbench.ui.theme.theme import theme

MARKER = 9.0
_TILE = 8


@lru_cache(maxsize=32)
def hatch(colour: str, ratio: float) -> QPixmap:
    """A tile of diagonal lines, seamless both ways."""
    tile = QPixmap(round(_TILE * ratio), round(_TILE * ratio))
    tile.setDevicePixelRatio(ratio)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 1.1))
    for shift in (-_TILE, 0, _TILE):
        painter.drawLine(QLineF(shift - 1, -1, shift + _TILE + 1, _TILE + 1))
    painter.end()
    return tile


def fill_hatched(painter: QPainter, area: QRectF, colour: QColor) -> None:
    if area.width() > 0:
        ratio = painter.device().devicePixelRatioF()
        painter.setBrushOrigin(QPointF(0, area.top()))
        painter.fillRect(area, QBrush(hatch(colour.name(QColor.NameFormat.HexArgb), ratio)))


def behind(painter: QPainter, area: QRectF) -> None:
    """What the slowest group has not read: amber outline, diagonal hatch."""
    look = theme()
    painter.fillRect(area, look.color("warn_soft"))
    fill_hatched(painter, area, look.color("warn_mark", 0.6))
    painter.setPen(QPen(look.color("warn_mark"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))


def outline_later(painter: QPainter, area: QRectF) -> None:
    pen = QPen(theme().color("line_strong"), 1)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))


def triangle(x: float, strip: QRectF, above: bool) -> QPolygonF:
    """A marker at ``x``: over the strip pointing down, or under it pointing up."""
    half = MARKER / 2
    base, tip = (strip.top() - 7, strip.top() + 1) if above else (strip.bottom() + 7, strip.bottom() - 1)
    return QPolygonF([QPointF(x - half, base), QPointF(x + half, base), QPointF(x, tip)])


def committed(painter: QPainter, x: float, strip: QRectF, above: bool, colour: QColor) -> None:
    """A filled marker with a stem across the strip."""
    painter.setPen(QPen(colour, 1.5))
    painter.drawLine(QLineF(x, strip.top() - (0 if above else 1), x, strip.bottom() + (1 if above else 0)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(triangle(x, strip, above))


def position(painter: QPainter, x: float, strip: QRectF, above: bool, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.25))
    painter.setBrush(theme().color("surface_raised"))
    painter.drawPolygon(triangle(x, strip, above))


def left_behind(painter: QPainter, x: float, strip: QRectF, above: bool, colour: QColor) -> None:
    """Where a marker stands until the move is done: its outline, filled at 35 %."""
    painter.setPen(QPen(colour, 1))
    painter.drawLine(QLineF(x, strip.top(), x, strip.bottom()))
    faint = QColor(colour)
    faint.setAlphaF(0.35)
    painter.setBrush(faint)
    painter.drawPolygon(triangle(x, strip, above))


def arrow(painter: QPainter, start: float, end: float, middle: float, colour: QColor) -> None:
    """A dashed arrow along a strip."""
    side = 1 if end > start else -1
    pen = QPen(colour, 1.25)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.drawLine(QLineF(start, middle, end + side * -6, middle))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    tip = end - side * 2
    back = tip - side * 6
    painter.drawPolygon(QPolygonF([QPointF(tip, middle), QPointF(back, middle - 3), QPointF(back, middle + 3)]))
