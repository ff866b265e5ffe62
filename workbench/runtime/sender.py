"""Sends records to one topic in batches: partitioner, batch buffer, and one lane a partition.

A lane sends its batches one after the other, each after the answer to the one before (or several at once, where a
producer keeps them in order by itself), so that order holds within a partition even over retries; with a producer id a
batch that is sent again is stored once. What can't be sent is counted and told. Lives on the runner's loop; ``offer``
and ``tick`` never wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count, islice

from workbench.core.clock import Clock
from workbench.core.errors import (
    FileError,
    InDoubt,
    Invalid,
    NotFound,
    OutOfRange,
    PartlyRefused,
    Refused,
    Unsupported,
    WorkbenchError,
)
from workbench.core.journal import SendOutcome
from workbench.core.keys import key_colour
from workbench.core.partitioners import Partitioner
from workbench.core.records import Appended, Record
from workbench.core.snapshot import BatchGauge, SentRecord
from workbench.engines.base import Engine, RecordProducer
from workbench.runtime.batching import Batch, BatchBuffer
from workbench.runtime.send_journal import SendJournal
from workbench.runtime.writing import Writing, misfit_letter
from workbench.serde import Decoder, DecoderOf, guessing, key_line

_FINAL = (Invalid, NotFound, OutOfRange, Refused, Unsupported)
_NOT_STORED = (*_FINAL, FileError)
_RETRIES = 4
_BACKOFF_S = 0.05
_RECENT = 12
_KEY_LETTERS = 200
_WAITING_BYTES = 4 * 1024 * 1024

OnSent = Callable[[Sequence[Record], Appended], None]


@dataclass(frozen=True, slots=True)
class SendSettings:
    max_bytes: int = 16_384
    linger_ms: float = 5.0
    compression: str = "none"
    idempotent: bool = True


class Sender:
    def __init__(self, engine: Engine, topic: str, partitions: int, partitioner: Partitioner, settings: SendSettings,
                 clock: Clock, on_sent: OnSent, decoders: DecoderOf = guessing,
                 journal: SendJournal | None = None) -> None:
        self._journal = journal
        self._writing: Writing | None = None
        self._dead: Sender | None = None
        self._unsure: set[int] = set()  # partitions whose batch on its way may be stored already
        self.topic = topic
        self._decoders = decoders
        self.sent = self.failed = 0
        self.reason = ""
        self.last_flush = ""
        self._engine = engine
        self._partitions = partitions
        self._partitioner = partitioner
        self._settings = settings
        self._clock = clock
        self._on_sent = on_sent
        self._buffer = BatchBuffer(settings.max_bytes, settings.linger_ms)
        self._lanes: dict[int, deque[Batch]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting_bytes = 0
        self._in_flight = 1
        self._producer: asyncio.Future[RecordProducer] | None = None
        self._recent: deque[tuple[int, Record, Appended, int, float]] = deque(maxlen=_RECENT)

    # -- taking records ------------------------------------------------------------------------------------
    def offer(self, records: Iterable[Record]) -> None:
        """Take records into their batches; ``Invalid`` when the partitioner names a partition that is not there."""
        if self._writing is not None:
            records = self._fitting(records, self._writing)
        now_ms = self._clock.monotonic_ms()
        choose, partitions, add = self._partitioner.choose, self._partitions, self._buffer.add
        for record in records:
            full = add(choose(record.key, partitions), record, now_ms)
            if full is not None:
                self._enqueue(full)

    def write_by(self, writing: Writing, dead: Sender | None) -> None:
        """From now on events are written so; those that don't fit go by ``dead``, else they are only counted."""
        self._writing, self._dead = writing, dead

    def _fitting(self, records: Iterable[Record], writing: Writing) -> Iterable[Record]:
        fit, misfits = writing.written(records)
        if misfits:
            self.failed += len(misfits)
            self.reason = misfits[-1].reason
            if self._dead is not None:
                self._dead.offer(misfit_letter(each, self.topic) for each in misfits)
        return fit

    def tick(self) -> None:
        """Send the batches whose linger is over."""
        if self._dead is not None:
            self._dead.tick()
        for batch in self._buffer.due(self._clock.monotonic_ms()):
            self._enqueue(batch)

    def flush(self) -> None:
        for batch in self._buffer.flush():
            self._enqueue(batch)

    async def drain(self) -> None:
        """Send everything and wait for the answers."""
        if self._dead is not None:
            await self._dead.drain()
        self.flush()
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def close(self) -> None:
        await self.drain()

    @property
    def idle(self) -> bool:
        """Nothing is being filled or on its way."""
        return not self._tasks and self._buffer.next_due_ms() is None and (self._dead is None or self._dead.idle)

    @property
    def clogged(self) -> bool:
        """More is on its way than should be: take no new records for now."""
        return self._waiting_bytes > _WAITING_BYTES

    def linger_left_s(self) -> float | None:
        """Seconds until ``tick`` has something to do."""
        due_ms = self._buffer.next_due_ms()
        return None if due_ms is None else max(0.0, (due_ms - self._clock.monotonic_ms()) / 1000.0)

    # -- sending -------------------------------------------------------------------------------------------
    def _enqueue(self, batch: Batch) -> None:
        self._partitioner.batch_left(batch.partition)
        self.last_flush = batch.sentence()
        self._waiting_bytes += batch.bytes
        lane = self._lanes.setdefault(batch.partition, deque())
        lane.append(batch)
        if len(lane) == 1:
            task = asyncio.create_task(self._send_waiting(lane), name=f"send {self.topic}/{batch.partition}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_waiting(self, lane: deque[Batch]) -> None:
        """Send the lane's batches until it is empty, as many at once as the producer keeps in order; those on their way
        stay at its head."""
        while lane:
            batches = [*islice(lane, self._in_flight)]
            if len(batches) == 1:
                await self._settle(batches[0])
            else:
                await asyncio.gather(*(self._settle(batch) for batch in batches))
            for _ in batches:
                lane.popleft()

    async def _settle(self, batch: Batch) -> None:
        try:
            await self._send(batch)
        except PartlyRefused as error:  # a full queue
            self.sent += error.taken
            self._ended("acked", batch.partition, error.taken)
            self._give_up(batch, error.sentence(), "failed", error.taken)
        except WorkbenchError as error:
            self._give_up(batch, error.sentence(), self._outcome(batch.partition, error))
        except (OSError, RuntimeError) as error:
            self._give_up(batch, f"The engine failed: {error}.", "unknown")
        finally:
            self._waiting_bytes -= batch.bytes
            self._unsure.discard(batch.partition)

    def _give_up(self, batch: Batch, reason: str, outcome: SendOutcome, taken: int = 0) -> None:
        self.failed += len(batch.records) - taken
        self.reason = reason
        self._ended(outcome, batch.partition, len(batch.records) - taken)

    def _outcome(self, partition: int, error: WorkbenchError) -> SendOutcome:
        """Nothing was stored where that was said at every try."""
        return "failed" if isinstance(error, _NOT_STORED) and partition not in self._unsure else "unknown"

    def _ended(self, outcome: SendOutcome, partition: int, count: int) -> None:
        if self._journal is not None:
            self._journal.ended(outcome, self.topic, partition, count)

    async def _send(self, batch: Batch) -> None:
        producer = await self._opened()
        started_ms = self._clock.monotonic_ms()
        appended, retries = await self._append(producer, batch)
        self.sent += len(batch.records)
        if self._journal is not None:
            self._journal.acked(appended, retries)
        self._remember(batch, appended, self._clock.monotonic_ms() - started_ms)
        self._on_sent(batch.records, appended)

    async def _append(self, producer: RecordProducer, batch: Batch) -> tuple[Appended, int]:
        """Tried again for what may pass; and how often."""
        for attempt in count():
            try:
                return await producer.append(self.topic, batch.partition, batch.records,
                                             self._settings.compression), attempt
            except (*_FINAL, InDoubt):
                raise
            except (WorkbenchError, OSError) as error:
                if not isinstance(error, _NOT_STORED):
                    self._unsure.add(batch.partition)
                if attempt == _RETRIES:
                    raise
                await asyncio.sleep(_BACKOFF_S * 2**attempt)
        raise AssertionError  # count() has no end

    async def _opened(self) -> RecordProducer:
        if self._producer is None:
            self._producer = asyncio.ensure_future(self._engine.producer(self._settings.idempotent))
        producer = await asyncio.shield(self._producer)
        self._in_flight = producer.in_flight
        return producer

    def _remember(self, batch: Batch, appended: Appended, acked_ms: float) -> None:
        now = self._clock.now_ms()
        count = len(batch.records)
        for index in range(max(0, count - 3), count):
            self._recent.append((now, batch.records[index], appended, index, acked_ms))

    # -- being watched -------------------------------------------------------------------------------------
    def gauge(self) -> BatchGauge | None:
        return self._buffer.gauge(self._clock.monotonic_ms())

    def recent(self) -> tuple[SentRecord, ...]:
        """The last records sent, newest first."""
        decoder = self._decoders(self.topic)
        return tuple(
            SentRecord(at_ms, appended.partition, appended.base_offset + index, shown_key(record.key, decoder),
                       key_colour(record.key), acked_ms)
            for at_ms, record, appended, index, acked_ms in reversed(self._recent)
        )


def shown_key(key: bytes | None, decoder: Decoder) -> str | None:
    """A key for people, on one line."""
    return None if key is None else key_line(key, decoder, _KEY_LETTERS)
