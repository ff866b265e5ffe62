"""Deduplication ids within their window. Pure; one caller at a time.

A repeat is accepted and not delivered, also when the first was received and acked long ago (SQS developer guide,
deduplication id). The same message read again, after a restart, is no repeat of itself.
"""

from __future__ import annotations

from typing import NamedTuple


class Sighting(NamedTuple):
    at_ms: int
    partition: int
    offset: int


class DedupWindow:
    """``ids`` begin with the oldest; ``changed`` are those whose rows in the file are not as they are here."""

    __slots__ = ("changed", "ids")

    def __init__(self) -> None:
        self.ids: dict[str, Sighting] = {}
        self.changed: set[str] = set()

    def is_repeat(self, dedup_id: str, this: Sighting, window_ms: int) -> bool:
        known = self.ids.get(dedup_id)
        if known is not None and known[1:] == this[1:]:
            return False
        if known is not None and this.at_ms - known.at_ms < window_ms:
            return True
        self.ids.pop(dedup_id, None)  # to the end: the oldest stay first
        self.ids[dedup_id] = this
        self.changed.add(dedup_id)
        return False

    def forget(self, before_ms: int) -> None:
        while self.ids and (oldest := next(iter(self.ids))) and self.ids[oldest].at_ms <= before_ms:
            del self.ids[oldest]
            self.changed.add(oldest)
