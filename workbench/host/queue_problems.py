"""What about exchanges needs a person: messages that no queue takes. What queues need is their health."""

from __future__ import annotations

from workbench.core.snapshot import ExchangeStat
from workbench.host.findings import Finding

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


def of_exchange(exchange: ExchangeStat) -> Finding:
    key = f"«{exchange.last_unroutable}»" if exchange.last_unroutable else "none"
    return Finding(f"exchange:{exchange.name}", "unroutable", "warn",
                   f"{exchange.name} has no queue for {_messages(exchange.unroutable)}, last with the key {key}.",
                   "Bind a queue for that key, or give the exchange an alternate.", at_once=True)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"
