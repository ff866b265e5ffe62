"""The face of a store: how many rows it has, how fast it is written, and what it refused."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from workbench.flow.document import Node
from workbench.ui.canvas.items.face_parts import badge, heading, line
from workbench.ui.canvas.items.pencil import Pencil
from workbench.ui.canvas.look_values import NodeLook

_GAP = 2.0


def store_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    pencil.tile(QPointF(12, 12), "store", "external")
    room = badge(pencil, look, rect)
    heading(pencil, node, look, 48, rect.right() - 12 - room, (20.5, 36.5))
    area = QRectF(12, 54, rect.width() - 24, 4)
    for row in range(2):  # a table, seen from afar
        pencil.box(area.translated(0, row * (area.height() + _GAP)), "surface_sunken", 1.5)
    if look.gauge:
        pencil.box(QRectF(area.left(), area.top(), area.width() * look.gauge, area.height()), "external", 1.5, 0.75)
    foot = line(12, 75, area.width())
    if look.warning:
        pencil.icon(QPointF(19, 75), "problem_fill", "warn_mark", 13)
        pencil.text(line(29, 75, area.width() - 17), look.warning, "body", "warn", 600, elide=True)
    else:
        pencil.text(foot, look.foot, role="text_muted", elide=True)
