"""Tidying a drawing: a layered layout from left to right, aligning and distributing. Pure functions to positions.

Layers are longest paths (links that close a round are ignored), rows are ordered by barycentre sweeps, then pulled
towards their neighbours. Invariant: arranged nodes never overlap; notes and frames stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import COLUMNS, kind_of

Positions = dict[str, tuple[float, float]]
Neighbours = dict[str, list[str]]
Alignment = Literal["left", "right", "top", "bottom", "centre", "middle"]

_GAP_X, _GAP_Y = 76.0, 28.0
_GRID = 4.0
_SWEEPS = 8


def size_of(node: Node) -> tuple[float, float]:
    """Drawn width and height: its kind's, or the node's own where a kind leaves that free."""
    kind = kind_of(node.kind)
    w, h = kind.size
    return (node.w or w, node.h or h) if kind.drawn_only else (w, h)


def arrange(document: FlowDocument) -> Positions:
    """New top left corners of all parts but notes and frames; the whole stays at its old top left corner."""
    nodes = {node.id: node for node in document.nodes if not kind_of(node.kind).drawn_only}
    if not nodes:
        return {}
    before, after = _neighbours(document, nodes)
    layers = _layers(nodes, before, after)
    for sweep in range(_SWEEPS):
        _sort_by_neighbours(layers, before if sweep % 2 == 0 else after)
    centres = _heights(layers, nodes, before, after)
    left, top = min(n.x for n in nodes.values()), min(n.y for n in nodes.values())
    highest = min(centres[i] - size_of(nodes[i])[1] / 2 for i in nodes)
    positions: Positions = {}
    x = left
    for layer in layers:
        width = max(size_of(nodes[i])[0] for i in layer)
        for node_id in layer:
            w, h = size_of(nodes[node_id])
            y = top + centres[node_id] - h / 2 - highest
            positions[node_id] = (_snap(x + (width - w) / 2), _snap(y))
        x += width + _GAP_X
    return positions


def _snap(value: float) -> float:
    return round(value / _GRID) * _GRID


def _neighbours(document: FlowDocument, nodes: Mapping[str, Node]) -> tuple[Neighbours, Neighbours]:
    """Links without those that close a round, as sources and targets by node."""
    targets: Neighbours = {node_id: [] for node_id in nodes}
    for link in document.links:
        if link.source in nodes and link.target in nodes:
            targets[link.source].append(link.target)
    before: Neighbours = {node_id: [] for node_id in nodes}
    after: Neighbours = {node_id: [] for node_id in nodes}
    done: set[str] = set()
    order = sorted(nodes, key=lambda i: COLUMNS[kind_of(nodes[i].kind).role])
    for root in order:
        path: list[tuple[str, int]] = [] if root in done else [(root, 0)]
        on_path = {root}
        while path:
            node_id, index = path.pop()
            if index < len(targets[node_id]):
                path.append((node_id, index + 1))
                target = targets[node_id][index]
                if target in on_path:
                    continue
                after[node_id].append(target)
                before[target].append(node_id)
                if target not in done:
                    path.append((target, 0))
                    on_path.add(target)
            else:
                on_path.discard(node_id)
                done.add(node_id)
    return before, after


def _layers(nodes: Mapping[str, Node], before: Neighbours, after: Neighbours) -> list[list[str]]:
    level = {node_id: COLUMNS[kind_of(node.kind).role] for node_id, node in nodes.items()}
    open_sources = {node_id: len(before[node_id]) for node_id in nodes}
    ready = [node_id for node_id in nodes if not open_sources[node_id]]
    while ready:
        node_id = ready.pop()
        for target in after[node_id]:
            level[target] = max(level[target], level[node_id] + 1)
            open_sources[target] -= 1
            if not open_sources[target]:
                ready.append(target)
    used = sorted(set(level.values()))
    by_old_place = sorted(nodes, key=lambda i: (nodes[i].y, nodes[i].x))
    return [[node_id for node_id in by_old_place if level[node_id] == number] for number in used]


def _sort_by_neighbours(layers: list[list[str]], neighbours: Neighbours) -> None:
    row = {node_id: index for layer in layers for index, node_id in enumerate(layer)}
    for layer in layers:
        weight = {
            node_id: sum(row[n] for n in neighbours[node_id]) / len(neighbours[node_id])
            if neighbours[node_id] else float(row[node_id])
            for node_id in layer
        }
        layer.sort(key=weight.__getitem__)
        row.update({node_id: index for index, node_id in enumerate(layer)})


def _heights(
    layers: list[list[str]], nodes: Mapping[str, Node], before: Neighbours, after: Neighbours
) -> dict[str, float]:
    """Vertical centres: stacked first, then each layer pulled towards its neighbours without changing its order."""
    height = {node_id: size_of(node)[1] for node_id, node in nodes.items()}
    centres: dict[str, float] = {}
    for layer in layers:
        total = sum(height[i] for i in layer) + _GAP_Y * (len(layer) - 1)
        y = -total / 2
        for node_id in layer:
            centres[node_id] = y + height[node_id] / 2
            y += height[node_id] + _GAP_Y
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            pull = before if sweep % 2 == 0 else after
            wishes = [_mean([centres[n] for n in pull[i]], centres[i]) for i in layer]
            for node_id, centre in zip(layer, _spread(wishes, [height[i] for i in layer]), strict=True):
                centres[node_id] = centre
    return centres


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _spread(wishes: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Centres near the wishes, in the same order, with the gap kept: pushed down, then moved back as a whole."""
    placed: list[float] = []
    for index, wish in enumerate(wishes):
        if placed:
            wish = max(wish, placed[-1] + heights[index - 1] / 2 + _GAP_Y + heights[index] / 2)
        placed.append(wish)
    back = _mean([p - w for p, w in zip(placed, wishes, strict=True)], 0.0)
    return [centre - back for centre in placed]


# -- aligning ----------------------------------------------------------------------------------------------
_ALIGN: dict[str, Callable[[Node, list[Node]], tuple[float, float]]] = {
    "left": lambda n, all_: (min(o.x for o in all_), n.y),
    "right": lambda n, all_: (max(o.x + size_of(o)[0] for o in all_) - size_of(n)[0], n.y),
    "top": lambda n, all_: (n.x, min(o.y for o in all_)),
    "bottom": lambda n, all_: (n.x, max(o.y + size_of(o)[1] for o in all_) - size_of(n)[1]),
    "centre": lambda n, all_: (_mean([o.x + size_of(o)[0] / 2 for o in all_], 0) - size_of(n)[0] / 2, n.y),
    "middle": lambda n, all_: (n.x, _mean([o.y + size_of(o)[1] / 2 for o in all_], 0) - size_of(n)[1] / 2),
}


def align(document: FlowDocument, node_ids: Iterable[str], how: Alignment) -> Positions:
    """Positions with the nodes on one line: left, right, centre (a column), top, bottom, middle (a row)."""
    if how not in _ALIGN:
        raise Invalid("Nodes can't be aligned to «{how}».", "Use one of {align}.", how=how, align=', '.join(_ALIGN))
    nodes = [document.node(node_id) for node_id in node_ids]
    return {node.id: _ALIGN[how](node, nodes) for node in nodes}


def distribute(document: FlowDocument, node_ids: Iterable[str], across: bool) -> Positions:
    """Positions with equal gaps between the outermost two: ``across`` from left to right, else from top to bottom."""
    axis = 0 if across else 1
    nodes = sorted((document.node(i) for i in node_ids), key=lambda n: (n.x, n.y)[axis])
    if len(nodes) < 3:
        return {node.id: (node.x, node.y) for node in nodes}
    start = (nodes[0].x, nodes[0].y)[axis]
    end = (nodes[-1].x, nodes[-1].y)[axis] + size_of(nodes[-1])[axis]
    gap = (end - start - sum(size_of(n)[axis] for n in nodes)) / (len(nodes) - 1)
    positions: Positions = {}
    for node in nodes:
        positions[node.id] = (start, node.y) if across else (node.x, start)
        start += size_of(node)[axis] + gap
    return positions
