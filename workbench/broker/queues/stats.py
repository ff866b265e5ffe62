"""Queues as values for the snapshot. Rates are taken between askings, so it is for one caller, under the lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import chain, islice

from workbench.broker.queues.leases import Leases
from workbench.broker.queues.live import LiveQueue
from workbench.broker.queues.partition_state import Lease
from workbench.broker.stats import RATE_WINDOW_MS
from workbench.core.clock import SteadyClock
from workbench.core.errors import Corrupt, OutOfRange
from workbench.core.keys import key_colour
from workbench.core.queues import QueueCounts
from workbench.core.snapshot import LeaseStat, QueueConsumerStat, QueueStat

SHOWN_LEASES = 50
_SORTED_LEASES = 2_000


@dataclass(frozen=True, slots=True)
class _Sample:
    at_ms: float
    ends: dict[int, int]  # by queue id
    acked: dict[int, int]
    by_consumer: dict[tuple[int, str], int]


class QueueMeter:
    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock
        self._samples: deque[_Sample] = deque()
        self._keys: dict[tuple[int, Lease], bytes | None] = {}  # by queue id, of the leases that are shown
        self._known = self._keys  # of those that were

    def measure(self, queues: Sequence[LiveQueue], dead_letters: Collection[str]) -> list[QueueStat]:
        """``dead_letters``: names of queues that the dead of others may come to."""
        now = self._sample(queues)
        while len(self._samples) > 1 and self._samples[1].at_ms <= now.at_ms - RATE_WINDOW_MS:
            self._samples.popleft()
        then = self._samples[0] if self._samples else now
        if not self._samples or now.at_ms > self._samples[-1].at_ms:
            self._samples.append(now)
        self._known, self._keys = self._keys, {}
        return [self._stat(live, then, now, live.name in dead_letters) for live in queues]

    def _sample(self, queues: Sequence[LiveQueue]) -> _Sample:
        return _Sample(
            self._clock.monotonic_ms(),
            {live.row.id: sum(part.end for part in live.leases.parts) for live in queues},
            {live.row.id: live.leases.counters.acked for live in queues},
            {(live.row.id, one.name): one.acked for live in queues for one in live.leases.consumers.values()},
        )

    def _stat(self, live: LiveQueue, then: _Sample, now: _Sample, takes_dead: bool) -> QueueStat:
        leases, number = live.leases, live.row.id
        seconds = (now.at_ms - then.at_ms) / 1000.0
        per_second = 1.0 / seconds if seconds > 0 else 0.0
        consumers = tuple(
            QueueConsumerStat(one.name, one.in_flight, one.prefetch,
                              (one.acked - then.by_consumer.get((number, one.name), one.acked)) * per_second,
                              leases.consumers.is_active(one.name))
            for one in leases.consumers.values()
        )
        settings, ahead_ms = leases.settings, self._clock.ahead_ms()
        return QueueStat(
            live.name, live.topic.meta.name, _lying_here(leases),
            rate_in=(now.ends[number] - then.ends.get(number, now.ends[number])) * per_second,
            rate_out=(now.acked[number] - then.acked.get(number, now.acked[number])) * per_second,
            oldest_ms=live.oldest_ms(self._clock.now_ms()),
            profile=settings.profile, subscription=live.row.subscription, type=settings.type.value,
            dead_letter=settings.dead_letter, dead_letter_exchange=settings.dead_letter_exchange,
            takes_dead_letters=takes_dead, consumers=consumers,
            leases=tuple(_lease_stat(lease, self._key(live, lease), ahead_ms) for lease in _soonest(live)),
        )

    def _key(self, live: LiveQueue, lease: Lease) -> bytes | None:
        """The key of a leased message, read once for as long as the lease is shown."""
        lent = (live.row.id, lease)
        self._keys[lent] = key = self._known[lent] if lent in self._known else _read_key(live, lease)
        return key


def _lying_here(leases: Leases) -> QueueCounts:
    """The counts without the dead that go to their dead-letter queue with the next commit: they would flash red."""
    counts = leases.counts()
    return replace(counts, dead=max(0, counts.dead - len(leases.leaving)))


def _soonest(live: LiveQueue) -> list[Lease]:
    """Those that end first; of very many those handed out first, which is nearly the same and costs nothing."""
    held = chain.from_iterable(part.leases.values() for part in live.leases.parts)
    if live.leases.in_flight > _SORTED_LEASES:
        return list(islice(held, SHOWN_LEASES))
    return nsmallest(SHOWN_LEASES, held, key=lambda lease: lease.until_ms)


def _read_key(live: LiveQueue, lease: Lease) -> bytes | None:
    try:
        return live.record(lease.partition, lease.offset).key
    except (Corrupt, OutOfRange):
        return None


def _lease_stat(lease: Lease, key: bytes | None, ahead_ms: int) -> LeaseStat:
    return LeaseStat(lease.partition, lease.offset, lease.consumer, lease.attempt, lease.leased_ms + ahead_ms,
                     lease.until_ms and lease.until_ms + ahead_ms, key is not None, key_colour(key))
