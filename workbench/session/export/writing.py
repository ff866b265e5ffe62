"""Writing an export: what there is of topics and range is fixed at the start, then streamed with progress.

Invariant: the file asked for is complete or not there (``whole_file``). Runs on any one thread, with a reader of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from workbench.core.errors import Cancelled, Unsupported
from workbench.core.journal import JournalEntry
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.shape import WorkspaceShape
from workbench.engines.base import Browse
from workbench.engines.schemas import decoders_in
from workbench.serde import DecoderOf, guessing
from workbench.session.export.base import ExportFormat, What
from workbench.session.export.formats import format_for
from workbench.session.export.schemas_part import ids_of, needed
from workbench.session.export.shape_lines import items_of, part_of, schema_items, shape_line
from workbench.session.reading import records_of, spans
from workbench.session.whole_file import whole_file

_TELL_EVERY = 500
_JOURNAL_PAGE = 1000

Progress = Callable[[int, int], None]
"""Called with how many were gone through and how many there are in all (of the journal the end is not known)."""

Matches = Callable[[StoredRecord], bool]


@runtime_checkable
class SessionReader(Browse, Protocol):
    """What an export of more than records reads, which only a workspace has; of records alone any ``Browse`` will do.
    """

    def shape(self) -> WorkspaceShape: ...
    def journal(
        self, after_id: int = 0, from_ms: int | None = None, to_ms: int | None = None, kinds: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[JournalEntry]: ...


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and where."""

    records: int = 0
    entries: int = 0
    files: tuple[Path, ...] = ()


def export(
    reader: Browse,
    out: Path,
    what: What = "records",
    format: str = "",
    topics: Sequence[str] = (),
    from_: LogPoint = EARLIEST,
    to: LogPoint = LATEST,
    progress: Progress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    matches: Matches | None = None,
) -> Exported:
    """Write ``out``. ``all`` is the shape of the workspace (topics, queues, groups, the drawing), its records and its
    journal; of the records only those that ``matches`` takes. Where the format holds one table a file, the journal goes
    to ``NAME.journal.ENDING`` and the shape to ``NAME.shape.jsonl``; an import of ``out`` finds it there."""
    if what != "records":
        _session(reader)
    form = format_for(out, format, decoders_in(reader))
    if what != "all" or not form.one_table:
        return _write_file(reader, out, what, form, topics, from_, to, progress, cancelled, matches)
    beside, met = out.with_name(f"{out.stem}.journal{out.suffix}"), _Met(matches)
    records = _write_file(reader, out, "records", form, topics, from_, to, progress, cancelled, met)
    with whole_file(shape_beside(out)) as stream:
        _write_shape(stream, reader, topics, from_, to, matches)
        _write_needed(stream, reader, topics, from_, to, matches, met)
    entries = _write_file(reader, beside, "journal", form, topics, from_, to, progress, cancelled)
    return replace(records, entries=entries.entries, files=(out, beside, shape_beside(out)))


def _session(reader: Browse) -> SessionReader:
    if not isinstance(reader, SessionReader):
        raise Unsupported("An attached system has records; journal and settings are a workspace's.",
                          "Export the records alone.")
    return reader


def shape_beside(out: Path) -> Path:
    """Where the shape goes when ``out`` holds one table."""
    return out.with_name(f"{out.stem}.shape.jsonl")


class _Met:
    """Takes what ``matches`` takes, and notes the ids of schemas that it was written with."""

    def __init__(self, matches: Matches | None) -> None:
        self._matches = matches
        self.ids: set[int] = set()

    def __call__(self, record: StoredRecord) -> bool:
        if self._matches is not None and not self._matches(record):
            return False
        self.ids.update(ids_of(record))
        return True


def _write_needed(stream: BinaryIO, reader: Browse, topics: Sequence[str], from_: LogPoint, to: LogPoint,
                  matches: Matches | None, met: _Met) -> None:
    """The schemas of a part: a whole workspace had all of them in its shape."""
    if topics or matches is not None or (from_, to) != (EARLIEST, LATEST):
        names = topics or [topic.name for topic in reader.topics()]
        for item in schema_items(needed(_session(reader).shape().schemas, met.ids, names)):
            stream.write(shape_line(item))


def _write_shape(stream: BinaryIO, reader: Browse, topics: Sequence[str], from_: LogPoint, to: LogPoint,
                 matches: Matches | None) -> None:
    whole = (from_, to) == (EARLIEST, LATEST) and matches is None
    for item in items_of(part_of(_session(reader).shape(), _ranges(reader, topics, from_, to), topics, whole)):
        stream.write(shape_line(item))


def _write_file(
    reader: Browse, out: Path, what: What, form: ExportFormat, topics: Sequence[str], from_: LogPoint,
    to: LogPoint, progress: Progress, cancelled: Callable[[], bool], matches: Matches | None = None,
) -> Exported:
    with whole_file(out) as stream:
        done = write_items(reader, stream, what, form, topics, from_, to, progress, cancelled, matches)
    return replace(done, files=(out,))


def write_items(
    reader: Browse,
    stream: BinaryIO,
    what: What,
    form: ExportFormat,
    topics: Sequence[str] = (),
    from_: LogPoint = EARLIEST,
    to: LogPoint = LATEST,
    progress: Progress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    matches: Matches | None = None,
) -> Exported:
    """Write to an open stream: the shape, then the records, topic by topic and partition by partition, then the
    journal; of a part of a workspace last the schemas that its records need."""
    ranges = _ranges(reader, topics, from_, to) if what != "journal" else []
    if what == "records" and "time" in (from_.kind, to.kind):
        ranges = _ranges(reader, topics, from_, LATEST if to.kind == "time" else to)
        matches = _within(from_, to, matches)
    total = sum(span.records for _, span in ranges)
    counts, met = {"records": 0, "entries": 0}, _Met(matches)
    takes = met if what == "all" else matches
    if what == "all" and not form.one_table:
        _write_shape(stream, reader, topics, from_, to, matches)
    stream.write(form.head(what))
    for done, item in enumerate(_items(reader, what, ranges, topics, from_, to), 1):
        if isinstance(item, JournalEntry):
            stream.write(form.entry(item))
            counts["entries"] += 1
        elif takes is None or takes(item):
            stream.write(form.record(item))
            counts["records"] += 1
        if done % _TELL_EVERY == 0:
            progress(done, max(done, total))
            if cancelled():
                raise Cancelled("The export was cancelled.", "Nothing was written.")
    if what == "all" and not form.one_table:
        _write_needed(stream, reader, topics, from_, to, matches, met)
    done = counts["records"] + counts["entries"]
    progress(done, done)
    return Exported(counts["records"], counts["entries"])


def _within(from_: LogPoint, to: LogPoint, matches: Matches | None) -> Matches:
    """Just the records whose own time is in the range: a log is not in the order of its times, so that the offsets at
    both ends hold others between them, and some come later."""
    low = from_.number if from_.kind == "time" else None
    high = to.number if to.kind == "time" else None

    def within(record: StoredRecord) -> bool:
        at = record.timestamp_ms
        inside = (low is None or at >= low) and (high is None or at < high)
        return inside and (matches is None or matches(record))

    return within


def export_records(out: Path, records: Iterable[StoredRecord], format: str = "",
                   decoders: DecoderOf = guessing) -> Exported:
    """Write just these records, in their order, to ``out``."""
    form, count = format_for(out, format, decoders), 0
    with whole_file(out) as stream:
        stream.write(form.head("records"))
        for record in records:
            stream.write(form.record(record))
            count += 1
    return Exported(count, 0, (out,))


def _ranges(
    reader: Browse, topics: Sequence[str], from_: LogPoint, to: LogPoint
) -> list[tuple[str, PartitionBounds]]:
    names = dict.fromkeys(topics) or [topic.name for topic in reader.topics()]
    return [(name, span) for name in names for span in spans(reader, name, from_, to)]


def _items(
    reader: Browse, what: What, ranges: list[tuple[str, PartitionBounds]], topics: Sequence[str],
    from_: LogPoint, to: LogPoint,
) -> Iterator[StoredRecord | JournalEntry]:
    for topic, span in ranges:
        yield from records_of(reader, topic, span)
    if what == "records":
        return
    after = 0
    from_ms = from_.number if from_.kind == "time" else None
    to_ms = to.number if to.kind == "time" else None
    journal = _session(reader).journal
    while page := journal(after, from_ms, to_ms, limit=_JOURNAL_PAGE):
        yield from (entry for entry in page if not topics or not entry.topic or entry.topic in topics)
        after = page[-1].id
