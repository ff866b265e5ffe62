"""One channel: its methods in the order they come, the contents of what it publishes, and its end. On the loop.

    method ──► done at once (publish, ack, qos, ...)          ──► answer
           └─► an ``Act`` that may wait for the file (declare, get, tx.commit, ...): the connection reads on after it

After a channel error everything but channel.close-ok is dropped (A17).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pamqp import commands

from workbench.core.names import shown_name
from workbench.core.records import Record
from workbench.listeners.amqp import frames
from workbench.listeners.amqp.consuming import Consumer, Getter, Out, Unacked
from workbench.listeners.amqp.declarations import MESSAGE_MAX
from workbench.listeners.amqp.open_connection import OpenConnection
from workbench.listeners.amqp.properties import asked, letter, with_delivery_count, with_reply_to
from workbench.listeners.amqp.publishing import NO_ROUTE, Confirms, Sent
from workbench.listeners.amqp.refusals import ChannelRefusal, ConnectionRefusal, exchange_words, no_exchange
from workbench.listeners.amqp.shared_queues import QueueInUse, SharedQueues

REPLY_TO = "amq.rabbitmq.reply-to"
PUBLISH, ACK, REJECT, NACK = (60, 40), (60, 80), (60, 90), (60, 120)
MANDATORY, IMMEDIATE = 1, 2
NO_LIMIT = 1 << 30
Act = Callable[["Channel", Any], Awaitable[bytes | None]]
Work = Callable[[], Awaitable[bytes | None]]
"""An ``Act`` that is due: begun only when it is its turn, for the connection may end before."""


@dataclass(slots=True)
class Transaction:
    sent: list[Sent] = field(default_factory=list)
    settled: list[tuple[str, list[tuple[int, Out]]]] = field(default_factory=list)


@dataclass(slots=True)
class _Content:
    """A message that is coming in; ``left`` None: its header has not come."""

    exchange: str
    key: str
    mandatory: bool
    properties: bytes = b""
    left: int | None = None
    pieces: list[bytes] = field(default_factory=list)


class Channel:
    def __init__(self, session: OpenConnection, number: int, shared: SharedQueues) -> None:
        self.session = session
        self.number = number
        self.shared = shared
        self.is_open = True
        self.consumers: dict[str, Consumer] = {}
        self.cancelled: list[Consumer] = []
        self.unacked = Unacked(shared)
        self.getter = Getter(shared, shared.new_name("get", session.who))
        self.confirms: Confirms | None = None
        self.transaction: Transaction | None = None
        self.prefetch = 0  # of consumers to come
        self.budget = 0  # of all together; 0: no limit
        self.last_queue = ""
        self.reply_token = ""
        self._content: _Content | None = None

    # -- what comes ------------------------------------------------------------------------------------------
    def method(self, which: tuple[int, int], payload: bytes) -> Work | None:
        """Take a method; what it returns is to be called, and waited for."""
        if self._content is not None:
            raise ConnectionRefusal(505, "expected content header for class 60, got non content header frame instead")
        if which == PUBLISH:
            self._begin(payload)
            return None
        if which in (ACK, NACK, REJECT):
            self._settle(which, *frames.read_settling(payload))
            return None
        return self.session.act(self, which, payload)

    def header(self, payload: bytes) -> None:
        content = self._content
        if content is None or content.left is not None:
            raise ConnectionRefusal(505, "expected method frame, got non method frame instead")
        class_id, size, content.properties = frames.read_header(payload)
        if class_id != frames.BASIC:
            raise ConnectionRefusal(505, f"expected content header for class 60, got one for class {class_id} instead")
        if size > MESSAGE_MAX:
            self._content = None
            raise ChannelRefusal(406, f"message size {size} is larger than configured max size {MESSAGE_MAX}")
        content.left = size
        if not size:
            self._complete(content)

    def body(self, payload: bytes) -> None:
        content = self._content
        if content is None or content.left is None:
            raise ConnectionRefusal(505, "expected method frame, got non method frame instead")
        content.left -= len(payload)
        if content.left < 0:
            raise ConnectionRefusal(501, "the body is longer than its header says")
        content.pieces.append(payload)
        if not content.left:
            self._complete(content)

    # -- publishing ------------------------------------------------------------------------------------------
    def _begin(self, payload: bytes) -> None:
        exchange, key, bits = frames.read_publish(payload)
        if bits & IMMEDIATE:
            raise ConnectionRefusal(540, "immediate=true")
        self._content = _Content(exchange, key, bool(bits & MANDATORY))

    def _complete(self, content: _Content) -> None:
        self._content = None
        if content.exchange:
            found = self.shared.exchange(content.exchange)
            if found is None:
                raise no_exchange(content.exchange)
            if found.internal:
                raise ChannelRefusal(403, f"cannot publish to internal {exchange_words(content.exchange)}")
        wants, properties = asked(content.properties), content.properties
        user = self.session.peer.user
        if wants.user_id and wants.user_id != user:
            raise ChannelRefusal(406, f"user_id property set to '{wants.user_id}' but authenticated user was '{user}'")
        body = content.pieces[0] if len(content.pieces) == 1 else b"".join(content.pieces)
        if wants.reply_to == REPLY_TO:
            if not self.reply_token:
                raise ChannelRefusal(406, "fast reply consumer does not exist")
            properties = with_reply_to(properties, f"{REPLY_TO}.{self.reply_token}")
            wants = asked(properties)
        tag = self.confirms.new_tag() if self.confirms is not None else 0
        sent = Sent(self, tag, content.exchange, content.key, content.mandatory, properties,
                    Record(None, body, wants.headers))
        if not content.exchange and content.key.startswith(REPLY_TO + "."):
            self._reply(sent)
        elif self.transaction is not None:
            self.transaction.sent.append(sent)
        else:
            self.session.outbox.put(sent)

    def _reply(self, sent: Sent) -> None:
        """To who waits for it by direct reply-to; it is in no queue."""
        take = self.shared.replies.get(sent.key[len(REPLY_TO) + 1 :])
        if take is not None:
            take(sent.key, sent.properties, sent.record.value or b"")
        elif sent.mandatory:
            self.give_back(sent)
        if self.confirms is not None:
            self.confirms.settle(sent.tag, True)
            self.confirms.tell()

    def reply(self, key: str, properties: bytes, body: bytes) -> None:
        """A reply to this channel's requests."""
        consumer = next((each for each in self.consumers.values() if each.queue.stored == REPLY_TO), None)
        if consumer is not None:
            head = frames.deliver(self.number, consumer.tag_bytes, self.unacked.next(), False, "", key)
            self.session.send(head + frames.content(self.number, properties, body, self.session.frame_max))

    def give_back(self, sent: Sent) -> None:
        """basic.return of what is mandatory and no queue took."""
        if self.is_open:
            head = frames.returned(self.number, NO_ROUTE, "NO_ROUTE", sent.exchange, sent.key)
            body = sent.record.value or b""
            self.session.send(head + frames.content(self.number, sent.properties, body, self.session.frame_max))

    # -- settling --------------------------------------------------------------------------------------------
    def _settle(self, which: tuple[int, int], tag: int, bits: int) -> None:
        """ack (multiple), nack (multiple, requeue), reject (requeue)."""
        multiple = bool(bits & 1) and which != REJECT
        if which == ACK:
            how = "ack"
        else:
            how = "requeue" if bits & (1 if which == REJECT else 2) else "reject"
        outs = self.unacked.collect(tag, multiple)
        if self.transaction is not None:
            self.transaction.settled.append((how, outs))
        else:
            self.settle(how, outs)

    def settle(self, how: str, outs: list[tuple[int, Out]]) -> None:
        {"ack": self.unacked.ack, "requeue": self.unacked.requeue, "reject": self.unacked.reject}[how](outs)
        self.ask()

    def ask(self) -> None:
        """Those of this channel's consumers that may take again are asked."""
        if self.budget or self.session.choked:
            for consumer in self.consumers.values():
                self.shared.ask(consumer.queue)

    def room(self, no_ack: bool) -> int:
        """How many messages a consumer of this channel takes now, its own prefetch apart."""
        if self.session.choked or not self.is_open:
            return 0
        if no_ack or not self.budget:
            return NO_LIMIT
        return self.budget - self.unacked.consumed

    # -- handing out by request ------------------------------------------------------------------------------
    def got(self, queue: QueueInUse, no_ack: bool) -> bytes:
        """The answer to basic.get."""
        stored = queue.stored
        delivery = self.getter.get(stored)
        if delivery is None:
            return frames.method(self.number, frames.BASIC, 72, b"\0")
        exchange, key, properties = letter(delivery.record.headers)
        if queue.counts_deliveries:
            properties = with_delivery_count(properties, delivery.attempt - 1)
        tag = self.unacked.next()
        if no_ack:
            self.shared.broker.queues.ack(stored, [delivery.receipt])
        else:
            self.unacked.put(tag, Out(stored, delivery.receipt, None))
        self.session.peer.read[stored] += 1
        left = self.shared.broker.queues.counts(stored).ready
        head = frames.get_ok(self.number, tag, delivery.redelivered, exchange or "",
                             key if exchange else shown_name(stored), left)
        return head + frames.content(self.number, properties, delivery.record.value or b"", self.session.frame_max)

    # -- the end ---------------------------------------------------------------------------------------------
    def end(self) -> list[str]:
        """Its claims go back at once; the queues that go with it."""
        self.is_open = False
        if self.reply_token:
            self.shared.replies.pop(self.reply_token, None)
        if self.transaction is not None:
            self.transaction = None
        going = []
        for consumer in [*self.consumers.values(), *self.cancelled]:
            if not consumer.cancelled and self.shared.remove(consumer.queue, consumer):
                going.append(consumer.queue.stored)
            self.shared.broker.queues.detach(consumer.queue.stored, consumer.name)
        self.getter.close()
        self.consumers.clear()
        return going


def decoded(which: tuple[int, int], payload: bytes) -> Any:
    """A rare method, by the library. ConnectionRefusal where there is none such, or it can't be read."""
    kind: Mapping[int, Any] = commands.INDEX_MAPPING
    found = kind.get(which[0] << 16 | which[1])
    if found is None:
        raise ConnectionRefusal(540, f"method {which[0]}.{which[1]}")
    made = found()
    try:
        made.unmarshal(payload[4:])
    except Exception:  # whatever the library meets in bytes that are none
        raise ConnectionRefusal(501, f"{found.name} can't be read") from None
    return made
