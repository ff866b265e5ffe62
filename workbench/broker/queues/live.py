"""One queue alive: its state machine (``leases``) joined to the log that it reads. Under the lock of ``Queues``.

The log is read ahead only as far as is needed: a plain queue takes in what is asked for, one whose order depends on
every message (groups, priorities, delays, times to live, a length) takes in everything. Records are decoded when they
are handed out, in windows of some hundred, so that reading in order decodes each once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from workbench.broker.batch import batch_header, decode_batch
from workbench.broker.exchanges.routing_metadata import routing_metadata_of
from workbench.broker.log import Log
from workbench.broker.queues.attributes import batch_traits, record_traits
from workbench.broker.queues.dead_letter_history import deaths_of
from workbench.broker.queues.leases import Leases
from workbench.broker.queues.partition_state import Lease, PartitionState
from workbench.broker.queues.rows import QueueRow
from workbench.broker.queues.settings import QueueSettings, queue_config
from workbench.broker.stability import committed_batches
from workbench.broker.topics import Partition, Topic
from workbench.core.errors import Corrupt, OutOfRange
from workbench.core.queues import (
    SUBSCRIPTION_MARK,
    Delivery,
    MessageId,
    MessageState,
    QueuedMessage,
    QueueMeta,
    Receipt,
)
from workbench.core.records import StoredRecord

_AHEAD_BYTES = 1 << 20
_WINDOW_BYTES = 64 << 10
_WINDOW_RECORDS = 512
_WINDOWS = 8


class _Window:
    """Decoded records of one partition, without a gap."""

    __slots__ = ("first", "partition", "records")

    def __init__(self, partition: int, first: int, records: list[StoredRecord]) -> None:
        self.partition = partition
        self.first = first
        self.records = records


class LiveQueue:
    def __init__(self, row: QueueRow, topic: Topic, log: Log, parts: list[PartitionState]) -> None:
        self.row = row
        self.topic = topic
        self._log = log
        self.leases = Leases(QueueSettings.of(self.config, self.name), parts, row.counters)
        self._windows: deque[_Window] = deque(maxlen=_WINDOWS)
        self._window = _Window(0, 0, [])  # the one last used
        self._came: list[deque[tuple[int, int]]] = [deque() for _ in parts]
        self._came_from = [partition.end for partition in topic.partitions]
        self._again = list(self._came_from)  # before it everything was taken in once
        self.behind = True  # whether the log may have what was not taken in
        self.sent_to: dict[str, int] = {}  # dead letters by the queue they went to
        self.groups: dict[str, str] = {}  # by consumer, those that vanished too: the group has not left

    # -- what it is ------------------------------------------------------------------------------------------
    @property
    def name(self) -> str:
        if not self.row.subscription:
            return self.topic.meta.name
        return f"{self.topic.meta.name}{SUBSCRIPTION_MARK}{self.row.subscription}"

    @property
    def config(self) -> dict[str, str]:
        return self.row.config if self.row.subscription else queue_config(self.topic.meta.config)

    @property
    def meta(self) -> QueueMeta:
        return QueueMeta(self.name, self.topic.meta.name, self.row.subscription, self.config,
                         self.leases.settings.durable)

    def oldest_ms(self, now_ms: int) -> int | None:
        """Age of the oldest message that is ready."""
        came_ms = self.leases.oldest_came_ms()
        return None if came_ms is None else max(0, now_ms - came_ms)

    def altered(self) -> None:
        """Its topic or its own config changed."""
        for partition in self.topic.partitions[len(self.leases.parts) :]:
            self.leases.parts.append(PartitionState(partition.number))
            self._came.append(deque())
            self._came_from.append(0)
            self._again.append(0)
        settings = QueueSettings.of(self.config, self.name)
        if settings != self.leases.settings:
            self._again = [0] * len(self._again)  # another length holds for all that wait
            self.leases.apply(settings)
        self.behind = True

    def take_in_again(self) -> None:
        """What waits is not what was thought: read it anew."""
        self._again = [part.frontier for part in self.leases.parts]
        self.leases.apply(self.leases.settings)
        self.behind = True

    # -- taking in -------------------------------------------------------------------------------------------
    def note_append(self, partition: int, end: int, now: int) -> None:
        self.behind = True
        came = self._came[partition]
        if came and came[-1][1] == now:
            came[-1] = (end, now)
        else:
            came.append((end, now))

    def catch_up(self, now: int, wanted: int = 0, steps: int = 0) -> None:
        """Take in what is needed for ``wanted`` messages (everything, where the order depends on it), and ``steps``
        more of every partition."""
        leases, more = self.leases, False
        for part in leases.parts:
            place = self.topic.partitions[part.partition]
            end = self._log.stability.last_stable(place.no, place.end)
            part.end = max(part.end, end)
            if part.marks.floor < place.log_start:
                leases.lose(part.partition, place.log_start)
            left = steps
            while part.frontier < end and (leases.needs_all or leases.ready < wanted or left > 0):
                self._take_in(part, place, now)
                left -= 1
            more |= part.frontier < end
        self.behind = more

    def _take_in(self, part: PartitionState, place: Partition, now: int) -> None:
        start = part.frontier
        stored = self._log.fetch(place, start, _AHEAD_BYTES)
        batches, upto = committed_batches(stored, start, self._log.stability, place)
        came = self._came_times(place, batches)
        by_key = self.leases.settings.by_key
        for data in batches:
            header = batch_header(data)
            appended_ms = self._came_ms(part.partition, header.base_offset, came, now)
            self.leases.arrive(part.partition, max(header.base_offset, start), header.last_offset + 1, appended_ms,
                               batch_traits(data, by_key), now,
                               again=header.base_offset < self._again[part.partition])
        if upto > part.frontier:
            self.leases.skip(part.partition, upto)

    def _came_times(self, place: Partition, batches: Sequence[bytes]) -> dict[int, int]:
        """Times from the file, for batches that were there before the queue was opened, or are taken in again."""
        if not batches or (first := batch_header(batches[0]).base_offset) >= self._came_from[place.number]:
            return {}
        return self._log.appended_times(place, first, batch_header(batches[-1]).base_offset)

    def _came_ms(self, partition: int, base_offset: int, stored: dict[int, int], now: int) -> int:
        if base_offset in stored:
            return stored[base_offset]
        noted = self._came[partition]
        while noted and noted[0][0] <= base_offset:
            self._came_from[partition] = noted.popleft()[0]
        return noted[0][1] if noted else now

    # -- records ---------------------------------------------------------------------------------------------
    def record(self, partition: int, offset: int) -> StoredRecord:
        """The record of a message, decoded with those after it. Corrupt or OutOfRange when it can't be had."""
        window = self._seek(partition, offset)
        return window.records[offset - window.first]

    def _seek(self, partition: int, offset: int) -> _Window:
        """The window that holds the record; it is looked into first the next time."""
        for window in (self._window, *self._windows):
            if window.partition == partition and 0 <= offset - window.first < len(window.records):
                break
        else:
            window = self._read_window(partition, offset)
            self._windows.appendleft(window)
        self._window = window
        return window

    def _read_window(self, partition: int, offset: int) -> _Window:
        records: list[StoredRecord] = []
        for data in self._log.fetch(self.topic.partitions[partition], offset, _WINDOW_BYTES):
            header = batch_header(data)
            first = max(0, offset - header.base_offset)
            try:
                records += decode_batch(data, self.topic.meta.name, partition, first=first, limit=_WINDOW_RECORDS)
            except Corrupt:
                if records:
                    break  # those before it can be read
                raise
            if len(records) >= _WINDOW_RECORDS or header.records - first > _WINDOW_RECORDS:
                break
        return _Window(partition, offset, records)

    def deliver(self, taken: Sequence[Lease], now: int) -> list[Delivery]:
        """The leased messages with their records. One whose bytes are damaged is rejected instead: it would stop the
        queue for ever."""
        build, found = tuple.__new__, []  # Delivery(...) goes through a __new__ in Python: twice the time
        window = self._window
        for lease in taken:
            partition, offset, attempt, _, _, until_ms, _ = lease
            try:
                if window.partition != partition or not 0 <= offset - window.first < len(window.records):
                    window = self._seek(partition, offset)
                record = window.records[offset - window.first]
            except Corrupt as damage:
                self.leases.reject(lease, now, damage.message)
                continue
            except OutOfRange:  # retention was faster
                self.leases.lose(partition, self.topic.partitions[partition].log_start)
                continue
            found.append(build(Delivery, (build(Receipt, (partition, offset, attempt)), record, until_ms)))
        return found

    # -- looking ---------------------------------------------------------------------------------------------
    def peek(self, states: Sequence[MessageState], after: MessageId | None, limit: int) -> list[QueuedMessage]:
        """Messages by partition and offset; those not acked when no state is named."""
        return [self.message(*place) for place in islice(self._places(frozenset(states), after), limit)]

    def _places(self, states: frozenset[MessageState], after: MessageId | None) -> Iterator[tuple[int, int]]:
        for part in self.leases.parts:
            if after is not None and part.partition < after.partition:
                continue
            first = after.offset + 1 if after is not None and part.partition == after.partition else 0
            for offset in _offsets(part, states, max(first, self.topic.partitions[part.partition].log_start)):
                if not states or state_of(part, offset) in states:
                    yield part.partition, offset

    def message(self, partition: int, offset: int) -> QueuedMessage:
        part, (record, damage) = self.leases.parts[partition], self._readable(partition, offset)
        exchange, key = routing_metadata_of(record.headers) or (None, None)
        traits = record_traits(record, self.leases.settings.by_key)
        lease, dead, state = part.leases.get(offset), part.dead.get(offset), state_of(part, offset)
        done = state in (MessageState.ACKED, MessageState.DEAD)
        return QueuedMessage(
            MessageId(partition, offset), state, record,
            attempts=lease.attempt if lease is not None else part.attempts.get(offset, 0),
            consumer=lease.consumer if lease is not None else "",
            leased_ms=lease.leased_ms if lease is not None else None,
            until_ms=(lease.until_ms or None) if lease is not None else part.delayed.get(offset),
            expires_ms=None if done else self.leases.expires_ms(part, offset),
            priority=min(traits.priority, self.leases.settings.max_priority), group=traits.group,
            reason=damage or (_reason(dead.reason, dead.text) if dead is not None else part.notes.get(offset, "")),
            deaths=deaths_of(record.headers), exchange=exchange, routing_key=key,
        )

    def _readable(self, partition: int, offset: int) -> tuple[StoredRecord, str]:
        """The record, or an empty one with what is wrong with it."""
        try:
            return self.record(partition, offset), ""
        except (Corrupt, OutOfRange) as problem:
            return StoredRecord(self.topic.meta.name, partition, offset, 0, None, None), problem.message


def on_the_wall(message: QueuedMessage, ahead_ms: int) -> QueuedMessage:
    """The message with its instants as the wall clock has them, which is ``ahead_ms`` ahead of that of the leases."""
    if not ahead_ms:
        return message

    def moved(at_ms: int | None) -> int | None:
        return None if at_ms is None else at_ms + ahead_ms

    return replace(message, leased_ms=moved(message.leased_ms), until_ms=moved(message.until_ms),
                   expires_ms=moved(message.expires_ms))


def _reason(reason: str, text: str) -> str:
    return f"{reason}: {text}" if text else str(reason)


def state_of(part: PartitionState, offset: int) -> MessageState:
    if offset in part.leases:
        return MessageState.IN_FLIGHT
    if offset in part.dead:
        return MessageState.DEAD
    if part.marks.is_done(offset):
        return MessageState.ACKED
    return MessageState.DELAYED if offset in part.delayed else MessageState.READY


def _offsets(part: PartitionState, states: frozenset[MessageState], first: int) -> Iterator[int]:
    """Offsets that may be in one of ``states``, rising."""
    if MessageState.ACKED in states:
        yield from range(first, part.end)
    elif not states or MessageState.READY in states:
        for start, stop in part.marks.undone_runs(first, part.end):
            yield from range(start, stop)
    else:
        yield from sorted(offset for held in (part.leases, part.dead, part.delayed) for offset in held
                          if offset >= first)
