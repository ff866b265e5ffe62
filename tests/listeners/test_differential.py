"""Every reply of every version that is advertised, read by two libraries nobody here wrote: kio and kafka-python.

The replies come from a listener with something in it, asked over a socket; kafka-python writes what it read again,
and the bytes must be the same.
"""

from __future__ import annotations

from typing import Any

import kafka.protocol.admin
import kafka.protocol.consumer
import kafka.protocol.metadata
import kafka.protocol.producer
import kafka.protocol.sasl  # noqa: F401
import pytest
from kafka.protocol.api_message import ResponseClassRegistry
from listeners.serving import Served
from listeners.wire import Wire, decode, encode, fetch_fields, produce_fields

from workbench.broker import encode_batch
from workbench.core.records import Record, TopicPartition
from workbench.listeners.kafka.apis.table import TABLE

PART = {"partition_index": 0}
GROUP = {"group_id": "g", "member_id": "", "generation_id": 1}
TOPIC = {"name": "t", "topic_id": None}
ASKED: dict[str, dict[str, Any]] = {
    "produce": produce_fields("t", encode_batch([Record(b"k", b"v")], now_ms=1)),
    "fetch": fetch_fields("t", 0),
    "list_offsets": {"replica_id": -1, "isolation_level": 0, "timeout": 0,
                     "topics": [{"name": "t", "partitions": [PART | {"timestamp": 0}]}]},
    "metadata": {"topics": [TOPIC, {"name": "not.there", "topic_id": None}], "allow_auto_topic_creation": False,
                 "include_topic_authorized_operations": False, "include_cluster_authorized_operations": False},
    "offset_commit": {"group_id": "other", "generation_id_or_member_epoch": -1, "member_id": "", "retention_time": -1,
                      "topics": [{"name": "t", "partitions": [PART | {"committed_offset": 1, "committed_metadata": "m",
                                                                     "commit_timestamp": -1}]}]},
    "offset_fetch": {"group_id": "g", "topics": [{"name": "t", "partition_indexes": (0, 1)}],
                     "groups": [{"group_id": "g", "topics": [{"name": "t", "partition_indexes": (0, 1)}]}]},
    "find_coordinator": {"key": "g", "coordinator_keys": ("g",)},
    "join_group": {"group_id": "j", "session_timeout": 6000, "rebalance_timeout": 6000, "member_id": "",
                   "protocol_type": "consumer", "protocols": [{"name": "range", "metadata": b"x"}]},
    "heartbeat": GROUP,
    "leave_group": GROUP | {"members": [{"member_id": "m"}]},
    "sync_group": GROUP | {"assignments": ()},
    "describe_groups": {"groups": ("g", "unknown"), "include_authorized_operations": False},
    "list_groups": {},
    "sasl_handshake": {"mechanism": "PLAIN"},
    "api_versions": {"client_software_name": "x", "client_software_version": "1"},
    "create_topics": {"validate_only": False, "topics": [
        {"name": name, "num_partitions": 1, "replication_factor": 1, "assignments": (), "configs": ()}
        for name in ("fresh", "bad name", "t")]},
    "delete_topics": {"timeout": 0, "topics": [{"name": "nowhere", "topic_id": None}], "topic_names": ("nowhere",)},
    "delete_records": {"timeout": 0, "topics": [{"name": "t", "partitions": [PART | {"offset": 0}]}]},
    "init_producer_id": {"transactional_id": None, "transaction_timeout": 0},
    "offset_for_leader_epoch": {"topics": [{"topic": "t", "partitions": [{"partition": 0, "leader_epoch": 0}]}]},
    "add_partitions_to_txn": {"v3_and_below_transactional_id": "x", "v3_and_below_producer_id": 1,
                              "v3_and_below_producer_epoch": 0,
                              "v3_and_below_topics": [{"name": "t", "partitions": (0,)}]},
    "add_offsets_to_txn": {"transactional_id": "x", "producer_id": 1, "producer_epoch": 0, "group_id": "g"},
    "end_txn": {"transactional_id": "x", "producer_id": 1, "producer_epoch": 0, "committed": True},
    "txn_offset_commit": {"transactional_id": "x", "producer_id": 1, "producer_epoch": 0, "group_id": "g",
                          "topics": [{"name": "t", "partitions": [PART | {"committed_offset": 1,
                                                                         "committed_metadata": ""}]}]},
    "describe_configs": {"resources": [{"resource_type": kind, "resource_name": name, "configuration_keys": None}
                                       for kind, name in ((2, "t"), (4, "1"), (2, "nowhere"))],
                         "include_synonyms": True},
    "alter_configs": {"validate_only": False, "resources": [
        {"resource_type": 2, "resource_name": "t", "configs": [{"name": "retention.ms", "value": "100000000"}]}]},
    "sasl_authenticate": {"auth_bytes": b"\0a\0b"},
    "create_partitions": {"timeout": 0, "validate_only": True, "topics": [
        {"name": "t", "count": 9, "assignments": None}, {"name": "t", "count": 1, "assignments": None}]},
    "delete_groups": {"groups_names": ("unknown",)},
    "incremental_alter_configs": {"validate_only": False, "resources": [
        {"resource_type": 2, "resource_name": "t",
         "configs": [{"name": "retention.ms", "config_operation": 1, "value": None}]}]},
    "offset_delete": {"group_id": "g", "topics": [{"name": "t", "partitions": [PART]}]},
    "describe_cluster": {"include_cluster_authorized_operations": False},
}
CASES = [(api.name, version) for api in TABLE.values() for version in range(api.low, api.high + 1)]


def test_every_api_is_asked():
    assert set(ASKED) == {api.name for api in TABLE.values()}


@pytest.mark.parametrize(("name", "version"), CASES, ids=lambda value: str(value))
def test_two_libraries_read_the_same(served: Served, name: str, version: int):
    broker = served.broker
    broker.create_topic("t", 2)
    broker.append("t", 0, [Record(b"k", b"v")]).result()
    broker.commit_offsets("g", "", -1, {TopicPartition("t", 0): (1, "m")}).result()
    fields = dict(ASKED[name])
    if name == "fetch" and version >= 13:
        fields["topics"] = [fields["topics"][0] | {"topic_id": broker.topic("t").uuid}]
    with Wire(served.address) as wire:
        if name == "sasl_authenticate":
            wire.ask("sasl_handshake", 1, mechanism="PLAIN")
        wire.send(encode(name, version, fields, 7))
        frame = wire.receive()
    assert decode(name, version, frame)[0] == 7

    class _Asked:
        request_api_key, request_api_version = next(a.key for a in TABLE.values() if a.name == name), version

    reply = ResponseClassRegistry.get_response_class(_Asked)
    assert reply is not None, f"kafka-python does not know {name}"
    read = reply.decode(frame, header=True)
    assert read.encode(header=True) == frame
