"""The deaths of a message, carried in one header, and the record that a dead message becomes. Plain functions.

Entries are newest first and merged by (queue, reason) with a count, the first of each kept as it was, the exchange and
key it had come with too (RabbitMQ, ``record_death`` of its mc.erl); what limits a message's life is taken off, so that
it does not expire in the dead-letter queue too (RabbitMQ, dlx). Its time stays the event's; a redriven message gets a
new one, for it is a new message (SQS, redrive). What goes through a dead-letter exchange has that one's routing
metadata then; what goes straight to a queue, dead or redriven, has none: how it came before is told by its deaths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from workbench.broker.exchanges.routing_metadata import RoutingMetadata, routing_metadata_of, stamped
from workbench.broker.queues.partition_state import Dead
from workbench.core.queues import (
    DEATHS,
    DEDUPLICATION_ID,
    DELAY_MS,
    TTL_MS,
    DeadLetterEvent,
    DeadLetterReason,
    Edit,
    MessageId,
    sent_straight,
)
from workbench.core.records import Headers, Record, StoredRecord

NO_ROUTING_METADATA = RoutingMetadata("", "")
"""Of what was sent straight to its queue: the default exchange takes no empty key."""

_LEFT_BEHIND = (DEATHS, TTL_MS, DELAY_MS, DEDUPLICATION_ID)


def deaths_of(headers: Headers) -> tuple[DeadLetterEvent, ...]:
    """What the header tells; nothing of it when somebody wrote something else there."""
    data = next((value for name, value in headers if name == DEATHS), None)
    if not data:
        return ()
    try:
        return tuple(
            DeadLetterEvent(one["queue"], DeadLetterReason(one["reason"]), int(one["count"]), int(one["first_ms"]),
                  int(one["last_ms"]), MessageId(*map(int, one["origin"])), str(one.get("text", "")),
                  str(one.get("exchange", "")), str(one.get("key", "")))
            for one in orjson.loads(data)
        )
    except (ValueError, TypeError, KeyError):
        return ()


def death_in(queue: str, record: StoredRecord, dead: Dead) -> DeadLetterEvent:
    """That the record died there."""
    came = routing_metadata_of(record.headers) or NO_ROUTING_METADATA
    origin = MessageId(record.partition, record.offset)
    return DeadLetterEvent(queue, dead.reason, 1, dead.at_ms, dead.at_ms, origin, dead.text, came.exchange, came.key)


def with_death(deaths: Sequence[DeadLetterEvent], new: DeadLetterEvent) -> tuple[DeadLetterEvent, ...]:
    known = next((one for one in deaths if (one.queue, one.reason) == (new.queue, new.reason)), None)
    others = tuple(one for one in deaths if one is not known)
    if known is not None:
        new = replace(known, count=known.count + new.count, last_ms=new.last_ms, text=new.text)
    return (new, *others)


def key_there(deaths: Sequence[DeadLetterEvent], queue: str) -> str:
    """The routing key with which it came when it died in ``queue`` before; empty when it had none."""
    return next((death.routing_key for death in deaths if death.queue == queue), "")


def goes_round(deaths: Sequence[DeadLetterEvent], target: str) -> bool:
    """Whether sending it on to ``target`` would go round without anybody having rejected it since it died there last
    (RabbitMQ drops such a message, ``is_cycle_v2`` of its mc.erl; here it stays)."""
    last = next((at for at, one in enumerate(deaths) if one.queue == target), None)
    return last is not None and not any(one.reason is DeadLetterReason.REJECTED for one in deaths[: last + 1])


def dead_letter(record: StoredRecord, deaths: Sequence[DeadLetterEvent], mark: RoutingMetadata | None = None) -> Record:
    """What is appended to the dead-letter queue; ``mark`` is of the exchange it goes through, if any."""
    return Record(record.key, record.value, _headers(stamped(record.headers, mark), deaths), record.timestamp_ms)


def redriven(record: StoredRecord, deaths: Sequence[DeadLetterEvent], edit: Edit | None) -> Record:
    """What is appended where a dead message is sent on to; the broker stamps it anew."""
    edit = edit or Edit()
    headers = sent_straight(record.headers) if edit.headers is None else edit.headers
    return Record(record.key if edit.key is None else edit.key, record.value if edit.value is None else edit.value,
                  _headers(headers, deaths))


def _headers(headers: Headers, deaths: Sequence[DeadLetterEvent]) -> Headers:
    kept = tuple(header for header in headers if header[0] not in _LEFT_BEHIND)
    return (*kept, (DEATHS, orjson.dumps([_plain(one) for one in deaths]))) if deaths else kept


def _plain(death: DeadLetterEvent) -> dict[str, object]:
    return {"queue": death.queue, "reason": death.reason.value, "count": death.count, "first_ms": death.first_ms,
            "last_ms": death.last_ms, "origin": list(death.origin), "text": death.text, "exchange": death.exchange,
            "key": death.routing_key}
