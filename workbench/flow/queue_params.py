# ruff: noqa: E501  (one parameter a line reads as a table)
"""The parameters of queues, of links at exchanges, and of groups that read by leases, and the broker's words for them."""

from __future__ import annotations

from workbench.flow.encodings import ENCODED
from workbench.flow.params import Param

_TYPES = ("shared", "exclusive", "failover", "key_shared")
_TYPE_HELP = (
    "shared: all compete; exclusive: one consumer only; failover: one at a time, the others wait; "
    "key_shared: all messages of a key to one consumer at a time."
)

QUEUE = (
    Param("profile", "choice", "none", "Profile", section="Queue",
          choices=("none", "kafka", "pulsar", "kinesis", "rabbitmq", "activemq", "sqs"),
          help="Whose rules, limits and names it follows."),
    Param("type", "choice", "shared", "Consumers", choices=_TYPES, section="Queue", help=_TYPE_HELP),
    Param("partitions", "int", 1, "Partitions", low=1, high=1000, section="Queue"),
    Param("prefetch", "int", 0, "Prefetch", "messages", 0, 100_000, section="Queue",
          help="How many a consumer may hold at once if it does not say; 0: no limit."),
    Param("visibility_ms", "int", 30_000, "Visibility time-out", "ms", 1, 43_200_000, section="Leases",
          help="A message that is not acknowledged for so long comes back."),
    Param("max_deliveries", "int", 0, "Delivery limit", "deliveries", 0, 1_000_000, section="Leases",
          help="After so many it is dead: it goes to the linked queue or exchange, or stays here, marked. 0: no limit."),
    Param("retry_delay_ms", "int", 0, "Retry after", "ms", 0, 31_536_000_000, section="Leases",
          help="How long a message that was given back waits."),
    Param("ordered_groups", "bool", False, "Ordered message groups", section="Order",
          help="While a message of a group (its key) is in flight, the others of the group wait. With the profile sqs one receive may take several."),
    Param("max_priority", "int", 0, "Highest priority", low=0, high=255, section="Order",
          help="0: no priorities. A message says its own in the header workbench.priority."),
    Param("dedup_ms", "int", 0, "Deduplicate for", "ms", 0, 86_400_000, section="Order",
          help="A message whose header workbench.dedup.id was seen in this time is dropped; 0: never."),
    Param("ttl_ms", "int", -1, "Time to live", "ms", -1, 315_360_000_000, section="Limits", help="-1 keeps without end."),
    Param("delay_ms", "int", 0, "Delay", "ms", 0, 31_536_000_000, section="Limits",
          help="How long a new message waits before anybody gets it."),
    Param("max_length", "int", -1, "Keep at most", "ready messages", -1, 2**40, section="Limits", help="-1: no limit."),
    Param("overflow", "choice", "drop_head", "When it is full", choices=("drop_head", "refuse", "dead_letter"), section="Limits",
          help="drop_head: the oldest goes; refuse: the sender is told; dead_letter: the oldest goes to the dead letters."),
    *ENCODED,
)

QUEUE_CONFIG = {
    "profile": "queue.profile", "type": "queue.type", "prefetch": "queue.prefetch",
    "visibility_ms": "queue.visibility.ms", "max_deliveries": "queue.max.deliveries",
    "retry_delay_ms": "queue.retry.delay.ms", "ordered_groups": "queue.ordered.groups",
    "max_priority": "queue.max.priority", "dedup_ms": "queue.dedup.ms", "ttl_ms": "queue.ttl.ms",
    "delay_ms": "queue.delay.ms", "max_length": "queue.max.length", "overflow": "queue.overflow",
}
"""The broker's words for a queue's parameters."""
DEAD_LETTER = "queue.dead.letter"
DEAD_LETTER_EXCHANGE = "queue.dead.letter.exchange"
DEAD_LETTER_KEY = "queue.dead.letter.routing.key"

LEASES = (
    Param("reading", "choice", "offsets", "Reads a stream by", choices=("offsets", "leases"), section="Leases",
          help="leases: its members compete for single messages of the same log. A queue is always read by leases."),
    Param("subscription_type", "choice", "shared", "Subscription", choices=_TYPES, section="Leases",
          help="Of a stream read by leases; a queue has its own. " + _TYPE_HELP),
    Param("prefetch", "int", 10, "Prefetch", "messages", 0, 100_000, section="Leases",
          help="How many a member may hold unacknowledged; 0: as the queue says."),
    Param("ack", "choice", "after", "Acknowledge", choices=("after", "auto", "none"), section="Leases",
          help="after: when worked; auto: as soon as it is handed out, lost with a member that is killed; none: never, so it comes back."),
    Param("on_failure", "choice", "nack", "A failed message", choices=("nack", "reject", "expire"), section="Leases",
          help="nack: goes back to the queue; reject: is dead at once; expire: comes back when its lease runs out."),
    Param("visibility_ms", "int", 0, "Lease for", "ms", 0, 43_200_000, section="Leases", help="0: as the queue says."),
)

ROUTING = Param("routing_key", "text", "", "Routing key", section="Sending",
                help="For an exchange: «order.{country}» takes a field of the event, dots go deeper; empty sends the key.")

_KEY = Param("key", "code", "", "Binding keys", lines=4, help="One a line. direct: equal to the routing key; topic: words between dots, * one word, # any.")
_HEADERS = (
    Param("arguments", "code", "", "Headers", lines=5, help="One a line, as format=pdf. A line «or» begins another set of them."),
    Param("match", "choice", "all", "Match", choices=("all", "any"), help="Whether all headers of a set must be there, or any."),
)
BINDING = {"direct": (_KEY,), "topic": (_KEY,), "fanout": (), "headers": _HEADERS}
"""A binding's parameters by the type of its exchange."""

CARRIES = Param("carries", "choice", "bound", "Carries", choices=("bound", "unrouted"),
                help="bound: what the binding asks for; unrouted: what no binding of the exchange takes (its alternate exchange).")
"""Of a link between two exchanges."""

DEAD_LETTERS = (Param("routing_key", "text", "", "Routing key", help="Of the dead letters; empty: each keeps its own."),)
"""Of a link from a queue to its dead-letter exchange."""
