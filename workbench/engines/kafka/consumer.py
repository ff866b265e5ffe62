"""A member of a group of a Kafka cluster, for a drawn flow and for ``consume --group``.

librdkafka joins, beats and rejoins; each call to it blocks, and is made on the member's own thread. Invariants: a
position is the offset after the last record that was handed out; nothing of a partition is handed out after it was
revoked. Where a partition begins is decided when it is assigned, so that what is appended from then on is read:

    committed, and within the log ──► there          else ──► as ``ConsumerSettings.start`` says

Only what is committed there counts (read_committed). A rebalance that a member misses while it is long at work is
taken with the next poll, of 0 records too. A member vanishes without a word (``close(leave=False)``) by being dropped
unclosed: librdkafka then sends no LeaveGroup.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from workbench.core.errors import Fenced, Invalid, OutOfRange, WorkbenchError
from workbench.core.records import PartitionBounds, StoredRecord, TopicPartition
from workbench.engines.base import ConsumerSettings
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.browse import KafkaBrowse
from workbench.engines.kafka.errors import passes, translated

T = TypeVar("T")
COMMIT_WITHIN_S = 30.0
_AGAIN_S = 0.1
_FENCED = {KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS,
           KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED, KafkaError._STATE, KafkaError._FATAL}
_METADATA = b"CGMDv2:"
"""What librdkafka writes before the generation in a consumer's group metadata."""


class KafkaConsumer:
    """One member. Calls are made from one task at a time."""

    def __init__(self, spec: ConnectionSpec, settings: ConsumerSettings, browse: KafkaBrowse) -> None:
        self._spec, self._settings, self._browse = spec, settings, browse
        self._start = start_of(settings.start)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"kafka member {settings.client_id}")
        self._consumer: Consumer | None = None
        self._positions: dict[TopicPartition, int] = {}
        self._ahead: deque[StoredRecord] = deque()  # taken from librdkafka, not handed out
        self._member_id, self._generation, self._rebalances = "", -1, 0
        self._paused = self._held = self._closed = False

    @property
    def member_id(self) -> str:
        return self._member_id

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def assignment(self) -> tuple[TopicPartition, ...]:
        return tuple(self._positions)

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        return dict(self._positions)

    async def _on_thread(self, act: Callable[[], T]) -> T:
        if self._closed:
            raise Fenced("This consumer is closed.", "Open another one.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    # -- polling -------------------------------------------------------------------------------------------
    async def poll(self, max_records: int, timeout_s: float) -> Sequence[StoredRecord]:
        return await self._on_thread(partial(self._poll, max_records, timeout_s))

    def _poll(self, max_records: int, timeout_s: float) -> list[StoredRecord]:
        consumer = self._joined()
        reading = max_records > 0 and not self._paused
        self._hold(consumer, not reading)
        if not reading or not self._ahead:
            self._take(consumer, max(1, max_records), timeout_s)
        self._learn(consumer)
        found = [self._ahead.popleft() for _ in range(min(max_records, len(self._ahead)))] if reading else []
        for record in found:
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
        return found

    def _joined(self) -> Consumer:
        if self._consumer is None:
            settings = self._settings
            own: dict[str, Any] = {
                "group.id": settings.group, "client.id": settings.client_id,
                "session.timeout.ms": settings.session_timeout_ms,
                "heartbeat.interval.ms": max(1, min(3_000, settings.session_timeout_ms // 4)),
                "max.poll.interval.ms": max(settings.max_poll_interval_ms, settings.session_timeout_ms),
                "partition.assignment.strategy": ",".join(settings.assignors),
            }
            if settings.instance_id is not None:
                own["group.instance.id"] = settings.instance_id
            self._consumer = client.member(self._spec, client.Faults(), own)
            self._consumer.subscribe(list(settings.topics), on_assign=self._assigned, on_revoke=self._revoked,
                                     on_lost=self._revoked)
        return self._consumer

    def _hold(self, consumer: Consumer, hold: bool) -> None:
        """While held, a poll tends the membership and brings no records; what was read ahead is read again after."""
        if hold == self._held:
            return
        self._held = hold
        parts = [KafkaPartition(*part) for part in self._positions]
        if parts:
            (consumer.pause if hold else consumer.resume)(parts)

    def _take(self, consumer: Consumer, count: int, timeout_s: float) -> None:
        messages = consumer.consume(1, timeout_s)
        if messages and count > 1 and not self._held:
            messages += consumer.consume(count - 1, 0)
        make, ahead = StoredRecord._make, self._ahead
        for message in messages:
            if (error := message.error()) is not None:
                self._met(error)
                continue
            headers = message.headers()
            ahead.append(make((message.topic(), message.partition(), message.offset(), message.timestamp()[1],
                               message.key(), message.value(), tuple(headers) if headers else (), "")))

    def _met(self, error: KafkaError) -> None:
        """What librdkafka gets over by itself is none of ours."""
        if error.code() in (KafkaError.FENCED_INSTANCE_ID, KafkaError._FATAL):
            raise Fenced("Another member of {group} took this one's place.", "Start it again.",
                         group=self._settings.group)
        if not passes(error) and error.code() not in (KafkaError._MAX_POLL_EXCEEDED, KafkaError.UNKNOWN_TOPIC_OR_PART,
                                                      KafkaError._PARTITION_EOF):
            raise translated(KafkaException(error), self._spec.address)

    def _learn(self, consumer: Consumer) -> None:
        self._member_id = consumer.memberid() or ""
        told = bytes(consumer.consumer_group_metadata())
        if told.startswith(_METADATA) and len(told) >= len(_METADATA) + 4:
            (self._generation,) = struct.unpack_from("=i", told, len(_METADATA))
        else:  # another librdkafka: at least it changes with every rebalance
            self._generation = self._rebalances

    # -- what is assigned: called within a poll --------------------------------------------------------------
    def _assigned(self, consumer: Consumer, parts: list[KafkaPartition]) -> None:
        self._rebalances += 1
        starts = self._starts(consumer, parts)
        places = [KafkaPartition(part.topic, part.partition, at) for part, at in starts.items()]
        self._positions = {**self._positions, **starts}
        (consumer.incremental_assign if self._cooperative else consumer.assign)(places)
        if self._held and places:
            consumer.pause(places)

    @property
    def _cooperative(self) -> bool:
        return self._settings.assignors[0].startswith("cooperative")

    def _revoked(self, consumer: Consumer, parts: list[KafkaPartition]) -> None:
        self._rebalances += 1
        gone = {TopicPartition(part.topic, part.partition) for part in parts}
        self._positions = {part: at for part, at in self._positions.items() if part not in gone}
        self._ahead = deque(r for r in self._ahead if TopicPartition(r.topic, r.partition) not in gone)
        if self._cooperative and parts:
            consumer.incremental_unassign(parts)
        elif not self._cooperative:
            consumer.unassign()

    def _starts(self, consumer: Consumer, parts: list[KafkaPartition]) -> dict[TopicPartition, int]:
        if not parts:
            return {}
        bounds = {TopicPartition(topic, place.partition): place for topic, places in
                  self._browse.bounds_of({part.topic for part in parts}).items() for place in places}
        found = {}
        for part in self._call(lambda: consumer.committed(parts, timeout=client.CALL_S)):
            place = TopicPartition(part.topic, part.partition)
            within = bounds[place].log_start <= part.offset <= bounds[place].end
            found[place] = part.offset if within else self._policy(place, bounds[place])
        return found

    def _policy(self, place: TopicPartition, bounds: PartitionBounds) -> int:
        kind, number = self._start
        if kind == "latest":
            return bounds.end
        if kind == "time":
            at = self._browse.offset_for_time(place.topic, place.partition, number)
            return bounds.end if at is None else at
        return min(max(number, bounds.log_start), bounds.end)

    # -- positions -----------------------------------------------------------------------------------------
    async def commit(self, offsets: Mapping[TopicPartition, int], metadata: str = "") -> None:
        if self._closed or self._consumer is None:
            raise Fenced("This consumer is no member of group {group!r} now.", "Poll to join again.",
                         group=self._settings.group)
        await self._on_thread(partial(self._commit, dict(offsets), metadata))

    def _commit(self, offsets: Mapping[TopicPartition, int], metadata: str) -> None:
        """A cluster that is away for a moment is waited for: what was worked would be worked again."""
        assert self._consumer is not None
        places = [KafkaPartition(part.topic, part.partition, at, metadata) for part, at in offsets.items()]
        until_s = time.monotonic() + COMMIT_WITHIN_S
        while True:
            try:
                done = self._consumer.commit(offsets=places, asynchronous=False) or []
                failed = next((place.error for place in done if place.error is not None), None)
                if failed is None:
                    return
                raise KafkaException(failed)
            except KafkaException as error:
                code = error.args[0].code()
                if code in _FENCED:
                    raise Fenced("Group {group} has moved on: {args}.", "Poll to join again.",
                                 group=self._settings.group, args=error.args[0].str()) from None
                if not passes(error.args[0]) or time.monotonic() > until_s:
                    raise translated(error, self._spec.address) from None
                time.sleep(_AGAIN_S)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """The cluster is asked what the partition holds; what librdkafka is told, it does with the next poll."""
        consumer = self._consumer
        if partition not in self._positions or consumer is None:
            raise Invalid("{member_id} does not read {partition}.", "Seek the member that has it.",
                          member_id=self.member_id, partition=partition)
        place = KafkaPartition(*partition)
        low, high = self._call(lambda: consumer.get_watermark_offsets(place, timeout=client.CALL_S))
        if not low <= offset <= high:
            raise OutOfRange("{partition} has no offset {offset:,}.", "It holds {low:,} to {high:,}.",
                             partition=partition, offset=offset, low=low, high=high)
        self._ahead = deque(r for r in self._ahead if TopicPartition(r.topic, r.partition) != partition)
        self._call(lambda: consumer.seek(KafkaPartition(*partition, offset)))
        self._positions[partition] = offset

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def _call(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except KafkaException as error:
            raise translated(error, self._spec.address) from None

    async def close(self, leave: bool = True) -> None:
        if self._closed:
            return
        try:
            await self._on_thread(partial(self._end, leave))
        finally:
            self._closed = True
            self._positions = {}
            self._thread.shutdown(wait=False)

    def _end(self, leave: bool) -> None:
        consumer, self._consumer = self._consumer, None
        self._ahead.clear()
        self._positions = {}
        if consumer is not None and leave:
            try:
                consumer.close()
            except (KafkaException, WorkbenchError):
                return  # it is gone all the same, once its session is over


def start_of(text: str) -> tuple[str, int]:
    """(kind, number) of earliest, latest, offset:N or time:MS; earliest is offset 0, clamped like any other."""
    kind, _, number = text.partition(":")
    if text == "earliest":
        return "offset", 0
    if text == "latest":
        return "latest", 0
    if kind in ("offset", "time") and number.lstrip("-").isdigit():
        return kind, int(number)
    raise Invalid("A group can't start at {text!r}.", "Use earliest, latest, offset:N or time:MS.", text=text)
