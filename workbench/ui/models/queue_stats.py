"""What of a snapshot the parts of the window ask about queues. Pure functions."""

from __future__ import annotations

from workbench.core.snapshot import QueueStat, Snapshot
from workbench.ui.canvas.queue_looks import takes_dead_letters


def dead_in(shown: Snapshot, queue: str) -> int:
    """How many messages of a queue can be redriven: its dead, and in a dead-letter queue those that wait too."""
    stat = shown.queue(queue)
    if stat is None:
        return 0
    letters = stat.counts.ready + stat.counts.delayed if takes_dead_letters(queue, shown) else 0
    return stat.counts.dead + letters


def queue_of(shown: Snapshot, name: str) -> QueueStat:
    """The queue as it is shown, or an empty one of that name."""
    return shown.queue(name) or QueueStat(name, name)
