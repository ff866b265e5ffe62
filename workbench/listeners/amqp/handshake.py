"""What is said before a connection is open: who we are, how to log in, the limits. Pure."""

from __future__ import annotations

from functools import cache

from pamqp import decode, encode

from workbench.listeners.amqp import frames
from workbench.listeners.amqp.refusals import ConnectionRefusal

CHANNEL_MAX = 2047
HEARTBEAT_S = 60
MECHANISMS = b"PLAIN AMQPLAIN"
CAPABILITIES = ("publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
                "connection.blocked", "consumer_priorities", "authentication_failure_close", "per_consumer_qos",
                "direct_reply_to")
VERSION = "3.10.8"
"""Of the RabbitMQ whose refusals and answers these are: clients go by it."""


@cache
def start_frame() -> bytes:
    properties = {"product": "RabbitMQ", "version": VERSION, "platform": "event-flow workbench", "copyright": "",
                  "information": "An event-flow workbench that speaks as RabbitMQ does.", "cluster_name": "workbench",
                  "capabilities": dict.fromkeys(CAPABILITIES, True)}
    arguments = b"\0\x09" + encode.field_table(properties) + frames.long(MECHANISMS) + frames.long(b"en_US")
    return frames.method(0, 10, 10, arguments)


def tune_frame() -> bytes:
    return frames.method(0, 10, 30, CHANNEL_MAX.to_bytes(2, "big") + frames.FRAME_MAX.to_bytes(4, "big")
                         + HEARTBEAT_S.to_bytes(2, "big"))


def credentials(mechanism: str, response: str | bytes) -> tuple[str, str]:
    """The name and password of PLAIN (NUL name NUL password) or AMQPLAIN (a table without its length)."""
    data = response.encode() if isinstance(response, str) else bytes(response or b"")
    if mechanism == "PLAIN":
        parts = data.split(b"\0")
        if len(parts) == 3:
            return parts[1].decode("utf-8", "replace"), parts[2].decode("utf-8", "replace")
    elif mechanism == "AMQPLAIN":
        table = _table(data)
        if "LOGIN" in table and "PASSWORD" in table:
            return str(table["LOGIN"]), str(table["PASSWORD"])
    else:
        raise ConnectionRefusal(503, f"unknown authentication mechanism '{mechanism}'")
    raise ConnectionRefusal(403, f"{mechanism} login refused: the answer has no name and password")


def _table(data: bytes) -> dict[str, object]:
    try:
        return dict(decode.field_table(frames.long(data))[1])
    except Exception:  # whatever the library meets in bytes that are no table
        return {}
