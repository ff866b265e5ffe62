"""What every way of looking into a system must do, written once; see ``engines.base.Browse``.

A test class inherits ``BrowseContract`` and gives a system with a topic ``orders``: ``system`` is a context that yields
(browse, append), where ``append(partition, records)`` writes one batch and waits for it. What a system has not, its
class says in the attributes, each with what is asked of it instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import final

import pytest

from workbench.core.errors import NotFound
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import Record, StoredRecord
from workbench.engines.base import Browse
from workbench.session.reading import merged, records_of, spans

Append = Callable[[int, Sequence[Record]], None]
BASE_MS = 1_700_000_000_000


def records(*values: str, at: int = BASE_MS) -> list[Record]:
    return [Record(b"k", value.encode(), (), at) for value in values]


class BrowseContract:
    partitions = 2
    """Of ``orders``."""
    dense = True
    """Offsets begin at 0 and count the records; otherwise they only rise."""
    nulls = True
    """There are records without key and value, and headers; otherwise keys are there and values may be empty."""
    headers = True
    event_times = True
    """A record has the time that its sender gave it; otherwise that of its arrival, if any."""

    def system(self) -> AbstractContextManager[tuple[Browse, Append]]:
        raise NotImplementedError

    def all_of(self, browse: Browse, partition: int) -> list[StoredRecord]:
        span = next(span for span in spans(browse, "orders") if span.partition == partition)
        return list(records_of(browse, "orders", span))

    @final
    def test_topics_and_bounds_are_told(self):
        with self.system() as (browse, append):
            append(0, records("a", "b", "c"))
            append(self.partitions - 1, records("x"))
            (orders,) = [topic for topic in browse.topics() if topic.name == "orders"]
            assert (orders.kind, orders.partitions) == ("stream", self.partitions)
            told = [(b.partition, b.log_start, b.end) for b in browse.bounds("orders")]
            if self.dense:
                assert told == ([(0, 0, 3), (1, 0, 1)] if self.partitions == 2 else [(0, 0, 4)])
            else:
                assert [partition for partition, _, _ in told] == list(range(self.partitions))
                assert all(start < end for _, start, end in told)
            assert browse.stable_bounds("orders") == browse.bounds("orders")

    @final
    def test_records_come_back_as_written(self):
        with self.system() as (browse, append):
            sent = [
                Record(b"k", b"v", (("h", b"1"), ("h", None), ("e", b"")), BASE_MS + 123),
                Record(None, None, (), BASE_MS + 124),
                Record(b"", b"", (), BASE_MS + 125),
            ] if self.nulls else [
                Record(b"k", b"v", (("h", b"1"), ("n", None)) if self.headers else (), BASE_MS + 2_000),
                Record(b"k2", b"", (), BASE_MS + 3_000),
            ]
            append(0, sent)
            found = self.all_of(browse, 0)
            assert [(r.key, r.value, self._own(r)) for r in found] == [(r.key, r.value, r.headers) for r in sent]
            assert {(r.topic, r.partition) for r in found} == {("orders", 0)}
            if self.dense:
                assert [r.offset for r in found] == list(range(len(sent)))
            if self.event_times:
                assert [r.timestamp_ms for r in found] == [r.timestamp_ms for r in sent]

    @staticmethod
    def _own(record: StoredRecord) -> tuple[tuple[str, bytes | None], ...]:
        """The headers that the sender gave."""
        return tuple(header for header in record.headers if not header[0].startswith("workbench."))

    @final
    def test_reading_begins_in_the_middle_of_a_batch_and_stops_at_the_end(self):
        with self.system() as (browse, append):
            append(0, records("a", "b", "c"))
            a, b, c = self.all_of(browse, 0)
            assert a.offset < b.offset < c.offset
            assert [r.value for r in browse.read("orders", 0, b.offset, 1)] == [b"b"]
            assert [r.value for r in browse.read("orders", 0, a.offset + 1, 9)] == [b"b", b"c"]
            assert browse.read("orders", 0, c.offset + 1, 5) == []
            append(0, records("d"))
            (end,) = [place.end for place in browse.bounds("orders") if place.partition == 0]
            assert end > c.offset + 1, "what came since moves the end"
            assert [r.value for r in browse.read("orders", 0, c.offset + 1, 5)] == [b"d"], "and is there"
            assert [r.value for r in browse.read("orders", 0, 0, 2)] == [b"a", b"b"], "and one can go back"

    @final
    def test_a_time_gives_the_first_record_at_or_after_it(self):
        with self.system() as (browse, append):
            for at in (1000, 3000, 5000):
                append(0, records("a", at=BASE_MS + at))
            if not self.event_times:
                first = self.all_of(browse, 0)[0].offset
                assert browse.offset_for_time("orders", 0, BASE_MS) == first, "long before it arrived"
                return
            for at, offset in ((0, 0), (1000, 0), (1001, 1), (3001, 2), (5000, 2), (5001, None)):
                assert browse.offset_for_time("orders", 0, BASE_MS + at) == offset

    @final
    def test_what_is_not_there_is_not_found(self):
        with self.system() as (browse, _):
            for look in (lambda: browse.bounds("nope"), lambda: browse.read("nope", 0, 0, 1),
                         lambda: browse.read("orders", 9, 0, 1)):
                with pytest.raises(NotFound):
                    look()

    @final
    def test_a_range_is_read_over_all_partitions(self):
        with self.system() as (browse, append):
            for number in range(1, 5):
                append((number + 1) % self.partitions, [Record(b"k", b"%d" % number, (), BASE_MS + number)])
            span = spans(browse, "orders", EARLIEST, LATEST)
            found = [r.value for r in merged(browse, "orders", span)]
            if not self.event_times:
                assert sorted(found) == [b"1", b"2", b"3", b"4"]
                return
            assert found == [b"1", b"2", b"3", b"4"], "by time"
            later = spans(browse, "orders", LogPoint("time", BASE_MS + 3), LATEST)
            assert [r.value for r in merged(browse, "orders", later)] == [b"3", b"4"]
