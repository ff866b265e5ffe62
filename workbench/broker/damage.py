"""Reading on past what can't be read: batches of files that were written before their records were checked, or bytes
that the disk has changed. Pure functions, any thread.

Every offset of such a batch is given, those records that can be read as they are, the others marked ``DAMAGED`` with
neither key nor value. So a reader loses neither its place nor the records behind.
"""

from __future__ import annotations

import struct

from workbench.broker.batch import (
    HEADER_BYTES,
    BatchHeader,
    batch_header,
    check_batch,
    decode_batch,
    decode_into,
    thinned_batch,
)
from workbench.broker.batch_check import check_records
from workbench.broker.compression import decompress
from workbench.core.errors import Corrupt
from workbench.core.records import DAMAGED, Record, StoredRecord


def readable_batch(data: bytes, topic: str, partition: int, *, first: int = 0,
                   limit: int | None = None) -> list[StoredRecord]:
    """As ``decode_batch``, with what can't be read marked instead of raised. ``Corrupt`` is left for a batch whose very
    header is broken: how many offsets it has is then not known."""
    try:
        return decode_batch(data, topic, partition, first=first, limit=limit)
    except Corrupt:
        header = batch_header(data)
        if header.records < 1 or header.records != header.last_offset_delta + 1:
            raise
        wanted = header.records - first if limit is None else min(limit, header.records - first)
        return _salvaged(header, data, topic, partition, first, wanted)


def _salvaged(header: BatchHeader, data: bytes, topic: str, partition: int, first: int,
              wanted: int) -> list[StoredRecord]:
    found: list[StoredRecord] = []
    try:
        check_batch(data)
        decode_into(found, header, decompress(header.codec, data[HEADER_BYTES:]), topic, partition, first, wanted)
    except (Corrupt, IndexError, struct.error):
        pass  # what was read until then is in ``found``
    start = header.base_offset + first
    good = next((i for i, record in enumerate(found) if record.offset != start + i), len(found))
    return [*found[:good], *damaged_records(topic, partition, start + good, start + wanted, header.base_timestamp)]


def damaged_records(topic: str, partition: int, first: int, end: int, timestamp_ms: int) -> list[StoredRecord]:
    """A mark for each offset of ``first <= offset < end``."""
    return [StoredRecord(topic, partition, at, timestamp_ms, None, None, (), DAMAGED) for at in range(first, end)]


def served_batch(data: bytes) -> bytes:
    """The batch as a foreign client can take it: itself, or in its place one of the same offsets with those records
    only that can be read, mostly none. Kafka's compaction leaves such batches, so clients go on behind them."""
    try:
        check_records(check_batch(data), data)
    except Corrupt:
        header = batch_header(data)
        kept = [record for record in readable_batch(data, "", 0) if record.transaction != DAMAGED]
        return thinned_batch(header, [Record(r.key, r.value, r.headers, r.timestamp_ms) for r in kept])
    return data
