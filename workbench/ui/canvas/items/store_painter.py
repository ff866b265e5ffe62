"""The face of a store: how many rows it has, how fast it is written, and what it refused."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from workbench.flow.document import Node
from workbench.ui.canvas.items.node_painter import NodePainter
from workbench.ui.canvas.items.painter_parts import badge, heading, line
from workbench.ui.canvas.view_values import NodeViewState

_GAP = 2.0


def paint_store(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.tile(QPointF(12, 12), "store", "external")
    room = badge(draw, shown, rect)
    heading(draw, node, shown, 48, rect.right() - 12 - room, (20.5, 36.5))
    area = QRectF(12, 54, rect.width() - 24, 4)
    for row in range(2):  # a table, seen from afar
        draw.box(area.translated(0, row * (area.height() + _GAP)), "surface_sunken", 1.5)
    if shown.gauge:
        draw.box(QRectF(area.left(), area.top(), area.width() * shown.gauge, area.height()), "external", 1.5, 0.75)
    foot = line(12, 75, area.width())
    if shown.warning:
        draw.icon(QPointF(19, 75), "problem_fill", "warn_mark", 13)
        draw.text(line(29, 75, area.width() - 17), shown.warning, "body", "warn", 600, elide=True)
    else:
        draw.text(foot, shown.foot, role="text_muted", elide=True)
