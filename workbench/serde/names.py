"""What an expression sees of a record: the one place that makes the names of filters, conditions and forwards."""

from __future__ import annotations

from typing import Any

from workbench.core.records import StoredRecord
from workbench.serde.decoder import Decoder

NAMES = ("key", "value", "headers", "topic", "partition", "offset")


def names_of(record: StoredRecord, decoder: Decoder) -> dict[str, Any]:
    """``key`` and ``value`` decoded, ``headers`` as a map (of repeated ones the last), and where the record is."""
    header = decoder.header
    return {
        "key": decoder.key(record.key).value, "value": decoder.value(record.value).value,
        "headers": {name: header(data).value for name, data in record.headers},
        "topic": record.topic, "partition": record.partition, "offset": record.offset,
    }  # fmt: skip
