"""Pull the power: ``kill -9`` of the host under real producers. Nothing lost, nothing twice, in order, nothing half."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from listeners.serving import Host

from workbench.broker import Broker

QUIET = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20}


@pytest.fixture
def host(tmp_path: Path):
    path = tmp_path / "w.flow"
    Broker.create(path).close()
    made = Host(path)
    yield made
    made.stop()


def read_all(address: str, topic: str, count: int, partitions: int = 1) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "reader", "isolation.level": "read_committed",
                         "enable.partition.eof": True, "auto.offset.reset": "earliest", **QUIET})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    found: list[bytes] = []
    until, ended = time.monotonic() + 30, 0
    while ended < partitions and time.monotonic() < until:
        for message in consumer.consume(1000, 0.5):
            if message.error() is not None:
                ended += 1
            else:
                found.append(message.value())
    consumer.close()
    assert len(found) <= count
    return found


def test_an_idempotent_run_of_20000_over_kill_9(host: Host):
    admin = AdminClient({"bootstrap.servers": host.address, **QUIET})
    admin.create_topics([NewTopic("t", 1, 1)])["t"].result(10)
    count, failed = 20_000, []
    producer = Producer({"bootstrap.servers": host.address, "enable.idempotence": True, "linger.ms": 1,
                         "batch.num.messages": 50, "message.timeout.ms": 60_000, **QUIET})
    acked = 0

    def told(error, _message) -> None:
        nonlocal acked
        acked += 1
        if error is not None:
            failed.append(error)

    killed = 0
    for number in range(count):
        producer.produce("t", b"%d" % number, on_delivery=told)
        if number % 500 == 0:
            producer.poll(0)
        if killed < 2 and acked > (killed + 1) * 3_000:
            host.kill()
            host.start()
            killed += 1
        while len(producer) > 2_000:
            producer.poll(0.01)
    assert producer.flush(60) == 0
    assert killed == 2 and not failed
    assert read_all(host.address, "t", count) == [b"%d" % number for number in range(count)]


def test_a_transactional_run_over_kill_9(host: Host):
    admin = AdminClient({"bootstrap.servers": host.address, **QUIET})
    admin.create_topics([NewTopic("t", 1, 1)])["t"].result(10)
    settings = {"bootstrap.servers": host.address, "transactional.id": "tx", "linger.ms": 0, **QUIET}
    producer = Producer(settings)
    producer.init_transactions(20)
    each, rounds = 20, 60
    killer = threading.Thread(target=lambda: (host.kill(), host.start()))
    for number in range(rounds):
        if number == 20:
            killer.start()  # somewhere within a transaction
        done = False
        while not done:
            done = _one_transaction(producer, number, each)
    killer.join()
    assert producer.flush(20) == 0
    found = read_all(host.address, "t", each * rounds)
    assert found == [b"%d-%d" % (number, n) for number in range(rounds) for n in range(each)]


def _one_transaction(producer: Producer, number: int, each: int) -> bool:
    """Whether it was committed; a failure that calls for it is answered by an abort and a new try."""
    producer.begin_transaction()
    try:
        for n in range(each):
            producer.produce("t", b"%d-%d" % (number, n))
        producer.commit_transaction(30)
    except KafkaException as error:
        cause = error.args[0]
        if cause.retriable():
            producer.commit_transaction(30)
            return True
        assert cause.txn_requires_abort(), cause
        producer.abort_transaction(30)
        return False
    return True
