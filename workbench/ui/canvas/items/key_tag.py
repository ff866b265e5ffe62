"""The key of a binding, or what a link is for, on the middle of the link. Painted over the dots, which pass behind it.
GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.ui.canvas.items.node import Z_WAITING
from workbench.ui.canvas.items.node_painter import CENTRE, NodePainter
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import RADIUS

_WIDEST = 132.0


class KeyTag(QGraphicsItem):
    """A chip with a binding's key, or in the letters of the window a word of ours; it shows nothing while there is
    neither."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.selected = self._worded = False
        self._width = 0.0
        self.setZValue(Z_WAITING)
        self.setVisible(False)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_key(self, text: str, selected: bool, worded: bool = False) -> None:
        if (text, selected, worded) == (self.text, self.selected, self._worded):
            return
        self.prepareGeometryChange()
        self.text, self.selected, self._worded = text, selected, worded
        self._width = min(_WIDEST, QFontMetricsF(self._font()).horizontalAdvance(text) + 14)
        self.update()

    def _font(self):
        return theme().font("caption", 500, mono=not self._worded)

    def body(self) -> QRectF:
        return QRectF(-self._width / 2, -9, self._width, 18)

    def boundingRect(self) -> QRectF:
        return self.body().adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        draw = NodePainter(painter, theme())
        line = "accent" if self.selected else "line_strong"
        draw.box(self.body(), "accent_soft" if self.selected else "surface_raised", RADIUS["chip"], line=line)
        painter.setFont(self._font())
        painter.setPen(theme().color("accent" if self.selected else "text_muted"))
        inner = self.body().adjusted(6, 0, -6, 0)
        shown = words.cut(self.text, QFontMetricsF(self._font()), inner.width() + 1)
        painter.drawText(inner, CENTRE, shown)
