"""Consumers that stand outside the log go on, with every client: after records were removed, after the topic was made
anew, and from commits that stand nowhere."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiokafka
import confluent_kafka as ck
import kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from listeners.compatibility import proves
from listeners.test_other_languages import KAFKAJS, node
from listeners.wire import Wire

WITHIN_S = 40.0
GONE = 6
"""Records that are removed, of ten."""
Take = Callable[[str, str, str, int], list[str]]


def confluent_takes(bootstrap: str, group: str, topic: str, count: int) -> list[str]:
    consumer = ck.Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                            "enable.auto.commit": False, "topic.metadata.refresh.interval.ms": 500})
    consumer.subscribe([topic])
    try:
        return _until(count, lambda: [m.value().decode() for m in consumer.consume(100, 0.2) if not m.error()])
    finally:
        consumer.close()


def kafka_python_takes(bootstrap: str, group: str, topic: str, count: int) -> list[str]:
    """Now and then a consumer of kafka-python 3.0 never fetches at all, beside Apache Kafka 4.1 too: then another of
    the group is tried."""
    for _ in range(3):
        if found := _one_of_kafka_python(bootstrap, group, topic, count, WITHIN_S / 3):
            return found
    return []


def _one_of_kafka_python(bootstrap: str, group: str, topic: str, count: int, within_s: float) -> list[str]:
    consumer = kafka.KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest",
                                   enable_auto_commit=False)
    try:
        return _until(count, lambda: [r.value.decode() for part in consumer.poll(200).values() for r in part], within_s)
    finally:
        consumer.close()


def aiokafka_takes(bootstrap: str, group: str, topic: str, count: int) -> list[str]:
    async def take() -> list[str]:
        consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group,
                                             auto_offset_reset="earliest", enable_auto_commit=False)
        await consumer.start()
        found: list[str] = []
        try:
            async with asyncio.timeout(WITHIN_S):
                while len(found) < count:
                    found.append((await consumer.getone()).value.decode())
        finally:
            await consumer.stop()
        return found

    return asyncio.run(take())


def _until(count: int, more: Callable[[], list[str]], within_s: float = WITHIN_S) -> list[str]:
    found: list[str] = []
    until = time.monotonic() + within_s
    while len(found) < count and time.monotonic() < until:
        found += more()
    return found


OUTSIDE = "a consumer that stands outside the log goes on"
CLIENTS = [
    pytest.param(confluent_takes, marks=proves("confluent-kafka", OUTSIDE)),
    pytest.param(aiokafka_takes, marks=proves("aiokafka", OUTSIDE)),
    pytest.param(kafka_python_takes, marks=proves("kafka-python", OUTSIDE)),
]


def fill(bootstrap: str, topic: str, *values: str) -> None:
    producer = ck.Producer({"bootstrap.servers": bootstrap})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(20) == 0


def make(bootstrap: str, topic: str) -> AdminClient:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)
    return admin


@pytest.mark.parametrize("take", CLIENTS)
def test_after_its_records_were_removed(bootstrap: str, name: str, take: Take):
    admin = make(bootstrap, name)
    fill(bootstrap, name, *(f"v{n}" for n in range(10)))
    _move(admin, name, name, 1)
    for future in admin.delete_records([ck.TopicPartition(name, 0, GONE)]).values():
        future.result(20)
    assert take(bootstrap, name, name, 4) == [f"v{n}" for n in range(GONE, 10)]


@pytest.mark.parametrize("take", CLIENTS)
@pytest.mark.parametrize("offset", [-1, -2, 1 << 40])
def test_from_a_commit_that_stands_nowhere(bootstrap: str, name: str, take: Take, offset: int):
    make(bootstrap, name)
    fill(bootstrap, name, *(f"v{n}" for n in range(4)))
    _commit(bootstrap, name, name, offset)
    assert take(bootstrap, name, name, 4) == [f"v{n}" for n in range(4)]


def _move(admin: AdminClient, group: str, topic: str, offset: int) -> None:
    until = time.monotonic() + WITHIN_S
    while True:
        asked = ck.ConsumerGroupTopicPartitions(group, [ck.TopicPartition(topic, 0, offset)])
        try:
            admin.alter_consumer_group_offsets([asked])[group].result(20)
            return
        except ck.KafkaException:  # a member is still leaving
            if time.monotonic() > until:
                raise


def _commit(bootstrap: str, group: str, topic: str, offset: int) -> None:
    until = time.monotonic() + WITHIN_S
    with Wire(bootstrap) as wire:
        while time.monotonic() < until:
            wire.ask("find_coordinator", 4, key_type=0, coordinator_keys=(group,))
            part = {"partition_index": 0, "committed_offset": offset, "committed_metadata": ""}
            done = wire.ask("offset_commit", 5, group_id=group, generation_id_or_member_epoch=-1, member_id="",
                            topics=[{"name": topic, "partitions": [part]}])
            if done.topics[0].partitions[0].error_code == 0:
                return
    raise AssertionError("it was not committed")


@contextmanager
def reading(bootstrap: str, group: str, topic: str) -> Iterator[list[str]]:
    """A confluent consumer at work meanwhile; what it took."""
    taken: list[str] = []
    stop = threading.Event()
    consumer = ck.Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                            "topic.metadata.refresh.interval.ms": 300, "metadata.max.age.ms": 1000,
                            "session.timeout.ms": 6000})

    def read() -> None:
        consumer.subscribe([topic])
        while not stop.is_set():
            taken.extend(m.value().decode() for m in consumer.consume(100, 0.1) if not m.error())
        consumer.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


@proves("confluent-kafka", "a running consumer reads on when its topic is deleted and made anew")
def test_a_topic_made_anew_under_a_running_consumer(bootstrap: str, name: str):
    admin = make(bootstrap, name)
    fill(bootstrap, name, *(f"old{n}" for n in range(20)))
    with reading(bootstrap, name, name) as taken:
        _until(20, lambda: taken and _drain(taken, "old"))
        admin.delete_topics([name])[name].result(20)
        make_again(bootstrap, name)
        fill(bootstrap, name, "new0", "new1")
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until and {"new0", "new1"} - set(taken):
            threading.Event().wait(0.1)
        assert {"new0", "new1"} <= set(taken)


def make_again(bootstrap: str, topic: str) -> None:
    until = time.monotonic() + WITHIN_S
    while True:
        try:
            make(bootstrap, topic)
            return
        except ck.KafkaException:  # another broker needs a moment to forget it
            if time.monotonic() > until:
                raise


def _drain(taken: list[str], start: str) -> list[str]:
    threading.Event().wait(0.05)
    return [value for value in taken if value.startswith(start)]


@proves(KAFKAJS, "a consumer that stands outside the log goes on; admin.resetOffsets")
def test_kafkajs(bootstrap: str, name: str):
    node("kafkajs_outside.cjs", bootstrap)
