"""What a drawing means to the runner: which producer writes where, which group reads and passes on what. Pure values.

A part whose settings or links can't work carries the reason in ``broken`` and is not started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.core.errors import Invalid
from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import kind_of
from workbench.flow.topics import DrawnTopic, drawn_topic, topic_nodes

MEMBERSHIP = ("assignor", "session_timeout_ms", "static_members", "start", "start_at")
SENDING = ("partitioner", "partition", "linger_ms", "batch_bytes", "compression", "idempotent")


@dataclass(frozen=True, slots=True)
class Arrow:
    """One end of a link that events move along."""

    link_id: str
    topic: str


@dataclass(frozen=True, slots=True)
class ProducerPlan:
    node_id: str
    kind: str
    name: str
    values: dict[str, Any]
    to: Arrow | None
    broken: str = ""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    node_id: str
    name: str
    values: dict[str, Any]
    reads: tuple[Arrow, ...]
    forward: Arrow | None = None
    dead: Arrow | None = None
    broken: str = ""

    def joins_like(self, other: GroupPlan) -> bool:
        """Whether going from one to the other needs no new join."""
        same = (self.name, self.reads, self.forward, self.dead, self.broken)
        return same == (other.name, other.reads, other.forward, other.dead, other.broken) and all(
            self.values.get(name) == other.values.get(name) for name in MEMBERSHIP
        )


@dataclass(frozen=True, slots=True)
class FlowPlan:
    topics: tuple[DrawnTopic, ...] = ()
    producers: dict[str, ProducerPlan] = field(default_factory=dict)
    groups: dict[str, GroupPlan] = field(default_factory=dict)
    links: tuple[str, ...] = ()


def plan_of(document: FlowDocument) -> FlowPlan:
    producers, groups = {}, {}
    topics = [topic for node in topic_nodes(document) for topic in _topic(document, node)]
    for node in document.nodes:
        role = kind_of(node.kind).role
        if role == "producer":
            producers[node.id] = _producer(document, node)
        elif role == "group":
            groups[node.id] = _group(document, node)
    return FlowPlan(tuple(topics), producers, groups, tuple(link.id for link in document.links))


def _topic(document: FlowDocument, node: Node) -> list[DrawnTopic]:
    """The topic, unless its settings can't be taken: then it is not created, and its writers say so."""
    try:
        return [drawn_topic(document, node)]
    except Invalid:
        return []


def _values(node: Node) -> tuple[dict[str, Any], str]:
    kind = kind_of(node.kind)
    try:
        return kind.complete(node.params), ""
    except Invalid as reason:
        return kind.complete({}), reason.sentence()


def _producer(document: FlowDocument, node: Node) -> ProducerPlan:
    values, broken = _values(node)
    arrows = [Arrow(link.id, document.node(link.target).name) for link in document.links if link.source == node.id]
    if not arrows:
        broken = broken or f"{node.name} feeds no topic yet. Draw a link from it to a topic."
    return ProducerPlan(node.id, node.kind, node.name, values, arrows[0] if arrows else None, broken)


def _group(document: FlowDocument, node: Node) -> GroupPlan:
    values, broken = _values(node)
    reads, passes = [], {}
    for link in document.links:
        if link.target == node.id:
            reads.append(Arrow(link.id, document.node(link.source).name))
        elif link.source == node.id:
            target = document.node(link.target)
            passes[target.kind] = Arrow(link.id, target.name)
    if not reads:
        broken = broken or f"{node.name} reads no topic yet. Draw a link from a topic to it."
    if not node.name:
        broken = "A group needs a name."
    return GroupPlan(node.id, node.name, values, tuple(reads), passes.get("topic"), passes.get("dead_letters"), broken)
