"""A message of SQS as a record, and a record as an entry to send. Pure.

SQS has no key: in a FIFO queue the message group is the key, elsewhere a key travels as the attribute
``workbench.key``. Bodies are text and never empty; attributes are text or bytes, never empty, ten at most. The time is
that of the sending (``SentTimestamp``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import Invalid
from workbench.core.queues import DEDUPLICATION_ID, DELAY_MS, EXCHANGE, MESSAGE_GROUP, ROUTING_KEY
from workbench.core.records import Record, StoredRecord

KEY = "workbench.key"
MESSAGE_ID, RECEIVE_COUNT, SOURCE_QUEUE = "message-id", "receive-count", "dead-letter-source"
MAX_ATTRIBUTES = 10
_OURS = (EXCHANGE, ROUTING_KEY, MESSAGE_ID, RECEIVE_COUNT, SOURCE_QUEUE)
_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no body may have (the API's own rule)."""


def record_of(queue: str, offset: int, message: Mapping[str, Any]) -> StoredRecord:
    told: Mapping[str, str] = message.get("Attributes", {})
    headers: list[tuple[str, bytes | None]] = []
    key: bytes | None = None
    for name, attribute in message.get("MessageAttributes", {}).items():
        value = attribute["BinaryValue"] if "BinaryValue" in attribute else attribute["StringValue"].encode()
        if name == KEY:
            key = value
        else:
            headers.append((name, value))
    if group := told.get("MessageGroupId"):
        key = group.encode()
        headers.append((MESSAGE_GROUP, key))
    if repeated := told.get("MessageDeduplicationId"):
        headers.append((DEDUPLICATION_ID, repeated.encode()))
    headers.append((MESSAGE_ID, message["MessageId"].encode()))
    if count := told.get("ApproximateReceiveCount"):
        headers.append((RECEIVE_COUNT, count.encode()))
    if source := told.get("DeadLetterQueueSourceArn"):
        headers.append((SOURCE_QUEUE, source.rpartition(":")[2].encode()))
    at_ms = int(told.get("SentTimestamp", -1))
    return StoredRecord(queue, 0, offset, at_ms, key, message["Body"].encode(), tuple(headers))


def entry_of(record: Record, fifo: bool, by_content: bool) -> dict[str, Any]:
    """What SendMessage is given; ``Invalid`` says what SQS does not take."""
    told = dict(record.headers)
    entry: dict[str, Any] = {"MessageBody": _body(record.value)}
    if fifo:
        group = told.pop(MESSAGE_GROUP, None) or record.key
        if not group:
            raise Invalid("A message of a FIFO queue needs a message group.", "Give --key FIELD or --group FIELD.")
        entry["MessageGroupId"] = group.decode("utf-8", "replace")
        once = told.pop(DEDUPLICATION_ID, None)
        if once:
            entry["MessageDeduplicationId"] = once.decode("utf-8", "replace")
        elif not by_content:
            raise Invalid("This FIFO queue needs a deduplication id with each message.", "Give --dedup FIELD.")
    elif record.key is not None:
        told[KEY] = record.key
    delay = told.pop(DELAY_MS, None)
    if delay and not fifo:
        entry["DelaySeconds"] = min(900, -(-int(delay) // 1000))
    attributes = {name: _attribute(name, value) for name, value in told.items() if name not in _OURS}
    if len(attributes) > MAX_ATTRIBUTES:
        raise Invalid("SQS takes at most {max_attributes} attributes with a message, here are {count}.",
                      "Leave out headers.", max_attributes=MAX_ATTRIBUTES, count=len(attributes))
    if attributes:
        entry["MessageAttributes"] = attributes
    return entry


def _body(value: bytes | None) -> str:
    try:
        text = (value or b"").decode()
    except UnicodeDecodeError:
        raise Invalid("SQS takes text only, and a value here is none.", "Encode it: --encode base64.") from None
    if not text or _UNFIT.search(text):
        raise Invalid("SQS takes no empty body." if not text else "SQS takes no control characters in a body.")
    return text


def _attribute(name: str, value: bytes | None) -> dict[str, Any]:
    if not value:
        raise Invalid("SQS takes no empty attribute, and {name} is empty.", "Leave the header out.", name=name)
    try:
        return {"DataType": "String", "StringValue": value.decode()}
    except UnicodeDecodeError:
        return {"DataType": "Binary", "BinaryValue": value}
