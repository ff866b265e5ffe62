"""Which drawn links messages took that no part of the flow moves: behind an exchange, and to the dead letters.

An exchange answers with the queues that got a message; it came there along the bindings that lead to them. The broker
moves dead messages by itself; how many, and to which queues, its counts say. Lives on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.core.queues import QueueCounts
from workbench.core.records import Record
from workbench.core.routing import Binding, Exchange, Published
from workbench.runtime.backlog import Backlog
from workbench.runtime.meters import LinkMeter
from workbench.runtime.plan import DeadLetterWay


class Routes:
    """The drawn bindings, by the exchange that they start at."""

    def __init__(self, exchanges: Mapping[str, Exchange], bindings: Mapping[str, Sequence[Binding]],
                 alternates: Mapping[str, str] | None = None) -> None:
        """``alternates`` are the links to alternates, by exchange; one that is not drawn has none."""
        self._bindings: dict[str, list[tuple[str, Binding]]] = {}
        for link_id, (binding, *_) in bindings.items():  # all of a link lead to the same place
            self._bindings.setdefault(binding.exchange, []).append((link_id, binding))
        self._alternates = {exchange.name: exchange.alternate for exchange in exchanges.values() if exchange.alternate}
        self._alternate_links = alternates or {}
        self._ways: dict[tuple[str, str], tuple[str, ...]] = {}

    def links_taken(self, exchange: str, records: Sequence[Record],
                    published: Sequence[Published]) -> dict[str, list[Record]]:
        """What moved along which link."""
        taken: dict[str, list[Record]] = {}
        for record, answer in zip(records, published, strict=True):
            links = (link for queue in answer.queues for link in self.way(exchange, queue))
            for link_id in dict.fromkeys(links):
                taken.setdefault(link_id, []).append(record)
        return taken

    def way(self, exchange: str, queue: str) -> tuple[str, ...]:
        """The links that lead from the exchange to the queue."""
        if (exchange, queue) not in self._ways:
            found: dict[str, None] = {}
            self._leads_to(exchange, queue, found, set())
            self._ways[exchange, queue] = tuple(found)
        return self._ways[exchange, queue]

    def _leads_to(self, exchange: str, queue: str, found: dict[str, None], seen: set[str]) -> bool:
        if exchange in seen:
            return False
        seen.add(exchange)
        leads = False
        for link_id, binding in self._bindings.get(exchange, ()):
            if binding.to_exchange:
                reaches = self._leads_to(binding.destination, queue, found, seen)
            else:
                reaches = binding.destination == queue
            if reaches:
                found[link_id] = None
                leads = True
        if not leads and exchange in self._alternates:
            leads = self._leads_to(self._alternates[exchange], queue, found, seen)
            if leads and exchange in self._alternate_links:
                found[self._alternate_links[exchange]] = None
        return leads


class DeadLetterLinks:
    """Counts what queues send to their dead letters, and what of it took which link behind an exchange."""

    def __init__(self, ways: Iterable[DeadLetterWay], routes: Routes | None = None) -> None:
        self._ways = tuple(ways)
        self._routes = routes or Routes({}, {})
        self._known: dict[DeadLetterWay, QueueCounts] = {}

    def look(self, backlog: Backlog, meter: Callable[[str], LinkMeter]) -> None:
        """Count what moved since the last look; the first one only takes note."""
        for way in self._ways:
            now = backlog.counts(way.queue)
            before = self._known.get(way, now)
            self._known[way] = now
            moved = now.dead_lettered - before.dead_lettered
            if moved <= 0:
                continue
            behind: dict[str, int] = {}
            for queue, count in now.dead_lettered_to.items() if way.exchange else ():
                for link_id in self._routes.way(way.exchange, queue):
                    behind[link_id] = behind.get(link_id, 0) + count - before.dead_lettered_to.get(queue, 0)
            for link_id, count in ((way.link_id, moved), *behind.items()):
                if count > 0:
                    meter(link_id).count(min(count, moved))  # a link may lead to several queues that got the same one
