"""Words, glyphs and roles of queues: states of messages, reasons of deaths, sentences of the journal. Pure."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from workbench.core.journal import (
    AckEntry,
    DeadEntry,
    JournalEntry,
    LeaseEntry,
    NackEntry,
    PurgeEntry,
    QueueEntry,
    RedriveEntry,
    ReturnEntry,
    RouteEntry,
)
from workbench.core.queues import DeadLetterEvent, DeadLetterReason, MessageState, QueuedMessage
from workbench.ui.theme import words

STATE_LOOK: dict[MessageState, tuple[str, str]] = {
    MessageState.READY: ("ready", "queue"), MessageState.IN_FLIGHT: ("in_flight", "accent"),
    MessageState.DELAYED: ("delayed", "text_muted"), MessageState.DEAD: ("failed", "bad"),
    MessageState.ACKED: ("check", "ok"),
}
"""Glyph and colour role of a state."""

KINDS = ("lease", "ack", "nack", "return", "dead", "redrive", "purge", "queue", "route")
ICONS = {
    "lease": ("in_flight", "accent"), "ack": ("check", "ok"), "nack": ("nack", "warn"), "return": ("slow", "warn"),
    "dead": ("failed", "bad"), "redrive": ("redrive", "queue"), "purge": ("purge", "text_muted"),
    "queue": ("queue", "queue"), "route": ("exchange", "queue"),
}
"""Glyph and colour role of a journal entry's kind."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("queues", text)


def state_name(state: MessageState) -> str:
    return {MessageState.READY: _tr("ready"), MessageState.IN_FLIGHT: _tr("in flight"),
            MessageState.DELAYED: _tr("delayed"), MessageState.DEAD: _tr("dead"),
            MessageState.ACKED: _tr("acked")}[state]


def reason_name(reason: str) -> str:
    """Why a message died, in words."""
    names: dict[str, str] = {
        DeadLetterReason.REJECTED: _tr("rejected"), DeadLetterReason.EXPIRED: _tr("its time to live ran out"),
        DeadLetterReason.LENGTH: _tr("the queue was full"),
        DeadLetterReason.LIMIT: _tr("the delivery limit was reached"),
    }
    return names.get(reason, str(reason))  # a str enum looks up its value


def death_sentence(death: DeadLetterEvent) -> str:
    """«rejected 3 times in orders: no such customer»."""
    times = "" if death.count == 1 else " " + words.plural(death.count, "time", "times")
    said = _tr("{0}{1} in {2}").format(reason_name(death.reason), times, death.queue)
    return f"{said}: {death.text}" if death.text else said


def came_by(message: QueuedMessage) -> str:
    """By which exchange and key a message came, or of one that was sent here straight, how it had come to where it died
    last; empty where no exchange led it."""
    if message.exchange is not None:
        return _led(_tr("Came by {0}"), message.exchange, message.routing_key or "")
    death = next(iter(message.deaths), None)
    if death is None or not (death.exchange or death.routing_key):
        return ""
    return _led(_tr("Had come to {0} by {1}").format(death.queue, "{0}"), death.exchange, death.routing_key)


def _led(said: str, exchange: str, key: str) -> str:
    said = said.format(exchange or _tr("the default exchange"))
    return _tr("{0}, with the routing key «{1}»").format(said, key) if key else _tr(
        "{0}, without a routing key").format(said)


def messages(count: int) -> str:
    return words.plural(count, "message", "messages")


def attempt_words(attempt: int) -> str:
    return _tr("attempt {0}").format(attempt)


def sentence(entry: JournalEntry) -> str:
    """What happened to messages, short; for entries of ``KINDS``."""
    queue, many = entry.group or entry.topic, _many(entry)
    match entry:
        case LeaseEntry():
            return _tr("{0} of {1} leased by {2}").format(many, queue, entry.member or _tr("nobody"))
        case AckEntry():
            return _tr("{0} of {1} acked by {2}").format(many, queue, entry.member or _tr("nobody"))
        case NackEntry():
            return _nack(many, queue, entry)
        case ReturnEntry():
            return _tr("{0} of {1} came back from {2}: the lease ran out, or was let go").format(
                many, queue, entry.member or _tr("nobody"))
        case DeadEntry():
            where = _tr("sent to {0}").format(entry.to) if entry.to else _tr("kept there")
            return _tr("{0} of {1} died: {2}, {3}").format(many, queue, reason_name(entry.reason), where)
        case RedriveEntry():
            return _tr("{0} of {1} sent on to {2}").format(many, queue, entry.to or _tr("where they came from"))
        case PurgeEntry():
            return _tr("{0} was purged: {1} gone").format(queue, messages(entry.count))
        case RouteEntry():
            return _tr("{0} through {1} with key «{2}» found no queue").format(messages(entry.count), queue, entry.key)
        case QueueEntry(act="attached"):
            return _tr("{0} began to read {1}").format(entry.member, queue)
        case QueueEntry(act="detached"):
            return _tr("{0} left {1}").format(entry.member, queue)
        case QueueEntry():
            return _tr("Queue {0} {1}").format(queue, entry.act)
    return entry.kind


def _nack(many: str, queue: str, entry: NackEntry) -> str:
    reason = f": {entry.reason}" if entry.reason else ""
    if not entry.requeue:
        return _tr("{0} of {1} rejected by {2}").format(many, queue, entry.member) + reason
    after = _tr(", back in {0}").format(words.duration(entry.delay_ms)) if entry.delay_ms else ""
    return _tr("{0} of {1} given back by {2}").format(many, queue, entry.member) + after + reason


def _many(entry: JournalEntry) -> str:
    if entry.count == 1 or entry.first == entry.last:
        return _tr("Message {0}-{1}").format(entry.partition, entry.first)
    return messages(entry.count or entry.last - entry.first + 1)
