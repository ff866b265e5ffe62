"""The lag ring as a widget: the same arc as on the node."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from workbench.core.health import Health
from workbench.ui.models.health import ring_role
from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme


class LagRing(QWidget):
    """An arc from twelve o'clock, as long as the lag's share of its threshold, in the colour of its level; grey while
    the group stands still."""

    def __init__(self, glyph: str = "group", role: str = "consumer", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._health = Health()
        self._glyph, self._role = glyph, role
        self.setFixedSize(QSize(42, 42))

    def show_health(self, health: Health) -> None:
        before = self._health
        if (health.share, health.lag, health.is_still) != (before.share, before.lag, before.is_still):
            self.update()
        self._health = health

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme()
        box = QRectF(2, 2, 38, 38)
        pen = QPen(look.color("surface_sunken"), 4)
        painter.setPen(pen)
        painter.drawEllipse(box)
        pen = QPen(look.color(ring_role(self._health.lag, self._health.is_still)), 4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(box, 90 * 16, -round(min(1.0, max(0.01, self._health.share)) * 360 * 16))
        icons.paint(painter, QRectF(12, 12, 18, 18), self._glyph, look.color(self._role))
        painter.end()
