"""The properties of a message, as AMQP has them and as they are kept. Pure.

The bytes that a client sent are kept whole in one header of the record (``PROPERTIES``) and handed back untouched. What
the broker goes by, or another protocol's client may want to see, stands beside them: priority and time to live, and of
the headers table what is text, a number or a truth. A record that another protocol brought has no such bytes: its own
headers become the headers table. A dead letter's history becomes x-death, as RabbitMQ writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from struct import Struct, error
from typing import NamedTuple

from pamqp import decode, encode

from workbench.broker import deaths_of
from workbench.core.names import shown_name
from workbench.core.queues import DEATHS, EXCHANGE, PRIORITY, ROUTING_KEY, TTL_MS, DeadLetterEvent, DeadLetterReason
from workbench.core.records import Headers
from workbench.listeners.amqp.refusals import ChannelRefusal, ConnectionRefusal

PROPERTIES = "workbench.amqp.properties"
OURS = "workbench."
HEADERS, DELIVERY_MODE, PRIORITY_BIT, REPLY_TO, EXPIRATION, USER_ID = 13, 12, 11, 9, 8, 4
_KINDS = {15: "s", 14: "s", 13: "F", 12: "o", 11: "o", 10: "s", 9: "s", 8: "s", 7: "s", 6: "T", 5: "s", 4: "s", 3: "s",
          2: "s"}
_TIMESTAMP_BYTES = 8
_EXPIRATION_MAX_MS = 2**32 - 1
_WHOLE = re.compile(r"[+-]?[0-9]+")
_LONG = Struct(">q")
_FIRST_DEATH = ("x-first-death-reason", "x-first-death-queue", "x-first-death-exchange")


class Asked(NamedTuple):
    """What the properties of a message ask for; ``headers`` are those of its record, ``expiration`` None is without."""

    headers: Headers
    expiration: str | None
    reply_to: str
    user_id: str


# -- bytes and fields ----------------------------------------------------------------------------------------
def split(raw: bytes) -> dict[int, bytes]:
    """The fields that are there, by the bit of their flag, each with its bytes (and its length before it)."""
    flags = int.from_bytes(raw[:2], "big")
    found, at = {}, 2
    for bit, kind in _KINDS.items():
        if flags & 1 << bit:
            size = {"o": 1, "T": _TIMESTAMP_BYTES}.get(kind)
            if size is None:
                size = 1 + raw[at] if kind == "s" else 4 + int.from_bytes(raw[at : at + 4], "big")
            if at + size > len(raw):
                raise ConnectionRefusal(502, "the properties of a message end too early")
            found[bit] = raw[at : at + size]
            at += size
    return found


def joined(fields: Mapping[int, bytes]) -> bytes:
    flags = sum(1 << bit for bit in fields)
    return flags.to_bytes(2, "big") + b"".join(fields[bit] for bit in _KINDS if bit in fields)


@lru_cache(4096)
def asked(raw: bytes) -> Asked:
    """ConnectionRefusal where the bytes are no properties; ChannelRefusal where one of them can't be."""
    try:
        fields = split(raw)
        table = decode.field_table(fields[HEADERS])[1] if HEADERS in fields else {}
    except (IndexError, ValueError, error) as problem:
        raise ConnectionRefusal(502, f"the properties of a message can't be read: {problem}") from None
    kept = [(name, data) for name, value in table.items()
            if not name.startswith(OURS) and (data := _visible(value)) is not None]
    expiration = _text(fields[EXPIRATION]) if EXPIRATION in fields else None
    if expiration is not None:
        _check_expiration(expiration)
        kept.append((TTL_MS, expiration.encode()))
    if PRIORITY_BIT in fields and fields[PRIORITY_BIT] != b"\0":
        kept.append((PRIORITY, str(fields[PRIORITY_BIT][0]).encode()))
    if len(fields):
        kept.append((PROPERTIES, raw))
    return Asked(tuple(kept), expiration, _text(fields.get(REPLY_TO, b"")), _text(fields.get(USER_ID, b"")))


def _check_expiration(text: str) -> None:
    found = _WHOLE.match(text)
    if found is None:
        reason = "no_integer"
    elif rest := text[found.end() :]:
        reason = f'{{leftover_string,"{rest}"}}'
    elif int(text) < 0:
        reason = f"{{value_negative,{int(text)}}}"
    elif int(text) > _EXPIRATION_MAX_MS:
        reason = f"{{value_too_large,{int(text)}}}"
    else:
        return
    raise ChannelRefusal(406, f"invalid expiration '{text}': {reason}")


def with_reply_to(raw: bytes, reply_to: str) -> bytes:
    data = reply_to.encode()
    return joined({**split(raw), REPLY_TO: bytes((len(data),)) + data})


def as_text(value: object) -> str | None:
    """What a value of a table is compared as, and shown to clients of other protocols; None: it has no words."""
    data = _visible(value)
    return None if data is None else data.decode("utf-8", "surrogateescape")


def _visible(value: object) -> bytes | None:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int | float):
        return str(value).encode()
    if isinstance(value, datetime):
        return str(int(value.timestamp())).encode()
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes | bytearray) else None


def _text(field: bytes) -> str:
    return field[1:].decode("utf-8", "replace")


# -- handing out ---------------------------------------------------------------------------------------------
class Letter(NamedTuple):
    """How a record is handed out; ``exchange`` None: it was sent straight to its queue."""

    exchange: str | None
    key: str
    properties: bytes


def letter(headers: Headers) -> Letter:
    raw, exchange, key, own, dead = None, None, "", [], False
    for name, value in headers:
        if name == PROPERTIES:
            raw = value
        elif name == EXCHANGE:
            exchange = (value or b"").decode("utf-8", "replace")
        elif name == ROUTING_KEY:
            key = (value or b"").decode("utf-8", "replace")
        elif name == DEATHS:
            dead = True
        elif not name.startswith(OURS):
            own.append((name, value))
    if raw is None:
        table = b"".join(_entry(name, b"V" if value is None else b"S" + _sized(value)) for name, value in own)
        raw = joined({HEADERS: _sized(table)}) if own else b"\0\0"
    return Letter(exchange, key, _with_deaths(raw, deaths_of(headers)) if dead else raw)


def with_delivery_count(raw: bytes, count: int) -> bytes:
    """x-delivery-count, as a quorum queue tells it with every delivery."""
    fields = split(raw)
    table = fields.get(HEADERS, bytes(4))[4:]
    return joined({**fields, HEADERS: _sized(_entry("x-delivery-count", b"l" + _LONG.pack(count)) + table)})


def _with_deaths(raw: bytes, deaths: Sequence[DeadLetterEvent]) -> bytes:
    """x-death before all else, and what limited the message's life is off."""
    fields = split(raw)
    original = _text(fields.pop(EXPIRATION)) if EXPIRATION in fields else ""
    table = fields.get(HEADERS, bytes(4))[4:]
    if b"x-death" in table:
        kept = {name: value for name, value in decode.field_table(_sized(table))[1].items()
                if name != "x-death" and name not in _FIRST_DEATH}
        table = encode.field_table(kept)[4:]
    if deaths:
        first = min(reversed(deaths), key=lambda death: death.first_ms)
        told = b"".join(b"F" + _sized(_death(death, original if death is first else "")) for death in deaths)
        says = (_reason(first), shown_name(first.queue), first.exchange)
        table = _entry("x-death", b"A" + _sized(told)) + b"".join(
            _entry(name, _string(said)) for name, said in zip(_FIRST_DEATH, says, strict=True)) + table
    return joined({**fields, HEADERS: _sized(table)})


def _death(death: DeadLetterEvent, original_expiration: str) -> bytes:
    queue = shown_name(death.queue)
    key = death.routing_key if death.exchange else shown_name(death.routing_key) or queue
    entries = [
        _entry("count", b"l" + _LONG.pack(death.count)), _entry("reason", _string(_reason(death))),
        _entry("queue", _string(queue)), _entry("time", b"T" + _LONG.pack(death.first_ms // 1000)),
        _entry("exchange", _string(death.exchange)), _entry("routing-keys", b"A" + _sized(_string(key))),
    ]
    if original_expiration:
        entries.append(_entry("original-expiration", _string(original_expiration)))
    return b"".join(entries)


def _reason(death: DeadLetterEvent) -> str:
    return "delivery_limit" if death.reason is DeadLetterReason.LIMIT else str(death.reason)


def _entry(name: str, value: bytes) -> bytes:
    data = name.encode()[:255]
    return bytes((len(data),)) + data + value


def _string(text: str) -> bytes:
    return b"S" + _sized(text.encode())


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
