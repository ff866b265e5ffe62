"""The Kafka listener against other brokers: one client (confluent-kafka), its defaults, one run, in turn.

Events of 200 bytes. The peer is the broker at WORKBENCH_KAFKA_PEER (Apache Kafka, single node, defaults, is what the
goals are for); without it, librdkafka's in-memory mock cluster, for what that can do. Our side is a host of its own
process, as a person runs it. Latencies are told as peer over ours, so that more is better everywhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.broker import Broker
from workbench.cli.benchmarks.result import Result, interleave
from workbench.core.errors import Unsupported

PEER = "WORKBENCH_KAFKA_PEER"
ROUNDS = 5
EVENTS = 300_000
CONSUMED = 4 * EVENTS
SERIAL_EVENTS = 2_000
RATE, SECONDS, WARM = 1_000, 4, 200
_VALUE = bytes(200)
_STAMP = "%020.9f"
_QUIET: dict[str, Any] = {"log_level": 0}
Measure = Callable[[str], float]


def produce_to_kafka_ratio() -> Result:
    """Events a second, acks=all, client defaults, against the broker at WORKBENCH_KAFKA_PEER."""
    return _against_peer("produce against Apache Kafka", _produce, "events/s", 1.0)


def consume_from_kafka_ratio() -> Result:
    """Events a second a consumer takes, client defaults, against the broker at WORKBENCH_KAFKA_PEER.

    Once 100,000 events wait in it, librdkafka asks for none for a second. Whether it does so is chance, so it takes
    enough of them that there are several such pauses with every broker; without them the client is what limits."""
    return _against_peer("consume against Apache Kafka", _consume, "events/s", 1.0)


def serial_to_kafka_ratio() -> Result:
    """One record a request, each waiting for the one before, against the broker at WORKBENCH_KAFKA_PEER."""
    return _against_peer("one record a request against Apache Kafka", _serial, "requests/s", 0.5)


def latency_middle_ratio() -> Result:
    """End to end at 1,000 events/s, linger 5: the middle, as 1/s, against the broker at WORKBENCH_KAFKA_PEER."""
    return _against_peer("latency p50 against Apache Kafka", lambda address: 1 / _latency(address, 0.5), "1/s", 1.0)


def latency_tail_ratio() -> Result:
    """The same at the 99th percentile."""
    return _against_peer("latency p99 against Apache Kafka", lambda address: 1 / _latency(address, 0.99), "1/s", 1.0)


def produce_to_mock_ratio() -> Result:
    """Events a second, acks=all, against librdkafka's in-memory mock cluster."""
    with _mock() as peer, _ours() as ours:
        return _compare("produce against librdkafka's mock", ours, peer, _produce, "events/s", 0.9)


def start_ratio() -> Result:
    """Half a second over the time from the start of a host to the first answer to a client."""
    return interleave("start to the first message", lambda: 1 / _start_s(), lambda: 1 / 0.5, rounds=ROUNDS,
                      unit="1/s", goal=1.0)


# -- sides ---------------------------------------------------------------------------------------------------
def _against_peer(name: str, measure: Measure, unit: str, goal: float) -> Result:
    peer = os.environ.get(PEER)
    if peer is None:
        raise Unsupported("Apache Kafka is not at hand.", "Start one and set {peer}=HOST:PORT.", peer=PEER)
    with _ours() as ours:
        return _compare(name, ours, peer, measure, unit, goal)


def _compare(name: str, ours: str, peer: str, measure: Measure, unit: str, goal: float) -> Result:
    return interleave(name, lambda: measure(ours), lambda: measure(peer), rounds=ROUNDS, unit=unit, goal=goal)


@contextmanager
def _ours() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.flow"
        Broker.create(path).close()
        command = [sys.executable, "-m", "workbench", "serve", str(path), "--kafka", "127.0.0.1:0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as host:
            assert host.stdout is not None
            try:
                yield json.loads(host.stdout.readline())["kafka"]
            finally:
                host.terminate()


@contextmanager
def _mock() -> Iterator[str]:
    holder = _client().Producer({"bootstrap.servers": "", "test.mock.num.brokers": 1, **_QUIET})
    (broker,) = holder.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del holder


def _client() -> Any:
    try:
        import confluent_kafka
    except ImportError:
        raise Unsupported("confluent-kafka is not installed.", "Type: pip install confluent-kafka") from None
    return confluent_kafka


def _start_s() -> float:
    began = time.perf_counter()
    with _ours() as address:
        producer = _client().Producer({"bootstrap.servers": address, **_QUIET})
        producer.produce(_topic(), _VALUE)
        producer.flush()
        return time.perf_counter() - began


# -- measurements: an address in, a number out ---------------------------------------------------------------
def _topic() -> str:
    return "bench-" + uuid.uuid4().hex[:10]


def _fill(address: str, topic: str) -> float:
    """Write the events; how many a second."""
    producer = _client().Producer({"bootstrap.servers": address, "queue.buffering.max.messages": 1_000_000, **_QUIET})
    producer.produce(topic, _VALUE)
    producer.flush()  # the topic is there, the connections are open
    began = time.perf_counter()
    for number in range(EVENTS):
        producer.produce(topic, _VALUE)
        if number % 10_000 == 0:
            producer.poll(0)
    producer.flush()
    return EVENTS / (time.perf_counter() - began)


def _produce(address: str) -> float:
    return _fill(address, _topic())


def _consumer(address: str, topic: str) -> Any:
    client = _client()
    consumer = client.Consumer({"bootstrap.servers": address, "group.id": topic, "auto.offset.reset": "earliest",
                                **_QUIET})
    consumer.assign([client.TopicPartition(topic, 0, 0)])
    return consumer


def _consume(address: str) -> float:
    topic = _topic()
    for _ in range(CONSUMED // EVENTS):
        _fill(address, topic)
    consumer = _consumer(address, topic)
    taken = len(consumer.consume(1, 10))
    began = time.perf_counter()
    while taken < CONSUMED:
        taken += len(consumer.consume(10_000, 1.0))
    seconds = time.perf_counter() - began
    consumer.close()
    return CONSUMED / seconds


def _serial(address: str) -> float:
    topic = _topic()
    producer = _client().Producer({"bootstrap.servers": address, "linger.ms": 0, **_QUIET})
    producer.produce(topic, _VALUE)
    producer.flush()
    began = time.perf_counter()
    for _ in range(SERIAL_EVENTS):
        producer.produce(topic, _VALUE)
        producer.flush()
    return SERIAL_EVENTS / (time.perf_counter() - began)


def _latency(address: str, share: float) -> float:
    """Seconds from ``produce`` to the consumer, at ``share`` of all events."""
    topic, took = _topic(), []
    producer = _client().Producer({"bootstrap.servers": address, "linger.ms": 5, **_QUIET})
    producer.produce(topic, _VALUE)
    producer.flush()
    consumer = _consumer(address, topic)
    assert consumer.consume(1, 10)
    count = RATE * SECONDS

    def read() -> None:
        while len(took) < count:
            message = consumer.poll(5)
            if message is None:
                break
            took.append(time.perf_counter() - float(message.value()[:20]))

    reader = threading.Thread(target=read)
    reader.start()
    began = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        producer.produce(topic, (_STAMP % time.perf_counter()).encode() + _VALUE[20:])
        producer.poll(0)
    producer.flush()
    reader.join()
    consumer.close()
    ordered = sorted(took[WARM:])
    return ordered[int(len(ordered) * share)]
