"""The drawing as a value others can follow.

``FlowDocument`` holds immutable nodes and links by id and tells its followers each ``Change`` after it happened.
Only edits (``flow.edits``) call ``put_*`` and ``drop_*``. Invariant: both ends of every link exist.
Not thread-safe: a document lives on the thread that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.core.errors import AlreadyExists, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Node:
    """A drawn part. ``x, y`` is the top left corner in scene units; ``w, h`` only matter for frames and notes."""

    id: str
    kind: str
    name: str
    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow from the out port of ``source`` to the in port of ``target`` (node ids)."""

    id: str
    source: str
    target: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeAdded:
    node: Node


@dataclass(frozen=True, slots=True)
class NodeRemoved:
    node: Node


@dataclass(frozen=True, slots=True)
class NodeChanged:
    before: Node
    after: Node


@dataclass(frozen=True, slots=True)
class LinkAdded:
    link: Link


@dataclass(frozen=True, slots=True)
class LinkRemoved:
    link: Link


@dataclass(frozen=True, slots=True)
class LinkChanged:
    before: Link
    after: Link


@dataclass(frozen=True, slots=True)
class DocumentReset:
    """Everything was replaced (another document was loaded)."""


Change = NodeAdded | NodeRemoved | NodeChanged | LinkAdded | LinkRemoved | LinkChanged | DocumentReset
Follower = Callable[[Change], None]


class FlowDocument:
    """Nodes and links by id, in the order they were added, with followers."""

    def __init__(self, nodes: Iterable[Node] = (), links: Iterable[Link] = (), title: str = "") -> None:
        self.title = title
        self._nodes: dict[str, Node] = {}
        self._links: dict[str, Link] = {}
        self._followers: list[Follower] = []
        for node in nodes:
            self.put_node(node)
        for link in links:
            self.put_link(link)

    # -- reading -------------------------------------------------------------------------------------------
    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes.values())

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(self._links.values())

    def node(self, node_id: str) -> Node:
        try:
            return self._nodes[node_id]
        except KeyError:
            raise NotFound("The drawing has no node «{node_id}».", node_id=node_id) from None

    def link(self, link_id: str) -> Link:
        try:
            return self._links[link_id]
        except KeyError:
            raise NotFound("The drawing has no link «{link_id}».", link_id=link_id) from None

    def has_node(self, node_id: str) -> bool:
        return node_id in self._nodes

    def has_link(self, link_id: str) -> bool:
        return link_id in self._links

    def of_kind(self, *kinds: str) -> Iterator[Node]:
        return (node for node in self._nodes.values() if node.kind in kinds)

    def named(self, kind: str, name: str) -> Node | None:
        return next((n for n in self._nodes.values() if n.kind == kind and n.name == name), None)

    def links_of(self, node_id: str) -> tuple[Link, ...]:
        return tuple(li for li in self._links.values() if node_id in (li.source, li.target))

    def sources_of(self, node_id: str) -> tuple[Node, ...]:
        return tuple(self._nodes[li.source] for li in self._links.values() if li.target == node_id)

    def targets_of(self, node_id: str) -> tuple[Node, ...]:
        return tuple(self._nodes[li.target] for li in self._links.values() if li.source == node_id)

    def fresh_id(self, prefix: str) -> str:
        """An id not yet used by a node or link: ``prefix-1``, ``prefix-2`` ..."""
        number = 1
        while f"{prefix}-{number}" in self._nodes or f"{prefix}-{number}" in self._links:
            number += 1
        return f"{prefix}-{number}"

    def fresh_name(self, kind: str, wish: str) -> str:
        """``wish``, or ``wish-2``, ``wish-3`` ... so that no node of that kind has the name."""
        taken = {node.name for node in self.of_kind(kind)}
        if wish not in taken:
            return wish
        number = 2
        while f"{wish}-{number}" in taken:
            number += 1
        return f"{wish}-{number}"

    # -- following -----------------------------------------------------------------------------------------
    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call ``follower`` after each change; the returned function ends that."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def _tell(self, change: Change) -> None:
        for follower in tuple(self._followers):
            follower(change)

    # -- writing, for edits only ---------------------------------------------------------------------------
    def put_node(self, node: Node) -> None:
        """Add the node, or replace the one with its id."""
        before = self._nodes.get(node.id)
        self._nodes[node.id] = node
        if before is None:
            self._tell(NodeAdded(node))
        elif before != node:
            self._tell(NodeChanged(before, node))

    def drop_node(self, node_id: str) -> Node:
        """Remove a node that has no links left."""
        node = self.node(node_id)
        if self.links_of(node_id):
            raise Invalid("«{name}» still has links.", "Remove its links first.", name=node.name)
        del self._nodes[node_id]
        self._tell(NodeRemoved(node))
        return node

    def put_link(self, link: Link) -> None:
        """Add the link, or replace the one with its id."""
        self.node(link.source)
        self.node(link.target)
        before = self._links.get(link.id)
        if before is None and any(
            li.source == link.source and li.target == link.target for li in self._links.values()
        ):
            raise AlreadyExists("These two are already linked.")
        self._links[link.id] = link
        if before is None:
            self._tell(LinkAdded(link))
        elif before != link:
            self._tell(LinkChanged(before, link))

    def drop_link(self, link_id: str) -> Link:
        link = self.link(link_id)
        del self._links[link_id]
        self._tell(LinkRemoved(link))
        return link

    def replace_all(self, nodes: Iterable[Node], links: Iterable[Link], title: str = "") -> None:
        """Load another drawing in place of this one."""
        self._nodes = {node.id: node for node in nodes}
        self._links = {link.id: link for link in links}
        self.title = title
        self._tell(DocumentReset())
