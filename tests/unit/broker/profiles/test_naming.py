"""Names of records and deliveries, as each system writes them."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.broker.profiles.naming import (
    DeliveryTags,
    place_name,
    place_of_sequence_number,
    receipt_name,
    receipt_of,
    sequence_number,
    shard_name,
)
from workbench.broker.topics import TopicMeta
from workbench.core.errors import Invalid, Refused
from workbench.core.queues import MessageId, Receipt

TOPIC = TopicMeta("orders", 3, "b3f1c1de-2b53-4a0e-9f3a-1f4a3ad0a001", "queue", 2, {}, 1_700_000_000_000)
PLACE = MessageId(1, 15)
offsets = st.integers(0, 2**40 - 1)
partitions = st.integers(0, 999)


@pytest.mark.parametrize(("profile", "pattern"), [
    ("", r"1-15"), ("kafka", r"1@15"), ("pulsar", r"3073:15:1"), ("kinesis", r"49\d{54}"),
    ("activemq", r"ID:workbench-3-1700000000000-1:1:1:2:16"), ("rabbitmq", r"1-15"),
    ("sqs", r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
])
def test_a_record_is_named_as_its_system_names_it(profile: str, pattern: str):
    assert re.fullmatch(pattern, place_name(profile, TOPIC, PLACE))


def test_pulsar_names_the_place_inside_a_batch():
    assert place_name("pulsar", TOPIC, PLACE, batch_base=12) == "3073:12:1:3"


def test_an_sqs_message_id_is_a_uuid_and_always_the_same():
    assert uuid.UUID(place_name("sqs", TOPIC, PLACE))
    assert place_name("sqs", TOPIC, PLACE) == place_name("sqs", TOPIC, PLACE)
    assert place_name("sqs", TOPIC, PLACE) != place_name("sqs", TOPIC, MessageId(1, 16))


def test_a_shard_is_named_with_twelve_digits():
    assert shard_name(7) == "shardId-000000000007"


@given(partitions, offsets, offsets)
def test_sequence_numbers_rise_are_not_dense_and_read_back(partition: int, one: int, other: int):
    low, high = sorted((one, other))
    first, second = (sequence_number(TOPIC, MessageId(partition, each)) for each in (low, high))
    assert len(first) == len(second) == 56
    assert (first < second) == (low < high)
    assert low == high or int(second) - int(first) != high - low
    assert place_of_sequence_number(first) == MessageId(partition, low)


@pytest.mark.parametrize("text", ["", "abc", "-1", "48" + "0" * 54, "9" * 60])
def test_what_is_no_sequence_number_is_said(text: str):
    with pytest.raises(Invalid, match="is no sequence number"):
        place_of_sequence_number(text)


@given(partitions, offsets, st.integers(1, 1000))
def test_a_receipt_handle_is_opaque_new_with_each_receive_and_reads_back(partition: int, offset: int, attempt: int):
    receipt = Receipt(partition, offset, attempt)
    handle = receipt_name("sqs", TOPIC, receipt)
    assert str(receipt) not in handle
    assert handle != receipt_name("sqs", TOPIC, Receipt(partition, offset, attempt + 1))
    assert receipt_of(handle) == receipt_of(receipt_name("", TOPIC, receipt)) == receipt


@pytest.mark.parametrize("text", ["", "1-2", "a-b-c", "AQEB" * 8, "1-2-3-4", "ä"])
def test_what_is_no_receipt_is_said(text: str):
    with pytest.raises(Invalid, match="is no receipt"):
        receipt_of(text)


# -- delivery tags -------------------------------------------------------------------------------------------
def test_delivery_tags_count_from_one_for_each_consumer():
    tags = DeliveryTags()
    assert [tags.give("a", Receipt(0, n, 1)) for n in range(3)] == [1, 2, 3]
    assert tags.give("b", Receipt(0, 9, 1)) == 1
    assert tags.take("a", 2) == [Receipt(0, 1, 1)]
    assert tags.take("a", 3, multiple=True) == [Receipt(0, 0, 1), Receipt(0, 2, 1)]
    assert tags.take("b", 1) == [Receipt(0, 9, 1)]


@pytest.mark.parametrize(("consumer", "tag", "multiple"), [
    ("a", 1, False), ("a", 0, True), ("a", 3, False), ("a", 3, True), ("b", 2, False), ("b", 2, True),
])
def test_a_tag_twice_unknown_or_of_another_is_refused(consumer: str, tag: int, multiple: bool):
    tags = DeliveryTags()
    tags.give("a", Receipt(0, 0, 1))
    tags.give("a", Receipt(0, 1, 1))
    tags.take("a", 1)
    with pytest.raises(Refused, match="unknown delivery tag"):
        tags.take(consumer, tag, multiple)


def test_a_consumer_that_comes_back_begins_at_one():
    tags = DeliveryTags()
    tags.give("a", Receipt(0, 0, 1))
    tags.forget("a")
    with pytest.raises(Refused, match="unknown delivery tag"):
        tags.take("a", 1)
    assert tags.give("a", Receipt(0, 0, 2)) == 1
