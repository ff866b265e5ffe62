"""The last minute of a rate as a line: painted plainly, one point a snapshot. GUI thread."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

SPAN_MS = 60_000


class Sparkline(QWidget):
    """See the module. The newest point stands at the right edge."""

    def __init__(self, name: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role = name, role
        self._points: deque[tuple[int, float]] = deque()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, 44)

    def add(self, at_ms: int, value: float) -> None:
        """A new point; time that goes back starts afresh."""
        if self._points and at_ms < self._points[-1][0]:
            self._points.clear()
        self._points.append((at_ms, value))
        while at_ms - self._points[0][0] > SPAN_MS:
            self._points.popleft()
        if self.isVisible():
            self.setAccessibleDescription(self.tr("{0} now").format(words.rate(value)))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        base, width = self.height() - 1.0, float(self.width())
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(QPointF(0, base + 0.5), QPointF(width, base + 0.5))
        if len(self._points) > 1:
            newest, most = self._points[-1][0], max(value for _, value in self._points) or 1.0
            line = [QPointF(width - (newest - at) / SPAN_MS * width, base - value / (most * 1.15) * (base - 2))
                    for at, value in self._points]
            painter.setPen(QPen(theme().color("surface", 0), 0))
            painter.setBrush(theme().color(self._role, 0.14))
            painter.drawPolygon(QPolygonF([QPointF(line[0].x(), base), *line, QPointF(line[-1].x(), base)]))
            painter.setPen(QPen(theme().color(self._role), 1.25))
            painter.drawPolyline(QPolygonF(line))
        painter.end()
