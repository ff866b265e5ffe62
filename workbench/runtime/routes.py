"""Which drawn links messages took that no part of the flow moves: behind an exchange, and to the dead letters.

An exchange answers with the queues that got a message; it came there along the bindings that lead to them. The broker
moves dead messages by itself; how many, its counts say. Lives on the runner's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.core.records import Record
from workbench.core.routing import Binding, Exchange, Published
from workbench.runtime.backlog import Backlog
from workbench.runtime.meters import LinkMeter
from workbench.runtime.plan import Arrow


class Routes:
    """The drawn bindings, by the exchange that they start at."""

    def __init__(self, exchanges: Mapping[str, Exchange], bindings: Mapping[str, Binding]) -> None:
        self._bindings: dict[str, list[tuple[str, Binding]]] = {}
        for link_id, binding in bindings.items():
            self._bindings.setdefault(binding.exchange, []).append((link_id, binding))
        self._alternates = {exchange.name: exchange.alternate for exchange in exchanges.values() if exchange.alternate}
        self._ways: dict[tuple[str, str], tuple[str, ...]] = {}

    def links_taken(self, exchange: str, records: Sequence[Record],
                    published: Sequence[Published]) -> dict[str, list[Record]]:  # fmt: skip
        """What moved along which link."""
        taken: dict[str, list[Record]] = {}
        for record, answer in zip(records, published, strict=True):
            links = (link for queue in answer.queues for link in self._way(exchange, queue))
            for link_id in dict.fromkeys(links):
                taken.setdefault(link_id, []).append(record)
        return taken

    def _way(self, exchange: str, queue: str) -> tuple[str, ...]:
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
        return leads


class DeadLetterLinks:
    """Counts what queues send to their dead letters."""

    def __init__(self, arrows: Iterable[Arrow]) -> None:
        self._arrows = tuple(arrows)
        self._known: dict[Arrow, int] = {}

    def look(self, backlog: Backlog, meter: Callable[[str], LinkMeter]) -> None:
        """Count what moved since the last look; the first one only takes note."""
        for arrow in self._arrows:
            now = backlog.counts(arrow.topic).dead_lettered
            moved = now - self._known.get(arrow, now)
            self._known[arrow] = now
            if moved > 0:
                meter(arrow.link_id).count(moved)
