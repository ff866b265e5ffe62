"""Records of a range, streamed from a reader: in order within a partition, and merged by time where asked."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from workbench.core.errors import NotFound
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import DAMAGED, PartitionBounds, StoredRecord
from workbench.engines.base import Browse

PAGE_RECORDS = 2000


def offset_at(reader: Browse, topic: str, bounds: PartitionBounds, point: LogPoint) -> int:
    """The offset of ``point`` in one partition, kept inside the log; a time after the last record is the end."""
    match point.kind:
        case "earliest":
            return bounds.log_start
        case "offset":
            return min(max(point.number, bounds.log_start), bounds.end)
        case "time":
            found = reader.offset_for_time(topic, bounds.partition, point.number)
            return bounds.end if found is None else min(max(found, bounds.log_start), bounds.end)
    return bounds.end


def spans(
    reader: Browse, topic: str, from_: LogPoint = EARLIEST, to: LogPoint = LATEST, partition: int | None = None,
    decided: bool = False,
) -> list[PartitionBounds]:
    """What each partition holds of the range (``to`` itself is not in it), as it stands now. ``decided`` ends it where
    the first open transaction begins."""
    found = []
    for bounds in reader.stable_bounds(topic) if decided else reader.bounds(topic):
        if partition is None or bounds.partition == partition:
            start, end = offset_at(reader, topic, bounds, from_), offset_at(reader, topic, bounds, to)
            found.append(PartitionBounds(bounds.partition, start, max(start, end)))
    if partition is not None and not found:
        raise NotFound("«{topic}» has no partition {partition}.", topic=topic, partition=partition)
    return found


def records_of(reader: Browse, topic: str, span: PartitionBounds) -> Iterator[StoredRecord]:
    """The events of one partition's span, a page at a time. Ends of transactions are left out; what is aborted or
    undecided is in it, marked."""
    offset = span.log_start
    while offset < span.end:
        page = reader.read(topic, span.partition, offset, min(PAGE_RECORDS, span.end - offset))
        if not page:
            return
        for record in page:
            if record.offset >= span.end:
                return
            if not record.is_control:
                yield record
        offset = page[-1].offset + 1


def merged(reader: Browse, topic: str, of: Sequence[PartitionBounds], *,
           damaged: bool = False) -> Iterator[StoredRecord]:
    """The events of several spans that count for everybody, by time; within a partition always by offset. With
    ``damaged`` those that can't be read are in it too, marked, so that a person sees the gap."""
    wanted = ("", DAMAGED) if damaged else ("",)
    streams = [_with_mark(records_of(reader, topic, span), wanted) for span in of]
    return heapq.merge(*streams, key=lambda record: record.timestamp_ms)


def _with_mark(records: Iterator[StoredRecord], wanted: Sequence[str]) -> Iterator[StoredRecord]:
    return (record for record in records if record.transaction in wanted)
