"""Events that moved along a drawn link, as the canvas shows them: live from snapshots, in the past from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument


@dataclass(frozen=True, slots=True)
class Movement:
    """``count`` events went along a link at ``at_ms``. ``colours`` are key colours of some of them (may be empty);
    ``again`` says how many were re-read."""

    at_ms: int
    link_id: str
    count: int
    colours: tuple[int, ...] = ()
    again: int = 0


def live_movements(snapshot: Snapshot) -> list[Movement]:
    """What moved since the snapshot before."""
    return [
        Movement(snapshot.at_ms, stat.link_id, stat.events, stat.sample, stat.again)
        for stat in snapshot.links
        if stat.events
    ]


def append_links(document: FlowDocument, topic: str) -> list[str]:
    """Ids of the links that carry records into a topic."""
    return [li.id for li in document.links if document.node(li.target).name == topic
            and document.node(li.target).kind in ("topic", "dead_letters", "queue")]  # fmt: skip


def delivery_links(document: FlowDocument, topic: str, group: str, member: str = "") -> list[str]:
    """Ids of the links that carry records of a topic to a group (one, or none when it is not drawn). What was leased
    has its queue as ``group``: there the consumer's name, ``GROUP-1``, says whose link it is."""
    leased = group == topic or group.startswith(f"{topic}{SUBSCRIPTION_MARK}")
    reader = member.rpartition("-")[0] if leased else group
    return [li.id for li in document.links
            if document.node(li.source).name == topic and document.node(li.target).name == reader]  # fmt: skip


def spread(at_ms: int, links: Iterable[str], count: int, again: bool = False) -> list[Movement]:
    """``count`` events shared evenly over links, for journal entries that do not say which link it was."""
    ids = list(links)
    if not ids:
        return []
    share, rest = divmod(count, len(ids))
    counts = [share + (1 if i < rest else 0) for i in range(len(ids))]
    return [Movement(at_ms, link, n, again=n if again else 0) for link, n in zip(ids, counts, strict=True) if n]
