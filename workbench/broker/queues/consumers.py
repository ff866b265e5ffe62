"""Who consumes from one queue, and who of them may. Pure; one caller at a time.

Exclusive: a second consumer is refused. Failover: only the first by priority, then by name, is given messages; the
others wait to take over (Pulsar, concepts); in RabbitMQ it is the first that came (single active consumer). Shared and
key-shared: everybody. Prefetch limits what one has in flight; 0 is no limit (RabbitMQ, consumer-prefetch).
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import Refused
from workbench.core.queues import SubscriptionType


@dataclass(slots=True)
class Consumer:
    name: str
    prefetch: int
    priority: int = 0
    in_flight: int = 0
    acked: int = 0


class Consumers(dict[str, Consumer]):
    """By name, in the order they came."""

    def __init__(self) -> None:
        super().__init__()
        self.type = SubscriptionType.SHARED
        self.by_arrival = False  # of failover: not by name

    def attach(self, name: str, prefetch: int, priority: int) -> bool:
        """True when it is new. Refused when the queue is another's alone."""
        if self.type is SubscriptionType.EXCLUSIVE and any(other != name for other in self):
            raise Refused("{self_} has this queue for itself.", "Stop it first, or make the queue shared or failover.",
                          self_=next(other for other in self if other != name))
        known = self.get(name)
        if known is None:
            self[name] = Consumer(name, prefetch, priority)
            return True
        known.prefetch, known.priority = prefetch, priority
        return False

    def is_active(self, name: str) -> bool:
        if self.type is not SubscriptionType.FAILOVER:
            return True
        first = min(self.values(), key=lambda other: (-other.priority, "" if self.by_arrival else other.name))
        return name == first.name
