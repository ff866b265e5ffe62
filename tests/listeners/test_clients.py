"""Clients nobody here wrote, against the listener or, with WORKBENCH_KAFKA_BOOTSTRAP, against any other broker.

``@proves(client, what)`` names the line in docs/kafka-compatibility.md that a test fills (see ``compatibility``).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import confluent_kafka as ck
import confluent_kafka.admin as cka
import kafka
import kafka.admin
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from listeners.compatibility import proves

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
QUIET = {"log_level": 0}
CONFLUENT, AIOKAFKA, PYTHON, KCAT = "confluent-kafka", "aiokafka", "kafka-python", "kcat"


@pytest.fixture
def admin(bootstrap: str) -> cka.AdminClient:
    return cka.AdminClient({"bootstrap.servers": bootstrap, **QUIET})


@pytest.fixture
def topic(admin: cka.AdminClient, name: str) -> str:
    admin.create_topics([cka.NewTopic(name, 3, 1)])[name].result(20)
    return name


def wait_for(condition, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"


@contextlib.contextmanager
def consumer(bootstrap: str, group: str, **settings: object) -> Iterator[ck.Consumer]:
    made = ck.Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                        "enable.auto.commit": False, "session.timeout.ms": 6000, **QUIET, **settings})
    try:
        yield made
    finally:
        made.close()


def take(reader: ck.Consumer, count: int, seconds: float = 30.0) -> list[ck.Message]:
    found: list[ck.Message] = []
    until = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < until:
        for message in reader.consume(count - len(found), 0.2):
            assert message.error() is None, message.error()
            found.append(message)
    assert len(found) == count
    return found


def write(bootstrap: str, topic: str, count: int, partition: int = -1, **settings: object) -> None:
    producer = ck.Producer({"bootstrap.servers": bootstrap, **QUIET, **settings})
    for number in range(count):
        producer.produce(topic, b"%d" % number, key=b"k%d" % number, partition=partition)
    assert producer.flush(30) == 0


# -- confluent-kafka -----------------------------------------------------------------------------------------
@proves(CONFLUENT, "produce with every codec, acks 1 and all, idempotent; consume in a group")
@pytest.mark.parametrize("codec", CODECS)
def test_confluent_codecs(bootstrap: str, topic: str, codec: str):
    for settings in ({}, {"acks": 1}, {"enable.idempotence": True}):
        write(bootstrap, topic, 100, **{"compression.type": codec}, **settings)
    with consumer(bootstrap, topic) as reader:
        reader.subscribe([topic])
        values = Counter(message.value() for message in take(reader, 300))
    assert values == {b"%d" % number: 3 for number in range(100)}


@proves(CONFLUENT, "acks=0")
def test_confluent_acks_0(bootstrap: str, topic: str):
    write(bootstrap, topic, 1, partition=0)  # the partition has its leader now, so nothing is dropped in silence
    write(bootstrap, topic, 50, partition=0, acks=0)
    with consumer(bootstrap, topic) as reader:
        reader.subscribe([topic])
        take(reader, 51)


@proves(CONFLUENT, "transactions: commit, abort, read_committed, offsets with a transaction")
def test_confluent_transactions(bootstrap: str, topic: str, name: str):
    write(bootstrap, topic, 10, partition=1)
    producer = ck.Producer({"bootstrap.servers": bootstrap, "transactional.id": name, **QUIET})
    producer.init_transactions(20)
    with consumer(bootstrap, name, **{"isolation.level": "read_committed"}) as reader:
        reader.assign([ck.TopicPartition(topic, 1, 0)])
        take(reader, 10)
        for commit in (True, False, True):
            producer.begin_transaction()
            producer.produce(topic, b"yes" if commit else b"no", partition=0)
            producer.flush(20)
            if commit:
                at = [ck.TopicPartition(topic, 1, 10)]
                producer.send_offsets_to_transaction(at, reader.consumer_group_metadata(), 20)
                producer.commit_transaction(20)
            else:
                producer.abort_transaction(20)
        assert reader.committed([ck.TopicPartition(topic, 1)], 20)[0].offset == 10
        reader.assign([ck.TopicPartition(topic, 0, 0)])
        assert [message.value() for message in take(reader, 2)] == [b"yes", b"yes"]


@proves(CONFLUENT, "an older transactional producer is fenced")
def test_confluent_fencing(bootstrap: str, topic: str, name: str):
    old, new = (ck.Producer({"bootstrap.servers": bootstrap, "transactional.id": name, **QUIET}) for _ in range(2))
    old.init_transactions(20)
    old.begin_transaction()
    old.produce(topic, b"half")
    old.flush(20)
    new.init_transactions(20)
    with pytest.raises(ck.KafkaException) as caught:
        old.commit_transaction(20)
    assert caught.value.args[0].fatal()


@proves(CONFLUENT, "rebalance from 1 to 3 members, one leaves")
@pytest.mark.parametrize("assignor", ["range", "cooperative-sticky"])
def test_confluent_rebalance(bootstrap: str, topic: str, assignor: str):
    settings = {"partition.assignment.strategy": assignor, "heartbeat.interval.ms": 300}
    with contextlib.ExitStack() as stack:
        members = [stack.enter_context(consumer(bootstrap, topic, **settings)) for _ in range(3)]
        for count in (1, 2, 3):
            members[count - 1].subscribe([topic])
            shares = {1: [3], 2: [2, 1], 3: [1, 1, 1]}[count]
            wait_for(lambda count=count, shares=shares: _settled(members[:count], shares))
        members[0].unsubscribe()
        wait_for(lambda: _settled(members, [0, 2, 1]))


def _settled(members: list[ck.Consumer], shares: list[int]) -> bool:
    for member in members:
        member.poll(0.05)
    return sorted(len(member.assignment()) for member in members) == sorted(shares)


@proves(CONFLUENT, "a static member keeps its partitions over a restart")
def test_confluent_static_member(bootstrap: str, topic: str):
    def generation(reader: ck.Consumer) -> set[int]:
        wait_for(lambda: _settled([reader], [3]))
        return {part.partition for part in reader.assignment()}

    for _ in range(2):
        with consumer(bootstrap, topic, **{"group.instance.id": "one"}) as reader:
            reader.subscribe([topic])
            assert generation(reader) == {0, 1, 2}


@proves(CONFLUENT, "seek into the middle of a batch, offsets for times, watermarks")
def test_confluent_seek_and_times(bootstrap: str, topic: str):
    producer = ck.Producer({"bootstrap.servers": bootstrap, "linger.ms": 100, **QUIET})
    for number in range(20):
        producer.produce(topic, b"%d" % number, partition=0, timestamp=1_700_000_000_000 + number * 1000)
    assert producer.flush(30) == 0
    with consumer(bootstrap, topic) as reader:
        reader.assign([ck.TopicPartition(topic, 0, 0)])
        take(reader, 1)
        reader.seek(ck.TopicPartition(topic, 0, 13))
        assert take(reader, 1)[0].offset() == 13
        asked = [ck.TopicPartition(topic, 0, 1_700_000_000_000 + 7_500)]
        assert reader.offsets_for_times(asked, timeout=20)[0].offset == 8
        assert reader.get_watermark_offsets(ck.TopicPartition(topic, 0), timeout=20) == (0, 20)


@proves(CONFLUENT, "AdminClient: topics, configs, partitions, records, cluster")
def test_confluent_admin_of_topics(bootstrap: str, admin: cka.AdminClient, topic: str):
    write(bootstrap, topic, 10, partition=0)
    resource = cka.ConfigResource(cka.ResourceType.TOPIC, topic)
    change = cka.ConfigEntry("retention.ms", "123456789", incremental_operation=cka.AlterConfigOpType.SET)
    changed = cka.ConfigResource(cka.ResourceType.TOPIC, topic, incremental_configs=[change])
    next(iter(admin.incremental_alter_configs([changed]).values())).result(20)
    (described,) = [future.result(20) for future in admin.describe_configs([resource]).values()]
    assert described["retention.ms"].value == "123456789"
    admin.create_partitions([cka.NewPartitions(topic, 5)])[topic].result(20)
    described = admin.describe_topics(ck.TopicCollection([topic]))[topic].result(20)
    assert len(described.partitions) == 5
    (deleted,) = [future.result(20) for future in admin.delete_records([ck.TopicPartition(topic, 0, 4)]).values()]
    assert deleted.low_watermark == 4
    first = ck.TopicPartition(topic, 0)
    (start,) = [f.result(20) for f in admin.list_offsets({first: cka.OffsetSpec.earliest()}).values()]
    assert start.offset == 4
    cluster = admin.describe_cluster().result(20)
    assert cluster.cluster_id and cluster.nodes
    admin.delete_topics([topic])[topic].result(20)
    wait_for(lambda: topic not in admin.list_topics(timeout=20).topics)


def test_confluent_bad_settings_of_a_topic(admin: cka.AdminClient, name: str):
    def refused(**config: str) -> str:
        settings = {key.replace("_", "."): value for key, value in config.items()}
        new = admin.create_topics([cka.NewTopic(name, 1, 1, config=settings)])
        with pytest.raises(ck.KafkaException) as error:
            new[name].result(20)
        return error.value.args[0].name()

    assert refused(retention_ms="soon") == refused(no_such="1") == "INVALID_CONFIG"
    for bad in ("a b", "..", "a" * 250):
        with pytest.raises(ck.KafkaException) as error:
            admin.create_topics([cka.NewTopic(bad, 1, 1)], validate_only=True)[bad].result(20)
        assert error.value.args[0].name() == "TOPIC_EXCEPTION"
    new = admin.create_topics([cka.NewTopic(name, 1, 1, config={"segment.bytes": "1048576", "flush.ms": "1000"})])
    new[name].result(20)


def test_confluent_metadata_of_an_offset(bootstrap: str, topic: str):
    with consumer(bootstrap, topic) as reader:
        reader.commit(offsets=[ck.TopicPartition(topic, 0, 3, "ü" * 4000)], asynchronous=False)
        with pytest.raises(ck.KafkaException) as error:
            reader.commit(offsets=[ck.TopicPartition(topic, 0, 4, "m" * 4097)], asynchronous=False)
        assert error.value.args[0].name() == "OFFSET_METADATA_TOO_LARGE"
        (committed,) = reader.committed([ck.TopicPartition(topic, 0)], 10)
        assert (committed.offset, committed.metadata) == (3, "ü" * 4000)


@proves(CONFLUENT, "AdminClient: groups and their offsets")
def test_confluent_admin_of_groups(bootstrap: str, admin: cka.AdminClient, topic: str):
    write(bootstrap, topic, 10, partition=0)
    with consumer(bootstrap, topic) as reader:
        reader.subscribe([topic])
        take(reader, 10)
        reader.commit(asynchronous=False)
        described = admin.describe_consumer_groups([topic])[topic].result(20)
        assert described.state is ck.ConsumerGroupState.STABLE and len(described.members) == 1
    assert topic in {group.group_id for group in admin.list_consumer_groups().result(20).valid}
    asked = ck.ConsumerGroupTopicPartitions(topic)
    listed = admin.list_consumer_group_offsets([asked])[topic].result(20).topic_partitions
    assert {part.partition: part.offset for part in listed}[0] == 10
    moved = ck.ConsumerGroupTopicPartitions(topic, [ck.TopicPartition(topic, 0, 3)])
    wait_for(lambda: admin.describe_consumer_groups([topic])[topic].result(20).state is ck.ConsumerGroupState.EMPTY)
    admin.alter_consumer_group_offsets([moved])[topic].result(20)
    with consumer(bootstrap, topic) as reader:
        reader.subscribe([topic])
        assert take(reader, 7)[0].offset() == 3
    wait_for(lambda: admin.describe_consumer_groups([topic])[topic].result(20).state is ck.ConsumerGroupState.EMPTY)
    admin.delete_consumer_groups([topic])[topic].result(20)


@proves(CONFLUENT, "a topic that is not there is made by the first write")
def test_confluent_auto_create(bootstrap: str, name: str):
    write(bootstrap, name, 3)
    with consumer(bootstrap, name) as reader:
        reader.subscribe([name])
        take(reader, 3)


# -- aiokafka ------------------------------------------------------------------------------------------------
@proves(AIOKAFKA, "every codec, idempotent, transactions, group, headers")
def test_aiokafka(bootstrap: str, topic: str, name: str):
    async def work() -> Counter[bytes | None]:
        for codec in CODECS:
            kind = None if codec == "none" else codec
            async with AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type=kind,
                                        enable_idempotence=codec != "none") as producer:
                for number in range(20):
                    await producer.send(topic, b"%d" % number, headers=[("h", b"1")])
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=name) as producer:
            async with producer.transaction():
                await producer.send(topic, b"yes")
            with contextlib.suppress(ZeroDivisionError):
                async with producer.transaction():
                    await producer.send_and_wait(topic, b"no")
                    raise ZeroDivisionError
        found: Counter[bytes | None] = Counter()
        reader = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=name, auto_offset_reset="earliest",
                                  isolation_level="read_committed")
        async with reader:
            while found.total() < 101:
                records = await reader.getmany(timeout_ms=10_000)
                assert records
                found.update(record.value for part in records.values() for record in part)
            await reader.commit()
        return found

    assert asyncio.run(work()) == {b"%d" % number: 5 for number in range(20)} | {b"yes": 1}


# -- kafka-python --------------------------------------------------------------------------------------------
@proves(PYTHON, "gzip and plain, transactions, group")
def test_kafka_python(bootstrap: str, topic: str, name: str):
    for codec in (None, "gzip"):
        producer = kafka.KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec)
        for number in range(20):
            producer.send(topic, b"%d" % number)
        producer.flush(30)
        producer.close()
    producer = kafka.KafkaProducer(bootstrap_servers=bootstrap, transactional_id=name)
    producer.init_transactions()
    for value, commit in ((b"yes", True), (b"no", False)):
        producer.begin_transaction()
        producer.send(topic, value)
        producer.commit_transaction() if commit else producer.abort_transaction()
    producer.close()
    reader = kafka.KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=name, auto_offset_reset="earliest",
                                 isolation_level="read_committed")
    found: Counter[bytes] = Counter()
    until = time.monotonic() + 30
    while found.total() < 41 and time.monotonic() < until:
        found.update(record.value for part in reader.poll(500).values() for record in part)
    reader.close()
    assert found == {b"%d" % number: 2 for number in range(20)} | {b"yes": 1}


@proves(PYTHON, "AdminClient: topics, partitions, configs, groups, offsets")
def test_kafka_python_admin(bootstrap: str, name: str):
    admin = kafka.KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([kafka.admin.NewTopic(name, 2, 1)])
        admin.create_partitions({name: kafka.admin.NewPartitions(4)})
        (described,) = admin.describe_topics([name])
        assert len(described["partitions"]) == 4
        assert admin.describe_configs([kafka.admin.ConfigResource("TOPIC", name)])
        part = kafka.TopicPartition(name, 0)
        reader = kafka.KafkaConsumer(bootstrap_servers=bootstrap, group_id=name)
        reader.assign([part])
        reader.commit({part: kafka.OffsetAndMetadata(0, "m", -1)})
        reader.close()
        assert name in str(admin.list_groups())
        assert "Empty" in str(admin.describe_groups([name]))
        assert part in admin.list_group_offsets(name)[name]
        admin.delete_groups([name])
        admin.delete_topics([name])
    finally:
        admin.close()


# -- kcat ----------------------------------------------------------------------------------------------------
@proves(KCAT, "list, produce with every codec, consume")
@pytest.mark.parametrize("codec", CODECS)
def test_kcat(bootstrap: str, topic: str, codec: str):
    if shutil.which("kcat") is None:
        pytest.skip("kcat is not installed (apt install kcat)")

    def kcat(*options: str, given: str = "") -> str:
        command = ["kcat", "-b", bootstrap, *options]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=30).stdout

    assert f'topic "{topic}" with 3 partitions' in kcat("-L", "-t", topic)
    lines = [f"line {number} " + "x" * 100 for number in range(50)]
    kcat("-P", "-t", topic, "-p", "1", "-z", codec, given="\n".join(lines))
    assert kcat("-C", "-t", topic, "-p", "1", "-o", "beginning", "-e", "-q").splitlines() == lines
