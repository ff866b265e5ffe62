"""The batch being filled for each partition. Pure: the time is an argument.

A batch leaves when the next record would grow it past ``max_bytes`` (a larger record goes alone), or ``linger_ms``
after its first record, whichever comes first. Invariant: records leave once, in the order they came, per partition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from workbench.core.records import Record
from workbench.core.snapshot import BatchGauge

Reason = Literal["linger", "size", "flush"]
_ENVELOPE_BYTES = 12


def record_bytes(record: Record) -> int:
    """What a record takes in a batch, about."""
    key, value, headers, _ = record
    size = _ENVELOPE_BYTES + (len(key) if key else 0) + (len(value) if value else 0)
    if headers:
        size += sum(len(name) + len(data or b"") + 2 for name, data in headers)
    return size


@dataclass(slots=True)
class Batch:
    partition: int
    opened_ms: float
    records: list[Record] = field(default_factory=list)
    bytes: int = 0
    reason: Reason = "flush"

    def sentence(self) -> str:
        """How it left: «by linger: 10 records, 2.3 KiB»."""
        size = f"{self.bytes:,} bytes" if self.bytes < 1024 else f"{self.bytes / 1024:,.1f} KiB"
        records = "1 record" if len(self.records) == 1 else f"{len(self.records):,} records"
        return f"by {self.reason}: {records}, {size}"


class BatchBuffer:
    def __init__(self, max_bytes: int, linger_ms: float) -> None:
        self.max_bytes = max_bytes
        self.linger_ms = linger_ms
        self._open: dict[int, Batch] = {}

    def add(self, partition: int, record: Record, now_ms: float) -> Batch | None:
        """Take the record; gives the batch that had to leave for it."""
        size = record_bytes(record)
        batch = self._open.get(partition)
        full = None
        if batch is not None and batch.bytes + size > self.max_bytes:
            full = self._leave(batch, "size")
            batch = None
        if batch is None:
            batch = self._open[partition] = Batch(partition, now_ms)
        batch.records.append(record)
        batch.bytes += size
        return full

    def due(self, now_ms: float) -> list[Batch]:
        """The batches whose linger is over, oldest first."""
        ripe = [batch for batch in self._open.values() if now_ms - batch.opened_ms >= self.linger_ms]
        return [self._leave(batch, "linger") for batch in ripe]

    def flush(self) -> list[Batch]:
        return [self._leave(batch, "flush") for batch in tuple(self._open.values())]

    def next_due_ms(self) -> float | None:
        """When the next linger is over; None while nothing waits."""
        opened = next(iter(self._open.values()), None)
        return None if opened is None else opened.opened_ms + self.linger_ms

    def gauge(self, now_ms: float) -> BatchGauge | None:
        """The batch open for longest."""
        batch = next(iter(self._open.values()), None)
        if batch is None:
            return None
        return BatchGauge(batch.partition, len(batch.records), batch.bytes, self.max_bytes,
                          now_ms - batch.opened_ms, self.linger_ms)

    def _leave(self, batch: Batch, reason: Reason) -> Batch:
        del self._open[batch.partition]
        batch.reason = reason
        return batch
