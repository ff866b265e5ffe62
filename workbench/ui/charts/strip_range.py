"""Which part of the session the time strip shows. Times are milliseconds; plain values, no Qt.

    recent   so it begins: all of it while it is short, later what is newest
    whole    all of it, with a little room at its end
    part     a stretch that was zoomed to

What holds the live end moves with it, unless the playhead is in the past: then the strip stands still under it.
"""

from __future__ import annotations

SHORTEST_MS = 60_000
RECENT_MS = 30 * 60_000
_NEAREST_MS = 5_000.0
_ROOM = 0.018
_BEFORE = 0.1


class StripRange:
    """``session`` is its first moment and now."""

    def __init__(self) -> None:
        self.session: tuple[int, int] = (0, 0)
        self._span: float | None = RECENT_MS  # None: whole
        self._low: float | None = None  # None: moving with the live end
        self._live = True

    @property
    def whole(self) -> tuple[float, float]:
        """The session with a little room, at least a minute."""
        first, now = self.session
        return float(first), float(max(first + SHORTEST_MS, now + (now - first) * _ROOM))

    @property
    def edges(self) -> tuple[float, float]:
        """The times at the left and right edge."""
        whole = self.whole
        if self._span is None or self._span >= whole[1] - whole[0]:
            return whole
        if self._low is not None:
            return self._low, self._low + self._span
        high = self.session[1] + self._span * _ROOM
        return high - self._span, high

    @property
    def is_whole(self) -> bool:
        return self.edges == self.whole

    def zoom(self, factor: float, share: float) -> None:
        """The time at ``share`` of the width stands still, but for what moves with the live end."""
        low, high = self.edges
        span = max(_NEAREST_MS, (high - low) / factor)
        self._span = span if span < self.whole[1] - self.whole[0] else None
        self._put(low + (high - low - span) * share)

    def pan(self, share: float) -> None:
        """Move by ``share`` of the width, later for more than 0."""
        low, high = self.edges
        self._put(low + (high - low) * share)

    def look_at(self, ms: int | None, *, turn: bool) -> bool:
        """The playhead is there now (None: at the live end), and comes in sight by a ``turn`` of the page where it is
        not. True when what is shown has changed."""
        low, high = before = self.edges
        self._live = ms is None
        if ms is None:
            self._low = None
        else:
            self._put(low if low <= ms <= high or not turn else ms - (high - low) * _BEFORE)
        return self.edges != before

    def _put(self, low: float) -> None:
        """Begin there, within the session."""
        if self._span is None or self._span >= self.whole[1] - self.whole[0]:
            self._low = None
            return
        low = min(max(low, self.whole[0]), self.whole[1] - self._span)
        self._low = None if self._live and low + self._span >= self.session[1] else low
