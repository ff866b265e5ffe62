"""A node small: icon or ring and the name, at the size of the screen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from workbench.flow.document import Node
from workbench.ui.canvas.items.pencil import CENTRE, LEVEL_ROLE, NAME_LINE, Pencil
from workbench.ui.canvas.kinds import icon_of, view_of
from workbench.ui.canvas.look_values import Level, NodeLook
from workbench.ui.theme.tokens import SIZE

_MARK, _EDGE, _SIGN = 29.0, 8.0, 22.0


def compact(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF) -> None:
    """Icon or small ring, and the name, 30 high: what can be read when zoomed out. A name that has no room beside the
    mark takes its place too, unless the mark tells that something is wrong."""
    middle, right = rect.center().y(), rect.right() - (_SIGN if _sign(look) else _EDGE)
    if sign := _sign(look):
        pencil.icon(QPointF(rect.right() - 12, middle), *sign, 12)
    room = QRectF(rect.left() + _MARK, rect.top(), right - rect.left() - _MARK, rect.height())
    alone = room.adjusted(_EDGE - _MARK - 3, 0, 0 if _sign(look) else 3, 0)
    if look.level == Level.OK and _cost(pencil, node.name, alone) < _cost(pencil, node.name, room):
        pencil.name(alone, node.name, "caption", CENTRE)
        return
    mark = QPointF(rect.left() + 15, middle)
    if look.ring is not None:
        _small_ring(pencil, mark, look, view_of(node).role)
    else:
        pencil.icon(mark, icon_of(node), view_of(node).role, SIZE["icon"])
    pencil.name(room, node.name, "caption")


def _sign(look: NodeLook) -> tuple[str, str] | None:
    """What stands at the right end, and its role."""
    if look.dead or look.warning:
        return ("failed", "bad") if look.dead else ("problem_fill", "warn_mark")
    return None


def _cost(pencil: Pencil, name: str, room: QRectF) -> int:
    """How badly a name stands in a room: whole 0, broken between its parts 1, within one 2, cut 3."""
    lines = pencil.lines(name, room.width())
    if "".join(lines).replace(" ", "") != name.replace(" ", ""):
        return 3
    return 0 if len(lines) == 1 else 1 if name[len(lines[0])] in "./: " or lines[0][-1] in "-_" else 2


def compact_width(pencil: Pencil, node: Node, look: NodeLook) -> float:
    """How wide a compact node is when its whole name shows."""
    return _MARK + pencil.width(node.name, "caption", 600) + (_SIGN if _sign(look) else _EDGE)


def compact_height(pencil: Pencil, node: Node, width: float, body: float) -> float:
    """30 at most, and less where the drawing is so far away; two lines need 26."""
    two = compact_width(pencil, node, NodeLook()) > width
    return max(2 * NAME_LINE + 2 if two else 0.0, min(30.0, body))


def _small_ring(pencil: Pencil, centre: QPointF, look: NodeLook, role: str) -> None:
    rect = QRectF(centre.x() - 7.5, centre.y() - 7.5, 15, 15)
    level = LEVEL_ROLE[look.level]
    pencil.painter.setBrush(Qt.BrushStyle.NoBrush)
    pencil.painter.setPen(pencil.pen("surface_sunken", 2.5))
    pencil.painter.drawEllipse(rect)
    pencil.painter.setPen(pencil.pen(level, 2.5))
    pencil.painter.drawArc(rect, 90 * 16, -round(max(look.ring or 0.0, 0.03) * 360 * 16))
    pencil.dot(centre, 3.2, role)
