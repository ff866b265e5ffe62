"""Commands and replies about queues and exchanges; see ``core.queues`` and ``core.routing`` for the values."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.core.acts import Settlement
from workbench.core.queues import (
    Delivery,
    MessageId,
    MessageState,
    PurgePlan,
    QueuedMessage,
    QueueMeta,
    Receipt,
    Redriven,
    RedriveSpec,
)
from workbench.core.records import Record
from workbench.core.routing import Published
from workbench.core.snapshot import QueueStat


class QueueInfo(msgspec.Struct, frozen=True, tag=True):
    """A queue with its settings. ``config`` holds only what was set; ``defaults`` the rest."""

    meta: QueueMeta
    stat: QueueStat
    defaults: dict[str, str] = {}


class QueueList(msgspec.Struct, frozen=True, tag=True):
    queues: tuple[QueueInfo, ...]


class MessageList(msgspec.Struct, frozen=True, tag=True):
    messages: tuple[QueuedMessage, ...]


class DeliveryList(msgspec.Struct, frozen=True, tag=True):
    deliveries: tuple[Delivery, ...]


class Purge(msgspec.Struct, frozen=True, tag=True):
    plan: PurgePlan


class RedriveOutcome(msgspec.Struct, frozen=True, tag=True):
    redriven: Redriven


class PublishedList(msgspec.Struct, frozen=True, tag=True):
    published: tuple[Published, ...]


# -- commands ----------------------------------------------------------------------------------------------
class ListQueues(Command, frozen=True, tag=True):
    reply: ClassVar[type] = QueueList


class SubscribeQueue(Command, frozen=True, tag=True):
    """Read the stream ``topic`` as a queue too, called ``TOPIC:SUBSCRIPTION``; beginning with what comes next, or with
    all that is kept."""

    topic: str
    subscription: str
    config: dict[str, str] = {}


class UnsubscribeQueue(Command, frozen=True, tag=True):
    """Forget the subscription ``queue``, and who had acked what of it; the log stays as it is."""

    queue: str


class AlterQueue(Command, frozen=True, tag=True):
    """Change a subscription; a value of None goes back to the default. A queue of its own is altered as a topic."""

    queue: str
    config: dict[str, str | None]


class PeekQueue(Command, frozen=True, tag=True):
    """Messages in queue order, without changing anything. ``states`` empty: those not acked; after ``after``."""

    queue: str
    states: tuple[MessageState, ...] = ()
    after: MessageId | None = None
    limit: int = 100
    reply: ClassVar[type] = MessageList


class PurgeQueue(Command, frozen=True, tag=True):
    """Remove what is ready, delayed and dead; ``dry_run`` only says what would be lost."""

    queue: str
    dry_run: bool = False
    reply: ClassVar[type] = Purge


class RedriveQueue(Command, frozen=True, tag=True):
    """Send dead messages on; answered when all are on their way, or stopped by ``StopRedrive``."""

    queue: str
    spec: RedriveSpec
    dry_run: bool = False
    reply: ClassVar[type] = RedriveOutcome
    takes_long: ClassVar[bool] = True


class StopRedrive(Command, frozen=True, tag=True):
    queue: str


class ReceiveMessages(Command, frozen=True, tag=True):
    """Lease up to ``max_messages`` to ``consumer``, waiting ``timeout_ms`` for the first. The leases of a client that
    goes away return at once. ``visibility_ms`` None: as the queue says."""

    queue: str
    consumer: str
    max_messages: int = 1
    timeout_ms: int = 0
    visibility_ms: int | None = None
    reply: ClassVar[type] = DeliveryList


class SettleMessages(Command, frozen=True, tag=True):
    """End leases, or make them last longer. ``delay_ms`` is how long what is nacked waits (None: as the queue says), or
    how long an extended lease lasts from now. ``multiple``: everything of ``consumer`` up to the
    receipt too (ack only)."""

    queue: str
    receipts: tuple[Receipt, ...]
    act: Settlement
    delay_ms: int | None = None
    reason: str = ""
    multiple: bool = False
    consumer: str = ""


class PublishRecords(Command, frozen=True, tag=True):
    """Send records through an exchange; one answer each. ``mandatory``: what no queue takes is returned."""

    exchange: str
    routing_key: str
    records: tuple[Record, ...]
    mandatory: bool = False
    reply: ClassVar[type] = PublishedList
