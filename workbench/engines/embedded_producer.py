"""A sending program of the embedded broker: one producer id, and where each partition's sequence has come.

A sequence moves on only with the answer, so a batch that is sent again after an error has the sequence it had, and the
broker stores it once. One asyncio loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from workbench.broker import Broker
from workbench.core.errors import PartlyRefused
from workbench.core.records import Appended, Record, TopicPartition


class EmbeddedProducer:
    in_flight = 1

    def __init__(self, broker: Broker, idempotent: bool) -> None:
        self._broker = broker
        self._idempotent = idempotent
        self._identity: asyncio.Future[tuple[int, int]] | None = None
        self._sequences: dict[TopicPartition, int] = {}

    async def append(self, topic: str, partition: int, records: Sequence[Record],
                     compression: str = "none") -> Appended:
        place = TopicPartition(topic, partition)
        producer = await self._next(place) if self._idempotent else None
        future = self._broker.append(topic, partition, records, compression=compression, producer=producer)
        try:
            appended = await asyncio.wrap_future(future)
        except PartlyRefused as error:  # a full queue: those it took have had their sequences
            self._sequences[place] = self._sequences.get(place, 0) + error.taken
            raise
        self._sequences[place] = self._sequences.get(place, 0) + len(records)
        return appended

    async def _next(self, place: TopicPartition) -> tuple[int, int, int]:
        """Producer id, epoch, and the first sequence of the next batch; the id is asked for with the first batch."""
        if self._identity is None:
            self._identity = asyncio.ensure_future(asyncio.to_thread(self._broker.new_producer_id))
        producer_id, epoch = await asyncio.shield(self._identity)
        return producer_id, epoch, self._sequences.get(place, 0)
