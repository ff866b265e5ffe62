"""Producer ids and transactions; what they mean is the broker's ``Transactions``."""

from __future__ import annotations

import asyncio
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.core.errors import WorkbenchError
from workbench.core.records import TopicPartition
from workbench.listeners.kafka.apis.commits import asked_offsets, commit_answer
from workbench.listeners.kafka.call import Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

_NO_PRODUCER = -1


async def _init_producer_id(call: Call) -> Fields:
    request = call.request
    try:
        if request.transactional_id is None:
            producer_id, epoch = await asyncio.to_thread(call.broker.new_producer_id)
        else:
            timeout_ms = round(request.transaction_timeout.total_seconds() * 1000)
            known = getattr(request, "producer_id", _NO_PRODUCER), getattr(request, "producer_epoch", _NO_PRODUCER)
            producer_id, epoch = await call.result(call.broker.transactions.begin_producer(
                request.transactional_id, timeout_ms, known if known[0] != _NO_PRODUCER else None
            ))
    except WorkbenchError as error:
        return {"error_code": _code(error, call.version >= 4), "producer_id": -1, "producer_epoch": -1}
    return {"producer_id": producer_id, "producer_epoch": epoch}


async def _add_partitions(call: Call) -> Fields:
    request = call.request
    parts = [TopicPartition(topic.name, number) for topic in request.v3_and_below_topics for number in topic.partitions]
    missing = {part for part in parts if not call.broker.has_partition(*part)}
    code = ErrorCode.operation_not_attempted if missing else ErrorCode.none
    if not missing:
        try:
            await call.result(call.broker.transactions.add_partitions(
                request.v3_and_below_transactional_id, _producer(call, "v3_and_below_"), parts
            ))
        except WorkbenchError as error:
            code = _code(error, call.version >= 2)
    return {"results_by_topic_v3_and_below": [
        {"name": topic.name, "results_by_partition": [
            {"partition_index": number,
             "partition_error_code": ErrorCode.unknown_topic_or_partition
             if TopicPartition(topic.name, number) in missing else code}
            for number in topic.partitions
        ]}
        for topic in request.v3_and_below_topics
    ]}


async def _add_offsets(call: Call) -> Fields:
    request = call.request
    return await _outcome(call, call.broker.transactions.add_group(
        request.transactional_id, _producer(call), request.group_id
    ))


async def _end(call: Call) -> Fields:
    request = call.request
    return await _outcome(call, call.broker.transactions.end(
        request.transactional_id, _producer(call), request.committed
    ))


async def _commit_offsets(call: Call) -> Fields:
    request = call.request
    try:
        member = (getattr(request, "member_id", ""), getattr(request, "generation_id", -1),
                  getattr(request, "group_instance_id", None))
        await call.result(call.broker.transactions.put_offsets(
            request.transactional_id, _producer(call), request.group_id, asked_offsets(call), member
        ))
    except WorkbenchError as error:
        return commit_answer(call, _code(error, fenced=False))
    return commit_answer(call, ErrorCode.none)


async def _outcome(call: Call, future: Any) -> Fields:
    try:
        await call.result(future)
    except WorkbenchError as error:
        return {"error_code": _code(error, call.version >= 2)}
    return {}


def _producer(call: Call, prefix: str = "") -> tuple[int, int]:
    request = call.request
    return getattr(request, prefix + "producer_id"), getattr(request, prefix + "producer_epoch")


def _code(error: WorkbenchError, fenced: bool) -> ErrorCode:
    """``fenced``: the version asked for knows PRODUCER_FENCED; the ones before say INVALID_PRODUCER_EPOCH."""
    instead = {"Fenced": ErrorCode.producer_fenced} if fenced else {}
    return code_of(error, NotFound=ErrorCode.invalid_producer_id_mapping, **instead)


APIS = (
    Api(22, "init_producer_id", 0, 4, _init_producer_id),
    Api(24, "add_partitions_to_txn", 0, 3, _add_partitions),
    Api(25, "add_offsets_to_txn", 0, 3, _add_offsets),
    Api(26, "end_txn", 0, 3, _end),
    Api(28, "txn_offset_commit", 0, 3, _commit_offsets),
)
