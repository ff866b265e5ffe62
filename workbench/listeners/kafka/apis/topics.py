"""Topics from outside: create, delete, more partitions, delete records. Each acts on a thread, for it waits for the
commit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import MAX_PARTITIONS, check_topic_config, check_topic_name
from workbench.core.errors import AlreadyExists, Invalid, WorkbenchError
from workbench.listeners.kafka.apis.cluster import AUTO_PARTITIONS, NO_UUID, check_no_collision
from workbench.listeners.kafka.apis.configs import config_entries, values_of
from workbench.listeners.kafka.call import NODE_ID, Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

REPLICAS = 1


class _BadReplication(Invalid):
    pass


class _BadConfig(Invalid):
    pass


class _BadAssignment(Invalid):
    pass


class _BadRequest(Invalid):
    pass


class _BadPartitions(Invalid):
    pass


_WORDS = {
    "_BadReplication": ErrorCode.invalid_replication_factor,
    "_BadConfig": ErrorCode.invalid_config,
    "_BadPartitions": ErrorCode.invalid_partitions,
    "_BadAssignment": ErrorCode.invalid_replica_assignment,
    "_BadRequest": ErrorCode.invalid_request,
    "Invalid": ErrorCode.invalid_topic_exception,
}


# -- CreateTopics --------------------------------------------------------------------------------------------
async def _create(call: Call) -> Fields:
    counts = Counter(topic.name for topic in call.request.topics)
    return {"topics": [await _create_one(call, topic, counts[topic.name] > 1) for topic in call.request.topics]}


async def _create_one(call: Call, topic: Any, twice: bool) -> Fields:
    answer: dict[str, Any] = {"name": topic.name, "topic_id": NO_UUID, "configs": None}
    try:
        if twice:
            raise _BadPartitions(f"{topic.name} is in the request twice.")
        check_topic_name(topic.name)
        check_no_collision(call.broker, topic.name)
        partitions = _partitions(topic)
        config = _config(topic)
        if getattr(call.request, "validate_only", False):
            _check_only(call, topic.name)
            return answer | {"num_partitions": partitions, "replication_factor": REPLICAS, "configs": ()}
        meta = await asyncio.to_thread(call.broker.create_topic, topic.name, partitions, config=config)
    except WorkbenchError as error:
        return answer | {"error_code": code_of(error, **_WORDS), "error_message": error.sentence()}
    return answer | {"topic_id": meta.uuid, "num_partitions": meta.partitions, "replication_factor": REPLICAS,
                     "configs": config_entries(meta, call.version)}


def _partitions(topic: Any) -> int:
    if topic.assignments:
        if topic.num_partitions != -1 or topic.replication_factor != -1:
            raise _BadRequest("A topic has either assignments or counts.", "Give -1 for both counts.")
        _check_replicas([one.broker_ids for one in topic.assignments])
        if sorted(one.partition_index for one in topic.assignments) != list(range(len(topic.assignments))):
            raise _BadAssignment("The assigned partitions are not 0, 1, 2 and so on.", "Assign each of them once.")
        return len(topic.assignments)
    if topic.replication_factor not in (-1, REPLICAS):
        raise _BadReplication(f"There is one node, so the replication factor can't be {topic.replication_factor}.",
                              "Use 1, or -1 for the default.")
    if topic.num_partitions == 0 or topic.num_partitions < -1:
        raise _BadPartitions("A topic needs at least one partition.")
    if topic.num_partitions > MAX_PARTITIONS:
        raise _BadPartitions(f"A topic can't have {topic.num_partitions} partitions.", f"Choose 1 to {MAX_PARTITIONS}.")
    return AUTO_PARTITIONS if topic.num_partitions == -1 else topic.num_partitions


def _config(topic: Any) -> dict[str, str | None]:
    try:
        return dict(check_topic_config(values_of(topic.configs, null=_BadConfig)))
    except Invalid as error:
        raise _BadConfig(error.message, error.next_step) from None


def _check_replicas(replicas: Sequence[Sequence[int]]) -> None:
    if any(tuple(brokers) != (NODE_ID,) for brokers in replicas):
        raise _BadAssignment(f"There is one node, {NODE_ID}: each partition has exactly that replica.",
                             f"Assign each to [{NODE_ID}].")


def _check_only(call: Call, name: str) -> None:
    if call.broker.has_partition(name, 0):
        raise AlreadyExists("Topic {name} is already there.", "Choose another name.", name=name)


# -- DeleteTopics --------------------------------------------------------------------------------------------
async def _delete(call: Call) -> Fields:
    names = {meta.uuid: meta.name for meta in call.broker.topics()}
    uuids = {name: uuid for uuid, name in names.items()}
    answers = []
    asked = (
        [(one.name, one.topic_id) for one in call.request.topics] if call.version >= 6
        else [(name, None) for name in call.request.topic_names]
    )
    for name, uuid in asked:
        known = name if name is not None else names.get(str(uuid))
        answer: dict[str, Any] = {"name": known, "topic_id": uuids.get(known or "", str(uuid or NO_UUID))}
        if known is None:
            answers.append(answer | {"error_code": ErrorCode.unknown_topic_id})
        else:
            answers.append(answer | await _outcome(lambda name=known: call.broker.delete_topic(name)))
    return {"responses": answers}


# -- CreatePartitions, DeleteRecords -------------------------------------------------------------------------
async def _create_partitions(call: Call) -> Fields:
    return {"results": [
        {"name": topic.name,
         **await _outcome(lambda topic=topic: _grow(call, topic), Invalid=ErrorCode.invalid_partitions,
                          _BadAssignment=ErrorCode.invalid_replica_assignment)}
        for topic in call.request.topics
    ]}


def _grow(call: Call, topic: Any) -> None:
    meta = call.broker.topic(topic.name)
    if topic.count <= meta.partitions:
        raise Invalid("Topic {name} has {partitions} partitions already.", "Ask for more than that.", name=topic.name,
                      partitions=meta.partitions)
    if topic.assignments is not None:
        if len(topic.assignments) != topic.count - meta.partitions:
            raise _BadAssignment(f"{topic.count - meta.partitions} partitions are new, and "
                                 f"{len(topic.assignments)} are assigned.", "Assign each new one.")
        _check_replicas([one.broker_ids for one in topic.assignments])
    if not call.request.validate_only:
        call.broker.alter_topic(topic.name, topic.count)


async def _outcome(act: Callable[[], object], **instead: ErrorCode) -> dict[str, Any]:
    try:
        await asyncio.to_thread(act)
    except WorkbenchError as error:
        return {"error_code": code_of(error, **instead), "error_message": error.sentence()}
    return {}


async def _delete_records(call: Call) -> Fields:
    return {"topics": [
        {"name": topic.name, "partitions": [await _delete_before(call, topic.name, part) for part in topic.partitions]}
        for topic in call.request.topics
    ]}


async def _delete_before(call: Call, topic: str, part: Any) -> Fields:
    answer = {"partition_index": part.partition_index}
    try:
        start = await asyncio.to_thread(call.broker.delete_records, topic, part.partition_index, part.offset)
    except WorkbenchError as error:
        code = code_of(error, Invalid=ErrorCode.offset_out_of_range, Refused=ErrorCode.policy_violation)
        return answer | {"low_watermark": -1, "error_code": code}
    return answer | {"low_watermark": start}


APIS = (
    Api(19, "create_topics", 2, 7, _create),
    Api(20, "delete_topics", 1, 6, _delete),
    Api(21, "delete_records", 0, 2, _delete_records),
    Api(37, "create_partitions", 0, 3, _create_partitions),
)
