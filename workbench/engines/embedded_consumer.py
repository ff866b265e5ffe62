"""A consumer of the embedded broker: positions, fetched records and polls of one group member.

Batches are decoded once into a buffer a partition and handed out by slices. Invariants: a position is the offset
after the last record handed out; nothing of a partition is handed out after it was revoked. One asyncio loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from workbench.broker import Broker, batch_header, encode_batch, readable_batch
from workbench.core.errors import Fenced, Invalid, NotFound, OutOfRange
from workbench.core.records import DAMAGED, PartitionBounds, Record, StoredRecord, TopicPartition
from workbench.engines.append_notifier import AppendNotifier
from workbench.engines.base import ConsumerSettings
from workbench.engines.embedded_membership import Membership

T = TypeVar("T")
log = logging.getLogger(__name__)
FETCH_BYTES = 64 << 10
"""What is decoded at once: some hundred records, so that the loop is held for a millisecond or so."""


@dataclass(slots=True)
class _Place:
    """Where one partition is being read. ``fetched[taken:]`` comes next, beginning at ``position``."""

    position: int
    fetched: list[StoredRecord] = field(default_factory=list)
    taken: int = 0
    after: int = 0  # where to go on once ``fetched`` is used up

    def take(self, count: int) -> list[StoredRecord]:
        records = self.fetched[self.taken : self.taken + count]
        if records:
            self.taken += len(records)
            self.position = max(records[-1].offset + 1, self.after) if self.used_up else records[-1].offset + 1
        return records

    @property
    def used_up(self) -> bool:
        return self.taken >= len(self.fetched)


class StoredBatch(NamedTuple):
    """A batch as it is stored, of which the records from ``first`` to ``last`` are meant."""

    place: TopicPartition
    first: int
    last: int
    data: bytes


class EmbeddedConsumer:
    """One member. Calls are made from one task at a time."""

    def __init__(self, broker: Broker, notifier: AppendNotifier, settings: ConsumerSettings) -> None:
        self._broker = broker
        self._notifier = notifier
        self._settings = settings
        self._start = _start_policy(settings.start)
        self._places: dict[TopicPartition, _Place] = {}
        self._news = asyncio.Event()
        self._paused = False
        self._closed = False
        self._turn = 0
        self._membership = Membership(broker, settings, lambda: self.assignment, self._news.set)

    @property
    def member_id(self) -> str:
        return self._membership.member_id

    @property
    def generation(self) -> int:
        return self._membership.generation

    @property
    def assignment(self) -> tuple[TopicPartition, ...]:
        return tuple(self._places)

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        return {part: place.position for part, place in self._places.items()}

    # -- polling -------------------------------------------------------------------------------------------
    async def poll(self, max_records: int, timeout_s: float) -> Sequence[StoredRecord]:
        return await self._polled(lambda: self._take(max_records), max_records > 0, timeout_s)

    async def poll_batches(self, max_bytes: int, timeout_s: float) -> Sequence[StoredBatch]:
        """The same as stored batches, untouched and whole; of one that is larger than ``max_bytes`` a part."""
        return await self._polled(lambda: self._take_batches(max_bytes), True, timeout_s)

    async def _polled(self, take: Callable[[], list[T]], reading: bool, timeout_s: float) -> list[T]:
        if self._closed:
            raise Fenced("This consumer is closed.", "Open another one.")
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        self._membership.polled()
        await asyncio.sleep(0)  # heartbeats and joins of the others get their turn, however busy this one is
        while True:
            self._news.clear()
            self._tend()
            now = reading and not self._paused
            found = take() if now else []
            left_s = until - loop.time()
            if found or left_s <= 0:
                return found
            await self._sleep(left_s, reading=now)

    async def _sleep(self, seconds: float, reading: bool) -> None:
        """Until something is appended here, the membership changes, or the time is over."""
        parts = self.assignment if reading else ()
        self._notifier.sleep(parts, self._news)
        try:
            if not any(self._end(part) > self._places[part].position for part in parts):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
        except TimeoutError:
            pass  # the poll's own time: it looks once more and returns
        finally:
            self._notifier.forget(parts, self._news)

    def _end(self, part: TopicPartition) -> int:
        try:
            return self._broker.transactions.last_stable(*part)
        except NotFound:
            return -1

    # -- membership ----------------------------------------------------------------------------------------
    def _tend(self) -> None:
        """Take a new assignment; give partitions back and join again when the group wants it."""
        membership = self._membership
        if membership.failure is not None:
            raise membership.failure
        if membership.assigned is not None:
            assigned, membership.assigned = membership.assigned, None
            self._adopt(assigned)
        if membership.lost and not membership.joining:
            if not membership.cooperative or membership.generation < 0:
                self._places = {}
            membership.rejoin()

    def _adopt(self, assigned: Sequence[TopicPartition]) -> None:
        """Read what is assigned. A cooperative member that gave something up joins again, so that others get it."""
        gave_up = set(self._places) - set(assigned)
        keeps = self._membership.cooperative and not self._membership.forfeited
        kept = self._places if keeps else {}
        self._membership.forfeited = False
        self._places = {}
        for part in assigned:
            if self._broker.has_partition(*part):
                self._places[part] = kept.get(part) or _Place(self._first_position(part))
        if gave_up and self._membership.cooperative:
            self._membership.lost = True

    def _first_position(self, part: TopicPartition) -> int:
        """The committed offset while the log holds it, else what the start policy says."""
        bounds = self._broker.bounds(part.topic)[part.partition]
        committed = self._broker.committed(self._settings.group).get(part)
        if committed is not None and bounds.log_start <= committed.offset <= bounds.end:
            return committed.offset
        return self._policy_position(part, bounds)

    def _policy_position(self, part: TopicPartition, bounds: PartitionBounds) -> int:
        kind, number = self._start
        if kind == "latest":
            return bounds.end
        if kind == "time":
            found = self._broker.offset_for_time(part.topic, part.partition, number)
            return bounds.end if found is None else found
        return min(max(number, bounds.log_start), bounds.end)

    # -- records -------------------------------------------------------------------------------------------
    def _take(self, count: int) -> list[StoredRecord]:
        """Up to ``count`` records, beginning with another partition each time."""
        parts, found = list(self._places), []
        for index in range(len(parts)):
            if len(found) >= count:
                break
            part = parts[(self._turn + index) % len(parts)]
            place = self._places[part]
            if place.used_up:
                self._fetch(part, place)
            found += place.take(count - len(found))
        self._turn += 1
        return found

    def _take_batches(self, max_bytes: int) -> list[StoredBatch]:
        parts, found, left = list(self._places), [], max_bytes
        for index in range(len(parts)):
            if left <= 0:
                break
            part = parts[(self._turn + index) % len(parts)]
            taken = self._batches_of(part, left, part_of_one=not found)
            found += taken
            left -= sum(len(batch.data) for batch in taken)
        self._turn += 1
        return found

    def _batches_of(self, part: TopicPartition, max_bytes: int, part_of_one: bool) -> list[StoredBatch]:
        place, found = self._places[part], []
        batches, after = self._fetched(part, place, max_bytes)
        for data in batches:
            last = batch_header(data).last_offset
            if last < place.position:
                continue
            if len(data) > max_bytes:  # only the first of them can be
                return self._part_of(part, place, data, max_bytes) if part_of_one else []
            found.append(StoredBatch(part, place.position, last, data))
            place.position = last + 1
        place.position = max(place.position, after)
        return found

    def _part_of(self, part: TopicPartition, place: _Place, data: bytes, max_bytes: int) -> list[StoredBatch]:
        """Consecutive records of a batch from the position on, about ``max_bytes`` of them, in a batch of their own."""
        run: list[StoredRecord] = []
        for record in readable_batch(data, part.topic, part.partition):
            if record.offset < place.position or record.transaction == DAMAGED:
                continue
            if run and (max_bytes <= 0 or record.offset != run[-1].offset + 1):
                break
            run.append(record)
            max_bytes -= record.size_bytes
        if not run:
            place.position = batch_header(data).last_offset + 1
            return []
        records = [Record(r.key, r.value, r.headers, r.timestamp_ms) for r in run]
        first, last = run[0].offset, run[-1].offset
        place.position = last + 1
        written = encode_batch(records, base_offset=first, now_ms=self._broker.clock.now_ms())
        return [StoredBatch(part, first, last, written)]

    def _fetched(self, part: TopicPartition, place: _Place, max_bytes: int) -> tuple[Sequence[bytes], int]:
        """What counts from the position on, and where to go on after it."""
        try:
            return self._broker.fetch_committed(part.topic, part.partition, place.position, max_bytes)
        except OutOfRange:  # retention was quicker: as Kafka's clients do, begin where the start policy says
            place.position = self._policy_position(part, self._broker.bounds(part.topic)[part.partition])
        except NotFound:  # the topic is gone; the leader will see it and share out again
            pass
        return (), place.position

    def _fetch(self, part: TopicPartition, place: _Place) -> None:
        batches, after = self._fetched(part, place, FETCH_BYTES)
        every = [record for batch in batches for record in readable_batch(batch, part.topic, part.partition)]
        records = [record for record in every if record.transaction != DAMAGED]
        if len(records) < len(every):
            log.warning("group %s passes over %d records of %s at or after offset %d that can't be read",
                        self._settings.group, len(every) - len(records), part, place.position)
        place.fetched = records
        place.taken = next((i for i, record in enumerate(records) if record.offset >= place.position), len(records))
        place.after = after
        if place.used_up:  # nothing but control records and what was aborted
            place.position = after

    async def commit(self, offsets: Mapping[TopicPartition, int], metadata: str = "") -> None:
        if self._closed or self.generation < 0:
            raise Fenced("This consumer is no member of group {group!r} now.", "Poll to join again.",
                         group=self._settings.group)
        done = {part: (offset, metadata) for part, offset in offsets.items()}
        await asyncio.wrap_future(self._broker.commit_offsets(
            self._settings.group, self.member_id, self.generation, done, self._settings.instance_id
        ))

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition not in self._places:
            raise Invalid("{member_id} does not read {partition}.", "Seek the member that has it.",
                          member_id=self.member_id, partition=partition)
        bounds = self._broker.bounds(partition.topic)[partition.partition]
        if not bounds.log_start <= offset <= bounds.end:
            raise OutOfRange("{partition} has no offset {offset:,}.", "It holds {log_start:,} to {end:,}.",
                             partition=partition, offset=offset, log_start=bounds.log_start, end=bounds.end)
        self._places[partition] = _Place(offset)
        self._news.set()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._news.set()

    async def close(self, leave: bool = True) -> None:
        if self._closed:
            return
        self._closed = True
        self._places = {}
        await self._membership.end(leave)


def _start_policy(text: str) -> tuple[str, int]:
    """(kind, number) of earliest, latest, offset:N or time:MS; earliest is offset 0, clamped like any other."""
    kind, _, number = text.partition(":")
    if text == "earliest":
        return "offset", 0
    if text == "latest":
        return "latest", 0
    if kind in ("offset", "time") and number.lstrip("-").isdigit():
        return kind, int(number)
    raise Invalid("A group can't start at {text!r}.", "Use earliest, latest, offset:N or time:MS.", text=text)
