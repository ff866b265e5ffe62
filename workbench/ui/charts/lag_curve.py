"""One line of the lag chart, as pyqtgraph shows it. It strokes itself, in pixels: a long path, dashed and smoothed,
costs Qt several times what its dashes cost as straight strokes. GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, pairwise
from math import hypot, inf

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

Place = tuple[float, float]


class Curve(pg.GraphicsObject):
    """Points in the plot's own units, ``xs`` rising. ``fill`` is the colour of what lies under the line."""

    def __init__(self) -> None:
        super().__init__()
        self._points: list[Place] = []
        self._pen = QPen()
        self._fill: QColor | None = None

    def draw(self, xs: Sequence[float], ys: Sequence[float], pen: QPen, fill: QColor | None) -> None:
        self._points = list(zip(xs, ys, strict=True))
        self._dash = [part * pen.widthF() for part in pen.dashPattern()]
        self._pen = QPen(pen.color(), pen.widthF())
        self._fill = fill
        self.update()

    def boundingRect(self) -> QRectF:
        return self.viewRect() or QRectF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The painter's units are the plot's; strokes are counted in pixels."""
        to_pixels = painter.transform()
        places, base = _placed(self._points, to_pixels), to_pixels.map(QPointF(0, 0)).y()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._fill is not None and places:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._fill)
            under = [(places[0][0], base), *places, (places[-1][0], base)]
            painter.drawPolygon(QPolygonF([QPointF(*place) for place in under]))
        painter.setPen(self._pen)
        painter.drawLines(strokes(places, self._dash))
        painter.restore()


def _placed(points: Sequence[Place], to_pixels: QTransform) -> list[Place]:
    across, left, up, bottom = to_pixels.m11(), to_pixels.dx(), to_pixels.m22(), to_pixels.dy()
    return [(x * across + left, y * up + bottom) for x, y in points]


def strokes(places: Sequence[Place], dash: Sequence[float] = ()) -> list[QLineF]:
    """A line as straight strokes; with a dash (on, off, ... in pixels) only where it is on."""
    found = []
    parts = cycle(zip(dash, cycle((True, False)), strict=False)) if dash else cycle([(inf, True)])
    left, on = next(parts)
    for (x, y), (end_x, end_y) in pairwise(places):
        length = hypot(end_x - x, end_y - y)
        while length > left:
            next_x, next_y = x + (end_x - x) * left / length, y + (end_y - y) * left / length
            if on:
                found.append(QLineF(x, y, next_x, next_y))
            x, y, length = next_x, next_y, length - left
            left, on = next(parts)
        if on:
            found.append(QLineF(x, y, end_x, end_y))
        left -= length
    return found
