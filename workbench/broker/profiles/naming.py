"""How each system writes the place of a record and a delivery of it, and how to read that back.

    kafka     0@15                                     partition@offset
    pulsar    1025:15:0                                ledger:entry:partition, and :index inside a batch
    kinesis   49...  56 digits                         rises in a shard, is not dense: never count with it
    sqs       a UUID; a receipt handle is opaque       a new one with each receive
    rabbitmq  1, 2, 3 ...                              delivery tags of one consumer: ``DeliveryTags``
    activemq  ID:workbench-1-1700000000000-1:1:1:1:16  ID:connection:session:producer:sequence

What a system would draw at random is made from the topic's uuid here, so the same record always has the same name.
Pure; any thread.
"""

from __future__ import annotations

import base64
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.broker.topics import TopicMeta
from workbench.core.errors import Invalid, Refused
from workbench.core.queues import MessageId, Receipt

_SEQUENCE_BASE = 49 * 10**54
_SEQUENCE_SHARD = 10**48
_SEQUENCE_STRIDE = 1_000_003
_LEDGERS_A_TOPIC = 1024


def place_name(profile: str, topic: TopicMeta, place: MessageId, batch_base: int | None = None) -> str:
    """The name of a record as the system gives it; ``partition-offset`` without a profile. ``batch_base`` is the first
    offset of its batch, where that is known."""
    write = _PLACES.get(profile)
    return write(topic, place, batch_base) if write else str(place)


def shard_name(partition: int) -> str:
    """A Kinesis shard's."""
    return f"shardId-{partition:012}"


def receipt_name(profile: str, topic: TopicMeta, receipt: Receipt) -> str:
    """The name of a delivery: the message's own, but where the system has names for deliveries."""
    if profile == "sqs":
        return base64.b64encode(f"{topic.uuid} {receipt}".encode()).decode()
    return place_name(profile, topic, receipt.message) if profile else str(receipt)


def receipt_of(handle: str) -> Receipt:
    """Read an SQS receipt handle back, or ``partition-offset-attempt``."""
    text = handle
    try:
        if " " in (decoded := base64.b64decode(handle, validate=True).decode()):
            text = decoded.split(" ", 1)[1]
    except ValueError:
        pass  # not base64 of text, so it must be the plain form, which is checked next
    try:
        partition, offset, attempt = (int(part) for part in text.split("-"))
    except ValueError:
        raise Invalid("«{handle}» is no receipt.", "Take it from a received message.", handle=handle[:40]) from None
    return Receipt(partition, offset, attempt)


def sequence_number(topic: TopicMeta, place: MessageId) -> str:
    """A Kinesis sequence number: 56 digits, rising with the offset by steps that vary."""
    step = zlib.crc32(f"{topic.uuid}/{place}".encode()) % _SEQUENCE_STRIDE
    return str(_SEQUENCE_BASE + place.partition * _SEQUENCE_SHARD + place.offset * _SEQUENCE_STRIDE + step)


def place_of_sequence_number(text: str) -> MessageId:
    try:
        number = int(text) - _SEQUENCE_BASE
    except ValueError:
        number = -1
    if not 0 <= number < 10**54:
        raise Invalid("«{text}» is no sequence number of this workbench.", "Take it from a record.", text=text[:60])
    return MessageId(number // _SEQUENCE_SHARD, number % _SEQUENCE_SHARD // _SEQUENCE_STRIDE)


def _kafka(topic: TopicMeta, place: MessageId, batch_base: int | None) -> str:
    return f"{place.partition}@{place.offset}"


def _pulsar(topic: TopicMeta, place: MessageId, batch_base: int | None) -> str:
    ledger = topic.id * _LEDGERS_A_TOPIC + place.partition
    if batch_base is None:
        return f"{ledger}:{place.offset}:{place.partition}"
    return f"{ledger}:{batch_base}:{place.partition}:{place.offset - batch_base}"


def _kinesis(topic: TopicMeta, place: MessageId, batch_base: int | None) -> str:
    return sequence_number(topic, place)


def _sqs(topic: TopicMeta, place: MessageId, batch_base: int | None) -> str:
    return str(uuid.uuid5(uuid.UUID(topic.uuid), str(place)))


def _activemq(topic: TopicMeta, place: MessageId, batch_base: int | None) -> str:
    return f"ID:workbench-{topic.id}-{topic.created_ms}-1:1:1:{place.partition + 1}:{place.offset + 1}"


_PLACES: Mapping[str, Callable[[TopicMeta, MessageId, int | None], str]] = {
    "kafka": _kafka, "pulsar": _pulsar, "kinesis": _kinesis, "sqs": _sqs, "activemq": _activemq,
}


@dataclass(slots=True)
class _Given:
    last: int
    open: dict[int, Receipt]  # by tag, in order


class DeliveryTags:
    """RabbitMQ's delivery tags: each consumer's deliveries count from 1, and a tag is good once. One thread."""

    def __init__(self) -> None:
        self._consumers: dict[str, _Given] = {}

    def give(self, consumer: str, receipt: Receipt) -> int:
        given = self._consumers.setdefault(consumer, _Given(0, {}))
        given.last += 1
        given.open[given.last] = receipt
        return given.last

    def take(self, consumer: str, tag: int, multiple: bool = False) -> list[Receipt]:
        """The receipts that an acknowledgement of ``tag`` means, all open ones up to it with ``multiple``."""
        given = self._consumers.get(consumer, _Given(0, {}))
        if multiple and 0 < tag <= given.last:
            taken = [each for each in given.open if each <= tag]
        else:
            taken = [tag] if tag in given.open else []
        if not taken:
            raise Refused("PRECONDITION_FAILED: unknown delivery tag {tag} of {consumer}.",
                          "A tag is good once, and for the consumer that got it.", tag=tag, consumer=consumer)
        return [given.open.pop(each) for each in taken]

    def forget(self, consumer: str) -> None:
        """The consumer left: its tags are worth nothing, and the next one begins at 1."""
        self._consumers.pop(consumer, None)
