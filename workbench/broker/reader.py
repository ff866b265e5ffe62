"""Reading a workspace without disturbing it: the window and the command line look at the file through this.

The connection can't write (``mode=ro`` and ``query_only``). Decoded records are kept in a small LRU by (batch,
slice of 128 records), so a jump anywhere costs one look-up and one slice. A reader belongs to one thread at a time.
What is read is committed; ``version()`` changes whenever somebody committed something.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from workbench.broker import files
from workbench.broker.batch import BatchHeader, batch_header, batch_times
from workbench.broker.damage import damaged_records, readable_batch
from workbench.broker.groups.membership import CommittedOffset, GroupMeta, GroupState
from workbench.broker.groups.offsets import load_groups, load_offsets
from workbench.broker.journal.reader import JournalReader
from workbench.broker.lock import home_of
from workbench.broker.lookup import offset_for_time, read_batches, row_id
from workbench.broker.migrations import SCHEMA_VERSION, read_meta
from workbench.broker.schemas import rows as schema_rows
from workbench.broker.schemas.catalogue import Catalogue, load_catalogue
from workbench.broker.shape import read_shape
from workbench.broker.stores.rows import load_stores, read_rows
from workbench.broker.stores.stores import stat_of
from workbench.broker.topics import TopicMeta, load_topics, no_topic
from workbench.core.errors import Corrupt, FileError, NotFound
from workbench.core.journal import JournalEntry, LagSample
from workbench.core.records import ABORTED, OPEN, PartitionBounds, StoredRecord, TopicPartition
from workbench.core.schemas import RegisteredSchema
from workbench.core.shape import WorkspaceShape
from workbench.core.snapshot import StoreStat
from workbench.core.stores import StoreRow

SLICE_RECORDS = 128
KEPT_SLICES = 256
KEPT_BYTES = 16 << 20
_LOOK_BYTES = 128 * 1024

_PARTITIONS = """
    SELECT partition.no, partition.number, partition.log_start, partition.end_offset
    FROM topic JOIN partition ON partition.topic_id = topic.id
    WHERE topic.name = ? AND topic.deleted_ms IS NULL"""
_HOLDER = "SELECT id, last_offset, size FROM batch WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"
_DATA = "SELECT data FROM batch WHERE id = ?"
_OPEN = "SELECT min(first_offset) FROM txn_open WHERE partition_no = ?"
_IS_OPEN = "SELECT 1 FROM txn_open WHERE partition_no = ? AND producer_id = ? AND first_offset <= ?"
_IS_ABORTED = """
    SELECT 1 FROM txn_aborted
    WHERE partition_no = ?1 AND producer_id = ?2 AND first_offset <= ?3 AND last_offset > ?3 LIMIT 1"""
_SPAN = """
    SELECT id, last_offset, min(base_timestamp, max_timestamp), time_high FROM batch
    WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"""


class BatchSpan(NamedTuple):
    """One stored batch without its bytes. ``first_time`` is that of its first record (or earlier, where the broker's
    time took the place of the client's), ``time_high`` the greatest of the partition up to its end."""

    base_offset: int
    last_offset: int
    first_time: int
    time_high: int


class StoredBatches:
    """Batches by look-up, without their records."""

    def __init__(self, db: sqlite3.Connection, partition_no: int) -> None:
        self._db = db
        self._floor = row_id(partition_no, 0)

    def span_at(self, offset: int) -> BatchSpan | None:
        """The last batch that begins at or before ``offset``."""
        row = self._db.execute(_SPAN, (self._floor, self._floor + offset)).fetchone()
        return None if row is None else BatchSpan(row[0] - self._floor, *row[1:])

    def times(self, base_offset: int) -> list[int]:
        """The timestamps of the batch's records; none when it is gone. Those that can't be read stand at the first."""
        row = self._db.execute(_DATA, (self._floor + base_offset,)).fetchone()
        if row is None:
            return []
        try:
            return batch_times(row[0])
        except Corrupt:
            header = batch_header(row[0])
            return [record.timestamp_ms for record in readable_batch(row[0], "", 0)] or [header.base_timestamp]


class _Place(NamedTuple):
    """Where a partition is in the file, as of now."""

    no: int
    number: int
    log_start: int
    end: int


class RecordReader:
    """The topics and records of a workspace."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        version = files.check_header(self.path)
        if version < SCHEMA_VERSION:
            raise FileError("{name} was written by an older workbench.", "Open it once in the workbench.",
                            name=self.path.name)
        home = home_of(self.path)
        files.check_content(home)
        self._db = files.connect_reading(home)
        self._slices: OrderedDict[tuple[int, int], list[StoredRecord]] = OrderedDict()
        self._weights: dict[tuple[int, int], int] = {}
        self._kept_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()
        self._slices.clear()

    def backup(self, path: Path) -> None:
        """Copy the whole workspace as of now to ``path``; AlreadyExists when there is something."""
        files.copy(self._db, path)

    def version(self) -> int:
        """A number that changes when another connection has committed."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def meta(self, key: str) -> str:
        """A single value of the workspace; empty when it was never set."""
        return read_meta(self._db, key) or ""

    def flow(self) -> str:
        """The drawing in its text form; empty when nothing was drawn."""
        return self.meta("flow")

    # -- topics ----------------------------------------------------------------------------------------------
    def topics(self) -> list[TopicMeta]:
        return sorted((t.meta for t in load_topics(self._db) if not t.deleted), key=lambda meta: meta.name)

    def bounds(self, topic: str) -> list[PartitionBounds]:
        return [PartitionBounds(number, log_start, end) for _, number, log_start, end in self._partitions(topic)]

    def stable_bounds(self, topic: str) -> list[PartitionBounds]:
        """The same, ending where the first open transaction begins: everything before that is decided."""
        found = []
        for no, number, log_start, end in self._partitions(topic):
            (first,) = self._db.execute(_OPEN, (no,)).fetchone()
            stable = end if first is None else min(max(first, log_start), end)
            found.append(PartitionBounds(number, log_start, stable))
        return found

    def _partitions(self, topic: str) -> list[_Place]:
        rows = self._db.execute(_PARTITIONS + " ORDER BY partition.number", (topic,)).fetchall()
        if not rows:
            raise no_topic(topic)
        return [_Place(*row) for row in rows]

    def _place(self, topic: str, partition: int) -> _Place:
        row = self._db.execute(_PARTITIONS + " AND partition.number = ?", (topic, partition)).fetchone()
        if row is None:
            self.bounds(topic)
            raise NotFound("Topic {topic} has no partition {partition}.", topic=topic, partition=partition)
        return _Place(*row)

    # -- records ---------------------------------------------------------------------------------------------
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        """Up to ``max_records`` records from the first at or after ``offset``; an offset before the log start begins
        at the log start, one at or after the end finds nothing."""
        place = self._place(topic, partition)
        offset, found = max(offset, place.log_start), []
        while offset < place.end and len(found) < max_records:
            records = self._slice_at(topic, place, offset)
            if not records:
                break
            skip = offset - records[0].offset
            taken = records[skip : skip + max_records - len(found)] if skip > 0 else records[: max_records - len(found)]
            found.extend(taken)
            offset = taken[-1].offset + 1
        return found

    def _slice_at(self, topic: str, place: _Place, offset: int) -> list[StoredRecord]:
        """The decoded slice that holds ``offset``, or the first one after it."""
        row = self._db.execute(_HOLDER, (row_id(place.no, 0), row_id(place.no, offset))).fetchone()
        if row is None or row[1] < offset:
            return []
        batch_id, last_offset, size = row
        base_offset = batch_id - row_id(place.no, 0)
        index = (offset - base_offset) // SLICE_RECORDS
        key = (batch_id, index)
        if key in self._slices:
            self._slices.move_to_end(key)
            return self._slices[key]
        held = self._db.execute(_DATA, (batch_id,)).fetchone()
        if held is None:  # removed since it was looked up
            return []
        (data,) = held
        first = index * SLICE_RECORDS
        try:
            records = readable_batch(data, topic, place.number, first=first, limit=SLICE_RECORDS)
        except Corrupt:  # its header is broken too: the row knows its offsets
            end = min(base_offset + first + SLICE_RECORDS, last_offset + 1)
            return damaged_records(topic, place.number, base_offset + first, end, 0)
        if mark := self._transaction_of(place.no, batch_header(data)):
            records = [record._replace(transaction=record.transaction or mark) for record in records]
        if mark != OPEN:
            self._keep(key, records, size * len(records) // (last_offset - base_offset + 1))
        return records

    def _transaction_of(self, partition_no: int, header: BatchHeader) -> str:
        """OPEN or ABORTED for the records of such a batch. Asked in this order: what is not open is decided."""
        if not header.transactional or header.control:
            return ""
        which = (partition_no, header.producer_id, header.base_offset)
        if self._db.execute(_IS_OPEN, which).fetchone():
            return OPEN
        return ABORTED if self._db.execute(_IS_ABORTED, which).fetchone() else ""

    def _keep(self, key: tuple[int, int], records: list[StoredRecord], weight: int) -> None:
        self._slices[key] = records
        self._weights[key] = weight
        self._kept_bytes += weight
        while len(self._slices) > KEPT_SLICES or (self._kept_bytes > KEPT_BYTES and len(self._slices) > 1):
            old, _ = self._slices.popitem(last=False)
            self._kept_bytes -= self._weights.pop(old)

    def batches(self, topic: str, partition: int, offset: int, max_bytes: int = 1 << 20) -> list[bytes]:
        """Whole stored batches, undecoded; the first may begin before ``offset``."""
        place = self._place(topic, partition)
        return read_batches(self._db, place.no, max(offset, place.log_start), place.end, max_bytes)

    def stored_batches(self, topic: str, partition: int) -> StoredBatches:
        """The batches of one partition, for many questions about where its records lie in time."""
        return StoredBatches(self._db, self._place(topic, partition).no)

    def between(self, topic: str, partition: int, first: int, end: int) -> list[StoredRecord]:
        """The records of ``first <= offset < end``, by whole batches: one look-up for many of them."""
        found: list[StoredRecord] = []
        while first < end:
            begun = first
            for data in self.batches(topic, partition, first, _LOOK_BYTES):
                records = readable_batch(data, topic, partition)
                found += [record for record in records if first <= record.offset < end]
                first = records[-1].offset + 1
                if first >= end:
                    break  # what was read beyond it is not decoded
            if first == begun:
                break
        return found

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        """``read`` of several partitions, from an offset each."""
        return [record for number, at in offsets.items() for record in self.read(topic, number, at, max_records)]

    def offsets_for_time(self, topic: str, ms: int) -> dict[int, int | None]:
        """``offset_for_time`` of every partition."""
        return {place.number: offset_for_time(self._db, place.no, place.log_start, place.end, ms)
                for place in self._partitions(topic)}

    def time_bounds(self, topic: str) -> dict[int, tuple[int, int]]:
        """The time of the first record and the greatest of all, by partition; without those that hold nothing."""
        found = {}
        for place in self._partitions(topic):
            last = StoredBatches(self._db, place.no).span_at(place.end - 1) if place.end > place.log_start else None
            first = self.read(topic, place.number, place.log_start, 1) if last is not None else []
            if first and last is not None:
                found[place.number] = first[0].timestamp_ms, last.time_high
        return found

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        """The first offset whose record is at or after ``ms``; None when there is none."""
        place = self._place(topic, partition)
        return offset_for_time(self._db, place.no, place.log_start, place.end, ms)


class BrokerReader(RecordReader):
    """All there is to read in a workspace: topics, records, groups, journal, drawing."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self._journal = JournalReader(self._db)

    def shape(self) -> WorkspaceShape:
        """All that is there beside records and journal, as of one moment."""
        self._db.execute("BEGIN")
        try:
            return read_shape(self._db)
        finally:
            self._db.execute("COMMIT")

    # -- stores ----------------------------------------------------------------------------------------------
    def stores(self) -> list[StoreStat]:
        """All stores with their counts, by name; reads and refusals lag by up to a second."""
        return [stat_of(name, counts) for name, (_, counts) in load_stores(self._db).items()]

    def store_rows(self, name: str, after: bytes | None = None, limit: int = -1) -> list[StoreRow]:
        """Rows in the order of their keys, those after ``after``; none of a store that is not there."""
        return list(read_rows(self._db, name, after, limit))

    # -- schemas ---------------------------------------------------------------------------------------------
    def schema_by_id(self, schema_id: int) -> RegisteredSchema | None:
        """None of an id that was never given."""
        return schema_rows.load_schema(self._db, schema_id)

    def latest_schema(self, subject: str) -> RegisteredSchema | None:
        """That of a subject's last version; None where it has none."""
        found = schema_rows.load_latest(self._db, subject)
        return None if found is None else self.schema_by_id(found.schema_id)

    def schemas(self) -> Catalogue:
        """All that is registered, as of now."""
        return load_catalogue(self._db)

    # -- groups ----------------------------------------------------------------------------------------------
    def groups(self) -> list[GroupMeta]:
        """The groups in the file. Members live in the host, so here every group looks empty."""
        return [GroupMeta(g.name, GroupState.EMPTY, g.generation, g.protocol_type) for g in load_groups(self._db)]

    def committed(self, group: str) -> dict[TopicPartition, CommittedOffset]:
        return load_offsets(self._db, group).get(group, {})

    # -- journal ---------------------------------------------------------------------------------------------
    def journal(self, after_id: int = 0, from_ms: int | None = None, to_ms: int | None = None,
                kinds: Sequence[str] = (), limit: int = 1000) -> list[JournalEntry]:
        """Entries after ``after_id`` with ``from_ms <= at_ms < to_ms``, oldest first."""
        return self._journal.entries(after_id, from_ms, to_ms, kinds, limit)

    def journal_about(self, topic: str, partition: int, first: int, last: int) -> Iterator[JournalEntry]:
        """Appends, and what queues did, whose range meets these offsets of the topic as it is now; oldest first."""
        return self._journal.about(topic, partition, first, last)

    def journal_range(self) -> tuple[int, int] | None:
        """The times between which a state can be rebuilt; None when nothing is journalled yet."""
        return self._journal.range()

    def keyframe_before(self, ms: int) -> tuple[int, int, dict[str, Any]] | None:
        """(journal id, its time, state) of the last keyframe at or before ``ms``."""
        return self._journal.keyframe_before(ms)

    def lag_samples(self, from_ms: int, to_ms: int, max_points: int, group: str = "") -> list[LagSample]:
        """Lag over the whole history, thinned to ``max_points`` instants; of one group, or of all."""
        return self._journal.lag_samples(from_ms, to_ms, max_points, group)

    def lags_before(self, ms: int) -> list[LagSample]:
        """The last sample of every series at or before ``ms``."""
        return self._journal.lags_before(ms)

    def append_histogram(self, from_ms: int, to_ms: int, buckets: int) -> list[int]:
        """Records appended in each of ``buckets`` equal parts of the range."""
        return self._journal.append_histogram(from_ms, to_ms, buckets)
