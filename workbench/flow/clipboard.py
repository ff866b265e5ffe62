"""Copy and paste of parts of a drawing, as JSON text: nodes and the links between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workbench.core.errors import Invalid
from workbench.flow import codec
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.edits import AddLink, AddNode, Composite
from workbench.flow.kinds import kind_of


def copy(document: FlowDocument, node_ids: Iterable[str]) -> str:
    """The nodes and the links among them, as text that ``paste`` and a file of a drawing both take."""
    chosen = set(node_ids)
    nodes = [node for node in document.nodes if node.id in chosen]
    links = [link for link in document.links if {link.source, link.target} <= chosen]
    return codec.dumps(FlowDocument(nodes, links))


def paste(document: FlowDocument, text: str, dx: float = 20.0, dy: float = 20.0) -> tuple[Composite, tuple[str, ...]]:
    """The edit that adds what ``text`` holds, moved by (dx, dy), with fresh ids and names; and the new node ids."""
    try:
        part = codec.loads(text)
    except Invalid:
        raise Invalid("The clipboard holds no parts of a drawing.", "Copy some parts of a drawing first.") from None
    trial = FlowDocument(document.nodes, document.links)
    new_id: dict[str, str] = {}
    edits: list[AddNode | AddLink] = []
    for node in part.nodes:
        fresh = _fresh(trial, node, dx, dy)
        new_id[node.id] = fresh.id
        trial.put_node(fresh)
        edits.append(AddNode(fresh))
    for link in part.links:
        copied = Link(trial.fresh_id("link"), new_id[link.source], new_id[link.target], link.params)
        trial.put_link(copied)
        edits.append(AddLink(copied))
    return Composite("Paste", tuple(edits)), tuple(new_id.values())


def _fresh(document: FlowDocument, node: Node, dx: float, dy: float) -> Node:
    kind = kind_of(node.kind)
    name = node.name
    if not kind.drawn_only:
        taken = {other.name for other in document.nodes if kind_of(other.kind).role == kind.role}
        number = 2
        while name in taken:
            name = f"{node.name}-{number}"
            number += 1
    return replace(node, id=document.fresh_id(kind.stem), name=name, x=node.x + dx, y=node.y + dy)
