"""What an expression sees of a record: the one place that makes the names of filters, conditions and forwards.

An expression knows null, bool, numbers of 64 bits, text, bytes, times, lists and maps. What else an encoding brings is
seen as its text (``plain``): a uuid, a date, an unknown tag; numbers beyond 64 bits and decimals as doubles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from workbench.core.records import StoredRecord
from workbench.serde.base import Decoded
from workbench.serde.decoder import Decoder
from workbench.serde.plain import plain, plain_key

NAMES = ("key", "value", "headers", "topic", "partition", "offset")
_SEEN_AS_IT_IS = ("json", "text", "bytes", "null")
_KNOWN = (str, bool, int, float, bytes, datetime, timedelta, Decimal)


def names_of(record: StoredRecord, decoder: Decoder, wanted: Collection[str] = NAMES) -> dict[str, Any]:
    """``key`` and ``value`` decoded, ``headers`` as a map (of repeated ones the last), and where the record is;
    only what is ``wanted`` is decoded."""
    names: dict[str, Any] = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    if "value" in wanted:
        names["value"] = seen(decoder.value(record.value, record.headers))
    if "key" in wanted:
        names["key"] = seen(decoder.key(record.key, record.headers))
    if "headers" in wanted:
        header = decoder.header
        names["headers"] = {name: header(data).value for name, data in record.headers}
    return names


def seen(decoded: Decoded) -> Any:
    """What an expression sees of a key or a value."""
    if decoded.encoding in _SEEN_AS_IT_IS or (decoded.schema is not None and decoded.schema.serde.seen_as_it_is):
        return decoded.value
    return _known(decoded.value)


def _known(value: Any) -> Any:
    if value is None or isinstance(value, _KNOWN):
        return value
    if isinstance(value, Mapping):
        return {_known_key(key): _known(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_known(item) for item in value]
    return plain(value)


def _known_key(key: Any) -> str | int:
    return key if isinstance(key, str | int) and not isinstance(key, bool) else plain_key(key)
