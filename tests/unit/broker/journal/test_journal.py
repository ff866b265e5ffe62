"""The journal on its own: gathering, writing, folding, reading back, failing and recovering."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.entries import entry_of
from workbench.broker.journal import rows as journal_rows
from workbench.broker.journal.journal import Journal, trim
from workbench.broker.journal.ranges import Ranges
from workbench.broker.journal.reader import JournalReader
from workbench.broker.journal.state import JournalState
from workbench.core.clock import ManualClock
from workbench.core.errors import Invalid
from workbench.core.journal import LagSample
from workbench.core.records import TopicPartition

P0 = TopicPartition("orders", 0)


class Book:
    """A journal over a file in memory, flushed by hand."""

    def __init__(self):
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in (*journal_rows.SCHEMA, *journal_rows.QUEUE_SCHEMA, *journal_rows.SPAN_SCHEMA,
                          *journal_rows.STORE_SCHEMA, *journal_rows.SEND_SCHEMA):
            self.connection.execute(statement)
        self.clock = ManualClock()
        self.reopen()

    def reopen(self):
        self.journal = Journal(self.connection, self.clock)
        self.reader = JournalReader(self.connection)

    def flush(self):
        self.connection.execute("BEGIN")
        self.journal.flush(self.connection)
        self.connection.execute("COMMIT")
        self.journal.confirm()

    def tick(self, ms=100):
        self.clock.advance(ms)
        self.flush()

    def entry(self, kind, **fields):
        self.journal.add(entry_of(kind, self.clock.now_ms(), **fields))

    def state_at(self, ms):
        keyframe = self.reader.keyframe_before(ms)
        state = JournalState.load(keyframe[2]) if keyframe else JournalState()
        after = keyframe[0] if keyframe else 0
        for entry in self.reader.entries(after, to_ms=ms + 1, limit=10**9):
            state.apply(entry)
        return state


@pytest.fixture
def book():
    made = Book()
    yield made
    made.connection.close()


def test_ranges_grow_while_they_touch_and_keep_their_order():
    ranges = Ranges()
    ranges.append(1, "orders", 0, 0, 4, 100)
    ranges.append(2, "orders", 0, 5, 9, 100)
    ranges.deliver(3, "orders", 0, 0, 3, "g", "m", False)
    ranges.deliver(4, "orders", 0, 2, 3, "g", "m", True)
    ranges.commit(5, "orders", 0, 3, "g", "m")
    ranges.commit(6, "orders", 0, 4, "g", "m")
    found = [(e.kind, e.at_ms, e.first, e.last, e.count, getattr(e, "again", False)) for e in ranges.take()]
    assert found == [
        ("append", 6, 0, 9, 10, False), ("deliver", 6, 0, 3, 4, False), ("deliver", 6, 2, 3, 2, True),
        ("commit", 6, -1, 4, 2, False),
    ]
    assert ranges.take() == []


def test_at_no_instant_is_more_committed_than_was_delivered_or_written():
    ranges, entries = Ranges(), []
    for at_ms in range(0, 400, 10):  # written, handed out and committed at once, and gathered every 100 ms
        offset = at_ms // 10
        ranges.append(at_ms, "orders", 0, offset, offset, 10)
        ranges.deliver(at_ms + 1, "orders", 0, offset, offset, "g", "m", False)
        ranges.commit(at_ms + 2, "orders", 0, offset + 1, "g", "m")
        if at_ms % 110 == 0:  # the next is written already, and will be a range with others
            ranges.append(at_ms + 5, "orders", 0, offset + 1, offset + 1, 10)
            entries += ranges.take()
            ranges.deliver(at_ms + 6, "orders", 0, offset + 1, offset + 1, "g", "m", False)
            ranges.commit(at_ms + 7, "orders", 0, offset + 2, "g", "m")
    entries += ranges.take()
    for at_ms in range(420):
        state = JournalState()
        for entry in entries:
            if entry.at_ms <= at_ms:
                state.apply(entry)
        part = TopicPartition("orders", 0)
        group, end = state.group("g"), state.topic("orders").partition(0).end
        assert group.committed.get(part, 0) <= group.positions.get(part, 0) <= end, at_ms


def test_no_range_reaches_over_another_entry():
    ranges = Ranges()
    ranges.commit(1, "orders", 0, 10, "g", "m")
    ranges.add(entry_of("reset", 2, topic="orders", group="g", detail={"moves": [[0, 10, 0]]}))
    ranges.commit(3, "orders", 0, 2, "g", "m")
    assert [(e.kind, e.last) for e in ranges.take()] == [("commit", 10), ("reset", -1), ("commit", 2)]


def test_entries_come_back_as_they_were(book):
    given_ = entry_of("rebalance", book.clock.now_ms(), group="g", member="m", topic="t", partition=3,
                          first=1, last=2, count=3, bytes=4,
                          detail={"generation": 2, "assignment": {"m": [["t", 3]]}})
    book.journal.add(given_)
    book.tick()
    (found,) = book.reader.entries()
    assert found == replace(given_, id=1)


def test_entries_are_found_by_id_time_and_kind(book):
    for minute in range(10):
        book.entry("bookmark", detail={"text": str(minute)})
        book.journal.note_append("orders", 0, minute, minute, 10)
        book.tick(60_000)
    start = ManualClock().now_ms()
    texts = [e.text for e in book.reader.entries(from_ms=start + 120_000, to_ms=start + 300_000,
                                                           kinds=("bookmark",))]
    assert texts == ["2", "3", "4"]
    assert len(book.reader.entries(after_id=18)) == 2
    assert [e.kind for e in book.reader.entries(kinds=("append",), limit=2)] == ["append", "append"]
    with pytest.raises(Invalid, match="nonsense"):
        book.reader.entries(kinds=("nonsense",))


def test_rare_kinds_are_found_without_a_scan(book):
    query = f"SELECT * FROM journal INDEXED BY journal_event WHERE {journal_rows.RARE} AND id >= 5 AND kind IN (8, 9)"
    plan = book.connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    assert "USING INDEX journal_event (id>?" in plan[0][3]


def test_times_never_go_back(book):
    book.journal.add(entry_of("bookmark", 5_000))
    book.journal.add(entry_of("bookmark", 3_000))
    book.tick()
    assert [e.at_ms for e in book.reader.entries()] == [5_000, 5_000]


def test_an_unknown_kind_is_refused_where_it_is_made(book):
    with pytest.raises(Invalid, match="party"):
        book.entry("party")


def test_a_failed_transaction_is_gathered_again(book):
    book.entry("topic", topic="orders", detail={"act": "created", "partitions": 1})
    book.connection.execute("BEGIN")
    book.journal.flush(book.connection)
    book.connection.execute("ROLLBACK")
    book.journal.take_back(book.connection)
    book.journal.note_append("orders", 0, 0, 9, 100)
    book.tick()
    assert [e.kind for e in book.reader.entries()] == ["topic", "append"]
    assert book.state_at(book.clock.now_ms()).topics["orders"].partitions[0].size_bytes == 100


acts = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 2), st.integers(1, 5)),
        st.tuples(st.just("deliver"), st.integers(0, 2), st.integers(1, 5)),
        st.tuples(st.just("commit"), st.integers(0, 2), st.integers(0, 50)),
        st.tuples(st.just("reset"), st.integers(0, 2), st.integers(0, 50)),
        st.tuples(st.just("tick"), st.sampled_from([100, 3_000, 11_000]), st.just(0)),
    ),
    max_size=60,
)


@given(acts)
def test_the_fold_of_a_keyframe_and_what_follows_is_the_truth_at_every_tick(doings):
    book, ends, committed, truths = Book(), [0, 0, 0], {}, []
    for what, where, number in doings:
        if what == "append":
            book.journal.note_append("orders", where, ends[where], ends[where] + number - 1, number)
            ends[where] += number
        elif what == "deliver":
            book.journal.note_delivery("orders", where, number, number + 1, "g", "m")
        elif what == "commit":
            book.journal.note_commits("g", "m", {TopicPartition("orders", where): number})
            committed[TopicPartition("orders", where)] = number
        elif what == "reset":
            book.entry("reset", topic="orders", group="g", detail={"moves": [[where, 0, number]]})
            committed[TopicPartition("orders", where)] = number
        else:
            truths.append((book.clock.now_ms(), list(ends), dict(committed)))
            book.tick(where)
    for at_ms, true_ends, true_committed in truths:
        state = book.state_at(at_ms)
        found = state.topics.get("orders")
        known = {number: part.end for number, part in enumerate(found.partitions)} if found else {}
        assert [known.get(p, 0) for p in range(3)] == true_ends
        assert (state.groups["g"].committed if "g" in state.groups else {}) == true_committed
    book.connection.close()


def test_a_keyframe_is_the_fold_of_all_before_it(book):
    book.entry(
        "topic", topic="orders", detail={"act": "created", "partitions": 2, "kind": "queue", "config": {"a": "b"}}
    )
    book.entry("join", group="g", member="m1", detail={"client": "c", "instance": ""})
    book.entry("rebalance", group="g", detail={"generation": 1, "assignor": "range",
                                               "assignment": {"m1": [["orders", 0], ["orders", 1]]}})
    book.entry("group", group="g", detail={"act": "state", "state": "Stable", "generation": 1, "assignor": "range"})
    book.entry("run", detail={"act": "started", "speed": 2.0, "seed": 7})
    book.entry("producer", detail={"node": "p1", "act": "paused"})
    book.journal.note_append("orders", 1, 0, 9, 1000)
    book.journal.note_delivery("orders", 1, 0, 4, "g", "m1")
    book.journal.note_commits("g", "m1", {TopicPartition("orders", 1): 3})
    book.tick()
    book.entry("bookmark")
    book.tick()
    _, _, dumped = book.reader.keyframe_before(book.clock.now_ms())
    assert JournalState.load(dumped).dump() == dumped
    state = JournalState.load(dumped)
    assert (state.run, state.speed, state.seed, state.producers["p1"].act) == ("running", 2.0, 7, "paused")
    assert state.topics["orders"].kind == "queue"
    group = state.groups["g"]
    assert (group.state, group.generation, group.positions, group.committed) == (
        "Stable", 1, {TopicPartition("orders", 1): 5}, {TopicPartition("orders", 1): 3})
    assert group.owners()[P0] == "m1"


def test_a_moved_partition_loses_its_position_and_a_leaver_its_place(book):
    state = JournalState()
    for entry in (
        entry_of("join", 1, group="g", member="a"),
        entry_of("rebalance", 1, group="g", detail={"assignment": {"a": [["orders", 0], ["orders", 1]]}}),
        entry_of("deliver", 2, "orders", 0, 0, 4, 5, group="g", member="a"),
        entry_of("deliver", 2, "orders", 1, 0, 6, 7, group="g", member="a"),
        entry_of("join", 3, group="g", member="b"),
        entry_of("rebalance", 3, group="g", detail={"assignment": {"a": [["orders", 0]], "b": [["orders", 1]]}}),
    ):
        state.apply(entry)
    assert state.groups["g"].positions == {P0: 5}
    state.apply(entry_of("leave", 4, group="g", member="b"))
    assert list(state.groups["g"].members) == ["a"]


def test_reopening_goes_on_where_the_file_ends(book):
    book.journal.note_append("orders", 0, 0, 9, 100)
    book.tick()
    book.reopen()
    book.journal.note_append("orders", 0, 10, 10, 10)
    book.tick()
    assert [e.id for e in book.reader.entries()] == [1, 2]
    assert book.state_at(book.clock.now_ms()).topics["orders"].partitions[0].end == 11


def test_after_a_crash_what_the_file_holds_is_entered_at_the_last_known_time(book):
    book.journal.note_append("orders", 0, 0, 9, 100)
    book.tick()
    last = book.reader.entries()[-1].at_ms
    book.clock.advance(3_600_000)
    book.reopen()
    book.journal.reconcile({"orders": [(2, 15, 150), (0, 3, 30)]}, {"g": {P0: 12}})
    book.flush()
    added = book.reader.entries(after_id=1)
    assert [(e.kind, e.at_ms == last) for e in added] == [
        ("topic", True), ("append", True), ("retention", True), ("append", True), ("commit", True), ("host", False),
    ]
    assert added[-1].act == "recovered"
    state = book.state_at(book.clock.now_ms())
    assert [(p.log_start, p.end) for p in state.topics["orders"].partitions] == [(2, 15), (0, 3)]
    assert state.groups["g"].committed == {P0: 12}


def test_after_an_orderly_stop_nothing_is_recovered(book):
    book.journal.note_append("orders", 0, 0, 9, 100)
    book.entry("host", detail={"act": "stopped"})
    book.tick()
    book.reopen()
    book.journal.reconcile({"orders": [(0, 10, 100)]}, {})
    book.flush()
    assert [e.act for e in book.reader.entries(kinds=("host",))] == ["stopped", "started"]


def test_histograms_by_the_second_and_finer(book):
    start = book.clock.now_ms()
    for second in range(20):
        book.journal.note_append("orders", 0, second * 10, second * 10 + 9, 100)
        book.tick(1_000)
    assert book.reader.append_histogram(start, start + 20_000, 4) == [50, 50, 50, 50]
    fine = book.reader.append_histogram(start, start + 2_000, 8)
    assert (sum(fine), fine[0], fine[4]) == (20, 10, 10)
    assert book.reader.append_histogram(start - 5_000, start, 5) == [0] * 5
    with pytest.raises(Invalid):
        book.reader.append_histogram(start, start, 5)


def test_lag_samples_are_thinned_by_a_stride_over_the_whole_history(book):
    start = book.clock.now_ms()
    for second in range(100):
        now = book.clock.now_ms()
        book.journal.sample_lags(
            [LagSample(now, "g", "orders", 0, second, None), LagSample(now, "h", "orders", 0, 7, 3)]
        )
        book.tick(1_000)
    everything = book.reader.lag_samples(start, start + 100_000, 1_000, group="g")
    assert [s.lag_records for s in everything] == list(range(100))
    assert everything[0].lag_ms is None
    thin = book.reader.lag_samples(start, start + 100_000, 10)
    assert len([s for s in thin if s.group == "g"]) == len([s for s in thin if s.group == "h"]) == 10
    assert [s.lag_records for s in book.reader.lags_before(start + 5_500)] == [5, 7]
    assert book.reader.lag_samples(start - 10, start - 1, 10) == []


def test_equal_samples_are_kept_as_the_two_ends_of_their_run(book):
    for lag in (5, 5, 5, 5, 9):
        book.journal.sample_lags([LagSample(book.clock.now_ms(), "g", "orders", 0, lag, 0)])
        book.tick(1_000)
    start = ManualClock().now_ms()
    found = book.reader.lag_samples(start, start + 10_000, 100)
    assert [(s.at_ms - start, s.lag_records) for s in found] == [(0, 5), (3_000, 5), (4_000, 9)]


def test_trimming_keeps_the_newest_and_a_keyframe_to_start_from(book):
    for number in range(400):
        book.entry("bookmark", detail={"text": str(number)})
        book.journal.note_append("orders", 0, number, number, 1)
        book.tick(1_000)
    whole = book.reader.range()
    assert trim(book.connection, 200 * 47) == 600
    assert trim(book.connection, 200 * 47) == 0
    first, last = book.reader.range()
    assert whole[0] < first <= last == whole[1]
    assert book.state_at(first).topics["orders"].partitions[0].end > 0
    assert book.state_at(last).topics["orders"].partitions[0].end == 400


def test_an_sql_tool_shows_entries_in_words(book):
    book.entry("leave", group="g", member="m", detail={"reason": "left"})
    book.tick()
    row = book.connection.execute("SELECT kind, group_name, member, detail FROM journal_entry").fetchone()
    assert row == ("leave", "g", "m", '{"reason":"left"}')
