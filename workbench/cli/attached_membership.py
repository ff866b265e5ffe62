"""``consume --group`` at an attached system: a member of a group there, answering the commands that a host would.

Its engine is asynchronous and the command line is not: a loop runs for the length of each call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from workbench.broker import encode_batch
from workbench.control.messages import CommitConsumer, ConsumerOpened, FetchedBatches, OpenConsumer, PollConsumer
from workbench.core.points import parse_point
from workbench.core.records import Record, StoredRecord, TopicPartition
from workbench.engines.base import Consumer, ConsumerSettings
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.registry import engine_of

_POLL_RECORDS = 500


class AttachedMembership:
    """One member; from one thread."""

    def __init__(self, spec: ConnectionSpec) -> None:
        self._engine = engine_of(spec)
        self._runner = asyncio.Runner()
        self._consumer: Consumer | None = None

    def open(self, asked: OpenConsumer) -> ConsumerOpened:
        point = parse_point(asked.start)
        start = point.kind if point.kind in ("earliest", "latest") else f"{point.kind}:{point.number}"
        settings = ConsumerSettings(asked.group, asked.topics, asked.client_id, start=start)
        self._consumer = self._runner.run(self._engine.consumer(settings))
        return ConsumerOpened(1, self._consumer.member_id)

    def poll(self, asked: PollConsumer) -> FetchedBatches:
        consumer = self._opened()
        found = self._runner.run(_listed(consumer, asked.timeout_ms / 1000.0))
        batches = tuple((run[0].topic, run[0].partition, run[0].offset, _encoded(run)) for run in _runs(found))
        return FetchedBatches(batches, tuple((place.topic, place.partition) for place in consumer.assignment))

    def commit(self, asked: CommitConsumer) -> None:
        offsets = {TopicPartition(topic, partition): at for topic, partition, at in asked.offsets}
        self._runner.run(_committed(self._opened(), offsets))

    def _opened(self) -> Consumer:
        assert self._consumer is not None, "opened first"
        return self._consumer

    def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        with self._runner as runner:
            if consumer is not None:
                runner.run(_closed(consumer))
            runner.run(self._engine.close())


async def _listed(consumer: Consumer, timeout_s: float) -> Sequence[StoredRecord]:
    return await consumer.poll(_POLL_RECORDS, timeout_s)


async def _committed(consumer: Consumer, offsets: dict[TopicPartition, int]) -> None:
    await consumer.commit(offsets)


async def _closed(consumer: Consumer) -> None:
    await consumer.close()


def _runs(records: Sequence[StoredRecord]) -> Iterator[list[StoredRecord]]:
    """Neighbours of one partition without a gap."""
    run: list[StoredRecord] = []
    for record in records:
        follows = run and (record.topic, record.partition, record.offset) == (
            run[-1].topic, run[-1].partition, run[-1].offset + 1)
        if run and not follows:
            yield run
            run = []
        run.append(record)
    if run:
        yield run


def _encoded(run: Sequence[StoredRecord]) -> bytes:
    records = [Record(r.key, r.value, r.headers, r.timestamp_ms) for r in run]
    return encode_batch(records, base_offset=run[0].offset, now_ms=run[0].timestamp_ms)
