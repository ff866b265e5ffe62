"""What is drawn inside a node's outline, one function a kind, at full size. Sizes are those of the design."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from workbench.flow.document import Node
from workbench.ui.canvas.items.node_painter import LEVEL_TEXT, NodePainter
from workbench.ui.canvas.items.painter_parts import badge, heading, line, name_over, producer_icon, subtitle
from workbench.ui.canvas.view_values import HISTOGRAM_OVER, Level, NodeViewState
from workbench.ui.theme.tokens import RADIUS


def paint_producer(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.tile(QPointF(14, 10), producer_icon(node), "producer")
    room = badge(draw, shown, rect)
    heading(draw, node, shown, 50, rect.right() - 8 - room, (17.5, 33.5))
    draw.bar(QRectF(18, 49, rect.width() - 32, 4), shown.gauge or 0.0, "producer")


def paint_topic(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.tile(QPointF(12, 12), "topic", "stream")
    heading(draw, node, shown, 48, rect.right() - 12, (20.5, 36.5))
    area = QRectF(12, 64, rect.width() - 24, 10)
    strength = 0.3 if shown.idle else 0.75
    if len(shown.cells) > HISTOGRAM_OVER:
        _histogram(draw, shown.cells, area.adjusted(0, -6, 0, 0), strength)
    else:
        _cells(draw, shown.cells, area, strength)
    draw.text(line(12, 85, area.width()), shown.foot, role="text_muted", elide=True)


def _cells(draw: NodePainter, shares: tuple[float, ...], area: QRectF, strength: float) -> None:
    gap = 4.0 if len(shares) <= 8 else 2.0
    width = (area.width() - gap * (len(shares) - 1)) / max(1, len(shares))
    for index, share in enumerate(shares):
        cell = QRectF(area.left() + index * (width + gap), area.top(), width, area.height())
        draw.box(cell, "surface_sunken", 2)
        if share > 0:
            draw.box(QRectF(cell.left(), cell.top(), max(2.0, width * share), cell.height()), "stream", 2, strength)


def _histogram(draw: NodePainter, shares: tuple[float, ...], area: QRectF, strength: float) -> None:
    """Many partitions: one thin column each, as wide as there is room."""
    draw.box(area, "surface_sunken", 2)
    draw.painter.setRenderHint(draw.painter.RenderHint.Antialiasing, False)
    columns = min(len(shares), int(area.width() // 2))
    width = area.width() / columns
    for column in range(columns):
        some = shares[column * len(shares) // columns : (column + 1) * len(shares) // columns]
        height = max(1.0, area.height() * max(some))
        bar = QRectF(area.left() + column * width, area.bottom() - height, max(1.0, width - 1), height)
        draw.painter.fillRect(bar, draw.theme.color("stream", strength))
    draw.painter.setRenderHint(draw.painter.RenderHint.Antialiasing)


def paint_group(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.ring(QPointF(32, 32), shown, node.kind, "consumer")
    room = badge(draw, shown, rect)
    right = rect.right() - 12
    lower = name_over(draw, line(60, 21, right - 60 - room), node.name)
    subtitle(draw, shown, line(60, 37 + lower, right - 60))
    role = "text_muted" if shown.idle else LEVEL_TEXT[shown.level]
    weight = 500 if shown.level == Level.OK else 600
    draw.text(line(60, 53, right - 60), shown.lag, role=role, weight=weight)
    if shown.trend and shown.level != Level.OK:
        x = 60 + draw.width(shown.lag, "body", weight) + 9
        if x < rect.right() - 8:
            draw.icon(QPointF(x, 53.5), "growing" if shown.trend > 0 else "draining", role, 12)
    count = len(shown.pills)
    width = (rect.width() - 24 - 6 * (count - 1)) / max(1, count)
    for index, pill in enumerate(shown.pills):
        draw.pill(QRectF(12 + index * (width + 6), 73, width, 20), pill, lit)


def paint_client(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    if shown.ring is None:
        draw.tile(QPointF(18, 17), "client", "external")
    else:
        draw.ring(QPointF(32, 31), shown, "client", "external")
    heading(draw, node, shown, 58, rect.right() - 12, (22, 39))


def paint_dead_letters(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.tile(QPointF(12, 12), "dead_letters", "external")
    heading(draw, node, shown, 48, rect.right() - 8, (20.5, 36.5))


def paint_note(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    right = rect.right() - 12
    draw.text(line(12, 18, right - 26), node.name, weight=600, elide=True)
    body = QRectF(12, 28, rect.width() - 24, rect.height() - 34)
    draw.painter.setFont(draw.theme.font("body"))
    draw.painter.setPen(draw.theme.color("text_muted"))
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
    draw.painter.drawText(body, flags, str(node.params.get("text", "")))


def paint_frame(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.text(line(12, 16, rect.width() - 24), node.name, "caption", "text_muted", 600, elide=True)


def fold(rect: QRectF) -> list[QPointF]:
    """The folded corner of a note."""
    size = RADIUS["node"] + 6
    corner = rect.topRight()
    return [corner + QPointF(-size, 0), corner + QPointF(-size, size), corner + QPointF(0, size)]
