"""Going from node to node by keys: Tab in reading order, Ctrl and an arrow along a link. Pure functions."""

from __future__ import annotations

from workbench.flow.document import FlowDocument, Node
from workbench.ui.canvas import shapes

_ROW = 60.0


def reading_order(document: FlowDocument) -> list[Node]:
    """Nodes by columns from the left, each from the top: the way events go."""
    return sorted(document.nodes, key=lambda n: (n.x // (2 * _ROW), n.y, n.x))


def next_node(document: FlowDocument, current: str | None, by: int = 1) -> str | None:
    """The node after (or before) ``current``; from none, the first (or last)."""
    order = [node.id for node in reading_order(document)]
    if not order:
        return None
    if current not in order:
        return order[0 if by > 0 else -1]
    return order[(order.index(current) + by) % len(order)]


def along_link(document: FlowDocument, current: str, dx: int, dy: int) -> str | None:
    """Right and left follow links out and in; up and down go to the nearest in the same column."""
    here = shapes.rect_of(document.node(current)).center()
    if dx:
        ends = document.targets_of(current) if dx > 0 else document.sources_of(current)
        return min(ends, key=lambda n: abs(shapes.rect_of(n).center().y() - here.y()), default=_NOBODY).id or None
    beside = [n for n in document.nodes if n.id != current and n.kind != "frame"
              and (shapes.rect_of(n).center().y() - here.y()) * dy > 0
              and abs(shapes.rect_of(n).center().x() - here.x()) < 2 * _ROW]
    return min(beside, key=lambda n: abs(shapes.rect_of(n).center().y() - here.y()), default=_NOBODY).id or None


_NOBODY = Node("", "note", "")
