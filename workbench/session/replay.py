"""Replay of a topic's range into a topic: the same records, in the same order, at their spacing times a speed.

Records go to the partition they came from; where the target has fewer, by the key. Event times stay as they were.
Runs on any one thread. Invariant: within a partition the order is that of the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from workbench.control.client import Caller
from workbench.control.messages import AppendRecords, ListTopics
from workbench.core.errors import Invalid, NotFound
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import Record, StoredRecord
from workbench.engines.base import Browse
from workbench.session.reading import merged, spans

BATCH_RECORDS = 500
BATCH_BYTES = 256 * 1024
LINGER_S = 0.02


@dataclass(frozen=True, slots=True)
class Pace:
    """``speed`` 1 is the original spacing, None as fast as it goes. Time and waiting are arguments."""

    speed: float | None = 1.0
    now_s: Callable[[], float] = time.monotonic
    wait_s: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class _Sender:
    """Collects neighbours of one partition into batches."""

    caller: Caller
    topic: str
    partitions: int
    partition: int | None = None
    records: list[Record] = field(default_factory=list)
    bytes: int = 0
    sent: int = 0

    def add(self, stored: StoredRecord) -> None:
        partition = stored.partition if stored.partition < self.partitions else None
        if self.records and (partition != self.partition or self.bytes > BATCH_BYTES):
            self.flush()
        self.partition = partition
        stamp = None if stored.timestamp_ms < 0 else stored.timestamp_ms
        self.records.append(Record(stored.key, stored.value, stored.headers, stamp))
        self.bytes += stored.size_bytes
        if len(self.records) >= BATCH_RECORDS:
            self.flush()

    def flush(self) -> None:
        if self.records:
            self.caller.call(AppendRecords(self.topic, tuple(self.records), self.partition))
            self.sent += len(self.records)
        self.records, self.bytes = [], 0


def replay(
    reader: Browse,
    caller: Caller,
    source: str,
    into: str,
    from_: LogPoint = EARLIEST,
    to: LogPoint = LATEST,
    pace: Pace | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Append what ``source`` holds of the range, as of now, to ``into``; returns how many. What is aborted or undecided
    is no part of it."""
    if source == into:
        raise Invalid("{source} can't be replayed into itself.", "Name another topic with --into.", source=source)
    ranges = spans(reader, source, from_, to, decided=True)
    total = sum(span.records for span in ranges)
    target = next((topic for topic in caller.call(ListTopics()).topics if topic.name == into), None)
    if target is None:
        raise NotFound("There is no topic {into}.", "Create it first.", into=into)
    sender = _Sender(caller, into, target.partitions)
    for stored in paced(merged(reader, source, ranges), pace or Pace(), sender.flush):
        sender.add(stored)
        progress(sender.sent, total)
    sender.flush()
    progress(sender.sent, total)
    return sender.sent


def paced(records: Iterator[StoredRecord], pace: Pace, before_wait: Callable[[], None]) -> Iterator[StoredRecord]:
    """Each record when it is due; a time that goes back waits for nothing."""
    started_s, first_ms = pace.now_s(), None
    for stored in records:
        first_ms = stored.timestamp_ms if first_ms is None else first_ms
        if pace.speed is not None:
            due_s = started_s + (stored.timestamp_ms - first_ms) / 1000.0 / pace.speed
            if due_s - pace.now_s() > LINGER_S:
                before_wait()
                pace.wait_s(max(0.0, due_s - pace.now_s()))
        yield stored
