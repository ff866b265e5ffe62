"""The referee of a run: what a group handled twice, out of order, or never. Pure.

``Coverage`` keeps the handled offsets of one partition as ranges; offsets are dense, so it stays one range unless
something was skipped. ``KeyOrder`` follows the newest record of each key.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from workbench.core.records import StoredRecord

_MOST_KEYS = 200_000


class Coverage:
    """Handled offsets as sorted, separate ranges [start, end)."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, first: int, last: int) -> int:
        """Mark first..last as handled; gives how many of them already were."""
        end = last + 1
        self.start = min(self.start, first)
        if self._ends and first == self._ends[-1]:
            self._ends[-1] = end
            return 0
        left = bisect_right(self._ends, first - 1)
        right = bisect_right(self._starts, end)
        again = sum(
            max(0, min(e, end) - max(s, first))
            for s, e in zip(self._starts[left:right], self._ends[left:right], strict=True)
        )
        if left < right:
            first, end = min(first, self._starts[left]), max(end, self._ends[right - 1])
        self._starts[left:right] = [first]
        self._ends[left:right] = [end]
        return again

    def missing(self, until: int) -> int:
        """Offsets from the start to ``until`` (not included) that were never handled."""
        covered = sum(
            max(0, min(e, until) - max(s, self.start)) for s, e in zip(self._starts, self._ends, strict=True)
        )
        return max(0, until - self.start - covered)


class KeyOrder:
    """Counts records handled after a newer record of their key (at most 200,000 keys are followed)."""

    def __init__(self) -> None:
        self.violations = 0
        self._newest: dict[bytes, tuple[int, int, int]] = {}

    def check(self, run: Sequence[StoredRecord]) -> None:
        """Records of one partition with growing offsets, none of them handled before.

        Most runs break no order, and then only the first and the last record of each key matter.
        """
        newest = self._newest
        first = {record[4]: record for record in reversed(run)}
        first.pop(None, None)
        known = newest.keys() & first.keys()
        if any(_is_older(first[key], newest[key]) for key in known):
            self._check_each(run)
            return
        last = {key: record[1:4] for record in run if (key := record[4]) is not None}
        room = _MOST_KEYS - len(newest) - len(last) + len(known)
        newest.update(last if room >= 0 else {key: last[key] for key in known})

    def _check_each(self, records: Sequence[StoredRecord]) -> None:
        newest = self._newest
        for record in records:
            key = record[4]
            if key is None:
                continue
            before = newest.get(key)
            if before is None:
                if len(newest) < _MOST_KEYS:
                    newest[key] = record[1:4]
            elif _is_older(record, before):
                self.violations += 1
            else:
                newest[key] = record[1:4]


def _is_older(record: StoredRecord, newest: tuple[int, int, int]) -> bool:
    """By offset within a partition, by time between two. ``newest`` is (partition, offset, time)."""
    return record[2] < newest[1] if record[1] == newest[0] else record[3] < newest[2]
