"""What one channel was handed: its consumers, and deliveries until they are settled. On the loop.

    queue ──push──► Consumer ──► Unacked (delivery tag ──► queue and receipt) ──ack, nack, reject, recover──► queue

A cancelled consumer is handed nothing more; what it has stays with the channel until it is settled or the channel
closes (A3). Its claims end with the channel at once: the broker gives the messages back to their places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from workbench.broker import HELD
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.names import shown_name
from workbench.core.queues import Delivery, Receipt
from workbench.listeners.amqp import frames
from workbench.listeners.amqp.open_connection import OpenConnection
from workbench.listeners.amqp.properties import letter, with_delivery_count
from workbench.listeners.amqp.refusals import ChannelRefusal
from workbench.listeners.amqp.shared_queues import QueueInUse, SharedQueues

_CANCELLED = -(1 << 30)
"""The priority of a consumer that still holds what it was handed: any other is active before it."""


class Out(NamedTuple):
    """One delivery that was not settled; ``consumer`` None: it was asked for by basic.get."""

    queue: str
    receipt: Receipt
    consumer: Consumer | None


class ConsumingChannel(Protocol):
    """What a consumer needs of its channel."""

    @property
    def number(self) -> int: ...

    @property
    def session(self) -> OpenConnection: ...

    @property
    def shared(self) -> SharedQueues: ...

    @property
    def consumers(self) -> dict[str, Consumer]: ...

    @property
    def unacked(self) -> Unacked: ...

    def room(self, no_ack: bool) -> int: ...


@dataclass(slots=True, eq=False)
class Consumer:
    """One of a channel's consumers, a ``Taker`` of its queue."""

    channel: ConsumingChannel
    tag: str
    queue: QueueInUse
    name: str
    no_ack: bool
    exclusive: bool
    priority: int
    tag_bytes: bytes = b""
    unacked: int = 0
    cancelled: bool = False
    gone: bool = False  # its queue was deleted; another of that name is another

    def room(self) -> int:
        return self.channel.room(self.no_ack)

    def take(self, deliveries: list[Delivery]) -> int:
        channel, unacked = self.channel, self.channel.unacked
        shown, wires, frame_max = shown_name(self.queue.stored), [], channel.session.frame_max
        for receipt, record, _ in deliveries:
            exchange, key, properties = letter(record.headers)
            if self.queue.counts_deliveries:
                properties = with_delivery_count(properties, receipt.attempt - 1)
            tag = unacked.next()
            if not self.no_ack:
                unacked.put(tag, Out(self.queue.stored, receipt, self))
            wires.append(frames.deliver(channel.number, self.tag_bytes, tag, receipt.attempt > 1, exchange or "",
                                        key if exchange else shown))
            wires.append(frames.content(channel.number, properties, record.value or b"", frame_max))
        wire = b"".join(wires)
        channel.session.send(wire)
        channel.session.peer.read[self.queue.stored] += len(deliveries)
        if self.no_ack:
            channel.shared.broker.queues.ack(self.queue.stored, [one.receipt for one in deliveries])
        return len(wire)

    def queue_gone(self) -> None:
        channel, self.gone = self.channel, True
        channel.consumers.pop(self.tag, None)
        if "consumer_cancel_notify" in channel.session.peer.capabilities:
            channel.session.send(frames.method(channel.number, frames.BASIC, 30, self.tag_bytes + b"\1"))

    def settled(self, count: int) -> None:
        """So many of its deliveries are settled; a cancelled one leaves with its last."""
        self.unacked -= count
        if self.cancelled and not self.unacked:
            self.channel.shared.broker.queues.detach(self.queue.stored, self.name)

    def cancel(self) -> bool:
        """Nothing more for it. Whether the queue goes with it."""
        shared = self.channel.shared
        self.cancelled = True
        goes = shared.remove(self.queue, self)
        if not self.unacked:
            shared.broker.queues.detach(self.queue.stored, self.name)
        elif not goes:
            with suppress(NotFound):  # deleted in the window a moment ago
                shared.broker.queues.attach(self.queue.stored, self.name, prefetch=0, priority=_CANCELLED)
            shared.ask(self.queue)
        return goes


class Unacked:
    """Deliveries of a channel that were not settled, by tag, in order. ``consumed``: without those of basic.get."""

    def __init__(self, shared: SharedQueues) -> None:
        self._shared = shared
        self._out: dict[int, Out] = {}
        self._last = 0
        self.consumed = 0

    def __len__(self) -> int:
        return len(self._out)

    def next(self) -> int:
        self._last += 1
        return self._last

    def put(self, tag: int, out: Out) -> None:
        self._out[tag] = out
        if out.consumer is not None:
            self.consumed += 1
            out.consumer.unacked += 1

    def collect(self, tag: int, multiple: bool) -> list[tuple[int, Out]]:
        """Take out what the tag means; 406 where there is no such delivery. 0 with ``multiple``: all."""
        if multiple and tag == 0:
            tags = list(self._out)
        elif tag not in self._out:
            raise ChannelRefusal(406, f"unknown delivery tag {tag}")
        elif multiple:
            tags = []
            for each in self._out:
                tags.append(each)
                if each == tag:
                    break
        else:
            tags = [tag]
        found = [(each, self._out.pop(each)) for each in tags]
        self.consumed -= sum(out.consumer is not None for _, out in found)
        return found

    def put_back(self, outs: Iterable[tuple[int, Out]]) -> None:
        """What was collected in a transaction that is rolled back."""
        for tag, out in outs:
            self._out[tag] = out
            self.consumed += out.consumer is not None
        self._out = dict(sorted(self._out.items()))

    # -- settling --------------------------------------------------------------------------------------------
    def ack(self, outs: Iterable[tuple[int, Out]]) -> None:
        self._settle(outs, self._shared.broker.queues.ack)

    def requeue(self, outs: Iterable[tuple[int, Out]]) -> None:
        self._settle(outs, self._shared.broker.queues.nack)

    def reject(self, outs: Iterable[tuple[int, Out]]) -> None:
        self._settle(outs, self._shared.broker.queues.reject)

    def _settle(self, outs: Iterable[tuple[int, Out]], act: Callable[[str, list[Receipt]], object]) -> None:
        by_queue: dict[str, list[Receipt]] = {}
        by_consumer: dict[Consumer, int] = {}
        for _, (queue, receipt, consumer) in outs:
            if consumer is not None and consumer.gone:
                continue
            by_queue.setdefault(queue, []).append(receipt)
            if consumer is not None:
                by_consumer[consumer] = by_consumer.get(consumer, 0) + 1
        for queue, receipts in by_queue.items():
            try:
                act(queue, receipts)
            except WorkbenchError:
                continue  # the queue is gone, or the message is: there is nothing to settle
        for consumer, count in by_consumer.items():
            consumer.settled(count)


class Getter:
    """What basic.get takes by, in every queue it was asked of: one consumer of the channel, without a limit."""

    def __init__(self, shared: SharedQueues, name: str) -> None:
        self._shared = shared
        self._name = name
        self._queues: set[str] = set()

    def get(self, queue: str) -> Delivery | None:
        if queue not in self._queues:
            self._queues.add(queue)
            self._shared.broker.queues.attach(queue, self._name, prefetch=0)
        found = self._shared.broker.queues.receive(queue, self._name, 1, HELD)
        return found[0] if found else None

    def close(self) -> None:
        for queue in self._queues:
            self._shared.broker.queues.detach(queue, self._name)
