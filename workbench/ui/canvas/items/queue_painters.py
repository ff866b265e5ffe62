"""The faces of a queue and an exchange: the cell of ready, leased, delayed and dead; what could not be routed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter

from workbench.flow.document import Node
from workbench.ui.canvas.items.node_painter import RIGHT, NodePainter
from workbench.ui.canvas.items.painter_parts import heading, is_long, line
from workbench.ui.canvas.view_values import Held, NodeViewState
from workbench.ui.theme import words
from workbench.ui.theme.theme import Theme

_STRENGTH = {"ready": 0.8, "leased": 0.45, "delayed": 0.16, "dead": 1.0}
_GAP = 2.0
_LEAST = 4.0


def paint_queue(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.tile(QPointF(12, 12), "queue", "queue")
    right = rect.right() - 12
    dead = draw.width(shown.dead, "caption", 600) + 16 if shown.dead else 0
    heading(draw, node, shown, 48, right, (20.5, 36.5), tail=dead)
    if shown.dead:
        draw.icon(QPointF(right - dead + 8, 36.5), "failed", "bad", 12)
        draw.text(line(48, 36.5, right - 48), shown.dead, "caption", "bad", 600, RIGHT)
    area = QRectF(12, 54, rect.width() - 24, 10)
    paint_held(draw.painter, draw.theme, area, shown.held or Held())
    foot = line(12, 75, area.width())
    if draw.width(shown.foot, "body") <= foot.width():
        draw.text(foot, shown.foot, role="text_muted")
    else:
        _keyed(draw, foot, shown.held or Held())


def paint_held(painter: QPainter, theme: Theme, area: QRectF, held: Held) -> None:
    """One cell, each state as wide as its share: full, half, hatched, and red for the dead."""
    painter.setPen(Qt.PenStyle.NoPen)
    if not held.total:
        painter.setBrush(theme.color("surface_sunken"))
        painter.drawRoundedRect(area, 2, 2)
        return
    for cell, state in held_cells(area, held):
        paint_state(painter, theme, cell, state)


def held_cells(area: QRectF, held: Held) -> list[tuple[QRectF, str]]:
    """The part of the cell for each state that has messages; none narrower than can be seen."""
    parts = [(number, state) for number, state in
             ((held.ready, "ready"), (held.in_flight, "leased"), (held.delayed, "delayed"), (held.dead, "dead"))
             if number]
    room = area.width() - _GAP * (len(parts) - 1)
    widths = [max(_LEAST, room * number / held.total) for number, _ in parts]
    widest = max(range(len(widths)), key=widths.__getitem__)
    widths[widest] -= sum(widths) - room
    found, x = [], area.left()
    for width, (_, state) in zip(widths, parts, strict=True):
        found.append((QRectF(x, area.top(), width, area.height()), state))
        x += width + _GAP
    return found


def paint_state(painter: QPainter, theme: Theme, cell: QRectF, state: str) -> None:
    """The cell, or the key, of one state."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("bad" if state == "dead" else "queue", _STRENGTH[state]))
    painter.drawRoundedRect(cell, 2, 2)
    if state == "delayed":
        painter.setBrush(QBrush(theme.color("queue", 0.75), Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(cell, 2, 2)


def _keyed(draw: NodePainter, room: QRectF, held: Held) -> None:
    """Where words have no room: the number of each state behind its key."""
    x = room.left()
    for number, state in ((held.ready, "ready"), (held.in_flight, "leased"), (held.delayed, "delayed")):
        if number:
            paint_state(draw.painter, draw.theme, QRectF(x, room.center().y() - 4, 8, 8), state)
            text = words.count(number)
            draw.text(QRectF(x + 11, room.top(), room.width(), room.height()), text, "caption", "text_muted")
            x += 11 + draw.width(text, "caption") + 8


def paint_exchange(draw: NodePainter, node: Node, shown: NodeViewState, rect: QRectF, lit: bool) -> None:
    draw.tile(QPointF(12, 12), "exchange", "queue")
    right = rect.right() - 12
    left = 48.0
    drawn = shown.glyph and not is_long(draw, node, shown, right - left)  # the word says the same
    heading(draw, node, shown, left, right, (20.5, 36.5), tail=18 if drawn else 0)
    if drawn:
        draw.icon(QPointF(right - 7, 36.5), shown.glyph, "queue", 14)
    width = rect.width() - 24
    if not shown.warning:
        draw.text(line(12, 66, width), shown.foot, role="text_muted", elide=True)
        return
    draw.icon(QPointF(19, 57), "problem_fill", "warn_mark", 13)
    draw.text(line(29, 57, width - 17), shown.warning, "body", "warn", 600)
    draw.text(line(12, 74, width), shown.foot, role="text_muted", elide=True)
