"""Counting what moves: rates over about the last second, and the coloured sample of each link."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from workbench.core.keys import key_colour
from workbench.core.records import Record, StoredRecord
from workbench.core.snapshot import SAMPLE, LinkStat

_WINDOW_MS = 1_000.0
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
    """What has moved along one link since the host started. Who asks takes the difference to what it saw before."""

    __slots__ = ("_again", "_colours", "_keys", "_rate", "_sampled")

    def __init__(self) -> None:
        self._rate = RateMeter()
        self._again = 0
        self._keys: deque[bytes | None] = deque(maxlen=SAMPLE)
        self._sampled = 0  # how many were ever put into the sample
        self._colours: tuple[int, tuple[int, ...]] = (0, ())  # of the sample, made when that many were in it

    def add(self, records: Sequence[Record | StoredRecord], again: int = 0) -> None:
        self._rate.total += len(records)
        self._again += again
        stride = max(1, len(records) // _PER_BATCH)
        self._put([record.key for record in records[::stride]])

    def count(self, events: int) -> None:
        """They moved; what they were is not known here."""
        self._rate.total += events
        self._put([None] * min(events, _PER_BATCH))

    def _put(self, keys: list[bytes | None]) -> None:
        self._keys += keys
        self._sampled += len(keys)

    def stat(self, link_id: str, now_ms: float, waiting: int = 0, threshold: int = 10_000) -> LinkStat:
        if self._colours[0] != self._sampled:
            self._colours = self._sampled, tuple(key_colour(key) for key in self._keys)
        return LinkStat(link_id, self._rate.total, self._rate.rate(now_ms), self._colours[1], self._again,
                        waiting, threshold, self._sampled)
