"""What is kept and lost when records go from one system to another, in words; said before a bridge starts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KEPT, CHANGED, LOST = "kept", "changed", "lost"
_LOGS = ("", "kafka")
"""Systems whose records are those of Kafka: the workspace file and Kafka."""


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a bridge. ``system`` is empty for a workspace file; ``queue``: it is one there, not a log;
    ``recognised``: what arrived can be found there again as it was sent."""

    system: str
    partitions: int
    queue: bool = False
    config: Mapping[str, str] | None = None
    recognised: bool = True

    @property
    def own_times(self) -> bool:
        return (self.config or {}).get("message.timestamp.type") == "LogAppendTime"


@dataclass(frozen=True, slots=True)
class Term:
    what: str
    state: str
    how: str


def terms(source: Side, into: Side, window: int) -> tuple[Term, ...]:
    """``window``: as many records at most come again after a crash where the target can't be looked at."""
    content = _CONTENT.get(into.system, _UNKNOWN)
    return (
        *(_ROUTED if term.what == "headers" and source.system == "rabbitmq" and term.state == KEPT else term
          for term in content),
        _times(into),
        _partitions(source, into),
        _order(source, into),
        Term("offsets and ids", LOST, "Records get new ones; where they came from is not written to them."),
        Term("transactions", CHANGED, "Only what is committed goes over, and is sent without a transaction."),
        Term("repeats", CHANGED, f"After a crash up to {window:,} come again: what arrived is not recognised there.")
        if not into.recognised else
        Term("repeats", KEPT, "None, after a crash either: what has arrived is recognised."),
    )


_LOG = (
    Term("values", KEPT, "Byte for byte, null and empty apart."),
    Term("keys", KEPT, "Byte for byte, null and empty apart."),
    Term("headers", KEPT, "In their order, repeated names too."),
)
_RABBIT = (
    Term("values", CHANGED, "Byte for byte; a null value becomes an empty body."),
    Term("keys", CHANGED, "A message has no key: it travels in the header workbench.key."),
    Term("headers", CHANGED, "Of a repeated name the last; names of AMQP properties become properties."),
)
_ROUTED = Term("headers", CHANGED, "All of them, and two more: by which exchange and routing key it came.")
_KINESIS = (
    Term("values", CHANGED, "Byte for byte; a null value becomes an empty one."),
    Term("keys", CHANGED, "The partition key: text of 256 letters at most; without a key a random one."),
    Term("headers", LOST, "There are none: a record that has some is refused."),
)
_UNKNOWN = (
    Term("values", KEPT, "As that system's sender writes them."),
    Term("keys", CHANGED, "As that system's sender writes them: look at a few first."),
    Term("headers", CHANGED, "As that system's sender writes them: look at a few first."),
)


_CONTENT: Mapping[str, tuple[Term, ...]] = {"": _LOG, "kafka": _LOG, "rabbitmq": _RABBIT, "kinesis": _KINESIS}


def _times(into: Side) -> Term:
    if into.system == "rabbitmq":
        return Term("timestamps", CHANGED, "In whole seconds.")
    if into.own_times:
        return Term("timestamps", LOST, "The target stamps records itself (LogAppendTime).")
    if into.system in _LOGS:
        return Term("timestamps", KEPT, "To the millisecond.")
    return Term("timestamps", LOST, "The target stamps records itself.")


def _partitions(source: Side, into: Side) -> Term:
    if into.partitions >= source.partitions:
        return Term("partitions", KEPT, f"{source.partitions:,} into {into.partitions:,}: each to that of its number.")
    return Term("partitions", CHANGED, f"{source.partitions:,} into {into.partitions:,}: the others by key.")


def _order(source: Side, into: Side) -> Term:
    if into.queue and into.system not in _LOGS:
        return Term("order", CHANGED, "As sent; a queue hands out again what was not acked.")
    if into.partitions >= source.partitions:
        return Term("order", KEPT, "Within each partition.")
    return Term("order", KEPT, "Within each partition, whose records may stand among those of others now.")
