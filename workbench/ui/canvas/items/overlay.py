"""The one item that paints all moving dots, in device pixels, from the arrays of a ``DotField``. GUI thread."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.ui.canvas.items.node import FULL, SHAPES, Z_DOTS, detail_at
from workbench.ui.theme.theme import theme
from workbench.ui.theme.tokens import KEY_PALETTE, SIZE

if TYPE_CHECKING:
    from workbench.ui.canvas.dots import DotField  # brings numpy, which the first paint does without

_FAR = 200_000.0


class DotsItem(QGraphicsItem):
    """See the module. ``now`` gives the animation's time; ``field`` is None until something has moved."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.field: DotField | None = None
        self._now = now
        self._stamps: dict[tuple[int, bool, float, float], QPixmap] = {}
        self.setZValue(Z_DOTS)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        return QRectF(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR)

    def forget_stamps(self) -> None:
        """Colours changed."""
        self._stamps.clear()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        transform = painter.worldTransform()
        detail = detail_at(transform.m11())
        if detail == SHAPES or self.field is None:
            return
        points, colours, hollow = self.field.places(self._now())
        if not len(points):
            return
        ratio = painter.device().devicePixelRatio()
        size = SIZE["dot"] if detail == FULL else SIZE["dot_compact"]
        half = self._stamp(0, False, size, ratio).width() / ratio / 2
        xs = points[:, 0] * transform.m11() + (transform.dx() - half)
        ys = points[:, 1] * transform.m22() + (transform.dy() - half)
        seen = (xs > -20) & (ys > -20) & (xs < painter.device().width()) & (ys < painter.device().height())
        painter.save()
        painter.resetTransform()
        draw = painter.drawPixmap
        stamps = {(c, h): self._stamp(c, h, size, ratio) for c in range(-1, len(KEY_PALETTE)) for h in (False, True)}
        rows = zip(xs[seen].tolist(), ys[seen].tolist(), colours[seen].tolist(), hollow[seen].tolist(), strict=True)
        for x, y, colour, open_ in rows:
            draw(QPointF(x, y), stamps[colour, open_])
        painter.restore()

    def _stamp(self, colour: int, hollow: bool, size: float, ratio: float) -> QPixmap:
        """One dot with its rim, drawn once a colour."""
        key = (colour, hollow, size, ratio)
        if key not in self._stamps:
            side = math.ceil(size + 2)
            stamp = QPixmap(round(side * ratio), round(side * ratio))
            stamp.setDevicePixelRatio(ratio)
            stamp.fill(Qt.GlobalColor.transparent)
            painter = QPainter(stamp)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            middle = QPointF(side / 2, side / 2)
            painter.setBrush(theme().color("canvas"))
            painter.drawEllipse(middle, size / 2 + 1, size / 2 + 1)
            ink = theme().key_colour(colour)
            if hollow:
                painter.setPen(QPen(ink, 1.5))
                painter.drawEllipse(middle, size / 2 - 0.75, size / 2 - 0.75)
            else:
                painter.setBrush(ink)
                painter.drawEllipse(middle, size / 2, size / 2)
            painter.end()
            self._stamps[key] = stamp
        return self._stamps[key]
