"""The lag ring as a widget: the same arc as on the node."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from workbench.ui.theme import icons
from workbench.ui.theme.theme import theme


class LagRing(QWidget):
    """An arc from twelve o'clock: green, from half amber, from the threshold full and red."""

    def __init__(self, glyph: str = "group", role: str = "consumer", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self._glyph, self._role = glyph, role
        self.setFixedSize(QSize(42, 42))

    def show_share(self, share: float) -> None:
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = theme()
        box = QRectF(2, 2, 38, 38)
        pen = QPen(look.color("surface_sunken"), 4)
        painter.setPen(pen)
        painter.drawEllipse(box)
        role = "bad" if self._share >= 1 else "warn_mark" if self._share >= 0.5 else "ok"
        pen = QPen(look.color(role), 4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(box, 90 * 16, -round(min(1.0, max(0.01, self._share)) * 360 * 16))
        icons.paint(painter, QRectF(12, 12, 18, 18), self._glyph, look.color(self._role))
        painter.end()
