"""Reading a RabbitMQ stream over AMQP 0-9-1: a consumer that begins at an offset, changes nothing and ends.

A stream does not tell where it ends. Its first offset is that of the message a consumer «first» is given; its end is
found by reading its last chunk until nothing more came for ``QUIET_S``: what was written within that time may be missed
until the next look.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pika
from pika.spec import Basic

from workbench.core.errors import Unavailable
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.engines.rabbitmq.client import CALL_S, RabbitClient
from workbench.engines.rabbitmq.messages import record_of, stream_offset

QUIET_S = 0.25
_PREFETCH = 1_000
Delivered = tuple[int, Basic.Deliver, pika.BasicProperties, bytes]


def bounds(client: RabbitClient, stream: str) -> PartitionBounds:
    first = next(_delivered(client, stream, "first", 1, QUIET_S), None)
    if first is None:
        return PartitionBounds(0, 0, 0)
    last = first[0]
    for offset, *_ in _delivered(client, stream, "last", _PREFETCH, QUIET_S):
        last = max(last, offset)
    return PartitionBounds(0, first[0], last + 1)


def read(client: RabbitClient, stream: str, offset: int, end: int, max_records: int) -> list[StoredRecord]:
    """Up to ``max_records`` of those at ``offset`` or after it, before ``end``, which was told by ``bounds``."""
    found: list[StoredRecord] = []
    for at, method, properties, body in _delivered(client, stream, offset, min(max_records, _PREFETCH), None):
        if at < end:
            found.append(record_of(stream, at, method, properties, body))
        if len(found) >= max_records or at >= end - 1:
            break
    return found


def first_at(client: RabbitClient, stream: str, ms: int) -> int | None:
    """The offset of the chunk that was written at that time or next after it: RabbitMQ seeks by chunk and by its own
    time. None at the end."""
    moment = datetime.fromtimestamp(max(0, ms) / 1000, tz=UTC).replace(tzinfo=None)  # sent as AMQP's type T: seconds
    found = next(_delivered(client, stream, moment, 1, QUIET_S), None)
    return None if found is None else found[0]


def _delivered(client: RabbitClient, stream: str, start: object, prefetch: int,
               quiet_s: float | None) -> Iterator[Delivered]:
    """What a consumer that begins at ``start`` is given, with its offset, until it is closed. With ``quiet_s`` it ends
    when nothing came for so long; without, that is an error after ``CALL_S``."""
    with client.channel() as channel:
        channel.basic_qos(prefetch_count=prefetch)
        wait_s = CALL_S if quiet_s is None else quiet_s
        unacked = 0
        arguments = {"x-stream-offset": start}
        deadline_s = time.monotonic() + CALL_S * 10
        for method, properties, body in channel.consume(stream, arguments=arguments, inactivity_timeout=wait_s):
            if method is None or properties is None or body is None:
                if quiet_s is None:
                    raise Unavailable("{stream} gave nothing for {call_s} s.", "Is its leader running?", stream=stream,
                                      call_s=CALL_S)
                return
            offset = stream_offset(properties)
            yield (-1 if offset is None else offset), method, properties, body
            unacked += 1
            if unacked * 2 >= prefetch:
                channel.basic_ack(method.delivery_tag, multiple=True)
                unacked = 0
            if quiet_s is not None and time.monotonic() > deadline_s:
                return  # it is written to without a pause: this far it went
