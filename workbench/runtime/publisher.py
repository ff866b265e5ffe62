"""The sending side of a producer or a forwarding group that feeds an exchange: each record goes with its routing key.

Batches fill and leave as a ``Sender``'s do; the exchange decides which queues get what. What comes back because no
queue takes it, or because one is full, counts as failed. Lives on one loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from workbench.core.clock import Clock
from workbench.core.partitioners import Explicit
from workbench.core.records import Appended, Record
from workbench.core.routing import Published
from workbench.core.snapshot import SentRecord
from workbench.engines.base import Engine
from workbench.flow.written import RoutingKey
from workbench.runtime.batching import Batch
from workbench.runtime.sender import Sender, SendSettings

OnPublished = Callable[[Sequence[Record], Sequence[Published]], None]


class Publisher(Sender):
    """``topic`` is the exchange."""

    def __init__(self, engine: Engine, exchange: str, key_of: RoutingKey, mandatory: bool, settings: SendSettings,
                 clock: Clock, on_published: OnPublished) -> None:  # fmt: skip
        super().__init__(engine, exchange, 1, Explicit(0), settings, clock, lambda *_: None)
        self._key_of = key_of
        self._mandatory = mandatory
        self._on_published = on_published

    async def _send(self, batch: Batch) -> None:
        started_ms = self._clock.monotonic_ms()
        runs = [(key, list(run)) for key, run in groupby(batch.records, key=lambda r: self._key_of(r.key, r.value))]
        answers = await asyncio.gather(
            *(self._engine.publish(self.topic, key, run, self._mandatory) for key, run in runs)
        )
        published = [answer for answered in answers for answer in answered]
        for answer in published:
            if answer.returned or answer.refused:
                self.failed += 1
                self.reason = answer.returned or f"{', '.join(answer.refused)} refused it: the queue is full."
            else:
                self.sent += 1
        appended = Appended(self.topic, 0, 0, len(batch.records), self._clock.now_ms())
        self._remember(batch, appended, self._clock.monotonic_ms() - started_ms)
        self._on_published(batch.records, published)

    def recent(self) -> tuple[SentRecord, ...]:
        """The last records sent, newest first; they have a place in each queue, and none here."""
        return tuple(replace(sent, offset=-1) for sent in super().recent())
