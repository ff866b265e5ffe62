"""The referee counts exactly."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.records import StoredRecord
from workbench.runtime.audit import Coverage, KeyOrder


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), min_size=1, max_size=30), st.integers(0, 80))
def test_coverage_is_the_set_of_offsets(ranges, until):
    coverage, seen = Coverage(ranges[0][0]), set()
    for first, more in ranges:
        offsets = set(range(first, first + more + 1))
        assert coverage.add(first, first + more) == len(offsets & seen)
        seen |= offsets
    assert coverage.missing(until) == len(set(range(min(seen), until)) - seen)


def record(partition, offset, at, key=b"k"):
    return StoredRecord("t", partition, offset, at, key, b"")


def test_order_is_judged_by_key():
    order = KeyOrder()
    order.check([record(0, 1, 5), record(0, 2, 5), record(0, 9, 1, b"other"), record(0, 3, 4, None)])
    assert order.violations == 0
    order.check([record(1, 0, 4)])
    assert order.violations == 1
    order.check([record(1, 1, 6)])
    order.check([record(1, 0, 7)])
    assert order.violations == 2


runs = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), st.sampled_from([None, b"a", b"b", b"c"])),
                 max_size=8, unique_by=lambda event: event[0]),
    ),
    max_size=8,
)


@given(runs)
def test_a_whole_run_is_judged_as_its_records_one_by_one(runs):
    whole, single = KeyOrder(), KeyOrder()
    for partition, events in runs:
        run = [record(partition, *event) for event in sorted(events, key=lambda event: event[0])]
        whole.check(run)
        for one in run:
            single.check([one])
        assert whole.violations == single.violations
