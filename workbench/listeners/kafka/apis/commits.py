"""Committed offsets: OffsetCommit, OffsetFetch, OffsetDelete."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import CommittedOffset, OffsetPut
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.records import TopicPartition
from workbench.listeners.kafka.call import Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

MAX_METADATA_CHARS = 4096
"""Kafka's offset.metadata.max.bytes, which counts so."""


def asked_offsets(call: Call) -> dict[TopicPartition, OffsetPut]:
    """The offsets of a commit that can be taken."""
    return {
        TopicPartition(topic.name, part.partition_index): (
            part.committed_offset, part.committed_metadata or "", getattr(part, "committed_leader_epoch", -1))
        for topic in call.request.topics
        for part in topic.partitions
        if _fault(call, topic.name, part) is ErrorCode.none
    }


def _fault(call: Call, topic: str, part: Any) -> ErrorCode:
    if not call.broker.has_partition(topic, part.partition_index):
        return ErrorCode.unknown_topic_or_partition
    too_long = len(part.committed_metadata or "") > MAX_METADATA_CHARS
    return ErrorCode.offset_metadata_too_large if too_long else ErrorCode.none


def commit_answer(call: Call, code: ErrorCode) -> Fields:
    """``code`` for every offset that could be taken; for the others, why not."""
    return {"topics": [
        {"name": topic.name, "partitions": [
            {"partition_index": part.partition_index,
             "error_code": code if (fault := _fault(call, topic.name, part)) is ErrorCode.none else fault}
            for part in topic.partitions
        ]}
        for topic in call.request.topics
    ]}


async def _commit(call: Call) -> Fields:
    request = call.request
    generation = request.generation_id_or_member_epoch if call.version >= 1 else -1
    call.connection.group = request.group_id
    try:
        await call.result(call.broker.commit_offsets(
            request.group_id, request.member_id, generation, asked_offsets(call),
            getattr(request, "group_instance_id", None),
        ))
    except WorkbenchError as error:
        return commit_answer(call, code_of(error, Invalid=ErrorCode.invalid_commit_offset_size,
                                           NotFound=ErrorCode.group_id_not_found))
    return commit_answer(call, ErrorCode.none)


# -- OffsetFetch ---------------------------------------------------------------------------------------------
def _fetch(call: Call) -> Fields:
    request = call.request
    stable_only = getattr(request, "require_stable", False)
    if call.version < 8:
        return {"topics": _fetched(call, request.group_id, request.topics, stable_only)}
    return {"groups": [
        {"group_id": group.group_id, "topics": _fetched(call, group.group_id, group.topics, stable_only)}
        for group in request.groups
    ]}


def _fetched(call: Call, group: str, topics: Sequence[Any] | None, stable_only: bool) -> list[Fields]:
    committed = call.broker.committed(group)
    if topics is None:
        wanted: dict[str, list[int]] = {}
        for part in sorted(committed):
            wanted.setdefault(part.topic, []).append(part.partition)
    else:
        wanted = {topic.name: list(topic.partition_indexes) for topic in topics}
    pending = call.broker.transactions.pending_offsets(group) if stable_only else frozenset()
    return [
        {"name": topic, "partitions": [
            _committed(TopicPartition(topic, number), committed, pending) for number in numbers
        ]}
        for topic, numbers in wanted.items()
    ]


def _committed(part: TopicPartition, committed: Mapping[TopicPartition, CommittedOffset],
               pending: frozenset[TopicPartition]) -> Fields:
    answer: dict[str, Any] = {"partition_index": part.partition, "committed_offset": -1, "metadata": "",
                              "committed_leader_epoch": -1}
    if part in pending:
        return answer | {"error_code": ErrorCode.unstable_offset_commit}
    if part in committed:
        done = committed[part]
        answer |= {"committed_offset": done.offset, "metadata": done.metadata,
                   "committed_leader_epoch": done.leader_epoch}
    return answer


# -- OffsetDelete --------------------------------------------------------------------------------------------
async def _delete(call: Call) -> Fields:
    request = call.request
    parts = [TopicPartition(topic.name, part.partition_index) for topic in request.topics for part in topic.partitions]
    try:
        refused = await asyncio.to_thread(call.broker.delete_offsets, request.group_id, parts)
    except WorkbenchError as error:
        return {"error_code": code_of(error, NotFound=ErrorCode.group_id_not_found), "topics": ()}
    return {"topics": [
        {"name": topic.name, "partitions": [
            {"partition_index": part.partition_index, "error_code": _delete_code(call, refused, topic.name, part)}
            for part in topic.partitions
        ]}
        for topic in request.topics
    ]}


def _delete_code(call: Call, refused: frozenset[TopicPartition], topic: str, part: Any) -> ErrorCode:
    if not call.broker.has_partition(topic, part.partition_index):
        return code_of(NotFound(""))
    subscribed = TopicPartition(topic, part.partition_index) in refused
    return ErrorCode.group_subscribed_to_topic if subscribed else ErrorCode.none


APIS = (
    Api(8, "offset_commit", 2, 9, _commit),
    Api(9, "offset_fetch", 1, 9, _fetch),
    Api(47, "offset_delete", 0, 0, _delete),
)
