"""What Kafka refuses is refused with its code: leniency hides a fault until production. Run against Apache Kafka 4.1
too (WORKBENCH_KAFKA_BOOTSTRAP): every code here is the one it gave."""

from __future__ import annotations

import time
from typing import Any

import pytest
from kio.schema.errors import ErrorCode
from listeners.wire import Wire, fetch_fields, produce_fields

from workbench.broker import batch_header, encode_batch
from workbench.broker.batch import HEADER_BYTES, _assemble
from workbench.core.records import Record

TOPIC, BROKER, GROUP = 2, 4, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


def create(bootstrap: str, name: str, *, partitions: int = 1, copies: int = 1, assigned: tuple[Any, ...] = (),
           **configs: str | None) -> ErrorCode:
    topic = {
        "name": name, "num_partitions": partitions, "replication_factor": copies,
        "assignments": [{"partition_index": at, "broker_ids": brokers} for at, brokers in assigned],
        "configs": [{"name": key.replace("_", "."), "value": value} for key, value in configs.items()],
    }
    with Wire(bootstrap) as wire:
        answer = wire.ask("create_topics", 7, topics=[topic], timeout=5000, validate_only=False)
        code = answer.topics[0].error_code
        until = time.monotonic() + 10
        while code is ErrorCode.none and time.monotonic() < until:  # a broker of several parts knows it a little later
            asked = [{"name": name, "topic_id": "00000000-0000-0000-0000-000000000000"}]
            known = wire.ask("metadata", 12, topics=asked, allow_auto_topic_creation=False,
                             include_topic_authorized_operations=False)
            if known.topics[0].error_code is ErrorCode.none:
                break
    return code


def alter(bootstrap: str, kind: int, name: str, *steps: tuple[str, int, str | None]) -> ErrorCode:
    configs = [{"name": key, "config_operation": step, "value": value} for key, step, value in steps]
    resource = {"resource_type": kind, "resource_name": name, "configs": configs}
    with Wire(bootstrap) as wire:
        answer = wire.ask("incremental_alter_configs", 1, resources=[resource], validate_only=False)
    return answer.responses[0].error_code


def produced(bootstrap: str, topic: str, data: bytes, version: int = 9, **fields: Any) -> Any:
    with Wire(bootstrap) as wire:
        answer = wire.ask("produce", version, **{**produce_fields(topic, data), **fields})
    return answer.responses[0].partition_responses[0]


def batch(at_ms: int = 0, **header: int) -> bytes:
    plain = encode_batch([Record(b"k", b"v")], now_ms=at_ms or int(time.time() * 1000))
    return _assemble(batch_header(plain)._replace(**header), plain[HEADER_BYTES:])


# -- topics --------------------------------------------------------------------------------------------------
def test_a_dot_beside_an_underscore(bootstrap: str, name: str):
    assert create(bootstrap, f"{name}.a") is ErrorCode.none
    assert create(bootstrap, f"{name}_a") is ErrorCode.invalid_topic_exception
    assert create(bootstrap, f"{name}-a") is ErrorCode.none


@pytest.mark.parametrize("code, ask", [
    (42, {"partitions": 2, "assigned": ((0, (1,)),)}), (42, {"copies": 1, "partitions": -1, "assigned": ((0, (1,)),)}),
    (39, {"copies": -1, "partitions": -1, "assigned": ((0, (1,)), (2, (1,)))}),
    (39, {"copies": -1, "partitions": -1, "assigned": ((1, (1,)),)}),
    (39, {"copies": -1, "partitions": -1, "assigned": ((0, (7,)),)}),
    (0, {"copies": -1, "partitions": -1, "assigned": ((1, (1,)), (0, (1,)))}),
    (40, {"retention_ms": None}), (40, {"retention_ms": "soon"}), (40, {"no_such_setting": "1"}),
    (40, {"cleanup_policy": "shred"}), (40, {"segment_bytes": "-1"}), (40, {"min_insync_replicas": "0"}),
])
def test_a_topic_is_created_as_it_was_asked_for_or_not(bootstrap: str, name: str, code: int, ask: dict[str, Any]):
    assert create(bootstrap, name, **ask) == code


@pytest.mark.parametrize("code, count, assigned", [
    (0, 3, ((1,), (1,))), (39, 3, ((1,),)), (39, 3, ((1,), (9,))), (37, 1, None),
])
def test_more_partitions_go_to_brokers_that_are_there(bootstrap: str, name: str, code: int, count: int, assigned: Any):
    assert create(bootstrap, name) is ErrorCode.none
    replicas = None if assigned is None else [{"broker_ids": brokers} for brokers in assigned]
    asked = {"name": name, "count": count, "assignments": replicas}
    with Wire(bootstrap) as wire:
        answer = wire.ask("create_partitions", 3, topics=[asked], timeout=5000, validate_only=False)
    assert answer.results[0].error_code == code


# -- settings ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code, steps", [
    (42, [("retention.ms", SET, "1"), ("retention.ms", DELETE, None)]), (42, [("retention.ms", SET, None)]),
    (40, [("retention.ms", APPEND, "1")]), (40, [("retention.ms", SET, "soon")]), (40, [("no.such", SET, "1")]),
    (0, [("leader.replication.throttled.replicas", APPEND, "0:1"), ("segment.bytes", SET, "1073741824")]),
])
def test_a_change_of_settings_is_whole_or_refused(bootstrap: str, name: str, code: int, steps: Any):
    assert create(bootstrap, name) is ErrorCode.none
    assert alter(bootstrap, TOPIC, name, *steps) == code


# -- offsets -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code, asked", [
    (0, [(-1, -1)]), (0, [(-2, 0)]), (0, [(-3, -1)]), (0, [(-4, -1)]), (42, [(-1, -1), (-2, -1)]), (35, [(-17, -1)]),
    (75, [(-1, 5)]),
])
def test_offsets_are_asked_for_in_words_that_are_known(bootstrap: str, name: str, code: int, asked: Any):
    assert create(bootstrap, name) is ErrorCode.none
    with Wire(bootstrap) as wire:
        answer = wire.ask("list_offsets", 8, replica_id=-1, isolation_level=0, topics=[{"name": name, "partitions": [
            {"partition_index": 0, "current_leader_epoch": epoch, "timestamp": at} for at, epoch in asked
        ]}])
    assert {part.error_code.value for part in answer.topics[0].partitions} == {code}


def test_a_fetch_knows_the_leader_epoch(bootstrap: str, name: str):
    assert create(bootstrap, name) is ErrorCode.none
    asked = fetch_fields(name, 0)
    asked["topics"][0]["partitions"][0]["current_leader_epoch"] = 5
    with Wire(bootstrap) as wire:
        answer = wire.ask("fetch", 11, **asked, rack_id="")
    assert answer.responses[0].partitions[0].error_code is ErrorCode.unknown_leader_epoch


# -- producing -----------------------------------------------------------------------------------------------
HOUR_MS = 3_600_000


@pytest.mark.parametrize("code, times", [
    (32, lambda now: now + 2 * HOUR_MS), (32, lambda now: now * 1000), (0, lambda now: now + HOUR_MS // 2),
    (0, lambda now: 1), (0, lambda now: -1),
])
def test_a_time_too_far_ahead_is_refused(bootstrap: str, name: str, code: int, times: Any):
    assert create(bootstrap, name) is ErrorCode.none
    at_ms = times(int(time.time() * 1000))
    assert produced(bootstrap, name, batch(base_timestamp=at_ms, max_timestamp=at_ms)).error_code == code


def test_how_far_a_time_may_be_off_is_a_setting(bootstrap: str, name: str):
    assert create(bootstrap, name, message_timestamp_before_max_ms="1000",
                  message_timestamp_after_max_ms=str(9 * HOUR_MS)) is ErrorCode.none
    now = int(time.time() * 1000)
    for code, at_ms in ((0, now + 2 * HOUR_MS), (32, now - 60_000)):
        assert produced(bootstrap, name, batch(base_timestamp=at_ms, max_timestamp=at_ms)).error_code == code


@pytest.mark.parametrize("version", [3, 7, 9, 11])
def test_the_answer_says_the_brokers_time(bootstrap: str, name: str, version: int):
    assert create(bootstrap, name, message_timestamp_type="LogAppendTime") is ErrorCode.none
    answer = produced(bootstrap, name, batch(base_timestamp=5, max_timestamp=5), version)
    assert answer.error_code is ErrorCode.none
    assert abs(answer.log_append_time.timestamp() - time.time()) < 20


def test_a_transactional_batch_needs_a_transactional_id(bootstrap: str, name: str):
    assert create(bootstrap, name) is ErrorCode.none
    data = batch(attributes=16, producer_id=7, producer_epoch=0, base_sequence=0)
    assert produced(bootstrap, name, data).error_code == 53


def test_without_acks_a_failure_closes_the_connection(bootstrap: str, name: str):
    with Wire(bootstrap) as wire:
        wire.begin("produce", 9, **produce_fields(name, batch(), acks=0))
        assert wire.closed()
    assert create(bootstrap, name) is ErrorCode.none
    with Wire(bootstrap) as wire:
        wire.begin("produce", 9, **produce_fields(name, batch(), acks=0))
        end = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}
        bounds = wire.ask("list_offsets", 5, replica_id=-1, isolation_level=0,
                          topics=[{"name": name, "partitions": [end]}])
        assert bounds.topics[0].partitions[0].error_code is ErrorCode.none


def test_a_fenced_producer_is_told_so(bootstrap: str, name: str):
    assert create(bootstrap, name) is ErrorCode.none
    with Wire(bootstrap) as wire:
        asked = {"transactional_id": name, "transaction_timeout": 60_000, "producer_id": -1, "producer_epoch": -1}
        until = time.monotonic() + 30
        first = wire.ask("init_producer_id", 4, **asked)
        while first.error_code is not ErrorCode.none and time.monotonic() < until:
            wire.ask("find_coordinator", 4, key_type=1, coordinator_keys=(name,))
            first = wire.ask("init_producer_id", 4, **asked)
        second = wire.ask("init_producer_id", 4, **asked)
        assert second.producer_epoch > first.producer_epoch
        old = {"transactional_id": name, "producer_id": first.producer_id, "producer_epoch": first.producer_epoch}
        assert wire.ask("end_txn", 3, **old, committed=True).error_code == 90
        assert wire.ask("end_txn", 1, **old, committed=True).error_code == 47


# -- commits -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("offset", [-1, -2, -17, 0, 1 << 50])
def test_a_commit_takes_any_number_and_keeps_the_leader_epoch(bootstrap: str, name: str, offset: int):
    assert create(bootstrap, name) is ErrorCode.none
    with Wire(bootstrap) as wire:
        until = time.monotonic() + 20
        code = None
        while code is not ErrorCode.none and time.monotonic() < until:
            wire.ask("find_coordinator", 4, key_type=0, coordinator_keys=(name,))
            done = wire.ask("offset_commit", 8, group_id=name, generation_id_or_member_epoch=-1, member_id="",
                            group_instance_id=None, topics=[{"name": name, "partitions": [
                                {"partition_index": 0, "committed_offset": offset, "committed_leader_epoch": 0,
                                 "committed_metadata": "here"}]}])
            code = done.topics[0].partitions[0].error_code
        assert code is ErrorCode.none
        found = wire.ask("offset_fetch", 7, group_id=name, topics=[{"name": name, "partition_indexes": (0,)}],
                         require_stable=False).topics[0].partitions[0]
    assert (found.committed_offset, found.committed_leader_epoch, found.metadata) == (offset, 0, "here")
