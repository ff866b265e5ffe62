"""What the faces of several kinds share: the heading with its figure, the line under it, the mark in the corner."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from workbench.flow.document import Node
from workbench.ui.canvas.items.node_painter import RIGHT, NodePainter
from workbench.ui.canvas.view_values import NodeViewState

_LIFT, _LOWER = 3.0, 1.5  # so that the second line of a name is clear of what stands under it
_BY_NAME = (("web", "web"), ("mobile", "mobile"), ("checkout", "shop"), ("shop", "shop"), ("cart", "shop"))


def producer_icon(node: Node) -> str:
    """The icon of a producer or a file; a producer's name may choose a nearer one."""
    if node.kind != "producer":
        return node.kind
    return next((icon for word, icon in _BY_NAME if word in node.name.lower()), "producer")


def line(x: float, middle: float, width: float) -> QRectF:
    return QRectF(x, middle - 9, width, 18)


def heading(draw: NodePainter, node: Node, shown: NodeViewState, x: float, right: float, middles: tuple[float, float],
            tail: float = 0.0) -> None:
    """Name and figure, and the line under them, which leaves ``tail`` free at its end. Where a long name leaves no room
    beside it, the figure stands in the line under it, and what has no room beside that is left out."""
    room, whole = _room(draw, shown), right - x
    below = is_long(draw, node, shown, whole)
    lower = middles[1] + name_over(draw, line(x, middles[0], whole if below else whole - room), node.name)
    if shown.figure:
        figure = line(x, lower if below else middles[0], whole - tail if below else whole)
        draw.text(figure, shown.figure, "title", weight=500, align=RIGHT)
    under = line(x, lower, whole - tail - (room if below else 0))
    if not below or draw.width(_short(shown.subtitle), "body") <= under.width():
        subtitle(draw, shown, under)


def name_over(draw: NodePainter, room: QRectF, name: str) -> float:
    """A name over another line. On two lines it stands higher; returns how much lower the line under it goes then."""
    two = len(draw.lines(name, room.width())) > 1
    draw.name(room.translated(0, -_LIFT if two else 0), name)
    return _LOWER if two else 0.0


def is_long(draw: NodePainter, node: Node, shown: NodeViewState, whole: float) -> bool:
    """Whether the name leaves no room for the figure beside it."""
    room = _room(draw, shown)
    return bool(room) and draw.width(node.name, "title") > whole - room


def _room(draw: NodePainter, shown: NodeViewState) -> float:
    return draw.width(shown.figure, "title", 500) + 8 if shown.figure else 0.0


def subtitle(draw: NodePainter, shown: NodeViewState, room: QRectF) -> None:
    """The line under the name; where it is too long, the figure at its end stands alone, at last without its unit."""
    whole = shown.subtitle
    short = _short(whole)
    fits = next((said for said in (whole, short) if draw.width(said, "body") <= room.width()), "")
    number = short.partition(" ")[0]
    draw.text(room, fits or (number if number[:1].isdigit() else short), role="text_muted", elide=True)


def _short(said: str) -> str:
    return said.rpartition(" · ")[2]


def badge(draw: NodePainter, shown: NodeViewState, rect: QRectF) -> float:
    """The mark in the upper right corner; returns the room it takes."""
    if shown.failed:
        draw.icon(QPointF(rect.right() - 17, 17), "failed", "bad", 16)
    elif shown.paused:
        draw.icon(QPointF(rect.right() - 17, 18), "pause", "text_muted", 15)
    return 18.0 if shown.failed or shown.paused else 0.0
