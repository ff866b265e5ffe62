"""The topics a drawing asks for: names, partitions and Kafka's words for their settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workbench.flow.document import FlowDocument, Node
from workbench.flow.kinds import kind_of


class DrawnTopic(NamedTuple):
    node_id: str
    name: str
    partitions: int
    config: dict[str, str]


def drawn_topics(document: FlowDocument) -> Iterator[DrawnTopic]:
    """Every drawn topic and dead letters; ``Invalid`` when a setting can't be taken."""
    return (drawn_topic(node) for node in document.of_kind("topic", "dead_letters"))


def drawn_topic(node: Node) -> DrawnTopic:
    values = kind_of(node.kind).complete(node.params)
    config = {"message.timestamp.type": values["timestamp_type"]}
    if values["retention_ms"] >= 0:
        config["retention.ms"] = str(values["retention_ms"])
    if values["retention_bytes"] >= 0:
        config["retention.bytes"] = str(values["retention_bytes"])
    if values["retention_all_read"]:
        config["workbench.retention.all.read"] = "true"
    return DrawnTopic(node.id, node.name, values["partitions"], config)
