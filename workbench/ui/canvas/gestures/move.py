"""Moving nodes and resizing notes and frames: shown while dragged, one edit at the end."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from workbench.flow.edits import MoveNodes, ResizeNode
from workbench.ui.canvas import shapes
from workbench.ui.canvas.gestures.base import Modifiers, Stage, adding
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.models.outside import any_kind

_DEAD_ZONE = 3.0
_SMALLEST = (80.0, 40.0)


class Move:
    """Drags the selection by one of its nodes. A frame takes along what lies in it. Shift snaps to the coarse grid."""

    def __init__(self, stage: Stage, item: NodeItem, at: QPointF, modifiers: Modifiers) -> None:
        self._stage = stage
        self._start = at
        self._grabbed = item.node.id
        self._moved = False
        chosen = stage.workspace.selection
        self._toggle_off = adding(modifiers) and item.node.id in chosen
        if not self._toggle_off:
            stage.flow.select_links(())
            stage.workspace.select(chosen | {item.node.id} if adding(modifiers) or item.node.id in chosen
                                   else {item.node.id})
        self._from = {node_id: stage.flow.nodes[node_id].pos() for node_id in self._taken()}

    def _taken(self) -> set[str]:
        nodes = self._stage.flow.nodes
        taken = set(self._stage.workspace.selection) & set(nodes) | {self._grabbed}
        for frame in [nodes[i] for i in taken if nodes[i].node.kind == "frame"]:
            taken |= {i for i, item in nodes.items() if frame.rect.contains(item.rect)}
        return taken

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        if not self._moved and (at - self._start).manhattanLength() * self._stage.flow.zoom < _DEAD_ZONE:
            return
        self._moved = True
        self._place(self._shift(at, modifiers))
        self._stage.edge_scroll(at)

    def _shift(self, at: QPointF, modifiers: Modifiers) -> QPointF:
        """How far to move, so that the grabbed node lands on the grid."""
        step = shapes.COARSE_SNAP if modifiers & Modifiers.ShiftModifier else shapes.SNAP
        home = self._from[self._grabbed]
        wish = home + at - self._start
        return QPointF(shapes.snapped(wish.x(), step), shapes.snapped(wish.y(), step)) - home

    def _place(self, shift: QPointF) -> None:
        for node_id, home in self._from.items():
            self._stage.flow.nodes[node_id].setPos(home + shift)
        self._stage.flow.reroute(self._from)

    def end(self, at: QPointF, modifiers: Modifiers) -> None:
        shift = self._shift(at, modifiers)
        if not self._moved or shift.isNull():
            self.cancel()
            if not self._moved and self._toggle_off:
                self._stage.workspace.select(self._stage.workspace.selection - {self._grabbed})
            return
        places = {node_id: ((home + shift).x(), (home + shift).y()) for node_id, home in self._from.items()}
        self._stage.workspace.perform(MoveNodes(places))

    def cancel(self) -> None:
        self._place(QPointF(0, 0))


class Resize:
    """Drags the lower right corner of a note or frame."""

    REACH = 14.0

    def __init__(self, stage: Stage, item: NodeItem, at: QPointF) -> None:
        self._stage = stage
        self._item = item
        self._start = at
        self._before: QRectF = item.rect

    @classmethod
    def grabs(cls, item: NodeItem, at: QPointF) -> bool:
        corner = item.rect.bottomRight() - at
        return any_kind(item.node.kind).drawn_only and item.selected and max(corner.x(), corner.y()) <= cls.REACH

    def _size(self, at: QPointF) -> tuple[float, float]:
        shift = at - self._start
        wish = (self._before.width() + shift.x(), self._before.height() + shift.y())
        w, h = (max(low, shapes.snapped(value)) for low, value in zip(_SMALLEST, wish, strict=True))
        return w, h

    def move(self, at: QPointF, modifiers: Modifiers) -> None:
        self._item.resize_to(*self._size(at))

    def end(self, at: QPointF, modifiers: Modifiers) -> None:
        w, h = self._size(at)
        if (w, h) != (self._before.width(), self._before.height()):
            self._stage.workspace.perform(ResizeNode(self._item.node.id, w, h))

    def cancel(self) -> None:
        self._item.resize_to(self._before.width(), self._before.height())
