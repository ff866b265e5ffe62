"""What is drawn inside a node's outline, one function a kind, at full size. Sizes are those of the design."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from workbench.flow.document import Node
from workbench.ui.canvas.items.face_parts import badge, heading, line, producer_icon, subtitle
from workbench.ui.canvas.items.pencil import LEVEL_TEXT, Pencil
from workbench.ui.canvas.look_values import HISTOGRAM_OVER, Level, NodeLook
from workbench.ui.theme.tokens import RADIUS


def producer_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    pencil.tile(QPointF(14, 10), producer_icon(node), "producer")
    room = badge(pencil, look, rect)
    heading(pencil, node, look, 50, rect.right() - 8 - room, (17.5, 33.5))
    pencil.bar(QRectF(18, 49, rect.width() - 32, 4), look.gauge or 0.0, "producer")


def topic_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    pencil.tile(QPointF(12, 12), "topic", "stream")
    heading(pencil, node, look, 48, rect.right() - 12, (20.5, 36.5))
    area = QRectF(12, 64, rect.width() - 24, 10)
    strength = 0.3 if look.idle else 0.75
    if len(look.cells) > HISTOGRAM_OVER:
        _histogram(pencil, look.cells, area.adjusted(0, -6, 0, 0), strength)
    else:
        _cells(pencil, look.cells, area, strength)
    pencil.text(line(12, 85, area.width()), look.foot, role="text_muted", elide=True)


def _cells(pencil: Pencil, shares: tuple[float, ...], area: QRectF, strength: float) -> None:
    gap = 4.0 if len(shares) <= 8 else 2.0
    width = (area.width() - gap * (len(shares) - 1)) / max(1, len(shares))
    for index, share in enumerate(shares):
        cell = QRectF(area.left() + index * (width + gap), area.top(), width, area.height())
        pencil.box(cell, "surface_sunken", 2)
        if share > 0:
            pencil.box(QRectF(cell.left(), cell.top(), max(2.0, width * share), cell.height()), "stream", 2, strength)


def _histogram(pencil: Pencil, shares: tuple[float, ...], area: QRectF, strength: float) -> None:
    """Many partitions: one thin column each, as wide as there is room."""
    pencil.box(area, "surface_sunken", 2)
    pencil.painter.setRenderHint(pencil.painter.RenderHint.Antialiasing, False)
    columns = min(len(shares), int(area.width() // 2))
    width = area.width() / columns
    for column in range(columns):
        some = shares[column * len(shares) // columns : (column + 1) * len(shares) // columns]
        height = max(1.0, area.height() * max(some))
        bar = QRectF(area.left() + column * width, area.bottom() - height, max(1.0, width - 1), height)
        pencil.painter.fillRect(bar, pencil.theme.color("stream", strength))
    pencil.painter.setRenderHint(pencil.painter.RenderHint.Antialiasing)


def group_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    pencil.ring(QPointF(32, 32), look.ring or 0.0, look.level, node.kind, "consumer")
    room = badge(pencil, look, rect)
    right = rect.right() - 12
    pencil.name(line(60, 21, right - 60 - room), node.name)
    subtitle(pencil, look, line(60, 37, right - 60))
    role = "text_muted" if look.idle else LEVEL_TEXT[look.level]
    weight = 500 if look.level == Level.OK else 600
    pencil.text(line(60, 53, right - 60), look.lag, role=role, weight=weight)
    if look.trend and look.level != Level.OK:
        x = 60 + pencil.width(look.lag, "body", weight) + 9
        if x < rect.right() - 8:
            pencil.icon(QPointF(x, 53.5), "growing" if look.trend > 0 else "draining", role, 12)
    count = len(look.pills)
    width = (rect.width() - 24 - 6 * (count - 1)) / max(1, count)
    for index, pill in enumerate(look.pills):
        pencil.pill(QRectF(12 + index * (width + 6), 73, width, 20), pill, lit)


def client_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    if look.ring is None:
        pencil.tile(QPointF(18, 17), "client", "external")
    else:
        pencil.ring(QPointF(32, 31), look.ring, look.level, "client", "external")
    heading(pencil, node, look, 58, rect.right() - 12, (22, 39))


def dead_letters_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    pencil.tile(QPointF(12, 12), "dead_letters", "external")
    heading(pencil, node, look, 48, rect.right() - 8, (20.5, 36.5))


def note_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    right = rect.right() - 12
    pencil.text(line(12, 18, right - 26), node.name, weight=600, elide=True)
    body = QRectF(12, 28, rect.width() - 24, rect.height() - 34)
    pencil.painter.setFont(pencil.theme.font("body"))
    pencil.painter.setPen(pencil.theme.color("text_muted"))
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
    pencil.painter.drawText(body, flags, str(node.params.get("text", "")))


def frame_face(pencil: Pencil, node: Node, look: NodeLook, rect: QRectF, lit: bool) -> None:
    pencil.text(line(12, 16, rect.width() - 24), node.name, "caption", "text_muted", 600, elide=True)


def fold(rect: QRectF) -> list[QPointF]:
    """The folded corner of a note."""
    size = RADIUS["node"] + 6
    corner = rect.topRight()
    return [corner + QPointF(-size, 0), corner + QPointF(-size, size), corner + QPointF(0, size)]
