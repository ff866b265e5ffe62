"""What of a snapshot the parts of the window ask about queues. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.snapshot import QueueStat, Snapshot
from workbench.ui.canvas.queue_view_states import takes_dead_letters

if TYPE_CHECKING:
    from workbench.broker import BrokerReader

_PAGE = 5_000


def dead_in(shown: Snapshot, queue: str) -> int:
    """How many messages of a queue can be redriven: its dead, and in a dead-letter queue those that wait too."""
    stat = shown.queue(queue)
    if stat is None:
        return 0
    letters = stat.counts.ready + stat.counts.delayed if takes_dead_letters(queue, shown) else 0
    return stat.counts.dead + letters


def sent_on(source: BrokerReader, queue: str, from_ms: int) -> int:
    """How many messages of a queue were redriven since: what the journal says, for others may die meanwhile."""
    sent, after = 0, 0
    while page := source.journal(after, from_ms=from_ms, kinds=("redrive",), limit=_PAGE):
        sent += sum(entry.count or entry.last - entry.first + 1 for entry in page if entry.group == queue)
        after = page[-1].id
    return sent


def queue_of(shown: Snapshot, name: str) -> QueueStat:
    """The queue as it is shown, or an empty one of that name."""
    return shown.queue(name) or QueueStat(name, name)
