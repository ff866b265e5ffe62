"""Parts dragged in from the palette or the topics list: a ghost while over the canvas, one edit when dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QMimeData, QPointF

from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Node
from workbench.flow.edits import AddNode
from workbench.flow.kinds import KINDS, kind_of
from workbench.ui.canvas import shapes
from workbench.ui.canvas.gestures.base import Stage
from workbench.ui.canvas.items.node import Z_GHOST, NodeItem
from workbench.ui.canvas.looks import node_look
from workbench.ui.models.member_count import change_members

MIME = "application/x-workbench-node"


@dataclass(frozen=True, slots=True)
class Part:
    """What is dragged: a kind with its parameters, and a name when it exists already."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    name: str = ""

    def to_mime(self) -> QMimeData:
        data = QMimeData()
        text = json.dumps({"kind": self.kind, "params": self.params, "name": self.name})
        data.setData(MIME, text.encode())
        return data

    @classmethod
    def from_mime(cls, data: QMimeData) -> Part | None:
        """The part, or None when the data is none of ours."""
        if not data.hasFormat(MIME):
            return None
        try:
            read = json.loads(bytes(data.data(MIME).data()))
            part = cls(str(read["kind"]), dict(read.get("params") or {}), str(read.get("name") or ""))
            kind_of(part.kind)
        except (ValueError, KeyError, TypeError, Invalid):
            return None
        return part

    def existing(self, document: FlowDocument) -> Node | None:
        """The node that draws this very part already."""
        return document.named(self.kind, self.name) if self.name else None


def new_node(document: FlowDocument, part: Part, x: float, y: float) -> Node:
    """A node for the part, with a fresh id and a name nobody has."""
    kind = KINDS[part.kind]
    wish = part.name or (kind.label if kind.role == "drawing" else kind.stem)
    taken = {node.name for node in document.nodes if node.kind in KINDS and KINDS[node.kind].role == kind.role}
    name, number = wish, 2
    while kind.role != "drawing" and name in taken:
        name, number = f"{wish}-{number}", number + 1
    return Node(document.fresh_id(kind.stem), part.kind, name, x, y, params=dict(part.params))


class DropPart:
    """See the module. A group dropped on a group of the same kind adds a member to it."""

    def __init__(self, stage: Stage, part: Part, at: QPointF) -> None:
        self._stage = stage
        self.part = part
        node = new_node(stage.workspace.document, part, 0, 0)
        self._ghost = NodeItem(node, stage.flow.zoom)
        self._ghost.setZValue(Z_GHOST)
        self._ghost.setOpacity(0.6)
        self._ghost.set_look(node_look(node, stage.workspace.shown))
        self._onto: NodeItem | None = None
        stage.flow.addItem(self._ghost)
        self.move(at)

    def move(self, at: QPointF) -> None:
        w, h = shapes.size_of(self._ghost.node)
        self._ghost.setPos(shapes.snapped(at.x() - w / 2), shapes.snapped(at.y() - h / 2))
        onto = self._stage.flow.node_at(at, frames=False) if self.part.kind == "group" and not self.part.name else None
        onto = onto if onto is not None and onto.node.kind == "group" else None
        if self._onto is not None and self._onto is not onto:
            self._onto.mark(target="")
            self._stage.hush()
        self._onto = onto
        self._ghost.setVisible(onto is None)
        if onto is not None:
            onto.mark(target="allowed")
            self._stage.say(at, self._stage.tr("Adds a member to {0}").format(onto.node.name), bad=False)

    def end(self) -> str:
        """Make it; the id of the node that it became or was already."""
        onto, place = self._onto, self._ghost.pos()
        self.cancel()
        workspace = self._stage.workspace
        existing = self.part.existing(workspace.document)
        if existing is not None:
            return existing.id
        if onto is not None:
            change_members(workspace, onto.node.id, 1)
            return onto.node.id
        node = new_node(workspace.document, self.part, place.x(), place.y())
        workspace.perform(AddNode(node))
        return node.id

    def cancel(self) -> None:
        if self._onto is not None:
            self._onto.mark(target="")
            self._onto = None
        self._stage.hush()
        self._stage.flow.removeItem(self._ghost)
