"""The log: appends that get their offsets on the writer thread, and reads that see only what is committed.

    caller's thread    check the batch (CRC, count, size, rules of the topic) ─► Store.submit
    writer thread      a client's batch: do its records unpack and count?
                       sequence and transaction check ─► offset ─► row of ``batch``      (staged: nobody sees it)
                       before commit: rows of ``partition`` and ``producer``
                       after commit:  high watermark, tail cache, on_append callbacks, then the Future

Invariants: offsets of a partition are dense and never reused; ``end`` moves only after COMMIT; a failed transaction
leaves ``staged_end == end``. Reads come from the tail cache or a read-only connection of their own.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, NoReturn, TypeVar

from workbench.broker import files
from workbench.broker.batch import (
    BatchHeader,
    batch_header,
    check_batch,
    control_batch,
    decode_batch,
    encode_batch,
    place_batch,
    recompress_batch,
    stamp_batch,
)
from workbench.broker.batch_check import check_records
from workbench.broker.cache import TailCache
from workbench.broker.lookup import MAX_OFFSET, offset_for_time, read_batches, row_id
from workbench.broker.sequences import Sequences
from workbench.broker.stability import Stability
from workbench.broker.store import Store
from workbench.broker.topics import Partition, Topic
from workbench.core.clock import Clock
from workbench.core.errors import Invalid, OutOfRange, PartlyRefused, Refused
from workbench.core.records import Appended, Record

T = TypeVar("T")
AppendCallback = Callable[[str, int, int], None]
Admission = Callable[[Partition, int], int]
_log = logging.getLogger(__name__)

_INSERT = "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_APPENDED = "SELECT id, appended_ms FROM batch WHERE id BETWEEN ? AND ?"
_UPDATE_PARTITION = "UPDATE partition SET log_start = ?, end_offset = ?, size_bytes = ?, time_high = ? WHERE no = ?"


class BatchTooLarge(Invalid):
    """The batch has more bytes than its topic takes; a client may split it."""


class StagedBatch(NamedTuple):
    """A batch in the transaction at hand."""

    partition: Partition
    base_offset: int
    next_offset: int
    data: bytes


@dataclass(slots=True)
class _Before:
    """What a partition was when the transaction began."""

    size_bytes: int
    time_high: int
    log_start: int


class Log:
    def __init__(self, store: Store, clock: Clock, cache: TailCache) -> None:
        self._store = store
        self._clock = clock
        self._cache = cache
        self.sequences = Sequences()
        self.stability = Stability(store)  # its hooks come first: see there
        self._staged: list[StagedBatch] = []
        self._touched: dict[int, tuple[Partition, _Before]] = {}
        self._callbacks: tuple[AppendCallback, ...] = ()
        self._callbacks_change = threading.Lock()
        self.admission: Admission = lambda partition, count: count  # for how many there is room; raises for none
        self.inspect: Callable[[Topic, bytes], None] = lambda topic, data: None  # raises for what can't be taken
        self._reading = threading.Lock()
        self._reader: sqlite3.Connection | None = files.connect_reading(store.name)
        store.on_before_commit(self._flush)
        store.on_after_commit(self._publish)
        store.on_rollback(self._take_back)
        store.read(self.sequences.load)

    # -- appending -------------------------------------------------------------------------------------------
    def append(self, partition: Partition, data: bytes, header: BatchHeader | None = None, *,
               held: bool = False, partly: bool = False,
               appended_ms: int | None = None) -> Future[Appended]:
        """Write one batch. ``header`` is given only for a batch that was checked, or has just been encoded here.
        ``partly``: where a queue has room for some of it, those are taken and ``PartlyRefused`` says how many; else it
        is refused whole. ``appended_ms``: it came then, into the file it is imported from."""
        prepared = self.prepare(partition, data, header)
        if header is None:
            return self._store.submit(partial(self._stage_foreign, partition, *prepared, partly=partly), held=held)
        job = partial(self.stage_prepared, partition, *prepared, partly=partly, appended_ms=appended_ms)
        return self._store.submit(job, held=held)

    def prepare(self, partition: Partition, data: bytes,
                header: BatchHeader | None = None) -> tuple[BatchHeader, bytes]:
        """The batch as its topic takes it, checked; on the caller's thread."""
        rules = partition.topic.rules
        if header is None:
            header = check_batch(data)
            if header.control:
                raise Invalid("A control batch can't be sent; the broker writes them.", "End the transaction.")
            sequenced = header.producer_id >= 0 or header.transactional
            if sequenced and (header.producer_id < 0 or header.base_sequence < 0 or header.producer_epoch < 0):
                raise Invalid("Producer {producer_id} sent a batch without epoch or sequence.",
                              producer_id=header.producer_id)
        if rules.compression not in ("producer", header.compression):
            data = recompress_batch(data, rules.compression)
            header = batch_header(data)
        if len(data) > rules.max_message_bytes:
            what = f"The batch has {len(data)} bytes; topic {partition.topic.meta.name} takes at most "
            raise BatchTooLarge(what + f"{rules.max_message_bytes}.",
                                "Send smaller batches, or raise max.message.bytes.")
        if not partition.topic.staged:
            self.inspect(partition.topic, data)
        return header, data

    def _stage_foreign(self, partition: Partition, header: BatchHeader, data: bytes,
                       connection: sqlite3.Connection, *, partly: bool) -> Appended:
        """The same for a batch that a client made: what it holds is looked through first, by the thread that writes
        (for a small one the caller's, see ``Store.begin_held``)."""
        check_records(header, data)
        return self.stage_prepared(partition, header, data, connection, partly=partly)

    def stage_prepared(self, partition: Partition, header: BatchHeader, data: bytes,
                       connection: sqlite3.Connection, *, partly: bool = False,
                       appended_ms: int | None = None) -> Appended:
        """On the writer thread, inside the transaction. The insert is the last thing that can fail."""
        topic, now_ms = partition.topic, self._clock.now_ms()
        topic.partition(partition.number)  # it may have been deleted while this append waited
        if header.producer_id >= 0:
            known = self.sequences.check(partition.no, header)
            if known is not None:
                return Appended(topic.meta.name, partition.number, known, header.records, header.max_timestamp, True)
            if header.transactional:
                self.stability.check(partition.no, header)
        room = header.records if topic.staged else self.admission(partition, header.records)
        if room < header.records:
            self._stage_part(connection, partition, header, data, room if partly and not header.transactional else 0)
        if topic.rules.log_append_time:
            data, header = stamp_batch(data, header, now_ms), header._replace(max_timestamp=now_ms)
        base = self._insert(connection, partition, header, data, now_ms if appended_ms is None else appended_ms)
        if header.producer_id >= 0:
            self.sequences.note(partition.no, header, base, now_ms)
            if header.transactional:
                self.stability.note(partition.no, header.producer_id, base)
        return Appended(topic.meta.name, partition.number, base, header.records, header.max_timestamp,
                        stamped=topic.rules.log_append_time)

    def _stage_part(self, connection: sqlite3.Connection, partition: Partition, header: BatchHeader, data: bytes,
                    room: int) -> NoReturn:
        """The queue has not room for the whole batch. Its first ``room`` messages are taken, as if each had come alone,
        and the others are refused."""
        name, count, now_ms = partition.topic.meta.name, header.records, self._clock.now_ms()
        if not room:
            raise Refused("Queue {name} has not room for the {count} messages of this batch.",
                          "Send fewer at once, try again later, or raise queue.max.length.", name=name, count=count)
        records = [Record(one.key, one.value, one.headers, one.timestamp_ms)
                   for one in decode_batch(data, name, partition.number, limit=room)]
        producer = (header.producer_id, header.producer_epoch, header.base_sequence)
        fitting = encode_batch(records, compression=header.compression, producer=producer, now_ms=now_ms)
        taken = batch_header(fitting)
        base = self._insert(connection, partition, taken, fitting, now_ms)
        if header.producer_id >= 0:
            self.sequences.note(partition.no, taken, base, now_ms)
        raise PartlyRefused(f"Queue {name} is full: it took the first {room} of {count} messages.",
                            "Send the others when some were taken, or raise queue.max.length.", room)

    def stage(self, connection: sqlite3.Connection, partition: Partition, data: bytes) -> int:
        """Append a batch encoded here, as part of another's job; the base offset it took. Nothing in the job may fail
        after it but the file itself."""
        partition.topic.partition(partition.number)
        return self._insert(connection, partition, batch_header(data), data, self._clock.now_ms())

    def stage_control(self, connection: sqlite3.Connection, partition: Partition, producer: tuple[int, int],
                      commit: bool) -> int:
        """End a transaction of ``producer`` in the partition, inside the transaction at hand; the offset it took."""
        now_ms = self._clock.now_ms()
        data = control_batch(producer, commit, now_ms)
        return self._insert(connection, partition, batch_header(data), data, now_ms)

    def _insert(self, connection: sqlite3.Connection, partition: Partition, header: BatchHeader, data: bytes,
                now_ms: int) -> int:
        """Write the batch at the end of its partition, and return its base offset."""
        topic, base = partition.topic, partition.staged_end
        if base + header.records > MAX_OFFSET:
            raise Refused("{name}/{number} is at its last offset.", "Make a new topic.", name=topic.meta.name,
                          number=partition.number)
        data = place_batch(data, base)
        self.touch(partition)
        empty = base == partition.log_start
        time_high = header.max_timestamp if empty else max(partition.time_high, header.max_timestamp)
        connection.execute(_INSERT, (
            row_id(partition.no, base), base + header.records - 1, header.records, header.base_timestamp,
            header.max_timestamp, time_high, now_ms, header.producer_id, len(data), data))
        partition.time_high = time_high
        partition.size_bytes += len(data)
        partition.staged_end = base + header.records
        self._staged.append(StagedBatch(partition, base, partition.staged_end, data))
        return base

    # -- the transaction -------------------------------------------------------------------------------------
    def touch(self, partition: Partition) -> None:
        """``partition`` is about to change in this transaction: its row will be written, or memory put back."""
        if partition.no not in self._touched:
            before = _Before(partition.size_bytes, partition.time_high, partition.log_start)
            self._touched[partition.no] = (partition, before)

    @property
    def staged(self) -> list[StagedBatch]:
        """The batches of the transaction at hand, in order, but those of an import that is not complete: for hooks that
        write about them, before the commit."""
        return [one for one in self._staged if not one.partition.topic.staged]

    def _flush(self, connection: sqlite3.Connection) -> None:
        for partition, _ in self._touched.values():
            connection.execute(_UPDATE_PARTITION, (partition.log_start, partition.staged_end, partition.size_bytes,
                                                   partition.time_high, partition.no))
        self.sequences.flush(connection)

    def _publish(self) -> None:
        now_ms = self._clock.now_ms()
        for partition, base, next_offset, data in self._staged:
            partition.end = next_offset
            if partition.topic.staged:
                continue
            self._cache.put(partition.no, base, next_offset, data)
            partition.bytes_in += len(data)
            partition.last_append_ms = now_ms
        moved = {staged.partition.no: staged.partition for staged in self.staged}
        self._staged.clear()
        self._end_touching()
        self.sequences.committed()
        self.announce(moved.values())

    def _end_touching(self) -> None:
        """Memory is as it was committed (again): who kept what it read of these topics reads them anew."""
        for topic in {id(partition.topic): partition.topic for partition, _ in self._touched.values()}.values():
            topic.changes += 1
        self._touched.clear()

    def announce(self, partitions: Iterable[Partition]) -> None:
        """Tell those who listen that there is something new, on the writer thread."""
        for partition in partitions:
            for callback in self._callbacks:
                try:
                    callback(partition.topic.meta.name, partition.number, partition.end)
                except Exception:  # the append is committed; a listener's fault must not undo it or stop the writer
                    _log.exception("an append listener failed")

    def _take_back(self, connection: sqlite3.Connection) -> None:
        for partition, before in self._touched.values():
            partition.staged_end = partition.end
            partition.size_bytes, partition.time_high = before.size_bytes, before.time_high
            partition.log_start = before.log_start
        self._staged.clear()
        self._end_touching()
        self.sequences.rolled_back(connection)

    def on_append(self, callback: AppendCallback) -> Callable[[], None]:
        """``callback(topic, partition, end)`` on the writer thread after each commit; returns how to stop it."""
        with self._callbacks_change:
            self._callbacks = (*self._callbacks, callback)

        def unsubscribe() -> None:
            with self._callbacks_change:
                self._callbacks = tuple(other for other in self._callbacks if other is not callback)

        return unsubscribe

    # -- reading ---------------------------------------------------------------------------------------------
    def fetch(self, partition: Partition, offset: int, max_bytes: int) -> list[bytes]:
        """Whole batches from the one that holds ``offset``, at least one; none at the end of the log."""
        end = partition.end
        if not partition.log_start <= offset <= end:
            raise OutOfRange("Offset {offset} is outside {name}/{number}, which holds {log_start} to {end}.",
                             "Start at the earliest or the latest offset.", offset=offset,
                             name=partition.topic.meta.name, number=partition.number, log_start=partition.log_start,
                             end=end)
        if offset == end:
            return []
        cached = self._cache.get(partition.no, offset, max_bytes)
        if cached is not None:
            return cached
        return self._read(lambda connection: read_batches(connection, partition.no, offset, end, max_bytes))

    def offset_for_time(self, partition: Partition, ms: int) -> int | None:
        """The first offset whose record is at or after ``ms``; None when there is none."""
        start, end = partition.log_start, partition.end
        return self._read(lambda connection: offset_for_time(connection, partition.no, start, end, ms))

    def appended_times(self, partition: Partition, first: int, last: int) -> dict[int, int]:
        """When the batches that begin at ``first`` to ``last`` were appended, by base offset."""
        floor = row_id(partition.no, 0)
        rows = self._read(lambda db: db.execute(_APPENDED, (floor + first, floor + last)).fetchall())
        return {number - floor: at_ms for number, at_ms in rows}

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``query`` on the read-only connection; it sees what is committed."""
        with self._reading:
            if self._reader is None:
                raise Refused("{name} is closed.", "Open it again.", name=self._store.path.name)
            try:
                return query(self._reader)
            except sqlite3.Error as error:
                raise files.file_error(self._store.path, error) from error

    def close(self) -> None:
        with self._reading:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
