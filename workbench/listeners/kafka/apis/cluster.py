"""Metadata, FindCoordinator and DescribeCluster: one node, this one, at the address the client can reach."""

from __future__ import annotations

import asyncio
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import Broker, TopicMeta
from workbench.core.errors import AlreadyExists, Invalid, WorkbenchError
from workbench.listeners.kafka.apis.offsets import LEADER_EPOCH
from workbench.listeners.kafka.call import NODE_ID, Answer, Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

NO_UUID = "00000000-0000-0000-0000-000000000000"
AUTO_PARTITIONS = 1
_GROUP, _TRANSACTION = 0, 1


def _brokers(call: Call) -> list[Fields]:
    return [{"node_id": NODE_ID, "host": call.address[0], "port": call.address[1]}]


# -- Metadata ------------------------------------------------------------------------------------------------
def _metadata(call: Call) -> Answer:
    asked = call.request.topics
    if asked is None or (call.version == 0 and not asked):  # all of them
        return _metadata_answer(call, [_topic(meta) for meta in call.broker.topics()])
    by_uuid = {meta.uuid: meta for meta in call.broker.topics()}
    by_name = {meta.name: meta for meta in by_uuid.values()}
    creates = getattr(call.request, "allow_auto_topic_creation", True) and call.shared.settings.auto_create
    missing = [topic.name for topic in asked if topic.name is not None and topic.name not in by_name]
    if missing and creates:
        return _metadata_creating(call, missing)
    return _metadata_answer(call, [_asked_topic(topic, by_name, by_uuid) for topic in asked])


def _asked_topic(topic: Any, by_name: dict[str, TopicMeta], by_uuid: dict[str, TopicMeta]) -> Fields:
    if topic.name is None:
        meta = by_uuid.get(str(topic.topic_id))
        return _topic(meta) if meta else _no_topic(None, ErrorCode.unknown_topic_id, str(topic.topic_id))
    meta = by_name.get(topic.name)
    return _topic(meta) if meta else _no_topic(topic.name, ErrorCode.unknown_topic_or_partition)


async def _metadata_creating(call: Call, missing: list[str]) -> Fields:
    """Make the topics that are not there, as a Kafka broker does by default."""
    failed: dict[str, WorkbenchError] = {}
    for name in missing:
        try:
            check_no_collision(call.broker, name)
            await asyncio.to_thread(call.broker.create_topic, name, AUTO_PARTITIONS)
        except AlreadyExists:
            continue  # another client was quicker
        except WorkbenchError as error:
            failed[name] = error
    by_uuid = {meta.uuid: meta for meta in call.broker.topics()}
    by_name = {meta.name: meta for meta in by_uuid.values()}
    return _metadata_answer(call, [
        _no_topic(topic.name, code_of(failed[topic.name], Invalid=ErrorCode.invalid_topic_exception))
        if topic.name in failed else _asked_topic(topic, by_name, by_uuid)
        for topic in call.request.topics
    ])


def check_no_collision(broker: Broker, name: str) -> None:
    """Kafka's metrics can't tell a dot from an underscore, so it refuses ``a.b`` beside ``a_b``."""
    alike = name.replace(".", "_")
    other = next((meta.name for meta in broker.topics() if meta.name.replace(".", "_") == alike), name)
    if other != name:
        raise Invalid("Topic {name} collides with {other}: Kafka takes a dot for an underscore.", "Name it otherwise.",
                      name=name, other=other)


def _metadata_answer(call: Call, topics: list[Fields]) -> Fields:
    return {
        "brokers": _brokers(call), "cluster_id": call.shared.cluster_id, "controller_id": NODE_ID, "topics": topics,
    }


def _topic(meta: TopicMeta) -> Fields:
    return {"name": meta.name, "topic_id": meta.uuid, "partitions": [
        {"partition_index": number, "leader_id": NODE_ID, "leader_epoch": LEADER_EPOCH, "replica_nodes": (NODE_ID,),
         "isr_nodes": (NODE_ID,)}
        for number in range(meta.partitions)
    ]}


def _no_topic(name: str | None, code: ErrorCode, uuid: str = NO_UUID) -> Fields:
    return {"name": name, "topic_id": uuid, "error_code": code, "partitions": ()}


# -- the others ----------------------------------------------------------------------------------------------
def _find_coordinator(call: Call) -> Fields:
    request = call.request
    key_type = getattr(request, "key_type", _GROUP)
    here = {"node_id": NODE_ID, "host": call.address[0], "port": call.address[1]}
    nowhere = {"node_id": -1, "host": "", "port": -1, "error_code": ErrorCode.invalid_request,
               "error_message": f"There is no coordinator of type {key_type}."}
    answer = here if key_type in (_GROUP, _TRANSACTION) else nowhere
    keys = request.coordinator_keys if call.version >= 4 else (request.key,)
    if key_type == _GROUP and keys:
        call.connection.sought = (keys[0], call.shared.clock.monotonic_ms())
    if call.version >= 4:
        return {"coordinators": [{"key": key, **answer} for key in keys]}
    return answer


def _describe_cluster(call: Call) -> Fields:
    return {"cluster_id": call.shared.cluster_id, "controller_id": NODE_ID,
            "brokers": [{"broker_id": NODE_ID, "host": call.address[0], "port": call.address[1]}]}


APIS = (
    Api(3, "metadata", 0, 12, _metadata),
    Api(10, "find_coordinator", 0, 5, _find_coordinator),
    Api(60, "describe_cluster", 0, 1, _describe_cluster),
)
