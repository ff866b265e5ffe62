"""The values of queues: what a lease, a message and its story are. A queue is a log read by leases.

    append ──► delayed ──► ready ──receive──► in flight ──ack──► acked (gone once all before it are)
                  ▲          ▲                    │
                  │          ├── expiry, release ─┤
                  └── nack with a delay ──────────┤
                                                  └── reject, delivery limit, time to live, length ──► dead

A topic of kind ``queue`` has one queue of its own name. A stream can be read as queues too: each is a *subscription*,
named ``TOPIC:SUBSCRIPTION``. A dead message goes to the dead-letter queue when there is one, or to all the queues that
a dead-letter exchange leads to for its key; else it stays where it is, marked dead, until it is redriven or purged.
All times are milliseconds since the epoch. Values are immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from workbench.core.records import Headers, StoredRecord

SUBSCRIPTION_MARK = ":"

PRIORITY = "workbench.priority"
DELAY_MS = "workbench.delay.ms"
TTL_MS = "workbench.ttl.ms"
MESSAGE_GROUP = "workbench.group"
DEDUPLICATION_ID = "workbench.dedup.id"
"""Headers that a producer may set on one message; text. The group is the key where the header is missing."""

EXCHANGE = "workbench.exchange"
ROUTING_KEY = "workbench.routing.key"
"""Headers that the broker sets on what is published: the exchange (empty: the default one) and the key."""

DEATHS = "workbench.deaths"
"""Header of a dead letter: its ``DeadLetterEvent`` entries as JSON, newest first, merged by queue and reason."""


class MessageState(StrEnum):
    READY = "ready"
    DELAYED = "delayed"
    IN_FLIGHT = "in_flight"
    ACKED = "acked"
    DEAD = "dead"


class SubscriptionType(StrEnum):
    SHARED = "shared"
    EXCLUSIVE = "exclusive"
    FAILOVER = "failover"
    KEY_SHARED = "key_shared"


class DeadLetterReason(StrEnum):
    REJECTED = "rejected"
    EXPIRED = "expired"
    LENGTH = "maxlen"
    LIMIT = "delivery_limit"


class MessageId(NamedTuple):
    """A message of a queue: the place of its record in the log that the queue reads."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}"


class Receipt(NamedTuple):
    """One delivery of one message. Only the latest receipt of a message can be acked; written ``0-15-2``."""

    partition: int
    offset: int
    attempt: int

    @property
    def message(self) -> MessageId:
        return MessageId(self.partition, self.offset)

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}-{self.attempt}"


class Delivery(NamedTuple):
    """A message handed to a consumer, until ``expires_ms``. ``attempt`` counts from 1. A NamedTuple, because a queue
    hands out a hundred thousand a second."""

    receipt: Receipt
    record: StoredRecord
    expires_ms: int

    @property
    def attempt(self) -> int:
        return self.receipt.attempt

    @property
    def redelivered(self) -> bool:
        return self.receipt.attempt > 1


@dataclass(frozen=True, slots=True)
class DeadLetterEvent:
    """Why and how often a message died in one queue (``count`` deaths for that reason). ``exchange`` and
    ``routing_key`` are those by which it had come there, both empty where it was sent straight to the queue."""

    queue: str
    reason: DeadLetterReason
    count: int
    first_ms: int
    last_ms: int
    origin: MessageId
    text: str = ""  # what the consumer said
    exchange: str = ""
    routing_key: str = ""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message as peeking shows it; nothing was changed by looking. ``exchange`` and ``routing_key`` are those by
    which it came: None where it was sent straight to the queue, and an empty exchange is the default one."""

    id: MessageId
    state: MessageState
    record: StoredRecord
    attempts: int = 0
    consumer: str = ""  # who has it leased
    leased_ms: int | None = None
    until_ms: int | None = None  # in flight: the lease's end; delayed: when it becomes ready
    expires_ms: int | None = None  # time to live
    priority: int = 0
    group: str = ""
    reason: str = ""  # why it was last given back, or died
    deaths: tuple[DeadLetterEvent, ...] = ()
    exchange: str | None = None
    routing_key: str | None = None
    kept: bool = True  # False only in the past: the log no longer has the record


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """``dead`` are kept here; ``dead_lettered`` went to the dead letters. The second line counts since the queue
    was made; ``dead_lettered_to`` counts, since the file was opened, what went to which queue."""

    ready: int = 0
    delayed: int = 0
    in_flight: int = 0
    dead: int = 0

    received: int = 0
    acked: int = 0
    redelivered: int = 0
    returned: int = 0  # leases that ran out
    expired: int = 0  # by time to live
    dead_lettered: int = 0
    duplicates: int = 0
    refused: int = 0  # sends, by length
    dead_lettered_to: Mapping[str, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return self.ready + self.delayed + self.in_flight + self.dead


@dataclass(frozen=True, slots=True)
class QueueMeta:
    """A queue as it stands. ``config`` holds only what was set; ``subscription`` is empty for a queue of its own."""

    name: str
    topic: str
    subscription: str
    config: Mapping[str, str]
    durable: bool = True


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would remove, or removed. Messages in flight stay with their consumers."""

    queue: str
    ready: int
    delayed: int
    dead: int
    kept_in_flight: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A message changed before it is redriven; what is None stays as it is."""

    value: bytes | None = None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] | None = None


@dataclass(frozen=True, slots=True)
class RedriveSpec:
    """Which dead messages go where. No ``messages`` means all; ``to`` empty means each to its origin; ``rate`` is
    messages a second, 0 as fast as it goes."""

    messages: tuple[MessageId, ...] = ()
    to: str = ""
    rate: float = 0.0
    edits: Mapping[MessageId, Edit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redriven:
    """What was sent on: how many to which queue, and how many stayed, with the reason."""

    moved: Mapping[str, int]
    kept: int = 0
    reason: str = ""


def sent_straight(headers: Headers) -> Headers:
    """``headers`` of a message that goes to a queue or topic itself: it does not claim to come by an exchange."""
    return tuple(header for header in headers if header[0] not in (EXCHANGE, ROUTING_KEY))
