"""The rubber band: everything it touches becomes the selection."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsRectItem

from workbench.ui.canvas.gestures.base import Modifiers, Stage, adding
from workbench.ui.canvas.items.node import Z_GHOST
from workbench.ui.theme.theme import theme


class RubberBand:
    """From an empty place; with Shift or Ctrl it adds to what was selected. A click without a move clears."""

    def __init__(self, stage: Stage, at: QPointF, modifiers: Modifiers) -> None:
        self._stage = stage
        self._start = at
        self._before = stage.workspace.selection
        self._kept = self._before if adding(modifiers) else frozenset()
        self._band = QGraphicsRectItem()
        self._band.setZValue(Z_GHOST)
        pen = QPen(theme().color("accent"), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._band.setPen(pen)
        self._band.setBrush(theme().color("accent", 0.08))
        stage.flow.addItem(self._band)
        stage.flow.select_links(())
        stage.workspace.select(self._kept)

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        area = QRectF(self._start, at).normalized()
        self._band.setRect(area)
        self._stage.workspace.select(self._kept | set(self._stage.flow.within(area)))

    def end(self, at: QPointF, modifiers: Modifiers) -> None:
        self._stage.flow.removeItem(self._band)

    def cancel(self) -> None:
        self._stage.flow.removeItem(self._band)
        self._stage.workspace.select(self._before)
