"""What a client sets is kept and described with where it comes from, as Apache Kafka 4.1 does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import confluent_kafka.admin as ck
import pytest
from confluent_kafka import KafkaException
from kafka.admin import KafkaAdminClient, NewTopic
from listeners.compatibility import proves
from listeners.serving import Served, serving
from listeners.test_strictness import APPEND, BROKER, GROUP, SET, SUBTRACT, TOPIC, alter, create
from listeners.wire import Wire

from workbench.broker import TOPIC_SETTINGS, Broker
from workbench.listeners.base import ListenerSettings

OURS = {"workbench.retention.all.read", "workbench.profile", "key.encoding", "value.encoding", "key.schema",
        "value.schema"}
KAFKAS = 33
"""Settings of a topic in Apache Kafka 4.1."""
OF_TOPIC, OF_BROKER, OF_ALL_BROKERS, DEFAULT, OF_GROUP = 1, 2, 3, 5, 8
CONFLUENT, KAFKA_PYTHON = "confluent-kafka", "kafka-python"


def described(bootstrap: str, kind: int, name: str) -> dict[str, Any]:
    with Wire(bootstrap) as wire:
        (result,) = wire.ask("describe_configs", 4, include_synonyms=True, include_documentation=True, resources=[
            {"resource_type": kind, "resource_name": name, "configuration_keys": None}]).results
    assert result.error_code == 0, result.error_message
    return {one.name: one for one in result.configs}


def test_every_setting_is_described_with_type_default_and_what_it_means(bootstrap: str, name: str):
    assert create(bootstrap, name) == 0
    found = {key: one for key, one in described(bootstrap, TOPIC, name).items() if key not in OURS}
    assert len(found) == KAFKAS
    assert all(one.documentation and one.config_type for one in found.values())
    assert {key: one.value for key, one in found.items() if not key.startswith("retention.")} == {
        key: one.default for key, one in TOPIC_SETTINGS.items() if key not in OURS and not key.startswith("retention.")
    }
    assert [(one.name, one.source) for one in found["segment.bytes"].synonyms] == [("log.segment.bytes", DEFAULT)]
    types = {"segment.bytes": 3, "segment.ms": 5, "preallocate": 1, "min.cleanable.dirty.ratio": 6, "cleanup.policy": 7,
             "compression.type": 2}
    assert {key: found[key].config_type for key in types} == types


@pytest.mark.parametrize("key, value", [
    ("segment.bytes", "2000000"), ("min.insync.replicas", "2"), ("message.timestamp.before.max.ms", "1000"),
    ("message.timestamp.after.max.ms", "1000"), ("delete.retention.ms", "5000"), ("min.cleanable.dirty.ratio", "0.25"),
    ("remote.storage.enable", "false"), ("cleanup.policy", "delete"), ("flush.ms", "1000"),
    ("unclean.leader.election.enable", "true"), ("compression.zstd.level", "9"),
])
def test_what_is_set_is_kept_with_its_source(bootstrap: str, name: str, key: str, value: str):
    assert create(bootstrap, name, **{key.replace(".", "_"): value}) == 0
    one = described(bootstrap, TOPIC, name)[key]
    assert (one.value, one.config_source, one.synonyms[0].source) == (value, OF_TOPIC, OF_TOPIC)
    assert alter(bootstrap, TOPIC, name, (key, 1, None)) == 0
    assert described(bootstrap, TOPIC, name)[key].config_source in (OF_ALL_BROKERS, DEFAULT)


def test_a_list_grows_and_shrinks(bootstrap: str, name: str):
    key = "leader.replication.throttled.replicas"
    assert create(bootstrap, name) == 0
    for step, value, now in ((APPEND, "0:1", "0:1"), (APPEND, "1:1,0:1", "0:1,1:1"), (SUBTRACT, "0:1", "1:1")):
        assert alter(bootstrap, TOPIC, name, (key, step, value)) == 0
        assert described(bootstrap, TOPIC, name)[key].value == now


def test_settings_of_groups_are_kept(bootstrap: str, name: str):
    assert described(bootstrap, GROUP, name)["consumer.session.timeout.ms"].config_source == DEFAULT
    assert alter(bootstrap, GROUP, name, ("consumer.session.timeout.ms", SET, "46000")) == 0
    one = described(bootstrap, GROUP, name)["consumer.session.timeout.ms"]
    assert (one.value, one.config_source) == ("46000", OF_GROUP)
    assert alter(bootstrap, GROUP, name, ("no.such", SET, "1")) == 40


def test_settings_of_the_broker_are_kept_and_outlive_it(tmp_path: Path):
    path = tmp_path / "work.flow"
    with serving(path) as served:
        assert alter(served.address, BROKER, "", ("log.cleaner.threads", SET, "2")) == 0
        assert alter(served.address, BROKER, "1", ("background.threads", SET, "3")) == 0
        assert alter(served.address, BROKER, "1", ("node.id", SET, "4")) == 40
        assert alter(served.address, BROKER, "9", ("background.threads", SET, "3")) == 42
        assert create(served.address, "t", segment_bytes="2000000") == 0
    with Broker.open(path) as broker:
        served = Served(broker, ListenerSettings())
        try:
            found = described(served.address, BROKER, "1")
            assert (found["background.threads"].value, found["background.threads"].config_source) == ("3", OF_BROKER)
            assert found["log.cleaner.threads"].config_source == OF_ALL_BROKERS
            assert list(described(served.address, BROKER, "")) == ["log.cleaner.threads"]
            assert described(served.address, TOPIC, "t")["segment.bytes"].value == "2000000"
        finally:
            served.close()


def test_compaction_is_refused_in_a_sentence(served: Served):
    with Wire(served.address) as wire:
        asked = {"name": "t", "num_partitions": 1, "replication_factor": 1, "assignments": (),
                 "configs": [{"name": "cleanup.policy", "value": "compact"}]}
        (answer,) = wire.ask("create_topics", 7, topics=[asked], timeout=5000, validate_only=False).topics
    assert answer.error_code == 40
    assert "not compacted yet" in answer.error_message and answer.error_message.endswith("Use delete.")


@proves(CONFLUENT, "AdminClient: set, append to and describe settings of topics and groups")
def test_confluent_settings(bootstrap: str, name: str):
    admin = ck.AdminClient({"bootstrap.servers": bootstrap})
    made = ck.NewTopic(name, 1, 1, config={"segment.bytes": "2000000", "min.insync.replicas": "1"})
    admin.create_topics([made])[name].result(20)
    resource = ck.ConfigResource(ck.ResourceType.TOPIC, name, incremental_configs=[
        ck.ConfigEntry("segment.ms", "60000", incremental_operation=ck.AlterConfigOpType.SET),
        ck.ConfigEntry("follower.replication.throttled.replicas", "0:1",
                       incremental_operation=ck.AlterConfigOpType.APPEND)])
    admin.incremental_alter_configs([resource])[resource].result(20)
    asked = ck.ConfigResource(ck.ResourceType.TOPIC, name)
    found = admin.describe_configs([asked])[asked].result(20)
    assert {key: found[key].value for key in ("segment.bytes", "segment.ms")} == {
        "segment.bytes": "2000000", "segment.ms": "60000"}
    assert found["follower.replication.throttled.replicas"].value == "0:1"
    assert found["segment.ms"].source == ck.ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert found["index.interval.bytes"].source == ck.ConfigSource.DEFAULT_CONFIG.value
    bad = ck.ConfigResource(ck.ResourceType.TOPIC, name, incremental_configs=[
        ck.ConfigEntry("segment.ms", "soon", incremental_operation=ck.AlterConfigOpType.SET)])
    with pytest.raises(KafkaException):
        admin.incremental_alter_configs([bad])[bad].result(20)


@proves(KAFKA_PYTHON, "AdminClient: a topic with settings, and their description")
def test_kafka_python_settings(bootstrap: str, name: str):
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(name, 1, 1, topic_configs={"segment.bytes": "2000000"})])
        assert described(bootstrap, TOPIC, name)["segment.bytes"].value == "2000000"
    finally:
        admin.close()
