"""What is not in the drawing: groups that read a topic, programs that write to one, and topics that they made. They
appear by themselves and can't be edited, for they are not ours; clients go when their connections go. A program that
was kept as a note has no other node: what it moves goes from or to its note.

Each stands beside what it belongs to, where nothing lies, inside what is seen where that has room; it stays there until
what it stands beside is moved, or something is drawn over it.

Items and their links belong to this object, beside the scene's own. What moves along their links is not counted one by
one: it is made from the clients' rates. GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument, Link, Node
from workbench.ui.bridge.movement import Movement
from workbench.ui.canvas import shapes
from workbench.ui.canvas.items.link import LinkItem
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.kinds import node_view_state
from workbench.ui.canvas.places import GAP, beside, free_place
from workbench.ui.canvas.view_values import LinkViewState
from workbench.ui.models.outside import (
    NewTopics,
    Outside,
    any_kind,
    clients_of,
    kept_note,
    kept_rates,
    outside_of,
    topics_from_outside,
)

_TOPICS_DOWN = 40.0
_IN_A_COLUMN = 8  # topics under each other
_COLUMN = 700.0  # a topic with who writes it and who reads it
_LONGEST_S = 1.0

Routed = Callable[[str, list[QPointF]], None]


def rate_of(one: Outside, snapshot: Snapshot) -> float:
    """Events a second on each link of a client: what it does in all, shared evenly, for nobody says which topic."""
    if one.group is not None:
        whole = one.group.rate
    else:
        clients = clients_of(one.id, snapshot)
        whole = sum(c.rate_in if one.kind == "writer" else c.rate_out for c in clients)
    return whole / len(one.topics)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the scene knows besides: ``seen`` is the part in view, None while all of it is kept in view; ``live`` the
    state of now, while ``shown`` may be of the past."""

    live: Snapshot
    zoom: float
    selection: frozenset[str]
    seen: QRectF | None = None


class OutsideClients:
    """See the module. ``nodes`` and ``links`` are items by id; ids start with «outside:». ``routed`` is told each new
    curve of a link, an empty one when the link goes."""

    def __init__(self, scene: QGraphicsScene, changed: Callable[[QRectF], None], routed: Routed,
                 paint_soon: Callable[[NodeItem], None]) -> None:
        self._scene = scene
        self._changed = changed
        self._routed = routed
        self._paint_soon = paint_soon
        self._places: dict[str, tuple[QRectF, QRectF]] = {}  # by node: what it stands beside, and where it stands
        self._new = NewTopics()
        self._shown: dict[str, Outside] = {}
        self._owed: dict[str, float] = {}  # by link: parts of an event that have not set out yet
        self._fed_ms = 0
        self.nodes: dict[str, NodeItem] = {}
        self.links: dict[str, LinkItem] = {}

    def show(self, document: FlowDocument, snapshot: Snapshot, drawn: dict[str, NodeItem], stand: Standing) -> bool:
        """Follow a snapshot: add who came, drop who went, place who is new. Whether anybody came or went."""
        before = set(self.nodes)
        self._shown = {one.id: one for one in outside_of(document, snapshot)}
        guests = self._shown.values()
        topics = topics_from_outside(document, snapshot, guests, self._new.among(document, stand.live))
        wanted = {f"{one.id}:{topic.id}" for one in guests for topic in one.topics}
        for gone in self.links.keys() - wanted:
            self._drop_link(gone)
        kept = {one.id: note for one in guests
                if one.group is None and (note := kept_note(document, one.name)) is not None}
        clients = [one for one in guests if one.id not in kept]
        for gone in self.nodes.keys() - {one.id for one in clients} - {topic.id for topic in topics}:
            self._scene.removeItem(self.nodes.pop(gone))
            self._places.pop(gone, None)
        self._place_topics(topics, drawn, stand)
        for topic in topics:
            self._show(topic, snapshot, stand)
        self._place_clients(clients, drawn, stand)
        for one in guests:
            item = drawn[kept[one.id].id] if one.id in kept else self._show(
                Node(one.id, one.kind, one.name), snapshot, stand)
            for topic in one.topics:
                self._link(one, self._end(topic, drawn), item, stand.zoom, rate_of(one, snapshot))
        return self.nodes.keys() != before

    def _end(self, topic: Node, drawn: dict[str, NodeItem]) -> NodeItem:
        return drawn.get(topic.id) or self.nodes[topic.id]

    def _show(self, node: Node, snapshot: Snapshot, stand: Standing) -> NodeItem:
        _, place = self._places[node.id]
        item = self._item(replace(node, x=place.x(), y=place.y()), stand.zoom)
        item.set_view_state(node_view_state(item.node, snapshot), self._paint_soon)
        item.mark(selected=node.id in stand.selection)
        return item

    # -- places ----------------------------------------------------------------------------------------------
    def _place_topics(self, topics: list[Node], drawn: dict[str, NodeItem], stand: Standing) -> None:
        """Below the drawing, in columns with room for clients on both sides."""
        w, h = any_kind("topic").size
        bodies = [item.rect for item in drawn.values() if item.node.kind != "frame"]
        columns = [item.rect.left() for item in drawn.values() if item.node.kind in ("topic", "queue")]
        left = min(columns, default=min((rect.left() for rect in bodies), default=0.0))
        foot = max((rect.bottom() + _TOPICS_DOWN for rect in bodies), default=0.0)
        anchor = QRectF()  # they keep their place when the drawing grows
        for topic in topics:
            if not self._stays(topic.id, anchor, bodies):
                column, row = divmod(len([t for t in topics if t.id in self._places]), _IN_A_COLUMN)
                wish = QRectF(left + column * _COLUMN, foot + row * (h + GAP), w, h)
                self._places[topic.id] = anchor, free_place(wish, self._taken(bodies), stand.seen)

    def _place_clients(self, clients: list[Outside], drawn: dict[str, NodeItem], stand: Standing) -> None:
        bodies = [item.rect for item in drawn.values() if item.node.kind != "frame"]
        for one in clients:
            anchor = self._end(one.topics[0], drawn).rect
            if not self._stays(one.id, anchor, bodies):
                place = free_place(self._beside(anchor, one.kind), self._taken(bodies), stand.seen)
                self._places[one.id] = anchor, place

    @staticmethod
    def _beside(anchor: QRectF, kind: str) -> QRectF:
        """Right of what it reads, left of what it writes."""
        return beside(anchor, any_kind(kind).size, left=kind == "writer")

    def _stays(self, node_id: str, anchor: QRectF, bodies: list[QRectF]) -> bool:
        """Whether a node keeps its place: what it stands beside is where it was, and nothing was drawn over it."""
        before, place = self._places.pop(node_id, (None, QRectF()))
        stays = before == anchor and not any(rect.intersects(place) for rect in bodies)
        if stays:
            self._places[node_id] = anchor, place
        return stays

    def _taken(self, bodies: list[QRectF]) -> list[QRectF]:
        return [*bodies, *(place for _, place in self._places.values())]

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
        item.set_view_state(LinkViewState(rate=rate))
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
        self._shown, self._places = {}, {}

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
        rates = {link_id: item.shown.rate for link_id, item in self.links.items()}
        for link_id, rate in (rates | kept_rates(document, snapshot)).items():
            owed = self._owed.get(link_id, 0.0) + rate * seconds
            self._owed[link_id] = owed % 1
            if owed >= 1:
                found.append(Movement(snapshot.at_ms, link_id, int(owed)))
        return found
