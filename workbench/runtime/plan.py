"""What a drawing means to the runner: which producer writes where, which group reads and passes on what. Pure values.

A part whose settings or links can't work carries the reason in ``broken`` and is not started.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from workbench.core.errors import Invalid
from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.core.routing import Binding, Exchange
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.kinds import kind_of
from workbench.flow.queue_params import DEAD_LETTER
from workbench.flow.queue_rules import mixed_reading, reads_by_leases
from workbench.flow.routing import alternate_links, binding_links, drawn_bindings, drawn_exchange
from workbench.flow.settings import (
    ConsumingSettings,
    FileSettings,
    ProducerSettings,
    StoreSettings,
    settings_or_reason,
)
from workbench.flow.topics import DrawnTopic, drawn_topic, is_dead_letter_link, topic_nodes


@dataclass(frozen=True, slots=True)
class Arrow:
    """One end of a link that events move along: ``topic`` names a stream, queue, exchange or store, by ``kind``."""

    link_id: str
    topic: str
    kind: str = "stream"


@dataclass(frozen=True, slots=True)
class DeadLetterWay:
    """A link along which the broker sends the dead messages of ``queue``, if not straight then to ``exchange``."""

    link_id: str
    queue: str
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class ProducerPlan:
    node_id: str
    kind: str
    name: str
    settings: ProducerSettings | FileSettings
    to: Arrow | None
    broken: str = ""

    def goes_on_in(self, other: ProducerPlan) -> bool:
        """Whether only the name of where it sends to is another one."""
        if self.to is None or other.to is None or self.broken or other.broken:
            return False
        return self != other and replace(self, to=replace(self.to, topic=other.to.topic)) == other


@dataclass(frozen=True, slots=True)
class GroupPlan:
    node_id: str
    name: str
    settings: ConsumingSettings
    reads: tuple[Arrow, ...]
    forward: Arrow | None = None
    dead: Arrow | None = None
    store: Arrow | None = None
    broken: str = ""
    by_leases: bool = False

    def joins_like(self, other: GroupPlan) -> bool:
        """Whether going from one to the other needs no new join."""
        ours, theirs = self.settings, other.settings
        joining = ours.leasing() == theirs.leasing() if self.by_leases else ours.joining() == theirs.joining()
        return joining and replace(self, settings=theirs) == other

    @property
    def topics(self) -> set[str]:
        """What it reads and writes, by name."""
        return {arrow.topic for arrow in (*self.reads, self.forward, self.dead) if arrow is not None}

    @property
    def read_queues(self) -> tuple[tuple[Arrow, str], ...]:
        """What it reads by leases, with the queue's name: a stream is read as a subscription of the group's name."""
        if not self.by_leases:
            return ()
        return tuple((arrow, arrow.topic if arrow.kind == "queue" else f"{arrow.topic}{SUBSCRIPTION_MARK}{self.name}")
                     for arrow in self.reads)

    @property
    def queues(self) -> tuple[str, ...]:
        return tuple(queue for _, queue in self.read_queues)

    def subscription_config(self) -> dict[str, str]:
        """How a stream is read as a queue."""
        config = {
            "queue.type": self.settings.subscription_type,
            "queue.max.deliveries": str(self.settings.max_retries + 1),
            "queue.start": "latest" if self.settings.start == "latest" else "earliest",
        }
        return config | ({DEAD_LETTER: self.dead.topic} if self.dead is not None else {})


@dataclass(frozen=True, slots=True)
class StorePlan:
    """A drawn store. ``once``: each event id is applied a single time; ``id_field`` is where that is in a value."""

    node_id: str
    name: str
    capacity: float = 0.0
    once: bool = False
    id_field: str = ""
    key_field: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class FlowPlan:
    topics: tuple[DrawnTopic, ...] = ()
    producers: dict[str, ProducerPlan] = field(default_factory=dict)
    groups: dict[str, GroupPlan] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    bindings: dict[str, tuple[Binding, ...]] = field(default_factory=dict)
    alternates: dict[str, str] = field(default_factory=dict)
    dead_letters: tuple[DeadLetterWay, ...] = ()
    stores: dict[str, StorePlan] = field(default_factory=dict)
    """Exchanges by node, bindings by link; the links to alternates by the name of their exchange."""


def plan_of(document: FlowDocument) -> FlowPlan:
    producers, groups = {}, {}
    topics = [topic for node in topic_nodes(document) for topic in _topic(document, node)]
    for node in document.nodes:
        role = kind_of(node.kind).role
        if role == "producer":
            producers[node.id] = _producer(document, node)
        elif role == "group":
            groups[node.id] = _group(document, node)
    dead_letters = [_dead_letter_way(document, link) for link in document.links if is_dead_letter_link(document, link)]
    for group in groups.values():
        if group.dead is not None:
            subscriptions = (queue for arrow, queue in group.read_queues if arrow.kind != "queue")
            dead_letters += [DeadLetterWay(group.dead.link_id, queue) for queue in subscriptions]
    alternates = {document.node(link.source).name: link.id for link in reversed([*alternate_links(document)])}
    return FlowPlan(tuple(topics), producers, groups, tuple(link.id for link in document.links),
                    _exchanges(document), _bindings(document), alternates, tuple(dead_letters),
                    {node.id: _store(node) for node in document.of_kind("store")})


def _store(node: Node) -> StorePlan:
    settings, broken = settings_or_reason(node, StoreSettings)
    return StorePlan(node.id, node.name, settings.capacity_per_s, settings.writes == "once_per_id",
                     settings.id_field.strip(), settings.key.strip(), broken)


def _dead_letter_way(document: FlowDocument, link: Link) -> DeadLetterWay:
    source, target = document.node(link.source), document.node(link.target)
    return DeadLetterWay(link.id, source.name, target.name if target.kind == "exchange" else "")


def _exchanges(document: FlowDocument) -> dict[str, Exchange]:
    """Those whose settings can be taken: what sends to another says that it is not there."""
    found = {}
    for node in document.of_kind("exchange"):
        with suppress(Invalid):
            found[node.id] = drawn_exchange(document, node)
    return found


def _bindings(document: FlowDocument) -> dict[str, tuple[Binding, ...]]:
    found = {}
    for link in binding_links(document):
        with suppress(Invalid):
            found[link.id] = drawn_bindings(document, link)
    return found


def _topic(document: FlowDocument, node: Node) -> list[DrawnTopic]:
    """The topic, unless its settings can't be taken: then it is not created, and its writers say so."""
    try:
        return [drawn_topic(document, node)]
    except Invalid:
        return []


def _arrow(link: Link, end: Node) -> Arrow:
    return Arrow(link.id, end.name, end.kind if end.kind in ("queue", "exchange", "store") else "stream")


def _producer(document: FlowDocument, node: Node) -> ProducerPlan:
    settings, broken = settings_or_reason(node, FileSettings if node.kind == "file" else ProducerSettings)
    arrows = [_arrow(link, document.node(link.target)) for link in document.links if link.source == node.id]
    if not arrows:
        broken = broken or f"{node.name} feeds no topic yet. Draw a link from it to a topic."
    return ProducerPlan(node.id, node.kind, node.name, settings, arrows[0] if arrows else None, broken)


def _group(document: FlowDocument, node: Node) -> GroupPlan:
    settings, broken = settings_or_reason(node, ConsumingSettings)
    reads, forward, dead, store = [], None, None, None
    for link in document.links:
        if link.target == node.id:
            reads.append(_arrow(link, document.node(link.source)))
        elif link.source == node.id:
            target = document.node(link.target)
            if target.kind == "dead_letters":
                dead = _arrow(link, target)
            elif target.kind == "store":
                store = _arrow(link, target)
            else:
                forward = _arrow(link, target)
    sources = document.sources_of(node.id)
    if not reads:
        broken = broken or f"{node.name} reads no topic yet. Draw a link from a topic to it."
    if not node.name:
        broken = "A group needs a name."
    return GroupPlan(node.id, node.name, settings, tuple(reads), forward, dead, store,
                     broken or mixed_reading(node, sources), reads_by_leases(node, sources))
