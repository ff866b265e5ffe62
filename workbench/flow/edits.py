"""Reversible edits of a drawing. ``edit.apply(document)`` does it and returns the edit that undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from workbench.flow.document import FlowDocument, Link, Node


class Edit(Protocol):
    """One act on the drawing. ``label`` is what the undo menu shows."""

    @property
    def label(self) -> str: ...

    def apply(self, document: FlowDocument) -> Edit: ...


@dataclass(frozen=True, slots=True)
class AddNode:
    node: Node
    label: str = "Add node"

    def apply(self, document: FlowDocument) -> Edit:
        document.put_node(self.node)
        return RemoveNode(self.node.id, self.label)


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Removes the node and the links that touch it; undo brings all of them back."""

    node_id: str
    label: str = "Delete node"

    def apply(self, document: FlowDocument) -> Edit:
        links = tuple(document.drop_link(link.id) for link in document.links_of(self.node_id))
        node = document.drop_node(self.node_id)
        return Composite(self.label, (AddNode(node), *(AddLink(link) for link in links)))


@dataclass(frozen=True, slots=True)
class AddLink:
    link: Link
    label: str = "Link"

    def apply(self, document: FlowDocument) -> Edit:
        document.put_link(self.link)
        return RemoveLink(self.link.id, self.label)


@dataclass(frozen=True, slots=True)
class RemoveLink:
    link_id: str
    label: str = "Delete link"

    def apply(self, document: FlowDocument) -> Edit:
        return AddLink(document.drop_link(self.link_id), self.label)


@dataclass(frozen=True, slots=True)
class MoveNodes:
    """New top left corners by node id."""

    positions: Mapping[str, tuple[float, float]]
    label: str = "Move"

    def apply(self, document: FlowDocument) -> Edit:
        before = {}
        for node_id, (x, y) in self.positions.items():
            node = document.node(node_id)
            before[node_id] = (node.x, node.y)
            document.put_node(replace(node, x=x, y=y))
        return MoveNodes(before, self.label)


@dataclass(frozen=True, slots=True)
class ResizeNode:
    node_id: str
    w: float
    h: float
    label: str = "Resize"

    def apply(self, document: FlowDocument) -> Edit:
        node = document.node(self.node_id)
        document.put_node(replace(node, w=self.w, h=self.h))
        return ResizeNode(self.node_id, node.w, node.h, self.label)


@dataclass(frozen=True, slots=True)
class RenameNode:
    node_id: str
    name: str
    label: str = "Rename"

    def apply(self, document: FlowDocument) -> Edit:
        node = document.node(self.node_id)
        document.put_node(replace(node, name=self.name))
        return RenameNode(self.node_id, node.name, self.label)


@dataclass(frozen=True, slots=True)
class SetParams:
    """Replaces all parameters of a node, so that undo is exact even for parameters that were not there."""

    node_id: str
    params: Mapping[str, Any]
    label: str = "Change settings"

    def apply(self, document: FlowDocument) -> Edit:
        node = document.node(self.node_id)
        document.put_node(replace(node, params=dict(self.params)))
        return SetParams(self.node_id, node.params, self.label)


@dataclass(frozen=True, slots=True)
class SetLinkParams:
    """Replaces all parameters of a link: the key or the arguments of a binding."""

    link_id: str
    params: Mapping[str, Any]
    label: str = "Change binding"

    def apply(self, document: FlowDocument) -> Edit:
        link = document.link(self.link_id)
        document.put_link(replace(link, params=dict(self.params)))
        return SetLinkParams(self.link_id, link.params, self.label)


@dataclass(frozen=True, slots=True)
class Composite:
    """Several edits as one act; undone in reverse order. If one fails, those before it are taken back."""

    label: str
    edits: tuple[Edit, ...]

    def apply(self, document: FlowDocument) -> Edit:
        undo: list[Edit] = []
        try:
            for edit in self.edits:
                undo.append(edit.apply(document))
        except Exception:
            for inverse in reversed(undo):
                inverse.apply(document)
            raise
        return Composite(self.label, tuple(reversed(undo)))


def set_param(document: FlowDocument, node_id: str, name: str, value: Any) -> SetParams:
    """The edit that sets one parameter."""
    node = document.node(node_id)
    return SetParams(node_id, {**node.params, name: value}, f"Change {name.replace('_', ' ')}")
