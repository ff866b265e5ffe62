"""Tells the journal what one sender sent, and how that ended as the sender was told: acked, failed or unknown.

It numbers the records of each partition from 0, in the order in which they were answered, which is that in which they
were sent; a sender that is made anew begins at 0 again. Lives on the sender's loop.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.clock import Clock
from workbench.core.journal import SendEntry, SendOutcome
from workbench.core.records import Appended


class SendJournal:
    """``group`` and ``member`` are who sends: a drawn producer has no group."""

    def __init__(self, journal: Callable[[SendEntry], None], clock: Clock, member: str, group: str = "") -> None:
        self._journal = journal
        self._clock = clock
        self._member = member
        self._group = group
        self._sequences: dict[int, int] = {}

    def acked(self, appended: Appended, retries: int = 0) -> None:
        """``retries``: how often the batch was sent again before the answer came."""
        self._tell("acked", appended.topic, appended.partition, appended.count, appended.base_offset,
                   appended.last_offset, retries, appended.count if appended.duplicate else 0)

    def ended(self, outcome: SendOutcome, topic: str, partition: int, count: int) -> None:
        """Of ``count`` records no offset was told."""
        if count:
            self._tell(outcome, topic, partition, count)

    def _tell(self, outcome: SendOutcome, topic: str, partition: int, count: int, first: int = -1, last: int = -1,
              retries: int = 0, duplicates: int = 0) -> None:
        sequence = self._sequences.get(partition, 0)
        self._sequences[partition] = sequence + count
        self._journal(SendEntry(
            self._clock.now_ms(), topic, partition, first, last, count, group=self._group, member=self._member,
            sequence=sequence, outcome=outcome, retries=retries, duplicates=duplicates))
