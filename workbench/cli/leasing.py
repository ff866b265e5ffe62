"""``consume --ack``: messages of a queue, received by lease and settled the way the person chose.

    auto     acked, then printed: a crash between loses what was not printed (at most once)
    manual   printed and flushed, then acked: a crash between prints them again (at least once)
    nack     printed, then given back; every attempt counts

Leases that are left when it ends return to the queue at once: the host sees the connection go.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Literal

from workbench.cli.output import counted, note
from workbench.control.client import Caller
from workbench.control.messages import ListTopics
from workbench.control.queues import ListQueues, ReceiveMessages, SettleMessages
from workbench.core.acts import Settlement
from workbench.core.errors import FileError, NotFound, Refused
from workbench.core.queues import Delivery, MessageId, Receipt
from workbench.core.records import StoredRecord

AckMode = Literal["auto", "manual", "nack"]
TAKE = 100
"""Messages leased at once; what is in hand when it crashes is redelivered or, with auto, lost."""
_WAIT_MS = 5_000

Show = Callable[[StoredRecord], object]


class Leasing:
    """One consumer of one queue, for as long as ``read`` runs."""

    def __init__(
        self, host: Caller, queue: str, ack: AckMode, consumer: str, visibility_ms: int | None, show: Show
    ) -> None:
        self._host = host
        self._queue = queue
        self._ack = ack
        self._consumer = consumer
        self._visibility_ms = visibility_ms
        self._show = show
        self._held: dict[MessageId, Receipt] = {}
        self._shown = 0
        self._again = 0
        self._unwritten: FileError | None = None

    def read(self, most: int | None, follow: bool) -> None:
        """Print what is ready, at most ``most``; with ``follow`` also what becomes ready, until Ctrl-C."""
        _check_queue(self._host, self._queue)
        try:
            self._read(most, follow)
        finally:
            self._settle(Settlement.NACK, list(self._held.values()))
            if self._ack == "nack":
                note(f"{counted(self._shown, 'message')} given back, {self._again:,} of them not for the first time.")

    def _read(self, most: int | None, follow: bool) -> None:
        while most is None or self._shown < most:
            count = TAKE if most is None else min(TAKE, most - self._shown)
            received = self._host.call(ReceiveMessages(
                self._queue, self._consumer, count, _WAIT_MS if follow else 0, self._visibility_ms
            )).deliveries
            over = self._take(received, follow) or (not received and not follow)
            if self._unwritten is not None:  # said once what was received has been printed: it may be acked already
                raise self._unwritten
            if over:
                return

    def _take(self, received: Sequence[Delivery], follow: bool) -> bool:
        """Print and settle; true when everything was seen once (``nack`` gives back at the end, then)."""
        receipts = [delivery.receipt for delivery in received]
        if self._ack == "auto":
            self._settle(Settlement.ACK, receipts)
        seen_again = any(delivery.receipt.message in self._held for delivery in received)
        for delivery in received:
            if delivery.receipt.message not in self._held:
                self._show(delivery.record)
                self._shown += 1
                self._again += delivery.redelivered
        sys.stdout.buffer.flush()
        if self._ack == "manual":
            self._settle(Settlement.ACK, receipts)
        elif self._ack == "nack" and follow:
            self._settle(Settlement.NACK, receipts)
        elif self._ack == "nack":
            self._held |= {receipt.message: receipt for receipt in receipts}
        return seen_again

    def _settle(self, act: Settlement, receipts: Sequence[Receipt]) -> None:
        if not receipts:
            return
        reason = "consumed with --ack nack" if act is Settlement.NACK else ""
        try:
            self._host.call(SettleMessages(self._queue, tuple(receipts), act, reason=reason, consumer=self._consumer))
        except Refused as error:  # the other receipts were settled; these messages come again
            note(error.sentence())
        except FileError as error:
            self._unwritten = error


def _check_queue(host: Caller, name: str) -> None:
    if any(info.meta.name == name for info in host.call(ListQueues()).queues):
        return
    if any(topic.name == name for topic in host.call(ListTopics()).topics):
        raise Refused("{name} is a stream, nothing in it is acked.",
                      "Leave out --ack, join a --group, or read it as a queue: «workbench queues FILE subscribe "
                      "{name} NAME».", name=name)
    topic, colon, subscription = name.partition(":")
    how = f"queues FILE subscribe {topic} {subscription}" if colon else f"topics FILE create {name} --queue"
    raise NotFound("There is no queue {name}.", "Make it with «workbench {how}».", name=name, how=how)
