"""The consumer protocol's bytes: Kafka's layout, round trips, and damaged input."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.broker.groups.consumer_protocol import (
    Assignment,
    Subscription,
    decode_assignment,
    decode_sticky_memory,
    decode_subscription,
    encode_assignment,
    encode_sticky_memory,
    encode_subscription,
)
from workbench.core.errors import Corrupt
from workbench.core.records import TopicPartition

parts = st.lists(st.builds(TopicPartition, st.text(max_size=5), st.integers(0, 1000)), unique=True, max_size=8)


def test_subscription_v0_is_kafkas_layout():
    data = encode_subscription(Subscription(("foo", "bar"), version=0))
    assert data == b"\x00\x00\x00\x00\x00\x02\x00\x03foo\x00\x03bar\xff\xff\xff\xff"


def test_assignment_v0_is_kafkas_layout():
    data = encode_assignment([TopicPartition("foo", 1), TopicPartition("foo", 0)])
    assert data == b"\x00\x00\x00\x00\x00\x01\x00\x03foo\x00\x00\x00\x02" + (
        b"\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff"
    )


@given(parts, st.integers(-1, 2**31 - 1), st.none() | st.text(max_size=4), st.none() | st.binary(max_size=8))
def test_subscriptions_survive_their_bytes(owned, generation, rack, user_data):
    given_ = Subscription(("orders",), tuple(sorted(owned)), generation, rack, user_data)
    assert decode_subscription(encode_subscription(given_)) == given_


@given(parts)
def test_assignments_and_sticky_memory_survive_their_bytes(partitions):
    assert decode_assignment(encode_assignment(partitions)) == Assignment(tuple(sorted(partitions)))
    assert decode_sticky_memory(encode_sticky_memory(partitions, 5)) == (tuple(sorted(partitions)), 5)


def test_no_bytes_are_an_empty_assignment_and_no_memory():
    assert decode_assignment(b"").partitions == ()
    assert decode_sticky_memory(None) == ((), -1)


def test_a_newer_version_is_read_as_far_as_it_is_known():
    data = encode_subscription(Subscription(("orders",), rack="r1"))
    newer = b"\x00\x09" + data[2:] + b"something new"
    assert decode_subscription(newer).rack == "r1"


@given(st.binary(max_size=40))
def test_random_bytes_are_read_or_corrupt(data):
    for decode in (decode_subscription, decode_assignment, decode_sticky_memory):
        try:
            decode(data)
        except Corrupt as problem:
            assert problem.next_step
