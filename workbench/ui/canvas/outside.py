"""Groups that read a drawn topic but are not in the drawing: outside clients. They appear by themselves and can't be
edited, for they are not ours; they go when their clients go.

Items and their links belong to this object, beside the scene's own. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsScene

from workbench.core.snapshot import GroupStat, Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.link import LinkItem
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.looks import node_look
from workbench.ui.theme.tokens import NODE_SIZE

_RIGHT = 112.0
_STEP = 16.0
_GAP = 14.0


def outside_groups(document: FlowDocument, snapshot: Snapshot) -> list[tuple[GroupStat, list[Node]]]:
    """Groups with members that nobody drew, each with the drawn topics it reads."""
    drawn = {node.name for node in document.of_kind("group", "forward")}
    topics = {node.name: node for node in document.of_kind("topic", "dead_letters")}
    found = []
    for group in snapshot.groups:
        read = [topics[name] for name in group.topics if name in topics]
        if group.members and group.name not in drawn and read:
            found.append((group, read))
    return found


def free_place(topic: QRectF, taken: list[QRectF]) -> QRectF:
    """Room for a client to the right of what it reads, below what is there."""
    w, h = NODE_SIZE["client"]
    place = QRectF(topic.right() + _RIGHT, topic.center().y() + _GAP, w, h)
    while any(place.adjusted(-_GAP, -_GAP, _GAP, _GAP).intersects(rect) for rect in taken):
        place.translate(0, _STEP)
    return place


class OutsideClients:
    """See the module. ``nodes`` and ``links`` are items by id; ids start with «outside:»."""

    def __init__(self, scene: QGraphicsScene, changed: Callable[[QRectF], None]) -> None:
        self._scene = scene
        self._changed = changed
        self.nodes: dict[str, NodeItem] = {}
        self.links: dict[str, LinkItem] = {}

    def show(self, document: FlowDocument, snapshot: Snapshot, drawn: dict[str, NodeItem], zoom: float) -> None:
        """Follow a snapshot: add who came, drop who went, place all anew beside their topics."""
        groups = outside_groups(document, snapshot)
        for gone in self.nodes.keys() - {f"outside:{group.name}" for group, _ in groups}:
            self._drop(gone)
        if not groups:
            return
        taken = [item.rect for item in drawn.values() if item.node.kind != "frame"]
        for group, topics in groups:
            place = free_place(drawn[topics[0].id].rect, taken)
            taken.append(place)
            node = Node(f"outside:{group.name}", "client", group.name, place.x(), place.y())
            item = self._item(node, zoom)
            item.set_look(node_look(node, snapshot))
            for topic in topics:
                self._link(drawn[topic.id], item, zoom)

    def _item(self, node: Node, zoom: float) -> NodeItem:
        if node.id not in self.nodes:
            self.nodes[node.id] = NodeItem(node, zoom)
            self._scene.addItem(self.nodes[node.id])
        self.nodes[node.id].set_node(node)
        return self.nodes[node.id]

    def _link(self, topic: NodeItem, client: NodeItem, zoom: float) -> None:
        link = Link(f"{client.node.id}:{topic.node.id}", topic.node.id, client.node.id)
        start, end = topic.port("out"), client.port("in")
        item = self.links.get(link.id)
        if item is None:
            item = self.links[link.id] = LinkItem(link, self._changed)
            item.zoom = zoom
            item.restyle()
        if not item.chain or (item.chain[0], item.chain[-1]) != (start, end):
            item.set_curve(start, end, shapes.rect_of(client.node).bottom())

    def _drop(self, node_id: str) -> None:
        self._scene.removeItem(self.nodes.pop(node_id))
        for link_id in [i for i, item in self.links.items() if item.link.target == node_id]:
            self.links.pop(link_id).repaint()

    def clear(self) -> None:
        for node_id in list(self.nodes):
            self._drop(node_id)
