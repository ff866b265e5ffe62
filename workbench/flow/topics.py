"""The topics and queues a drawing asks for: names, partitions and the broker's words for their settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workbench.core.encodings import AUTO
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.encodings import ENCODING_CONFIG
from workbench.flow.kinds import TOPICS, link_params
from workbench.flow.queue_params import DEAD_LETTER, DEAD_LETTER_EXCHANGE, DEAD_LETTER_KEY, QUEUE, QUEUE_CONFIG
from workbench.flow.settings import DrawnQueueSettings, EncodedSettings, TopicSettings, settings_of


class DrawnTopic(NamedTuple):
    node_id: str
    name: str
    partitions: int
    config: dict[str, str]
    kind: str = "stream"


def topic_nodes(document: FlowDocument) -> list[Node]:
    """Every drawn topic, queue and dead letters; a dead-letter queue stands before the queues that need it."""
    nodes = list(document.of_kind(*TOPICS))
    return sorted(nodes, key=lambda node: len(dead_letter_path(document, node)))


def drawn_topics(document: FlowDocument) -> Iterator[DrawnTopic]:
    """What ``topic_nodes`` ask for; ``Invalid`` when a setting can't be taken."""
    return (drawn_topic(document, node) for node in topic_nodes(document))


def drawn_topic(document: FlowDocument, node: Node) -> DrawnTopic:
    if node.kind == "queue":
        queue = settings_of(node, DrawnQueueSettings)
        config = queue_config(queue) | encoding_config(queue) | _dead_letters(document, node)
        return DrawnTopic(node.id, node.name, queue.partitions, config, "queue")
    topic = settings_of(node, TopicSettings)
    config = {"message.timestamp.type": topic.timestamp_type} | encoding_config(topic)
    if topic.retention_ms >= 0:
        config["retention.ms"] = str(topic.retention_ms)
    if topic.retention_bytes >= 0:
        config["retention.bytes"] = str(topic.retention_bytes)
    if topic.retention_all_read:
        config["workbench.retention.all.read"] = "true"
    return DrawnTopic(node.id, node.name, topic.partitions, config)


def encoding_config(settings: EncodedSettings) -> dict[str, str]:
    """What keys and values are written in, and by which schema; what is guessed or usual is not among it."""
    said = {setting: getattr(settings, name) for name, setting in ENCODING_CONFIG.items()}
    return {setting: encoding for setting, encoding in said.items() if encoding not in (AUTO, "")}


def queue_config(queue: DrawnQueueSettings) -> dict[str, str]:
    """What a queue's settings say that is not their default."""
    written = {}
    for param in QUEUE:
        if param.name in QUEUE_CONFIG and (value := getattr(queue, param.name)) != param.default:
            written[QUEUE_CONFIG[param.name]] = str(value).lower() if isinstance(value, bool) else str(value)
    return written


def _dead_letters(document: FlowDocument, queue: Node) -> dict[str, str]:
    link = dead_letter_link(document, queue)
    if link is None:
        return {}
    target = document.node(link.target)
    if target.kind == "queue":
        return {DEAD_LETTER: target.name}
    (param,) = link_params(document, link)
    key = param.check(link.params.get(param.name, param.default)).strip()
    return {DEAD_LETTER_EXCHANGE: target.name} | ({DEAD_LETTER_KEY: key} if key else {})


def is_dead_letter_link(document: FlowDocument, link: Link) -> bool:
    """Whether the dead messages of a queue go along it: to another queue, or to an exchange."""
    return document.node(link.source).kind == "queue" and document.node(link.target).kind in ("queue", "exchange")


def dead_letter_link(document: FlowDocument, queue: Node) -> Link | None:
    """The link along which the dead messages of ``queue`` go."""
    return next((link for link in document.links_of(queue.id)
                 if link.source == queue.id and is_dead_letter_link(document, link)), None)


def dead_letter_target(document: FlowDocument, queue: Node) -> Node | None:
    """The queue or exchange that takes the dead messages of ``queue``, which is linked to it."""
    link = dead_letter_link(document, queue)
    return None if link is None else document.node(link.target)


def dead_letter_queue(document: FlowDocument, queue: Node) -> Node | None:
    """The same, if it is a queue."""
    target = dead_letter_target(document, queue)
    return target if target is not None and target.kind == "queue" else None


def dead_letter_path(document: FlowDocument, queue: Node) -> list[Node]:
    """Where a dead message goes if it dies in each queue anew; ends before a queue that it was in already, except that
    one: a path whose last is in it twice, or is ``queue``, goes in a cycle."""
    path: list[Node] = []
    node = dead_letter_queue(document, queue)
    while node is not None:
        seen = node in path
        path.append(node)
        if seen or node.id == queue.id:
            break
        node = dead_letter_queue(document, node)
    return path
