"""Counting what moves: rates over about the last second, and the coloured sample of each link."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from workbench.core.keys import key_colour
from workbench.core.records import Record, StoredRecord
from workbench.core.snapshot import LinkStat

_WINDOW_MS = 1_000.0
_SAMPLE = 24
_PER_BATCH = 6


class RateMeter:
    """A total, and how fast it grew over about the last second (as often as it is asked)."""

    __slots__ = ("_marks", "total")

    def __init__(self) -> None:
        self.total = 0
        self._marks: deque[tuple[float, int]] = deque()

    def rate(self, now_ms: float) -> float:
        marks = self._marks
        if not marks or now_ms > marks[-1][0]:
            marks.append((now_ms, self.total))
        while len(marks) > 2 and now_ms - marks[1][0] >= _WINDOW_MS:
            marks.popleft()
        since_ms, before = marks[0]
        return (self.total - before) * 1000.0 / (now_ms - since_ms) if now_ms > since_ms else 0.0


class LinkMeter:
    """What moved along one link since it was last drained."""

    __slots__ = ("_again", "_drained", "_keys", "_rate")

    def __init__(self) -> None:
        self._rate = RateMeter()
        self._drained = 0
        self._again = 0
        self._keys: list[bytes | None] = []

    def add(self, records: Sequence[Record | StoredRecord], again: int = 0) -> None:
        self._rate.total += len(records)
        self._again += again
        if len(self._keys) < 4 * _SAMPLE:
            stride = max(1, len(records) // _PER_BATCH)
            self._keys += [record.key for record in records[::stride]]

    def count(self, events: int) -> None:
        """They moved; what they were is not known here."""
        self._rate.total += events
        self._keys += [None] * min(events, _PER_BATCH)

    def drain(self, link_id: str, now_ms: float, waiting: int = 0, threshold: int = 10_000) -> LinkStat:
        events, again, keys = self._rate.total - self._drained, self._again, self._keys
        self._drained, self._again, self._keys = self._rate.total, 0, []
        count = min(_SAMPLE, len(keys))
        sample = tuple(key_colour(keys[i * len(keys) // count]) for i in range(count))
        return LinkStat(link_id, events, self._rate.rate(now_ms), sample, again, waiting, threshold)
