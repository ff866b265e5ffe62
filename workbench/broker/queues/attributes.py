"""What a batch's records ask of a queue, by their headers. Plain functions; any thread.

Attributes are headers (``core.queues``), so a batch without one of their names in its bytes asks for nothing, and none
of its records is looked at.
"""

from __future__ import annotations

from workbench.broker.batch import HEADER_BYTES, batch_header, batch_keys, decode_batch
from workbench.broker.compression import decompress
from workbench.broker.profiles.table import Act
from workbench.broker.queues.partition_state import PLAIN, Traits
from workbench.broker.queues.settings import QueueSettings
from workbench.core.errors import Corrupt
from workbench.core.queues import DEDUPLICATION_ID, DELAY_MS, MESSAGE_GROUP, PRIORITY, TTL_MS
from workbench.core.records import StoredRecord

_COMMON = b"workbench."
_LONGEST_MS = 10 * 365 * 24 * 3600 * 1000
_NAMES = frozenset({DEDUPLICATION_ID, DELAY_MS, MESSAGE_GROUP, PRIORITY, TTL_MS})
_IN_BYTES = tuple(sorted(name.encode() for name in _NAMES))


def batch_traits(data: bytes, by_key: bool) -> dict[int, Traits]:
    """By offset, of the records that ask for something; ``by_key``: their key is their group too."""
    try:
        return _batch_traits(data, by_key)
    except Corrupt:
        return {}  # it is rejected when it is to be delivered


def _batch_traits(data: bytes, by_key: bool) -> dict[int, Traits]:
    header = batch_header(data)
    body = decompress(header.codec, data[HEADER_BYTES:]) if header.codec else data
    if _COMMON not in body or not any(name in body for name in _IN_BYTES):
        keys = batch_keys(data) if by_key else []
        return {header.base_offset + at: Traits(group=_text(key)) for at, key in enumerate(keys) if key}
    records = decode_batch(data, "", 0)
    found = ((record.offset, record_traits(record, by_key)) for record in records)
    return {offset: traits for offset, traits in found if traits != PLAIN}


def check_messages(data: bytes, settings: QueueSettings) -> None:
    """Unsupported when a message of the batch asks for what the queue's profile does not give, in its system's words:
    taken, it would be read otherwise there than here."""
    header, traits = batch_header(data), batch_traits(data, True)
    if len([one for one in traits.values() if one.group]) < header.records:
        settings.allow(Act.SEND_WITHOUT_GROUP)
    for one in traits.values():
        if one.ttl_ms is not None:
            settings.allow(Act.SEND_TTL, one.ttl_ms)
        if one.delay_ms:
            settings.allow(Act.SEND_DELAY, one.delay_ms)
        if one.priority:
            settings.allow(Act.SEND_PRIORITY, one.priority)


def record_traits(record: StoredRecord, by_key: bool) -> Traits:
    """What one record asks for. A number that is none, or below 0, asks for nothing."""
    asked = {name: _text(value) for name, value in record.headers if name in _NAMES and value is not None}
    group = asked.get(MESSAGE_GROUP, "") or (_text(record.key) if record.key and by_key else "")
    return Traits(_number(asked.get(TTL_MS), _LONGEST_MS), _number(asked.get(DELAY_MS), _LONGEST_MS),
                  _number(asked.get(PRIORITY), 255) or 0, group, asked.get(DEDUPLICATION_ID, ""))


def _number(text: str | None, most: int) -> int | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(int(text), most) if len(text) < 20 else most


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
