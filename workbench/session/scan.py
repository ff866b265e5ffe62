"""Looking through a topic for the records a filter wants, newest first, a slice at a time.

Matches are kept as places (time, partition, offset), never as records, and at most ``KEPT_MATCHES`` of them. Both
lists only ever grow, so the window may read them while a worker goes on:

    older   newest first, found going back from where the log ended when the scan began
    newer   oldest first, found going forward as records arrive

A match enters ``older`` only once no partition can bring a newer one. ``advance`` runs on one worker at a time.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.records import PartitionBounds, StoredRecord
from workbench.engines.base import BrowseTable
from workbench.session.matching import RecordFilter

KEPT_MATCHES = 200_000
_STEP_RECORDS = 512
_NEVER = 1 << 62

Place = tuple[int, int, int]
"""(time in ms, partition, offset)"""


@dataclass(frozen=True, slots=True)
class Progress:
    """``scanned`` of ``total`` records looked at; ``complete`` until new ones arrive."""

    scanned: int
    total: int
    older: int
    newer: int
    complete: bool
    full: bool = False

    @property
    def matched(self) -> int:
        return self.older + self.newer


class Scan:
    """Of ``topic`` at ``connection`` ("" is the workspace's own file)."""

    def __init__(self, topic: str, wanted: RecordFilter, bounds: Sequence[PartitionBounds],
                 connection: str = "") -> None:
        self.topic, self.connection = topic, connection
        self.wanted = wanted
        self.older: list[Place] = []
        self.newer: list[Place] = []
        self.full = False
        self._floor = {b.partition: b.log_start for b in bounds}
        self._low = {b.partition: b.end for b in bounds}
        self._high = {b.partition: b.end for b in bounds}
        self._low_ms = {b.partition: _NEVER for b in bounds}
        self._unsettled: list[tuple[int, int, int]] = []
        self._scanned = 0

    def advance(self, reader: BrowseTable, ends: dict[int, int], budget_s: float) -> Progress:
        """Look on for about ``budget_s``: first at what arrived up to ``ends``, then further back."""
        until = time.monotonic() + budget_s
        self._forward(reader, ends, until)
        while not self.full and time.monotonic() < until and self._back(reader):
            pass
        return self.progress(ends)

    def progress(self, ends: dict[int, int]) -> Progress:
        left = sum(self._low[p] - self._floor[p] for p in self._low)
        ahead = sum(max(0, ends.get(p, 0) - high) for p, high in self._high.items())
        total = self._scanned + left + ahead
        done = self.full or left + ahead == 0
        return Progress(self._scanned, total, len(self.older), len(self.newer), done, self.full)

    def _forward(self, reader: BrowseTable, ends: dict[int, int], until: float) -> None:
        found: list[Place] = []
        for partition, end in ends.items():
            while self._high.get(partition, end) < end and time.monotonic() < until:
                high = self._high[partition]
                upto = min(high + _STEP_RECORDS, end)
                found += self._matching(reader.between(self.topic, partition, high, upto))
                self._high[partition] = upto
        self.newer += sorted(found)

    def _back(self, reader: BrowseTable) -> bool:
        """One step back in the partition whose unseen records are the newest; False when there is none left."""
        open_ = [p for p, low in self._low.items() if low > self._floor[p]]
        if not open_:
            self._settle(-_NEVER)
            return False
        partition = max(open_, key=self._low_ms.__getitem__)
        low = self._low[partition]
        first = max(self._floor[partition], low - _STEP_RECORDS)
        records = reader.between(self.topic, partition, first, low)
        for place in self._matching(records):
            heapq.heappush(self._unsettled, (-place[0], -place[1], -place[2]))
        self._low[partition] = first
        if records:
            self._low_ms[partition] = records[0].timestamp_ms
        else:
            self._floor[partition] = first  # retention went past it
        still = [self._low_ms[p] for p, at in self._low.items() if at > self._floor[p]]
        self._settle(max(still, default=-_NEVER))
        return True

    def _settle(self, watermark_ms: int) -> None:
        while self._unsettled and -self._unsettled[0][0] >= watermark_ms and not self.full:
            at_ms, partition, offset = heapq.heappop(self._unsettled)
            self.older.append((-at_ms, -partition, -offset))
            self.full = len(self.older) >= KEPT_MATCHES

    def _matching(self, records: list[StoredRecord]) -> list[Place]:
        self._scanned += len(records)
        matches = self.wanted.matches
        return [(r.timestamp_ms, r.partition, r.offset) for r in records if matches(r)]
