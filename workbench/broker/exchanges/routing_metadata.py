"""By which exchange a message came, and with which routing key: two headers that stay with it. Plain functions.

AMQP hands both out with every delivery, and a dead-letter exchange routes by the key that the message has. What was
sent straight to a queue carries neither, however it came before, and counts as the default exchange would have it: its
key is the queue's name.
"""

from __future__ import annotations

from typing import NamedTuple

from workbench.core.queues import EXCHANGE, ROUTING_KEY, sent_straight
from workbench.core.records import Headers

_NAMES = (EXCHANGE, ROUTING_KEY)


class RoutingMetadata(NamedTuple):
    exchange: str
    key: str


def routing_metadata_of(headers: Headers) -> RoutingMetadata | None:
    """None of a message that was sent straight to its queue."""
    found = {name: (value or b"").decode("utf-8", "replace") for name, value in headers if name in _NAMES}
    return RoutingMetadata(found.get(EXCHANGE, ""), found.get(ROUTING_KEY, "")) if found else None


def stamped(headers: Headers, mark: RoutingMetadata | None) -> Headers:
    """``headers`` with this routing metadata in place of the one they had; None takes it off."""
    kept = sent_straight(headers)
    return kept if mark is None else (*kept, (EXCHANGE, mark.exchange.encode()), (ROUTING_KEY, mark.key.encode()))
