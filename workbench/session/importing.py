"""Taking back what an export wrote: topics with their settings, records with their keys, headers, nulls, times and
partitions, queues and groups with their state, the drawing.

One import is one unit: it is staged in the host, where nobody sees it, and made visible when the file was read to its
end. When it stops early (an error, a cancel, Ctrl-C, a kill), nothing of it stays. A file that was imported before is
recognised by its digest and refused, unless it is asked for ``again``.

Journal entries are counted and left out: a journal tells the history of the file it was written in. So are records of
transactions that were aborted or undecided when the file was written: here they would count as events. What goes by
offsets (commits, what is done in queues) follows the records where they close up over such a gap. Runs on any one
thread; memory is bounded by a batch a partition, and by the shape of the workspace.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from workbench.broker import encode_batch, file_head
from workbench.control.client import Commanded
from workbench.control.transfers import (
    AbortImport,
    BeginImport,
    CommitImport,
    ImportCommitted,
    StageBatch,
    StageTopic,
)
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, Invalid, Missing, Unsupported, WorkbenchError
from workbench.core.journal import JournalEntry
from workbench.core.records import Record, StoredRecord
from workbench.core.shape import LaneShape, QueueShape, TopicShape, WorkspaceShape
from workbench.session.export.base import UNTIMED, ExportFormat, Item
from workbench.session.export.formats import format_for, format_named
from workbench.session.export.shape_lines import ShapeItem, shape_of
from workbench.session.export.writing import shape_beside

BATCH_RECORDS = 1000
BATCH_BYTES = 512 * 1024
_KEPT_BYTES = 16 * 1024 * 1024
_DIGEST_BYTES = 1 << 20
_SQLITE_HEAD = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Imported:
    """``journal_entries`` were seen and left out, and so were ``uncommitted`` records; ``left_out`` says in sentences
    what could not be taken, because something else is there."""

    records: int
    topics: tuple[str, ...]
    created: tuple[str, ...] = ()
    journal_entries: int = 0
    uncommitted: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Place:
    """One partition: the batch being filled, and which offsets of the file became which here."""

    next: int = 0  # the offset that the next record takes
    records: list[Record] = field(default_factory=list)
    bytes: int = 0
    appended_ms: int | None = None
    moved: list[tuple[int, int]] = field(default_factory=list)  # (from this offset on, how much lower)

    def follow(self, offset: int) -> None:
        """A record that stood at ``offset`` comes next."""
        lower = offset - self.next
        if offset >= 0 and lower != (self.moved[-1][1] if self.moved else 0):
            self.moved.append((offset, lower))

    def here(self, offset: int) -> int:
        """Where ``offset`` of the file is now; of one that was left out, where the next record is."""
        at = bisect_right(self.moved, (offset, 1 << 62)) - 1
        lowered = offset - self.moved[at][1] if at >= 0 else offset
        if at + 1 < len(self.moved):
            first, lower = self.moved[at + 1]
            lowered = min(lowered, first - lower)
        return min(lowered, self.next)


class _Staging:
    """One import under way."""

    def __init__(self, caller: Commanded, number: int, topic: str, clock: Clock) -> None:
        self._caller = caller
        self._number = number
        self._topic = topic  # everything goes there, if it is named
        self._clock = clock
        self._places: dict[tuple[str, int], _Place] = {}
        self._came: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}
        self._shape: list[ShapeItem] = []
        self._kept_bytes = 0
        self.entries = 0
        self.uncommitted = 0

    def take(self, item: Item) -> None:
        if isinstance(item, JournalEntry):
            self.entries += 1
        elif isinstance(item, StoredRecord):
            self._take_record(item)
        elif not self._topic:
            self._take_shape(item)

    def _take_shape(self, item: ShapeItem) -> None:
        if isinstance(item, TopicShape):
            self._caller.call(StageTopic(self._number, item))
            for number, (first, _) in enumerate(item.partitions):
                self._places[item.name, number] = _Place(first)
            for number, runs in enumerate(item.came):
                self._came[item.name, number] = runs
        else:
            self._shape.append(item)

    def _take_record(self, stored: StoredRecord) -> None:
        if not stored.counts:
            self.uncommitted += 1
            return
        where = (self._topic or stored.topic, stored.partition)
        if not where[0]:
            raise Invalid("A record names no topic.", "Give one with --topic.")
        place = self._places.setdefault(where, _Place())
        appended_ms = self._appended_ms(where, stored.offset)
        if appended_ms != place.appended_ms and place.records:
            self._send(where, place)
        place.appended_ms = appended_ms
        place.follow(stored.offset)
        timestamp_ms = None if stored.timestamp_ms == UNTIMED else stored.timestamp_ms
        place.records.append(Record(stored.key, stored.value, stored.headers, timestamp_ms))
        place.next += 1
        place.bytes += stored.size_bytes
        self._kept_bytes += stored.size_bytes
        if len(place.records) >= BATCH_RECORDS or place.bytes >= BATCH_BYTES:
            self._send(where, place)
        elif self._kept_bytes >= _KEPT_BYTES:
            self._flush()

    def _appended_ms(self, where: tuple[str, int], offset: int) -> int | None:
        runs = self._came.get(where, ())
        at = bisect_right(runs, (offset, 1 << 62))
        return runs[at][1] if at < len(runs) else None

    def _flush(self) -> None:
        for where, place in self._places.items():
            if place.records:
                self._send(where, place)

    def _send(self, where: tuple[str, int], place: _Place) -> None:
        data = encode_batch(place.records, now_ms=self._clock.now_ms())
        self._caller.call(StageBatch(self._number, *where, data, place.appended_ms))
        self._kept_bytes -= place.bytes
        place.records, place.bytes = [], 0

    def commit(self) -> ImportCommitted:
        self._flush()
        return self._caller.call(CommitImport(self._number, self._moved_shape()))

    def _moved_shape(self) -> WorkspaceShape:
        shape = shape_of(self._shape)
        groups = tuple(
            replace(group, offsets=tuple(
                replace(one, offset=self._here(one.topic, one.partition, one.offset)) for one in group.offsets))
            for group in shape.groups
        )
        return replace(shape, groups=groups, queues=tuple(self._moved_queue(queue) for queue in shape.queues))

    def _moved_queue(self, queue: QueueShape) -> QueueShape:
        return replace(
            queue,
            lanes=tuple(self._moved_lane(queue.topic, lane) for lane in queue.lanes),
            seen=tuple((name, at_ms, partition, self._here(queue.topic, partition, offset))
                       for name, at_ms, partition, offset in queue.seen),
        )

    def _moved_lane(self, topic: str, lane: LaneShape) -> LaneShape:
        place = self._places.get((topic, lane.partition))
        if place is None or not place.moved:
            return lane
        done = ((place.here(first), place.here(last + 1) - 1) for first, last in lane.done)
        return replace(
            lane, floor=place.here(lane.floor), done=tuple(run for run in done if run[0] <= run[1]),
            messages=tuple(replace(one, offset=place.here(one.offset)) for one in lane.messages),
        )

    def _here(self, topic: str, partition: int, offset: int) -> int:
        place = self._places.get((topic, partition))
        return offset if place is None or not place.moved else place.here(offset)


def import_file(
    caller: Commanded,
    source: Path,
    topic: str = "",
    format: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    clock: Clock | None = None,
    again: bool = False,
    called: str = "",
) -> Imported:
    """Take what ``source`` holds, all of it or nothing; with ``topic`` its records go there and nothing else is taken.
    ``progress`` counts bytes of the file; ``called`` is how sentences name it, else by its own name."""
    form = _format_of(source, format)
    with source.open("rb") as stream:
        number = caller.call(BeginImport(_digest(stream), called or source.name, again)).number
        try:
            staging = _Staging(caller, number, topic, clock or SystemClock())
            _take_all(form, source, stream, staging, progress, cancelled)
            done = staging.commit()
        except BaseException as error:  # Ctrl-C too
            with suppress(WorkbenchError):
                caller.call(AbortImport(number))
            if isinstance(error, WorkbenchError):
                raise type(error)(error.message, f"Nothing was imported. {error.next_step}".strip()) from error
            raise
    return Imported(done.records, done.topics, done.created, staging.entries, staging.uncommitted, done.left_out)


def _take_all(
    form: ExportFormat, source: Path, stream: BinaryIO, staging: _Staging, progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    total = os.fstat(stream.fileno()).st_size
    for number, item in enumerate(_items(form, source, stream)):
        staging.take(item)
        if number % BATCH_RECORDS == 0:
            progress(min(os.lseek(stream.fileno(), 0, os.SEEK_CUR), total), total)
            if cancelled():
                raise Cancelled("The import was cancelled.")
    progress(total, total)


def _items(form: ExportFormat, source: Path, stream: BinaryIO) -> Iterator[Item]:
    """What the file holds, after the shape that lies beside a file of one table."""
    if form.one_table and shape_beside(source).is_file():
        with shape_beside(source).open("rb") as beside:
            yield from _shapes(format_named("jsonl").read(beside))
    yield from form.read(stream)


def _shapes(items: Iterable[Item]) -> Iterator[ShapeItem]:
    for item in items:
        if not isinstance(item, (StoredRecord, JournalEntry)):
            yield item


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while data := stream.read(_DIGEST_BYTES):
        digest.update(data)
    stream.seek(0)
    return digest.hexdigest()


def _format_of(source: Path, name: str) -> ExportFormat:
    if not source.exists():
        raise Missing("There is no file {source}.", source=source)
    if not source.is_file():
        raise Invalid("{source} is not a file that can be read to its end.", source=source)
    if file_head(source, len(_SQLITE_HEAD)) == _SQLITE_HEAD:
        raise Unsupported("{source} is a database, not an export.", "Export it to jsonl or csv first.", source=source)
    return format_for(source, name)
