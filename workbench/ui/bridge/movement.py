"""Events that moved along a drawn link, as the canvas shows them: live from snapshots, in the past from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.queues import SUBSCRIPTION_MARK
from workbench.core.snapshot import LinkStat, Snapshot
from workbench.flow.document import FlowDocument
from workbench.flow.kinds import TOPICS


@dataclass(frozen=True, slots=True)
class Movement:
    """``count`` events went along a link at ``at_ms``. ``colours`` are key colours of some of them (may be empty);
    ``again`` says how many were re-read."""

    at_ms: int
    link_id: str
    count: int
    colours: tuple[int, ...] = ()
    again: int = 0


class LiveMovements:
    """What moved along the links from one snapshot to the next, as one window saw them. What had moved before its
    first one, or before a link was first told, is not news; a host that was started again counts from nothing."""

    def __init__(self) -> None:
        self._seen: dict[str, LinkStat] = {}

    def take(self, snapshot: Snapshot) -> list[Movement]:
        found = []
        for stat in snapshot.links:
            before = self._seen.get(stat.link_id, stat)
            if stat is not before and (moved := _between(before, stat, snapshot.at_ms)) is not None:
                found.append(moved)
        self._seen = {stat.link_id: stat for stat in snapshot.links}
        return found


def _between(before: LinkStat, now: LinkStat, at_ms: int) -> Movement | None:
    if now.events < before.events:
        before = LinkStat(now.link_id)
    if now.events == before.events:
        return None
    new = now.sample[max(0, len(now.sample) - (now.sampled - before.sampled)):]
    return Movement(at_ms, now.link_id, now.events - before.events, new, now.again - before.again)


def append_links(document: FlowDocument, topic: str) -> list[str]:
    """Ids of the links that carry records into a topic; those from exchanges only where there is no other."""
    into = [li for li in document.links if document.node(li.target).name == topic
            and document.node(li.target).kind in TOPICS]
    straight = [li.id for li in into if document.node(li.source).kind != "exchange"]
    return straight or [li.id for li in into]


def exchange_way(document: FlowDocument, queue: str, exchange: str = "") -> tuple[str, list[str]]:
    """How what went through exchanges came to a queue: the node of the exchange it was published to, and the ids of the
    links from there on. Without a name, the only drawn exchange it can have been; ("", []) when there is no such, or
    when something is sent to the queue straight too."""
    if not exchange and any(document.node(li.target).name == queue and document.node(li.source).kind != "exchange"
                            for li in document.links):
        return "", []
    ways: dict[str, list[str]] = {}
    heads = [node.id for node in document.of_kind("queue") if node.name == queue]
    reached = {node_id: [] for node_id in heads}
    while heads:
        here = heads.pop(0)
        for link in document.links:
            if link.target == here and document.node(link.source).kind == "exchange" and link.source not in reached:
                reached[link.source] = ways[link.source] = [link.id, *reached[here]]
                heads.append(link.source)
    entries = [node_id for node_id in ways if (document.node(node_id).name == exchange if exchange else
               entry_links(document, node_id))]
    return (entries[0], ways[entries[0]]) if len(entries) == 1 else ("", [])


def entry_links(document: FlowDocument, exchange_id: str) -> list[str]:
    """Ids of the links along which something is published to an exchange: not those from another."""
    return [li.id for li in document.links
            if li.target == exchange_id and document.node(li.source).kind != "exchange"]


def delivery_links(document: FlowDocument, topic: str, group: str, member: str = "") -> list[str]:
    """Ids of the links that carry records of a topic to a group (one, or none when it is not drawn). What was leased
    has its queue as ``group``: there the consumer's name, ``GROUP-1``, says whose link it is."""
    leased = group == topic or group.startswith(f"{topic}{SUBSCRIPTION_MARK}")
    reader = member.rpartition("-")[0] if leased else group
    return [li.id for li in document.links
            if document.node(li.source).name == topic and document.node(li.target).name == reader]


def spread(at_ms: int, links: Iterable[str], count: int, again: bool = False) -> list[Movement]:
    """``count`` events shared evenly over links, for journal entries that do not say which link it was."""
    ids = list(links)
    if not ids:
        return []
    share, rest = divmod(count, len(ids))
    counts = [share + (1 if i < rest else 0) for i in range(len(ids))]
    return [Movement(at_ms, link, n, again=n if again else 0) for link, n in zip(ids, counts, strict=True) if n]
