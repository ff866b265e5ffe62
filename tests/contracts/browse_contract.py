"""What every way of looking into a system must do, written once; see ``engines.base.Browse``.

A test class inherits ``BrowseContract`` and gives a system with a topic ``orders`` of two partitions: ``system`` is a
context that yields (browse, append), where ``append(partition, records)`` writes one batch and waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import final

import pytest

from workbench.core.errors import NotFound
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.core.records import Record
from workbench.engines.base import Browse
from workbench.session.reading import merged, spans

Append = Callable[[int, Sequence[Record]], None]


def records(*values: str, at: int = 1_700_000_000_000) -> list[Record]:
    return [Record(None, value.encode(), (), at) for value in values]


class BrowseContract:
    def system(self) -> AbstractContextManager[tuple[Browse, Append]]:
        raise NotImplementedError

    @final
    def test_topics_and_bounds_are_told(self):
        with self.system() as (browse, append):
            append(0, records("a", "b", "c"))
            append(1, records("x"))
            (orders,) = [topic for topic in browse.topics() if topic.name == "orders"]
            assert (orders.kind, orders.partitions) == ("stream", 2)
            assert [(b.partition, b.log_start, b.end) for b in browse.bounds("orders")] == [(0, 0, 3), (1, 0, 1)]
            assert browse.stable_bounds("orders") == browse.bounds("orders")

    @final
    def test_records_come_back_as_written(self):
        with self.system() as (browse, append):
            sent = [
                Record(b"k", b"v", (("h", b"1"), ("h", None), ("e", b"")), 1_700_000_000_123),
                Record(None, None, (), 1_700_000_000_124),
                Record(b"", b"", (), 1_700_000_000_125),
            ]
            append(0, sent)
            found = browse.read("orders", 0, 0, 10)
            assert [(r.offset, r.key, r.value, r.headers, r.timestamp_ms) for r in found] == [
                (number, r.key, r.value, r.headers, r.timestamp_ms) for number, r in enumerate(sent)
            ]

    @final
    def test_reading_begins_in_the_middle_of_a_batch_and_stops_at_the_end(self):
        with self.system() as (browse, append):
            append(0, records("a", "b", "c"))
            assert [r.value for r in browse.read("orders", 0, 1, 1)] == [b"b"]
            assert [r.value for r in browse.read("orders", 0, 1, 9)] == [b"b", b"c"]
            assert browse.read("orders", 0, 3, 5) == []
            append(0, records("d"))
            assert [r.value for r in browse.read("orders", 0, 3, 5)] == [b"d"], "what came since is there"
            assert [r.value for r in browse.read("orders", 0, 0, 2)] == [b"a", b"b"], "and one can go back"

    @final
    def test_a_time_gives_the_first_record_at_or_after_it(self):
        with self.system() as (browse, append):
            base = 1_700_000_000_000
            for at in (1000, 3000, 5000):
                append(0, records("a", at=base + at))
            for at, offset in ((0, 0), (1000, 0), (1001, 1), (3001, 2), (5000, 2), (5001, None)):
                assert browse.offset_for_time("orders", 0, base + at) == offset

    @final
    def test_what_is_not_there_is_not_found(self):
        with self.system() as (browse, _):
            for look in (lambda: browse.bounds("nope"), lambda: browse.read("nope", 0, 0, 1),
                         lambda: browse.read("orders", 9, 0, 1)):
                with pytest.raises(NotFound):
                    look()

    @final
    def test_a_range_is_read_by_time_over_all_partitions(self):
        with self.system() as (browse, append):
            base = 1_700_000_000_000
            append(0, [Record(None, b"1", (), base + 1), Record(None, b"3", (), base + 3)])
            append(1, [Record(None, b"2", (), base + 2), Record(None, b"4", (), base + 4)])
            span = spans(browse, "orders", EARLIEST, LATEST)
            assert [r.value for r in merged(browse, "orders", span)] == [b"1", b"2", b"3", b"4"]
            later = spans(browse, "orders", LogPoint("time", base + 3), LATEST)
            assert [r.value for r in merged(browse, "orders", later)] == [b"3", b"4"]
