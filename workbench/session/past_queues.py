"""Queues, exchanges and stores as they stood, from the folded journal: the same values as live.

The journal knows how many messages were in which state and who had how many in flight. Single leases, and what was
published and could be routed, are not in it and stay empty. Nor is who was bound: a queue of dead letters behind an
exchange is not known as one.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.broker import JournalState, PastExchange, PastQueue
from workbench.core.queues import SUBSCRIPTION_MARK, QueueCounts
from workbench.core.snapshot import ExchangeStat, QueueConsumerStat, QueueStat, StoreStat


def queues_of(state: JournalState, records_in: dict[str, int],
              acked: dict[str, dict[str, int]]) -> tuple[QueueStat, ...]:
    """All queues by name. ``records_in`` by topic and ``acked`` by queue and consumer are of the last second."""
    stats = [_queue(name, past, state, float(records_in.get(past.topic, 0)), acked.get(name, {}))
             for name, past in sorted(state.queues.items())]
    dead_letters = {stat.dead_letter for stat in stats}
    return tuple(replace(stat, takes_dead_letters=stat.name in dead_letters) for stat in stats)


def _queue(name: str, past: PastQueue, state: JournalState, rate_in: float, acked: dict[str, int]) -> QueueStat:
    subscription = name.partition(SUBSCRIPTION_MARK)[2]
    topic = state.topics.get(past.topic)
    config = topic.config if topic is not None and not subscription else {}
    return QueueStat(
        name, past.topic, QueueCounts(past.ready, past.delayed, past.in_flight, past.dead), rate_in,
        float(sum(acked.values())),
        profile=config.get("queue.profile", ""), subscription=subscription, type=config.get("queue.type", "shared"),
        dead_letter=config.get("queue.dead.letter", ""),
        dead_letter_exchange=config.get("queue.dead.letter.exchange", ""),
        consumers=tuple(QueueConsumerStat(who, held, rate=float(acked.get(who, 0)))
                        for who, held in sorted(past.consumers.items())),
    )


def exchanges_of(state: JournalState) -> tuple[ExchangeStat, ...]:
    """Those that had messages nobody took, since the host had started."""
    return tuple(_exchange(name, past) for name, past in sorted(state.exchanges.items()))


def _exchange(name: str, past: PastExchange) -> ExchangeStat:
    return ExchangeStat(name, "", unroutable=past.unroutable, returned=past.returned,
                        last_unroutable=past.last_unroutable)


def stores_of(state: JournalState) -> tuple[StoreStat, ...]:
    """All stores by name: their counts; how fast they were written and whether they were down is not journalled."""
    return tuple(StoreStat(name, counts.rows, counts.writes, counts.reads, counts.refused, counts.repeats)
                 for name, counts in sorted(state.stores.items()))
