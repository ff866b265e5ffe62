"""Drawings of earlier workbenches, brought to how the same is drawn now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.flow.document import Link, Node


def with_drawn_alternates(nodes: Sequence[Node], links: Sequence[Link]) -> tuple[list[Node], list[Link]]:
    """The alternate of an exchange was a name only. Where it names an exchange that is drawn, it becomes a link; not
    where the two are linked already, for a link is one or the other."""
    named = {node.name: node for node in nodes if node.kind == "exchange"}
    pairs = {(link.source, link.target) for link in links}
    taken = {item.id for item in (*nodes, *links)}
    kept, more = [], []
    for node in nodes:
        alternate = named.get(str(node.params.get("alternate", "")).strip()) if node.kind == "exchange" else None
        if alternate is not None and alternate is not node and (node.id, alternate.id) not in pairs:
            number = next(n for n in range(1, len(taken) + 2) if f"link-{n}" not in taken)
            taken.add(f"link-{number}")
            more.append(Link(f"link-{number}", node.id, alternate.id, {"carries": "unrouted"}))
            node = replace(node, params={name: value for name, value in node.params.items() if name != "alternate"})
        kept.append(node)
    return kept, [*links, *more]
