"""A message of AMQP 0-9-1 as a record, and a record as a message. Pure.

AMQP has no key and no null body: a key travels in the header ``workbench.key``, a null value becomes an empty body.
The properties of a message are headers of their AMQP names (``content-type``, ``message-id`` ...), both ways; by which
exchange and key it came is told by the headers that the workbench's own exchanges set (``core.queues``). The time of a
message is in whole seconds, and only there if the sender gave one: -1 is none.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pika
from pika.spec import Basic

from workbench.core.queues import EXCHANGE, ROUTING_KEY
from workbench.core.records import Record, StoredRecord

KEY = "workbench.key"
REDELIVERED = "redelivered"
UNTIMED_MS = -1
_STREAM_OFFSET = "x-stream-offset"
_PROPERTIES = {
    "content-type": "content_type", "content-encoding": "content_encoding", "correlation-id": "correlation_id",
    "reply-to": "reply_to", "expiration": "expiration", "message-id": "message_id", "type": "type",
    "user-id": "user_id", "app-id": "app_id",
}
_NUMBERS = {"priority": "priority"}


def stream_offset(properties: pika.BasicProperties) -> int | None:
    """Its place in its stream; None of a message of a queue."""
    told: Any = (properties.headers or {}).get(_STREAM_OFFSET)
    return None if told is None else int(told)  # pika has a class of its own for it


def record_of(topic: str, offset: int, method: Basic.Deliver | Basic.GetOk, properties: pika.BasicProperties,
              body: bytes) -> StoredRecord:
    told: dict[str, Any] = dict(properties.headers or {})
    told.pop(_STREAM_OFFSET, None)
    key = told.pop(KEY, None)
    headers = [(name, _bytes(value)) for name, value in told.items()]
    for name, attribute in (_PROPERTIES | _NUMBERS).items():
        value = getattr(properties, attribute)
        if value is not None:
            headers.append((name, str(value).encode()))
    headers += [(EXCHANGE, (method.exchange or "").encode()), (ROUTING_KEY, (method.routing_key or "").encode())]
    if method.redelivered:
        headers.append((REDELIVERED, b"true"))
    at_ms = UNTIMED_MS if properties.timestamp is None else int(properties.timestamp) * 1000
    return StoredRecord(topic, 0, offset, at_ms, None if key is None else _bytes(key), body, tuple(headers))


def _bytes(value: Any) -> bytes | None:
    match value:
        case None:
            return None
        case bytes():
            return value
        case str():
            return value.encode()
        case bool() | dict() | list():
            return json.dumps(value, default=_plain).encode()
    return str(_plain(value)).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def properties_of(record: Record) -> pika.BasicProperties:
    """Of a message that survives a restart of the server. Headers that are text are sent as text."""
    headers: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for name, value in record.headers:
        text = _text(value)
        if name in _PROPERTIES and isinstance(text, str):
            known[_PROPERTIES[name]] = text
        elif name in _NUMBERS and isinstance(text, str) and text.isdecimal() and int(text) < 256:
            known[_NUMBERS[name]] = int(text)
        elif name not in (EXCHANGE, ROUTING_KEY, REDELIVERED):
            headers[name] = text
    if record.key is not None:
        headers[KEY] = _text(record.key)
    if record.timestamp_ms is not None and record.timestamp_ms >= 0:
        known["timestamp"] = record.timestamp_ms // 1000
    return pika.BasicProperties(headers=headers or None, delivery_mode=2, **known)


def _text(value: bytes | None) -> str | bytes | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return value
