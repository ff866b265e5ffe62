"""A node small: icon or ring and the name, at the size of the screen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from workbench.flow.document import Node
from workbench.ui.canvas.items.node_painter import CENTRE, NAME_LINE, NodePainter
from workbench.ui.canvas.kinds import icon_of, view_of
from workbench.ui.canvas.view_values import Level, NodeViewState
from workbench.ui.models.health import ring_role
from workbench.ui.theme import words
from workbench.ui.theme.tokens import SIZE

_MARK, _EDGE, _SIGN = 29.0, 8.0, 22.0


def compact(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF) -> None:
    """Icon or small ring, and the name, 30 high: what can be read when zoomed out. A name that has no room beside the
    mark takes its place too, unless the mark tells that something is wrong."""
    middle, right = rect.center().y(), rect.right() - (_SIGN if _sign(shown) else _EDGE)
    if sign := _sign(shown):
        draw.icon(QPointF(rect.right() - 12, middle), *sign, 12)
    room = QRectF(rect.left() + _MARK, rect.top(), right - rect.left() - _MARK, rect.height())
    alone = room.adjusted(_EDGE - _MARK - 3, 0, 0 if _sign(shown) else 3, 0)
    if shown.level == Level.OK and _cost(draw, node.name, alone) < _cost(draw, node.name, room):
        draw.name(alone, node.name, "caption", CENTRE)
        return
    mark = QPointF(rect.left() + 15, middle)
    if shown.ring is not None:
        _small_ring(draw, mark, shown, view_of(node).role)
    else:
        draw.icon(mark, icon_of(node), view_of(node).role, SIZE["icon"])
    draw.name(room, node.name, "caption")


def _sign(shown: NodeViewState) -> tuple[str, str] | None:
    """What stands at the right end, and its role."""
    if shown.dead or shown.warning:
        return ("failed", "bad") if shown.dead else ("problem_fill", "warn_mark")
    return None


def _cost(draw: NodePainter, name: str, room: QRectF) -> int:
    """How badly a name stands in a room: whole 0, broken between its parts 1, within one 2, cut 3."""
    lines = draw.lines(name, room.width())
    if "".join(lines).replace(" ", "") != name.replace(" ", ""):
        return 3
    if len(lines) == 1:
        return 0
    return 1 if name[len(lines[0])] == " " or len(lines[0]) in words.parts_of(name) else 2


def compact_width(draw: NodePainter, node: Node, shown: NodeViewState) -> float:
    """How wide a compact node is when its whole name shows."""
    return _MARK + draw.width(node.name, "caption", 600) + (_SIGN if _sign(shown) else _EDGE)


def compact_height(draw: NodePainter, node: Node, width: float, body: float) -> float:
    """30 at most, and less where the drawing is so far away; two lines need 26."""
    two = compact_width(draw, node, NodeViewState()) > width
    return max(2 * NAME_LINE + 2 if two else 0.0, min(30.0, body))


def _small_ring(draw: NodePainter, centre: QPointF, shown: NodeViewState, role: str) -> None:
    rect = QRectF(centre.x() - 7.5, centre.y() - 7.5, 15, 15)
    level = ring_role(shown.level, shown.is_still)
    draw.painter.setBrush(Qt.BrushStyle.NoBrush)
    draw.painter.setPen(draw.pen("surface_sunken", 2.5))
    draw.painter.drawEllipse(rect)
    draw.painter.setPen(draw.pen(level, 2.5))
    draw.painter.drawArc(rect, 90 * 16, -round(max(shown.ring or 0.0, 0.03) * 360 * 16))
    draw.dot(centre, 3.2, role)
