"""Geometry of the drawing: sizes and outlines of nodes, places of ports, curves of links. Pure functions."""

from __future__ import annotations

import itertools
import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from workbench.flow.document import Node
from workbench.ui.models.outside import any_kind
from workbench.ui.theme.tokens import RADIUS

SNAP = 4.0
COARSE_SNAP = 20.0
_BACK_ROOM = 44.0


def size_of(node: Node) -> tuple[float, float]:
    """Width and height of a node; frames and notes have their own."""
    kind = any_kind(node.kind)
    w, h = kind.size
    return (node.w or w, node.h or h) if kind.drawn_only else (w, h)


def rect_of(node: Node) -> QRectF:
    w, h = size_of(node)
    return QRectF(node.x, node.y, w, h)


def has_in(kind: str) -> bool:
    return any_kind(kind).takes


def has_out(kind: str) -> bool:
    return any_kind(kind).gives


def snapped(value: float, step: float = SNAP) -> float:
    return round(value / step) * step


def outline(rect: QRectF, kind: str, grow: float = 0.0) -> QPainterPath:
    """A node's outline, round on the side it points to; ``grow`` widens it for the selection."""
    small, large = RADIUS["node"] + grow, RADIUS["node_round"] + grow
    left, right = small, small
    role = any_kind(kind).role
    if role == "producer":
        left = large
    elif role == "group":
        right = large
    elif kind == "frame":
        left = right = RADIUS["panel"] + grow
    return rounded(rect.adjusted(-grow, -grow, grow, grow), left, right)


def rounded(rect: QRectF, left: float, right: float) -> QPainterPath:
    """A rectangle with one radius for its left corners and one for its right."""
    left = min(left, rect.height() / 2, rect.width() / 2)
    right = min(right, rect.height() / 2, rect.width() / 2)
    path = QPainterPath()
    path.moveTo(rect.left() + left, rect.top())
    path.lineTo(rect.right() - right, rect.top())
    path.arcTo(QRectF(rect.right() - 2 * right, rect.top(), 2 * right, 2 * right), 90, -90)
    path.lineTo(rect.right(), rect.bottom() - right)
    path.arcTo(QRectF(rect.right() - 2 * right, rect.bottom() - 2 * right, 2 * right, 2 * right), 0, -90)
    path.lineTo(rect.left() + left, rect.bottom())
    path.arcTo(QRectF(rect.left(), rect.bottom() - 2 * left, 2 * left, 2 * left), 270, -90)
    path.lineTo(rect.left(), rect.top() + left)
    path.arcTo(QRectF(rect.left(), rect.top(), 2 * left, 2 * left), 180, -90)
    path.closeSubpath()
    return path


def link_path(start: QPointF, end: QPointF, floor: float | None = None) -> QPainterPath:
    """The curve from an out port to an in port. A link that goes back runs below ``floor``, the foot of both nodes."""
    path = QPainterPath(start)
    dx = end.x() - start.x()
    if dx >= 0 or floor is None:
        reach = max(36.0, math.hypot(dx, end.y() - start.y()) / 2 if dx < 0 else dx / 2)
        path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
        return path
    low = floor + _BACK_ROOM / 2
    middle = QPointF((start.x() + end.x()) / 2, low)
    path.cubicTo(start + QPointF(_BACK_ROOM, 0), QPointF(start.x() + _BACK_ROOM, low), QPointF(start.x(), low))
    path.lineTo(middle)
    path.lineTo(QPointF(end.x(), low))
    path.cubicTo(QPointF(end.x() - _BACK_ROOM, low), end - QPointF(_BACK_ROOM, 0), end)
    return path


def flattened(path: QPainterPath) -> list[QPointF]:
    """The path as a chain of points: what dot tables and hit tests are made from."""
    polygons = path.toSubpathPolygons()
    return polygons[0].mid(0) if polygons else [path.pointAtPercent(0)] * 2


def distance(chain: list[QPointF], at: QPointF) -> float:
    """Shortest distance from a point to a chain of points."""
    return min(_to_segment(a, b, at) for a, b in itertools.pairwise(chain))


def _to_segment(a: QPointF, b: QPointF, at: QPointF) -> float:
    along = b - a
    square = along.x() ** 2 + along.y() ** 2
    share = 0.0 if square == 0 else QPointF.dotProduct(at - a, along) / square
    nearest = a + along * min(1.0, max(0.0, share))
    return math.hypot(at.x() - nearest.x(), at.y() - nearest.y())


def dashes(kind: str, width: float) -> list[float]:
    """Dash pattern in units of the pen's width, as Qt wants it, from lengths in pixels."""
    lengths = {"dead_letters": (4, 4), "alternate": (12, 4, 2, 4), "drawing": (6, 5), "outline": (4, 3),
               "target": (5, 4)}[kind]
    return [length / width for length in lengths]
