"""Queues and their messages as the command line prints them: stable JSON, short rows, words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from workbench.cli.output import counted
from workbench.core.queues import DeadLetterEvent, MessageId, MessageState, PurgePlan, QueueCounts, QueuedMessage
from workbench.core.times import format_time
from workbench.serde import Decoder, DecoderOf, key_line, value_line
from workbench.session.export import format_named

_STATES = ("ready", "delayed", "in_flight", "dead")
_VALUE_WIDTH = 60


def counts_of(counts: QueueCounts) -> dict[str, int]:
    """How many are in which state now."""
    return {state: getattr(counts, state) for state in _STATES}


COUNTER_WORDS = {
    "received": "handed out", "redelivered": "handed out again", "returned": "leases that ran out",
    "expired": "time to live ended", "dead_lettered": "sent to dead letters", "refused": "sends refused",
}
"""What the counters count, where their names alone could be taken for something else (a nack is no "returned")."""


def counters_of(counts: QueueCounts) -> dict[str, int]:
    """What was counted since the queue was made."""
    return {name: number for name, number in asdict(counts).items() if name not in (*_STATES, "dead_lettered_to")}


def count_words(counts: QueueCounts) -> str:
    return ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in counts_of(counts).items())


def plan_words(plan: PurgePlan) -> str:
    """``12 messages (10 ready, 0 delayed, 2 dead)``."""
    total = counted(plan.ready + plan.delayed + plan.dead, "message")
    return f"{total} ({plan.ready:,} ready, {plan.delayed:,} delayed, {plan.dead:,} dead)"


def message_document(message: QueuedMessage, decoders: DecoderOf) -> dict[str, Any]:
    """A message with its record in the form of the JSON Lines contract."""
    return {
        "id": str(message.id),
        "state": message.state.value,
        "attempts": message.attempts,
        "consumer": message.consumer or None,
        "leased": _time(message.leased_ms),
        "until": _time(message.until_ms),
        "expires": _time(message.expires_ms),
        "priority": message.priority,
        "group": message.group or None,
        "exchange": message.exchange,
        "routing_key": message.routing_key,
        "reason": message.reason or None,
        "deaths": [_death(death) for death in message.deaths],
        "record": orjson.loads(format_named("jsonl", decoders).record(message.record)),
    }


def message_row(message: QueuedMessage, decoders: DecoderOf) -> tuple[str, str, int, str, str, str, str]:
    """ID, state, attempts, key, by which exchange and routing key it came, value, remark."""
    record = message.record
    decoder = decoders(record.topic)
    key = "-" if record.key is None else key_line(record.key, decoder)
    return (str(message.id), message.state.value.replace("_", " "), message.attempts, key, _came_by(message),
            _short(record.value, decoder), _remark(message))


def _came_by(message: QueuedMessage) -> str:
    """``orders «order.eu»``; a dash for what was sent straight to the queue."""
    return "-" if message.exchange is None else f"{message.exchange or 'default'} «{message.routing_key}»"


def _short(value: bytes | None, decoder: Decoder) -> str:
    if value is None:
        return "null"
    text = value_line(value, decoder, 4 * _VALUE_WIDTH)
    shown = "".join(sign if sign.isprintable() else " " for sign in text[:_VALUE_WIDTH])
    return shown + ("…" if len(text) > _VALUE_WIDTH else "")


def _remark(message: QueuedMessage) -> str:
    if message.state is MessageState.IN_FLIGHT:
        return f"{message.consumer} until {_time(message.until_ms)}"
    if message.state is MessageState.DELAYED:
        return f"until {_time(message.until_ms)}" + (f", {message.reason}" if message.reason else "")
    if message.deaths and message.state is not MessageState.DEAD:
        return "; ".join(death_words(death) for death in message.deaths)
    return message.reason


def death_words(death: DeadLetterEvent) -> str:
    """``delivery_limit in orders, 2 times: no such customer``."""
    times = f", {death.count:,} times" if death.count > 1 else ""
    return f"{death.reason.value} in {death.queue}{times}" + (f": {death.text}" if death.text else "")


def _death(death: DeadLetterEvent) -> dict[str, Any]:
    return {
        "queue": death.queue,
        "reason": death.reason.value,
        "count": death.count,
        "first": format_time(death.first_ms),
        "last": format_time(death.last_ms),
        "origin": str(MessageId(*death.origin)),
        "text": death.text or None,
        "exchange": death.exchange or None,
        "routing_key": death.routing_key or None,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else format_time(ms)
