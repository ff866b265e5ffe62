"""A node small: icon or ring and the name, at the size of the screen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from workbench.flow.document import Node
from workbench.ui.canvas.items.pencil import LEVEL_ROLE, Pencil
from workbench.ui.canvas.kinds import icon_of, view_of
from workbench.ui.canvas.look_values import NodeLook
from workbench.ui.theme.tokens import SIZE


def compact(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF) -> None:
    """Icon or small ring, and the name, 30 high: what can be read when zoomed out."""
    middle = rect.center().y()
    mark = QPointF(rect.left() + 15, middle)
    if look.ring is not None:
        _small_ring(pencil, mark, look, view_of(node).role)
    else:
        pencil.icon(mark, icon_of(node), view_of(node).role, SIZE["icon"])
    left, room = rect.left() + 29, 6.0
    if look.dead or look.warning:
        glyph, role = ("failed", "bad") if look.dead else ("problem_fill", "warn_mark")
        pencil.icon(QPointF(rect.right() - 12, middle), glyph, role, 12)
        room = 20.0
    pencil.text(QRectF(left, rect.top(), rect.right() - left - room, rect.height()), node.name, "caption", weight=600,
                elide=True)


def compact_width(pencil: Pencil, node: Node, look: NodeLook) -> float:
    """How wide a compact node is when its whole name shows."""
    return 29 + pencil.width(node.name, "caption", 600) + (22 if look.dead or look.warning else 8)


def _small_ring(pencil: Pencil, centre: QPointF, look: NodeLook, role: str) -> None:
    rect = QRectF(centre.x() - 7.5, centre.y() - 7.5, 15, 15)
    level = LEVEL_ROLE[look.level]
    pencil.painter.setBrush(Qt.BrushStyle.NoBrush)
    pencil.painter.setPen(pencil.pen("surface_sunken", 2.5))
    pencil.painter.drawEllipse(rect)
    pencil.painter.setPen(pencil.pen(level, 2.5))
    pencil.painter.drawArc(rect, 90 * 16, -round(max(look.ring or 0.0, 0.03) * 360 * 16))
    pencil.dot(centre, 3.2, role)
