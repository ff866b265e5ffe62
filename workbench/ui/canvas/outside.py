"""Clients that are not in the drawing: groups that read a drawn topic, programs that write to one. They appear by
themselves and can't be edited, for they are not ours; they go when their clients go. A program that was kept as a note
has no other node: what it moves goes from or to its note.

Items and their links belong to this object, beside the scene's own. What moves along their links is not counted one by
one: it is made from the clients' rates. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.ui.bridge.movement import Movement
from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.link import LinkItem
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.look_values import LinkLook
from workbench.ui.canvas.looks import node_look
from workbench.ui.models.outside import Outside, clients_of, kept_note, kept_rates, outside_of
from workbench.ui.theme.tokens import NODE_SIZE

_ASIDE = 112.0
_STEP = 16.0
_GAP = 14.0
_LONGEST_S = 1.0

Routed = Callable[[str, list[QPointF]], None]


def free_place(topic: QRectF, kind: str, taken: list[QRectF]) -> QRectF:
    """Room for a client beside its topic, below what is there: right of what it reads, left of what it writes."""
    w, h = NODE_SIZE[kind]
    x = topic.left() - _ASIDE - w if kind == "writer" else topic.right() + _ASIDE
    place = QRectF(x, topic.center().y() + _GAP, w, h)
    while any(place.adjusted(-_GAP, -_GAP, _GAP, _GAP).intersects(rect) for rect in taken):
        place.translate(0, _STEP)
    return place


def rate_of(one: Outside, snapshot: Snapshot) -> float:
    """Events a second on each link of a client: what it does in all, shared evenly, for nobody says which topic."""
    if one.group is not None:
        whole = one.group.rate
    else:
        clients = clients_of(one.id, snapshot)
        whole = sum(c.rate_in if one.kind == "writer" else c.rate_out for c in clients)
    return whole / len(one.topics)


class OutsideClients:
    """See the module. ``nodes`` and ``links`` are items by id; ids start with «outside:». ``routed`` is told each new
    curve of a link, an empty one when the link goes."""

    def __init__(self, scene: QGraphicsScene, changed: Callable[[QRectF], None], routed: Routed,
                 paint_soon: Callable[[NodeItem], None]) -> None:  # fmt: skip
        self._scene = scene
        self._changed = changed
        self._routed = routed
        self._paint_soon = paint_soon
        self._places: dict[str, QRectF] = {}
        self._placed_for: tuple = ()
        self._shown: dict[str, Outside] = {}
        self._owed: dict[str, float] = {}  # by link: parts of an event that have not set out yet
        self._fed_ms = 0
        self.nodes: dict[str, NodeItem] = {}
        self.links: dict[str, LinkItem] = {}

    def show(self, document: FlowDocument, snapshot: Snapshot, drawn: dict[str, NodeItem], zoom: float,
             selection: frozenset[str]) -> None:  # fmt: skip
        """Follow a snapshot: add who came, drop who went, place all anew beside their topics."""
        self._shown = {one.id: one for one in outside_of(document, snapshot)}
        wanted = {f"{one.id}:{topic.id}" for one in self._shown.values() for topic in one.topics}
        for gone in self.links.keys() - wanted:
            self._drop_link(gone)
        kept = {one.id: note for one in self._shown.values()
                if one.group is None and (note := kept_note(document, one.name)) is not None}  # fmt: skip
        for gone in self.nodes.keys() - (self._shown.keys() - kept.keys()):
            self._scene.removeItem(self.nodes.pop(gone))
        self._place([one for one in self._shown.values() if one.id not in kept], drawn)
        for one in self._shown.values():
            if one.id in kept:
                item = drawn[kept[one.id].id]
            else:
                place = self._places[one.id]
                item = self._item(Node(one.id, one.kind, one.name, place.x(), place.y()), zoom)
                item.set_look(node_look(item.node, snapshot), self._paint_soon)
                item.mark(selected=one.id in selection)
            for topic in one.topics:
                self._link(one, drawn[topic.id], item, zoom, rate_of(one, snapshot))

    def _place(self, guests: list[Outside], drawn: dict[str, NodeItem]) -> None:
        """Find each its place beside its topic; anew only when somebody came, went or was moved."""
        taken = [item.rect for item in drawn.values() if item.node.kind != "frame"]
        ends = [(one.id, one.kind, drawn[one.topics[0].id].rect.getRect()) for one in guests]
        wanted = (ends, [rect.getRect() for rect in taken])
        if wanted == self._placed_for:
            return
        self._placed_for, self._places = wanted, {}
        for one in guests:
            place = self._places[one.id] = free_place(drawn[one.topics[0].id].rect, one.kind, taken)
            taken.append(place)

    def _item(self, node: Node, zoom: float) -> NodeItem:
        if node.id not in self.nodes:
            self.nodes[node.id] = NodeItem(node, zoom)
            self._scene.addItem(self.nodes[node.id])
        self.nodes[node.id].set_node(node)
        return self.nodes[node.id]

    def _link(self, one: Outside, topic: NodeItem, client: NodeItem, zoom: float, rate: float) -> None:
        ends = (client, topic) if one.kind == "writer" else (topic, client)
        link = Link(f"{one.id}:{topic.node.id}", ends[0].node.id, ends[1].node.id)
        start, end = ends[0].port("out"), ends[1].port("in")
        item = self.links.get(link.id)
        if item is None:
            item = self.links[link.id] = LinkItem(link, self._changed)
            item.zoom = zoom
            item.restyle()
        item.set_look(LinkLook(rate=rate))
        if not item.chain or (item.chain[0], item.chain[-1]) != (start, end):
            item.set_curve(start, end, max(shapes.rect_of(client.node).bottom(), topic.rect.bottom()))
            self._routed(link.id, item.chain)

    def _drop_link(self, link_id: str) -> None:
        self.links.pop(link_id).repaint()
        self._owed.pop(link_id, None)
        self._routed(link_id, [])

    def clear(self) -> None:
        for link_id in list(self.links):
            self._drop_link(link_id)
        for node_id in list(self.nodes):
            self._scene.removeItem(self.nodes.pop(node_id))
        self._shown = {}

    # -- what it is asked ----------------------------------------------------------------------------------
    def at(self, at: QPointF) -> NodeItem | None:
        return next((item for item in self.nodes.values() if item.rect.contains(at)), None)

    def who(self, node_id: str) -> Outside | None:
        """Who is behind a node; None when it has gone."""
        return self._shown.get(node_id)

    def movements(self, document: FlowDocument, snapshot: Snapshot) -> list[Movement]:
        """What moved along the links, and those of kept groups, since the snapshot before; keys are not known."""
        seconds = min(_LONGEST_S, max(0, snapshot.at_ms - self._fed_ms) / 1000)
        self._fed_ms = snapshot.at_ms
        found = []
        rates = {link_id: item.look.rate for link_id, item in self.links.items()}
        for link_id, rate in (rates | kept_rates(document, snapshot)).items():
            owed = self._owed.get(link_id, 0.0) + rate * seconds
            self._owed[link_id] = owed % 1
            if owed >= 1:
                found.append(Movement(snapshot.at_ms, link_id, int(owed)))
        return found
