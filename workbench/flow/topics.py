"""The topics and queues a drawing asks for: names, partitions and the broker's words for their settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import kind_of
from workbench.flow.queue_params import DEAD_LETTER, queue_config


class DrawnTopic(NamedTuple):
    node_id: str
    name: str
    partitions: int
    config: dict[str, str]
    kind: str = "stream"


def topic_nodes(document: FlowDocument) -> list[Node]:
    """Every drawn topic, queue and dead letters; a dead-letter queue stands before the queues that need it."""
    nodes = list(document.of_kind("topic", "queue", "dead_letters"))
    return sorted(nodes, key=lambda node: len(dead_letter_path(document, node)))


def drawn_topics(document: FlowDocument) -> Iterator[DrawnTopic]:
    """What ``topic_nodes`` ask for; ``Invalid`` when a setting can't be taken."""
    return (drawn_topic(document, node) for node in topic_nodes(document))


def drawn_topic(document: FlowDocument, node: Node) -> DrawnTopic:
    values = kind_of(node.kind).complete(node.params)
    if node.kind == "queue":
        config = queue_config(values)
        dead_letters = dead_letter_queue(document, node)
        if dead_letters is not None:
            config[DEAD_LETTER] = dead_letters.name
        return DrawnTopic(node.id, node.name, values["partitions"], config, "queue")
    config = {"message.timestamp.type": values["timestamp_type"]}
    if values["retention_ms"] >= 0:
        config["retention.ms"] = str(values["retention_ms"])
    if values["retention_bytes"] >= 0:
        config["retention.bytes"] = str(values["retention_bytes"])
    if values["retention_all_read"]:
        config["workbench.retention.all.read"] = "true"
    return DrawnTopic(node.id, node.name, values["partitions"], config)


def dead_letter_queue(document: FlowDocument, queue: Node) -> Node | None:
    """The queue that takes the dead messages of ``queue``, which is linked to it."""
    if queue.kind != "queue":
        return None
    return next((node for node in document.targets_of(queue.id) if node.kind == "queue"), None)


def dead_letter_path(document: FlowDocument, queue: Node) -> list[Node]:
    """Where a dead message goes if it dies in each queue anew; ends before a queue that it was in already, except that
    one: a path whose last is in it twice, or is ``queue``, goes in a circle."""
    path: list[Node] = []
    node = dead_letter_queue(document, queue)
    while node is not None:
        seen = node in path
        path.append(node)
        if seen or node.id == queue.id:
            break
        node = dead_letter_queue(document, node)
    return path
