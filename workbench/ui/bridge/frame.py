"""The frame: which snapshot all regions paint, and when the next one takes its place. No Qt.

Snapshots come ten times a second, numbers change at most four times: so one of them is the frame for a quarter of a
second, and canvas, inspector, tape, groups, chart and status are painted from it in one turn. A number that stands in
two places has then one value, one colour and one rounding. What only moves (dots, gauges) follows every snapshot.
Time is that of the snapshots.
"""

from __future__ import annotations

from collections.abc import Hashable

from workbench.core.health import AT_ONCE
from workbench.core.snapshot import Snapshot

FRAME_MS = 250


def wait_ms(shown: Snapshot, new: Snapshot) -> int:
    """How long ``new`` has to wait until it may be shown in place of ``shown``; 0: it is shown at once, because it is
    time, or because something happened that a person waits to see."""
    passed_ms = new.at_ms - shown.at_ms
    if not 0 <= passed_ms < FRAME_MS or facts_of(shown) != facts_of(new):
        return 0
    return FRAME_MS - passed_ms


def facts_of(snapshot: Snapshot) -> Hashable:
    """What is there and what was done to it: all that is not a number."""
    groups = tuple(
        (group.name, group.state, group.generation, group.paused, tuple(member.state for member in group.members),
         group.health.condition if group.health is not None and group.health.condition in AT_ONCE else None)
        for group in snapshot.groups
    )
    producers = tuple((one.node_id, one.state) for one in snapshot.producers)
    clients = tuple((one.client_id, one.address, one.writes, one.reads, one.group, one.note, bool(one.connections))
                    for one in snapshot.clients)
    queues = tuple((queue.name, queue.counts.dead, queue.takes_dead_letters) for queue in snapshot.queues)
    return (snapshot.run, snapshot.speed, snapshot.live, tuple(snapshot.host.listeners.items()), groups, producers,
            clients, queues, len(snapshot.topics), len(snapshot.problems))
