"""The deaths of a message, carried in one header, and the record that a dead message becomes. Plain functions.

Entries are newest first and merged by (queue, reason) with a count, the first of each kept as it was; what limits a
message's life is taken off, so that it does not expire in the dead-letter queue too (RabbitMQ, dlx). Its time stays
the event's; a redriven message gets a new one, for it is a new message (SQS, redrive).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from workbench.core.queues import (
    DEATHS,
    DEDUPLICATION_ID,
    DELAY_MS,
    TTL_MS,
    Death,
    DeathReason,
    Edit,
    MessageId,
)
from workbench.core.records import Headers, Record, StoredRecord

_LEFT_BEHIND = (DEATHS, TTL_MS, DELAY_MS, DEDUPLICATION_ID)


def deaths_of(headers: Headers) -> tuple[Death, ...]:
    """What the header tells; nothing of it when somebody wrote something else there."""
    data = next((value for name, value in headers if name == DEATHS), None)
    if not data:
        return ()
    try:
        return tuple(
            Death(one["queue"], DeathReason(one["reason"]), int(one["count"]), int(one["first_ms"]),
                  int(one["last_ms"]), MessageId(*map(int, one["origin"])), str(one.get("text", "")))
            for one in orjson.loads(data)
        )  # fmt: skip
    except (ValueError, TypeError, KeyError):
        return ()


def with_death(deaths: Sequence[Death], new: Death) -> tuple[Death, ...]:
    known = next((one for one in deaths if (one.queue, one.reason) == (new.queue, new.reason)), None)
    others = tuple(one for one in deaths if one is not known)
    if known is not None:
        new = replace(new, count=known.count + new.count, first_ms=known.first_ms, origin=known.origin)
    return (new, *others)


def goes_round(deaths: Sequence[Death], target: str) -> bool:
    """Whether sending it on to ``target`` would go round without anybody having rejected it (RabbitMQ drops such a
    message; here it stays)."""
    return any(one.queue == target for one in deaths) and not any(
        one.reason is DeathReason.REJECTED for one in deaths
    )


def dead_letter(record: StoredRecord, deaths: Sequence[Death]) -> Record:
    """What is appended to the dead-letter queue."""
    return Record(record.key, record.value, _headers(record.headers, deaths), record.timestamp_ms)


def redriven(record: StoredRecord, deaths: Sequence[Death], edit: Edit | None) -> Record:
    """What is appended where a dead message is sent on to; the broker stamps it anew."""
    edit = edit or Edit()
    headers = record.headers if edit.headers is None else edit.headers
    return Record(record.key if edit.key is None else edit.key, record.value if edit.value is None else edit.value,
                  _headers(headers, deaths))  # fmt: skip


def _headers(headers: Headers, deaths: Sequence[Death]) -> Headers:
    kept = tuple(header for header in headers if header[0] not in _LEFT_BEHIND)
    return (*kept, (DEATHS, orjson.dumps([_plain(one) for one in deaths]))) if deaths else kept


def _plain(death: Death) -> dict[str, object]:
    return {"queue": death.queue, "reason": death.reason.value, "count": death.count, "first_ms": death.first_ms,
            "last_ms": death.last_ms, "origin": list(death.origin), "text": death.text}  # fmt: skip
