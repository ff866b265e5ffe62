"""Taking back what an export wrote: records into topics, with their keys, headers, nulls, times and partitions.

Topics that are not there are made, and grow partitions as the file asks for them. Journal entries are counted and
left out: a journal tells the history of the file it was written in. So are records of transactions that were aborted
or undecided when the file was written: here they would count as events. Invariant: when it stops early, the error says
how many records were taken. Runs on any one thread; memory is bounded by a batch a partition.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from workbench.broker import encode_batch, file_head
from workbench.control.client import Caller
from workbench.control.messages import AlterTopic, AppendBatch, CreateTopic, ListTopics
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import AlreadyExists, Cancelled, Invalid, Missing, Unsupported, WorkbenchError
from workbench.core.journal import JournalEntry
from workbench.core.records import Record, StoredRecord
from workbench.session.export.formats import UNTIMED, ExportFormat, format_for

BATCH_RECORDS = 1000
BATCH_BYTES = 512 * 1024
_KEPT_BYTES = 16 * 1024 * 1024
_SQLITE_HEAD = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Imported:
    """``journal_entries`` were seen and left out, and so were ``uncommitted`` records."""

    records: int
    topics: tuple[str, ...]
    created: tuple[str, ...] = ()
    journal_entries: int = 0
    uncommitted: int = 0


@dataclass(slots=True)
class _Batch:
    records: list[Record] = field(default_factory=list)
    bytes: int = 0


class _Taking:
    """One import under way: batches being filled, partitions known."""

    def __init__(self, caller: Caller, clock: Clock) -> None:
        self._caller = caller
        self._clock = clock
        self._partitions = {topic.name: topic.partitions for topic in caller.call(ListTopics()).topics}
        self._batches: dict[tuple[str, int], _Batch] = {}
        self._kept_bytes = 0
        self.taken = 0
        self.uncommitted = 0
        self.topics: dict[str, None] = {}
        self.created: list[str] = []

    def take(self, topic: str, stored: StoredRecord) -> None:
        if not stored.counts:
            self.uncommitted += 1
            return
        self._make_room(topic, stored.partition)
        self.topics[topic] = None
        batch = self._batches.setdefault((topic, stored.partition), _Batch())
        timestamp_ms = None if stored.timestamp_ms == UNTIMED else stored.timestamp_ms
        batch.records.append(Record(stored.key, stored.value, stored.headers, timestamp_ms))
        batch.bytes += stored.size_bytes
        self._kept_bytes += stored.size_bytes
        if len(batch.records) >= BATCH_RECORDS or batch.bytes >= BATCH_BYTES:
            self._send(topic, stored.partition)
        elif self._kept_bytes >= _KEPT_BYTES:
            self.flush()

    def flush(self) -> None:
        for topic, partition in list(self._batches):
            self._send(topic, partition)

    def _send(self, topic: str, partition: int) -> None:
        batch = self._batches.pop((topic, partition))
        data = encode_batch(batch.records, now_ms=self._clock.now_ms())
        self._caller.call(AppendBatch(topic, partition, data))
        self._kept_bytes -= batch.bytes
        self.taken += len(batch.records)

    def _make_room(self, topic: str, partition: int) -> None:
        there = self._partitions.get(topic, 0)
        if partition < there:
            return
        if partition > 999:
            raise Invalid(f"A record asks for partition {partition} of «{topic}».", "A topic has at most 1,000.")
        if there:
            self._caller.call(AlterTopic(topic, partition + 1))
        else:
            with contextlib.suppress(AlreadyExists):
                self._caller.call(CreateTopic(topic, partition + 1))
            self.created.append(topic)
        self._partitions[topic] = partition + 1


def import_file(
    caller: Caller,
    source: Path,
    topic: str = "",
    format: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    clock: Clock | None = None,
) -> Imported:
    """Append what ``source`` holds; with ``topic`` everything goes there. ``progress`` counts bytes of the file."""
    form = _format_of(source, format)
    taking = _Taking(caller, clock or SystemClock())
    with source.open("rb") as stream:
        try:
            entries = _take_all(form, stream, topic, taking, progress, cancelled)
        except WorkbenchError as error:
            next_step = f"{taking.taken:,} records were taken. {error.next_step}".strip()
            raise type(error)(error.message, next_step) from error
    return Imported(taking.taken, tuple(taking.topics), tuple(taking.created), entries, taking.uncommitted)


def _take_all(
    form: ExportFormat, stream: BinaryIO, topic: str, taking: _Taking, progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> int:  # fmt: skip
    """Take every record; what stands before a bad line is taken too. Returns the number of journal entries."""
    total = os.fstat(stream.fileno()).st_size
    entries = 0
    try:
        for number, item in enumerate(form.read(stream)):
            if isinstance(item, JournalEntry):
                entries += 1
            else:
                taking.take(_topic_of(item, topic), item)
            if number % BATCH_RECORDS == 0:
                progress(min(os.lseek(stream.fileno(), 0, os.SEEK_CUR), total), total)
                if cancelled():
                    raise Cancelled("The import was cancelled.")
    except (Invalid, Cancelled):
        taking.flush()
        raise
    taking.flush()
    progress(total, total)
    return entries


def _topic_of(record: StoredRecord, wished: str) -> str:
    name = wished or record.topic
    if not name:
        raise Invalid("A record names no topic.", "Give one with --topic.")
    return name


def _format_of(source: Path, name: str) -> ExportFormat:
    if not source.exists():
        raise Missing(f"There is no file {source}.")
    if not source.is_file():
        raise Invalid(f"{source} is not a file that can be read to its end.")
    if file_head(source, len(_SQLITE_HEAD)) == _SQLITE_HEAD:
        raise Unsupported(f"{source} is a database, not an export.", "Export it to jsonl or csv first.")
    return format_for(source, name)
