"""Partitions merged by time: the same rows as sorting everything, both ways, jumps quick."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.broker import Broker, BrokerReader
from workbench.core.errors import OutOfRange
from workbench.core.records import Record
from workbench.session.time_order import TimeOrder

batches = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.integers(1_000, 1_060), min_size=1, max_size=6)), min_size=1, max_size=25
)


def fill(path, written, partitions=4):
    with Broker.create(path, background=False) as broker:
        broker.create_topic("orders", partitions)
        for partition, times in written:
            broker.append("orders", partition, [Record(None, b"%d" % t, (), t) for t in times]).result()


def sorted_by_time(written):
    """The truth, the slow way: (place in time, partition, offset) of every record."""
    ends, heights, everything = {}, {}, []
    for partition, times in written:
        for time in times:
            offset = ends.get(partition, 0)
            ends[partition] = offset + 1
            heights[partition] = max(heights.get(partition, 0), time)
            everything.append((heights[partition], partition, offset))
    return sorted(everything)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=batches, window=st.tuples(st.integers(0, 40), st.integers(1, 40)), ms=st.integers(990, 1_070))
def test_rows_are_those_of_sorting_everything(tmp_path_factory, written, window, ms):
    path = tmp_path_factory.mktemp("merged") / "a.flow"
    fill(path, written)
    truth = sorted_by_time(written)
    with BrokerReader(path) as reader:
        order = TimeOrder(reader, "orders")
        assert order.rows() == len(truth)
        first, count = window
        assert [(r.partition, r.offset) for r in order.read(first, count)] == [
            t[1:] for t in truth[first : first + count]
        ]
        for row, (_, partition, offset) in enumerate(truth):
            assert order.row_of(partition, offset) == row
        assert order.row_at_time(ms) == sum(time < ms for time, _, _ in truth)
        newest = TimeOrder(reader, "orders", newest_first=True)
        backwards = truth[::-1]
        assert [(r.partition, r.offset) for r in newest.read(first, count)] == [
            t[1:] for t in backwards[first : first + count]
        ]
        assert newest.row_of(*backwards[0][1:]) == 0


def test_what_is_not_kept_is_not_counted(tmp_path):
    with Broker.create(tmp_path / "a.flow", background=False) as broker:
        broker.create_topic("orders", 3)
        for partition in (0, 2):
            broker.append("orders", partition, [Record(None, b"x", (), t) for t in (10, 20, 30)]).result()
        broker.delete_records("orders", 0, 2)
    with BrokerReader(tmp_path / "a.flow") as reader:
        order = TimeOrder(reader, "orders")
        assert [(r.partition, r.offset) for r in order.read(0, 10)] == [(2, 0), (2, 1), (0, 2), (2, 2)]
        with pytest.raises(OutOfRange):
            order.row_of(0, 1)


def test_nothing_there_is_an_empty_list(tmp_path):
    with Broker.create(tmp_path / "a.flow", background=False) as broker:
        broker.create_topic("orders", 3)
    with BrokerReader(tmp_path / "a.flow") as reader:
        order = TimeOrder(reader, "orders")
        assert (order.rows(), order.read(0, 10), order.row_at_time(5)) == (0, [], 0)
