"""Publishing: what a connection sends is gathered, appended as few batches, and confirmed once it is in the file.

    basic.publish ──► Outbox (one a connection, in order) ──flush──► Exchanges.publish, one call a run of the same
                                                                    exchange and key
    after COMMIT ──► basic.return of what is mandatory and went nowhere, then its confirm (A5) ──► Confirms (a channel)

What is not persistent is kept like the rest. On the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from workbench.broker import BatchTooLarge
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.names import stored_name
from workbench.core.records import Record
from workbench.core.routing import Published
from workbench.listeners.amqp import frames
from workbench.listeners.amqp.open_connection import OpenConnection
from workbench.listeners.amqp.shared_queues import SharedQueues

NO_ROUTE = 312
UNSETTLED_BYTES = 8 << 20
"""While so much is on its way into the file, nothing more is read from the connection."""


class PublishingChannel(Protocol):
    """What becomes of a message needs this of the channel it came by."""

    @property
    def session(self) -> OpenConnection: ...

    @property
    def confirms(self) -> Confirms | None: ...

    @property
    def is_open(self) -> bool: ...

    def give_back(self, sent: Sent) -> None: ...


class Sent(NamedTuple):
    """One message on its way. ``tag`` 0: nobody waits for a confirm."""

    channel: PublishingChannel
    tag: int
    exchange: str
    key: str
    mandatory: bool
    properties: bytes
    record: Record

    @property
    def size(self) -> int:
        return len(self.record.value or b"") + 64


class Confirms:
    """Of one channel in confirm mode: tags told in order, runs of them at once."""

    def __init__(self, number: int, send: Callable[[bytes], None]) -> None:
        self._number = number
        self._send = send
        self._next = 1  # the tag that is told next
        self._last = 0
        self._known: dict[int, bool] = {}

    def new_tag(self) -> int:
        self._last += 1
        return self._last

    def settle(self, tag: int, taken: bool) -> None:
        self._known[tag] = taken

    def tell(self) -> None:
        """Everything up to the first that is not known."""
        run = 0
        first = self._next
        while (taken := self._known.pop(self._next, None)) is not None:
            if taken:
                run = self._next
            else:
                self._tell_run(first, run)
                self._send(frames.nack(self._number, self._next, False))
                first, run = self._next + 1, 0
            self._next += 1
        self._tell_run(first, run)

    def _tell_run(self, first: int, last: int) -> None:
        if last:
            self._send(frames.ack(self._number, last, last > first))


class Outbox:
    """What one connection publishes. ``go_on`` is called when there is room again."""

    def __init__(self, shared: SharedQueues, go_on: Callable[[], None],
                 failed: Callable[[Any, Exception], None]) -> None:
        self._shared = shared
        self._go_on = go_on
        self._failed = failed
        self._waiting: list[Sent] = []
        self._on_the_way: set[Future[list[Published]]] = set()
        self._bytes = 0

    @property
    def full(self) -> bool:
        return self._bytes > UNSETTLED_BYTES

    def put(self, sent: Sent) -> None:
        self._waiting.append(sent)

    def flush(self) -> None:
        """What was put goes on its way, in order."""
        waiting, self._waiting = self._waiting, []
        for (exchange, key, mandatory), run in groupby(waiting, lambda sent: (sent.exchange, sent.key, sent.mandatory)):
            self._publish(exchange, key, mandatory, list(run))

    def _publish(self, exchange: str, key: str, mandatory: bool, run: list[Sent]) -> None:
        records = [sent.record for sent in run]
        try:
            answer = self._shared.broker.exchanges.publish(exchange, key if exchange else _stored(key), records,
                                                         mandatory, held=True)
        except NotFound as reason:
            if self._shared.exchange(exchange) is not None:  # one that is there from the start, and nothing is bound
                returned = str(reason) if mandatory else ""
                self._settle(run, [Published((), True, returned)] * len(run))
            else:
                self._failed(run[0].channel, reason)
            return
        except BatchTooLarge as reason:
            self._failed(run[0].channel, reason)
            return
        size = sum(sent.size for sent in run)
        self._bytes += size
        self._on_the_way.add(answer)
        self._shared.held.brought(size)
        self._shared.bridge.settled([answer], partial(self._published, run, answer, size))

    def _published(self, run: list[Sent], answer: Future[list[Published]], size: int) -> None:
        self._bytes -= size
        self._on_the_way.discard(answer)
        error = answer.exception()
        if error is not None and not isinstance(error, WorkbenchError):
            raise error
        self._settle(run, [Published((), False)] * len(run) if error is not None else answer.result())
        self._go_on()

    def _settle(self, run: list[Sent], answers: list[Published]) -> None:
        channels: dict[PublishingChannel, None] = {}
        for sent, published in zip(run, answers, strict=True):
            channel = sent.channel
            channels[channel] = None
            if published.returned and sent.mandatory:
                channel.give_back(sent)
            for queue in published.queues:
                channel.session.peer.written[queue] += 1
            if sent.tag and channel.confirms is not None:
                channel.confirms.settle(sent.tag, published.confirmed)
        for channel in channels:
            if channel.confirms is not None and channel.is_open:
                channel.confirms.tell()

    def unsettled(self) -> list[Future[list[Published]]]:
        """What is on its way into the file."""
        return list(self._on_the_way)


def _stored(key: str) -> str:
    """The queue that the default exchange leads to; what can't be a name leads nowhere."""
    try:
        return stored_name(key)
    except WorkbenchError:
        return key
