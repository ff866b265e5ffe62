"""A dial for a rate: drag round it, turn the wheel, or use the keys of any slider. GUI thread.

The scale is linear from 0 to a round number well over the value; it grows when the value comes near its end and does
not shrink while a hand is on it.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QWidget

from workbench.ui.canvas.items.node_painter import CENTRE, LEFT, RIGHT, NodePainter
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

_START, _SPAN = 225.0, 270.0  # degrees, clockwise from the lower left
_RADIUS, _STROKE = 44.0, 8.0
_MOST = 1_000_000


def scale_end(value: float) -> int:
    """The end of the scale for a value: 10, 20, 50, 100 ..., at least three times the value."""
    wanted = max(10.0, value * 3)
    power = 10 ** math.floor(math.log10(wanted))
    return min(_MOST, int(next(power * step for step in (1, 2, 5, 10) if power * step >= wanted)))


class RateDial(QAbstractSlider):
    """See the module. ``valueChanged`` tells what the hand or the keys set, not ``show_rate``."""

    def __init__(self, name: str, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self.setAccessibleName(name)
        self.setToolTip(self.tr("{0}: drag, wheel, or arrow keys").format(name))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(self.sizeHint())
        self._set_end(scale_end(0))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(118, 104)

    def show_rate(self, rate: float) -> None:
        """Show a rate that was set elsewhere."""
        if self.isSliderDown():
            return
        self.blockSignals(True)
        if not 0 < rate < self.maximum() * 0.8 or rate < self.maximum() / 20:
            self._set_end(scale_end(rate))
        self.setValue(round(rate))
        self.blockSignals(False)
        self.update()

    def _set_end(self, end: int) -> None:
        self.setRange(0, end)
        self.setSingleStep(max(1, end // 100))
        self.setPageStep(max(1, end // 10))

    # -- hand and keys -------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._turn_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._turn_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self._grow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        self._grow()

    def _grow(self) -> None:
        """At the end of the scale there is always more."""
        if self.value() >= self.maximum() and self.maximum() < _MOST:
            self._set_end(scale_end(self.value()))
            self.update()

    def _turn_to(self, at: QPointF) -> None:
        way = at - self._middle()
        clockwise = (_START - math.degrees(math.atan2(-way.y(), way.x()))) % 360
        if clockwise > _SPAN:  # the gap at the foot belongs to the nearer end
            clockwise = 0.0 if clockwise > (360 + _SPAN) / 2 else _SPAN
        end = self.maximum()
        step = max(1, end // 200)
        self.setValue(round(clockwise / _SPAN * end / step) * step)
        self.update()

    # -- painting ------------------------------------------------------------------------------------------
    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, 54)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw, middle = NodePainter(painter, theme()), self._middle()
        ring = QRectF(middle.x() - _RADIUS, middle.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS)
        share = self.value() / self.maximum() if self.maximum() else 0.0
        for role, part in (("surface_sunken", 1.0), ("producer" if self.isEnabled() else "line_strong", share)):
            pen = QPen(theme().color(role), _STROKE)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(ring, round(_START * 16), -round(_SPAN * part * 16))
        angle = math.radians(_START - _SPAN * share)
        grip = middle + QPointF(math.cos(angle), -math.sin(angle)) * _RADIUS
        painter.setBrush(theme().color("surface_raised"))
        painter.setPen(QPen(theme().color("focus" if self.hasFocus() else "producer"), 2))
        painter.drawEllipse(grip, 7.5, 7.5)
        draw.text(QRectF(0, middle.y() - 20, self.width(), 28), words.count(self.value()), "hero", align=CENTRE)
        draw.text(QRectF(0, middle.y() + 6, self.width(), 16), self._unit, "body", "text_muted", align=CENTRE)
        foot = QRectF(12, self.height() - 18, self.width() - 24, 16)
        draw.text(foot, "0", "body", "text_muted", align=LEFT)
        draw.text(foot, words.count(self.maximum()), "body", "text_muted", align=RIGHT)
        painter.end()
