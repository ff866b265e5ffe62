"""The hand-written answers are kio's to the byte; clients in the panel; words for what is not served."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.clock import ManualClock
from workbench.listeners.base.clients import REMEMBERED_MS
from workbench.listeners.kafka import codec
from workbench.listeners.kafka.answers_codec import fetch_writer, produce_writer
from workbench.listeners.kafka.clients import KafkaClients


def refuse(_: object) -> bytes:
    raise AssertionError("kio was asked")


def by_kio(name: str, version: int) -> Callable[[object], bytes]:
    return codec.kio_writer(codec.kio_class(name, version, "response"))


_TOPICS = st.lists(
    st.tuples(st.text("abc.-_", min_size=1, max_size=249), st.lists(st.tuples(
        st.integers(0, 999), st.integers(0, 2**40), st.none() | st.integers(0, 2**42)), max_size=200)),
    max_size=4)


@pytest.mark.parametrize("version", range(3, 12))
@given(topics=_TOPICS)
def test_a_produce_answer_by_hand_is_the_one_by_kio(version: int, topics: list):
    fields = {"responses": [
        {"name": name, "partition_responses": [
            {"index": index, "base_offset": base, "record_errors": (), "log_append_time": at}
            for index, base, at in parts
        ]}
        for name, parts in topics
    ]}
    assert produce_writer(version, refuse)(fields) == by_kio("produce", version)(fields)


_OFFSETS = st.integers(-1, 2**40)
_FETCHED = st.fixed_dictionaries({
    "partition_index": st.integers(0, 999), "high_watermark": _OFFSETS, "last_stable_offset": _OFFSETS,
    "log_start_offset": _OFFSETS, "records": st.binary(max_size=300),
    "aborted_transactions": st.none() | st.lists(
        st.fixed_dictionaries({"producer_id": _OFFSETS, "first_offset": _OFFSETS}), max_size=3),
})
_FETCHED_TOPICS = st.lists(st.fixed_dictionaries({
    "topic": st.text("abc.-_", min_size=1, max_size=249), "topic_id": st.uuids(),
    "partitions": st.lists(_FETCHED, max_size=3),
}), max_size=3)


@pytest.mark.parametrize("version", range(4, 18))
@given(topics=_FETCHED_TOPICS)
def test_a_fetch_answer_by_hand_is_the_one_by_kio(version: int, topics: list):
    fields = {"responses": topics}
    assert fetch_writer(version, refuse)(fields) == by_kio("fetch", version)(fields)


@pytest.mark.parametrize(("writer", "parts"), [(produce_writer, "partition_responses"), (fetch_writer, "partitions")])
def test_an_error_is_left_to_kio(writer: Callable, parts: str):
    fields = {"responses": [{"name": "t", parts: [{"error_code": 3}]}]}
    assert writer(9, lambda _: b"by kio")(fields) == b"by kio"


def test_who_looks_for_a_group_and_does_not_join_it_is_told_what_to_set():
    clock = ManualClock()
    clients = KafkaClients(clock)
    connection = clients.enter("127.0.0.1", 1)
    connection.sought = ("g", clock.monotonic_ms())
    assert clients.stats()[0].note == ""
    clock.advance(3_001)
    assert "Set group.protocol=classic" in clients.stats()[0].note
    assert [one.what for one in clients.stats()[0].unserved] == ["the new group protocol"]
    connection.group = "g"
    assert clients.stats()[0].note == ""


def test_rates_are_per_second_between_two_looks():
    clock = ManualClock()
    clients = KafkaClients(clock)
    connection = clients.enter("127.0.0.1", 1)
    clients.stats()
    connection.written["t"] += 500
    connection.read["u"] += 100
    clock.advance(500)
    (seen,) = clients.stats()
    assert (seen.rate_in, seen.rate_out) == (1000.0, 200.0)


def test_who_was_turned_away_stays_visible_for_a_while_and_the_log_is_not_flooded(caplog: pytest.LogCaptureFixture):
    clock = ManualClock()
    clients = KafkaClients(clock)
    with caplog.at_level("INFO"):
        for _ in range(100):
            connection = clients.enter("127.0.0.1", 1)
            clients.note(connection, "It is too old.")
            clients.leave(connection)
    assert len(caplog.records) == 1
    (seen,) = clients.stats()
    assert (seen.note, seen.connections) == ("It is too old.", 0)
    clock.advance(REMEMBERED_MS)
    assert clients.stats() == ()
