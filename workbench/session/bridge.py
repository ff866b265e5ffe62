"""A bridge: a range of a topic of one system into a topic of another, to be taken up again after a crash.

    reader ──merged by time──► batches, one a partition ──append, confirmed──► target ──► the point is kept

A ``BridgePoint`` says how far it is: for each partition of the source the next offset, and where each partition of the
target ended then. What was sent after the last point is looked for in the target when the bridge goes on: what is
written there comes in the order in which it was sent, so the records after the point are compared one by one, and those
that have arrived are passed over. Nothing is lost, and nothing comes twice, unless the target can't be looked at
(a queue): there what was sent since the last point, one window at most, comes again.

Within a partition the order is that of the source. Which partition a record goes to depends on the record alone.
Any one thread; time and waiting are arguments.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol

from workbench.core.errors import InDoubt, Unavailable
from workbench.core.partitioners import partitioner
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import PartitionBounds, Record, StoredRecord
from workbench.engines.base import Browse
from workbench.session.reading import merged, records_of, spans
from workbench.session.replay import LINGER_S, Pace, paced

WINDOW_RECORDS = 2_000
WINDOW_BYTES = 1 << 20
KEEP_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class BridgePoint:
    """How far a bridge is. ``upcoming`` and ``ends`` are offsets of the source by partition; ``target_ends`` those
    where the target's partitions ended, with all that was sent before in them; ``done`` counts what arrived."""

    upcoming: dict[int, int]
    ends: dict[int, int]
    target_ends: dict[int, int] = field(default_factory=dict)
    done: int = 0

    @property
    def left(self) -> list[PartitionBounds]:
        return [PartitionBounds(part, at, self.ends[part]) for part, at in sorted(self.upcoming.items())]

    @property
    def left_records(self) -> int:
        """At most: offsets without a record count too."""
        return sum(span.records for span in self.left)


class Target(Protocol):
    """Where a bridge leads. ``reader`` looks at what is there; None where looking would disturb, so that what arrived
    is not recognised. ``keeps_times``: records are found there with the time they were sent with."""

    topic: str
    partitions: int
    reader: Browse | None
    keeps_times: bool
    only_key_and_value: bool

    def append(self, partition: int, records: Sequence[Record]) -> None:
        """It answers once they are safe."""
        ...


def begin(reader: Browse, topic: str, from_: LogPoint = EARLIEST, to: LogPoint = LATEST) -> BridgePoint:
    """The point of a bridge that has sent nothing; the range ends where the source ends now, and in what is decided."""
    ranges = spans(reader, topic, from_, to, decided=True)
    return BridgePoint({s.partition: s.log_start for s in ranges}, {s.partition: s.end for s in ranges})


class Bridge:
    """One that runs. ``keep`` is told each point, which must then outlive a crash. ``readers`` are ways into the
    source, shared out among its partitions: one into a system that is far away reads on where it is."""

    def __init__(self, readers: Sequence[Browse], topic: str, target: Target, point: BridgePoint,
                 keep: Callable[[BridgePoint], None], pace: Pace | None = None, rate: float | None = None) -> None:
        self._readers, self._topic, self._target = readers, topic, target
        self._keep, self._pace, self._rate = keep, pace or Pace(None), rate
        self._point = point
        self._upcoming = dict(point.upcoming)
        self._batches: dict[int, list[Record]] = {}
        self._held_records = self._held_bytes = 0
        self._since_point = 0
        self._kept_s = self._pace.now_s()
        self._by_key = partitioner("murmur2", Random(0))
        self.done = point.done
        self.recognised = 0

    def run(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Send all that is left; gives how many arrived, over all its runs."""
        total = self._point.done + self._point.left_records
        arrived = self._arrived()
        if not self._point.target_ends:
            self._keep_point()  # where the target ended before the first record
        records = self._at_rate(paced(self._merged(), self._pace, self._flush))
        try:
            for stored in records:
                partition = self._partition_of(stored)
                if partition in arrived and arrived[partition].has(stored):
                    self._passed(stored)
                    self.recognised += 1
                    self.done += 1
                else:
                    self._hold(partition, stored)
                if not self._held_records:
                    progress(self.done, total)
            self._flush()
        except (Unavailable, InDoubt) as error:
            raise type(error)(error.message, f"{self.done:,} records arrived. Go on with --resume.") from error
        self._keep_point()
        progress(self.done, self.done)
        return self.done

    def _merged(self) -> Iterator[StoredRecord]:
        """By time, as ``merged`` does of one reader."""
        streams = [merged(self._readers[number % len(self._readers)], self._topic, [span])
                   for number, span in enumerate(self._point.left)]
        return heapq.merge(*streams, key=lambda record: record.timestamp_ms)

    # -- sending -------------------------------------------------------------------------------------------
    def _partition_of(self, stored: StoredRecord) -> int:
        """Where it came from, while the target has it; else by key, and without a key so that its partition stays
        together."""
        count = self._target.partitions
        if stored.partition < count:
            return stored.partition
        return stored.partition % count if stored.key is None else self._by_key.choose(stored.key, count)

    def _hold(self, partition: int, stored: StoredRecord) -> None:
        time_ms = None if stored.timestamp_ms < 0 else stored.timestamp_ms
        self._batches.setdefault(partition, []).append(Record(stored.key, stored.value, stored.headers, time_ms))
        self._passed(stored)
        self._held_records += 1
        self._held_bytes += stored.size_bytes
        if self._held_records >= WINDOW_RECORDS or self._held_bytes >= WINDOW_BYTES:
            self._flush()

    def _passed(self, stored: StoredRecord) -> None:
        self._upcoming[stored.partition] = stored.offset + 1

    def _flush(self) -> None:
        for partition, records in self._batches.items():
            self._target.append(partition, records)
        self.done += self._held_records
        self._since_point += self._held_records
        self._batches, self._held_records, self._held_bytes = {}, 0, 0
        due = self._pace.now_s() - self._kept_s >= KEEP_EVERY_S or self._since_point >= WINDOW_RECORDS
        if self._since_point and (due or self._target.reader is None):
            self._keep_point()

    def _keep_point(self) -> None:
        """Only between flushes: what is passed has arrived."""
        self._point = replace(self._point, upcoming=dict(self._upcoming), target_ends=self._ends(), done=self.done)
        self._keep(self._point)
        self._kept_s, self._since_point = self._pace.now_s(), 0

    def _ends(self) -> dict[int, int]:
        reader = self._target.reader
        return {} if reader is None else {b.partition: b.end for b in reader.bounds(self._target.topic)}

    def _at_rate(self, records: Iterator[StoredRecord]) -> Iterator[StoredRecord]:
        """No more than ``rate`` records a second from now on."""
        started_s = self._pace.now_s()
        for number, stored in enumerate(records):
            if self._rate is not None:
                early_s = started_s + number / self._rate - self._pace.now_s()
                if early_s > LINGER_S:
                    self._flush()
                    self._pace.wait_s(early_s)
            yield stored

    # -- going on ------------------------------------------------------------------------------------------
    def _arrived(self) -> dict[int, Arrived]:
        """What came into each partition of the target since the point; nothing is of a bridge that begins."""
        reader = self._target.reader
        if reader is None or not self._point.target_ends:
            return {}
        found = {}
        for bounds in reader.bounds(self._target.topic):
            first = max(self._point.target_ends.get(bounds.partition, bounds.log_start), bounds.log_start)
            if first < bounds.end:
                span = PartitionBounds(bounds.partition, first, bounds.end)
                found[bounds.partition] = Arrived(records_of(reader, self._target.topic, span), self._target)
        return found


class Arrived:
    """The records of one partition of the target, compared with what would be sent there, both in their order. Others
    may write there too: what they wrote is passed over. At the first that is not there, none of the later ones is."""

    def __init__(self, records: Iterator[StoredRecord], target: Target) -> None:
        self._records = deque(records)
        self._times = target.keeps_times
        self._rough = target.only_key_and_value

    def has(self, sent: StoredRecord) -> bool:
        while self._records:
            if self._same(self._records.popleft(), sent):
                return True
        return False

    def _same(self, there: StoredRecord, sent: StoredRecord) -> bool:
        if self._rough:
            return (there.key, there.value or b"") == (sent.key, sent.value or b"")
        same_time = not self._times or sent.timestamp_ms < 0 or there.timestamp_ms == sent.timestamp_ms
        return same_time and (there.key, there.value, there.headers) == (sent.key, sent.value, sent.headers)


