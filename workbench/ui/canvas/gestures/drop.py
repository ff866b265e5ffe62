"""Parts dragged in from the palette or the topics list: a ghost while over the canvas, one edit when dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, QRectF

from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddLink, AddNode, Composite
from workbench.flow.kinds import KINDS, kind_of
from workbench.flow.rules import why_not
from workbench.ui.canvas import shapes
from workbench.ui.canvas.gestures.base import Stage
from workbench.ui.canvas.items.link import LoosePath
from workbench.ui.canvas.items.node import Z_GHOST, NodeItem
from workbench.ui.canvas.kinds import node_view_state
from workbench.ui.canvas.places import beside, free_place
from workbench.ui.models.member_count import change_members

MIME = "application/x-workbench-node"
_FEEDS = (("producer", "topic"), ("producer", "exchange"), ("exchange", "topic"))
"""Roles by which what is there feeds what is dropped on it; a group always reads, unless a topic is dropped on it."""


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
    wish = part.name or (kind.label if kind.drawn_only else kind.stem)
    taken = {node.name for node in document.nodes if node.kind in KINDS and KINDS[node.kind].role == kind.role}
    name, number = wish, 2
    while not kind.drawn_only and name in taken:
        name, number = f"{wish}-{number}", number + 1
    return Node(document.fresh_id(kind.stem), part.kind, name, x, y, params=dict(part.params))


def link_between(document: FlowDocument, node: Node, onto: Node) -> Link | None:
    """The link that a new node gets when it is dropped on another; None where they can't be linked, or both ways would
    make sense."""
    roles = KINDS[node.kind].role, KINDS[onto.kind].role
    if roles[0] == roles[1] == "topic":
        return None
    reads = roles[0] == "group" or (roles[1], roles[0]) in _FEEDS or node.kind == "dead_letters"
    source, target = (onto, node) if reads else (node, onto)
    there = document.nodes if document.has_node(onto.id) else (*document.nodes, onto)
    trial = FlowDocument([*there, node], document.links)
    if why_not(trial, source.id, target.id):
        return None
    return Link(document.fresh_id("link"), source.id, target.id)


def kept_topic(item: NodeItem) -> Node:
    """A node of the drawing for a topic from outside, where that stands."""
    node, at = item.node, item.rect.topLeft()
    place = shapes.snapped(at.x()), shapes.snapped(at.y())
    return Node(f"kept-{node.name}", node.kind, node.name, *place, params=dict(node.params))


class DropPart:
    """See the module. A group dropped on a group adds a member to it; what is dropped on a part that it can be linked
    to is linked, and stands beside it: a topic from outside is kept on the drawing by that. Nothing new covers what is
    there."""

    def __init__(self, stage: Stage, part: Part, at: QPointF) -> None:
        self._stage = stage
        self.part = part
        node = new_node(stage.workspace.document, part, 0, 0)
        self._ghost = NodeItem(node, stage.flow.zoom)
        self._ghost.setZValue(Z_GHOST)
        self._ghost.setOpacity(0.6)
        self._ghost.set_view_state(node_view_state(node, stage.workspace.shown))
        self._path: LoosePath | None = None
        self._onto: NodeItem | None = None
        self._link: Link | None = None
        stage.flow.addItem(self._ghost)
        self.move(at)

    def move(self, at: QPointF) -> None:
        document, flow = self._stage.workspace.document, self._stage.flow
        existing = self.part.existing(document)
        onto = flow.nodes.get(existing.id) if existing is not None else self._under(at)
        if self._onto is not None and self._onto is not onto:
            self._onto.mark(target="")
            self._stage.hush()
        self._onto, self._link = onto, None
        self._hide_path()
        self._ghost.setVisible(existing is None)
        if existing is not None:
            self._point(at, self._stage.tr("{0} is in the drawing already").format(existing.name))
        elif onto is not None and self._adds_member(onto):
            self._ghost.hide()
            self._point(at, self._stage.tr("Adds a member to {0}").format(onto.node.name))
        elif onto is not None and (link := link_between(document, self._ghost.node, self._drawn(onto))) is not None:
            self._show_link(at, onto, link)
        else:
            self._place(at)

    def _under(self, at: QPointF) -> NodeItem | None:
        """What it is held over: a part of the drawing, or a topic from outside."""
        outside = self._stage.flow.outside.at(at)
        topic = outside if outside is not None and KINDS.get(outside.node.kind) is not None else None
        return self._stage.flow.node_at(at, frames=False) or topic

    def _drawn(self, item: NodeItem) -> Node:
        """The node, as it is drawn or would be kept."""
        return item.node if self._stage.workspace.document.has_node(item.node.id) else kept_topic(item)

    def _adds_member(self, onto: NodeItem) -> bool:
        return self.part.kind == onto.node.kind == "group" and not self.part.name

    def _point(self, at: QPointF, words: str) -> None:
        if self._onto is not None:
            self._onto.mark(target="allowed")
        self._stage.say(at, words, bad=False)

    def _show_link(self, at: QPointF, onto: NodeItem, link: Link) -> None:
        """The ghost stands where it would stand, with its link."""
        self._link = link
        size, reads = shapes.size_of(self._ghost.node), link.target == self._ghost.node.id
        place = free_place(beside(onto.rect, size, left=not reads), self._taken())
        self._ghost.setPos(shapes.snapped(place.x()), shapes.snapped(place.y()))
        ends = (onto, self._ghost) if reads else (self._ghost, onto)
        self._path = LoosePath()
        self._stage.flow.addItem(self._path)
        self._path.show_to(ends[0].port("out"), ends[1].port("in"), refused=False)
        words = self._stage.tr("From {0}") if reads else self._stage.tr("To {0}")
        self._point(at, words.format(onto.node.name))

    def _place(self, at: QPointF) -> None:
        """Under the pointer; below what lies there, when it would cover that."""
        w, h = shapes.size_of(self._ghost.node)
        x, y = shapes.snapped(at.x() - w / 2), shapes.snapped(at.y() - h / 2)
        if self._onto is not None and not KINDS[self._ghost.node.kind].drawn_only:
            place = free_place(QRectF(x, y, w, h), self._taken())
            x, y = shapes.snapped(place.x()), shapes.snapped(place.y())
        self._ghost.setPos(x, y)

    def _taken(self) -> list[QRectF]:
        return [item.rect for item in self._stage.flow.everything() if item.node.kind != "frame"]

    def end(self) -> str:
        """Make it; the id of the node that it became or was already."""
        onto, link, place = self._onto, self._link, self._ghost.pos()
        kept = None if onto is None else self._drawn(onto)
        self.cancel()
        workspace = self._stage.workspace
        existing = self.part.existing(workspace.document)
        if existing is not None:
            return existing.id
        if onto is not None and self._adds_member(onto):
            change_members(workspace, onto.node.id, 1)
            return onto.node.id
        node = replace(self._ghost.node, x=place.x(), y=place.y())
        if link is None:
            workspace.perform(AddNode(node))
        else:
            keeps = () if kept is None or workspace.document.has_node(kept.id) else (AddNode(kept),)
            workspace.perform(Composite(AddNode(node).label, (*keeps, AddNode(node), AddLink(link))))
        return node.id

    def cancel(self) -> None:
        if self._onto is not None:
            self._onto.mark(target="")
            self._onto = None
        self._stage.hush()
        self._hide_path()
        self._stage.flow.removeItem(self._ghost)

    def _hide_path(self) -> None:
        path, self._path = self._path, None
        if path is not None:
            self._stage.flow.removeItem(path)
