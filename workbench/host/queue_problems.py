"""What about queues and exchanges needs a person: dead letters, messages that wait for long, and those nobody takes."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.snapshot import ExchangeStat, QueueStat
from workbench.core.times import duration_words
from workbench.host.findings import Finding, Threshold

_LATELY_MS = 30_000.0


class Growing:
    """Which counts grew lately. Asked from one thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, float | None]] = {}

    def lately(self, name: str, count: int, now_ms: float) -> bool:
        """Whether the count grew in the last half minute; what it was when first asked does not matter."""
        before, grown_ms = self._known.get(name, (count, None))
        if count != before:
            grown_ms = now_ms if count > before else None
        self._known[name] = count, grown_ms
        return grown_ms is not None and now_ms - grown_ms <= _LATELY_MS


def of_queue(queue: QueueStat, limit: Threshold) -> Iterator[Finding]:
    subject, counts = f"queue:{queue.name}", queue.counts
    waiting = counts.ready + counts.dead
    if queue.takes_dead_letters:
        if waiting:
            yield Finding(subject, "dead", "bad", f"{_messages(waiting)} ended in the dead letters {queue.name}.",
                          "See why they died, then redrive or purge them.", at_once=True)  # fmt: skip
        return
    if counts.dead:
        yield Finding(subject, "dead", "bad", f"{_messages(counts.dead)} of {queue.name} died and stayed there.",
                      "See why they died, then redrive or purge them.", at_once=True)  # fmt: skip
    waited_s = (queue.oldest_ms or 0) / 1000.0
    if queue.consumers and counts.ready and (counts.ready >= limit.records or waited_s >= limit.seconds):
        yield Finding(subject, "behind", "bad",
                      f"{_messages(counts.ready)} wait in {queue.name}, "
                      f"the oldest for {duration_words(round(waited_s) * 1000)}.",
                      "Add consumers, or make them faster.")  # fmt: skip


def of_exchange(exchange: ExchangeStat) -> Finding:
    key = f"«{exchange.last_unroutable}»" if exchange.last_unroutable else "none"
    return Finding(f"exchange:{exchange.name}", "unroutable", "warn",
                   f"{exchange.name} has no queue for {_messages(exchange.unroutable)}, last with the key {key}.",
                   "Bind a queue for that key, or give the exchange an alternate.", at_once=True)  # fmt: skip


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"
