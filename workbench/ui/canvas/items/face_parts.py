"""What the faces of several kinds share: the heading with its figure, the line under it, the mark in the corner."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from workbench.flow.document import Node
from workbench.ui.canvas.items.pencil import RIGHT, Pencil
from workbench.ui.canvas.look_values import NodeLook

_BY_NAME = (("web", "web"), ("mobile", "mobile"), ("checkout", "shop"), ("shop", "shop"), ("cart", "shop"))


def producer_icon(node: Node) -> str:
    """The icon of a producer or a file; a producer's name may choose a nearer one."""
    if node.kind != "producer":
        return node.kind
    return next((icon for word, icon in _BY_NAME if word in node.name.lower()), "producer")


def line(x: float, middle: float, width: float) -> QRectF:
    return QRectF(x, middle - 9, width, 18)


def heading(pencil: Pencil, node: Node, look: NodeLook, x: float, right: float, middles: tuple[float, float],
            tail: float = 0.0) -> None:
    """Name and figure, and the line under them, which leaves ``tail`` free at its end. Where a long name leaves no room
    beside it, the figure stands in the line under it, and what has no room beside that is left out."""
    room, whole = _room(pencil, look), right - x
    below = is_long(pencil, node, look, whole)
    pencil.name(line(x, middles[0], whole if below else whole - room), node.name)
    if look.figure:
        figure = line(x, middles[below], whole - tail if below else whole)
        pencil.text(figure, look.figure, "title", weight=500, align=RIGHT)
    under = line(x, middles[1], whole - tail - (room if below else 0))
    if not below or pencil.width(_short(look.subtitle), "body") <= under.width():
        subtitle(pencil, look, under)


def is_long(pencil: Pencil, node: Node, look: NodeLook, whole: float) -> bool:
    """Whether the name leaves no room for the figure beside it."""
    room = _room(pencil, look)
    return bool(room) and pencil.width(node.name, "title") > whole - room


def _room(pencil: Pencil, look: NodeLook) -> float:
    return pencil.width(look.figure, "title", 500) + 8 if look.figure else 0.0


def subtitle(pencil: Pencil, look: NodeLook, room: QRectF) -> None:
    """The line under the name; where it is too long, the figure at its end stands alone, at last without its unit."""
    whole = look.subtitle
    short = _short(whole)
    fits = next((said for said in (whole, short) if pencil.width(said, "body") <= room.width()), "")
    number = short.partition(" ")[0]
    pencil.text(room, fits or (number if number[:1].isdigit() else short), role="text_muted", elide=True)


def _short(said: str) -> str:
    return said.rpartition(" · ")[2]


def badge(pencil: Pencil, look: NodeLook, rect: QRectF) -> float:
    """The mark in the upper right corner; returns the room it takes."""
    if look.failed:
        pencil.icon(QPointF(rect.right() - 17, 17), "failed", "bad", 16)
    elif look.paused:
        pencil.icon(QPointF(rect.right() - 17, 18), "pause", "text_muted", 15)
    return 18.0 if look.failed or look.paused else 0.0
