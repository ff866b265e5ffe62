"""What parts of a drawing are called in sentences."""

from __future__ import annotations

from workbench.flow.document import Node
from workbench.flow.kinds import kind_of


def noun_of(node: Node) -> str:
    """producer, file, topic, queue, exchange or group; a dead letters part is a topic."""
    return kind_of(node.kind).noun


def a(noun: str) -> str:
    """The noun with its article, as it begins a sentence."""
    return f"An {noun}" if noun[0] in "aeiou" else f"A {noun}"
