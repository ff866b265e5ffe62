"""ListOffsets and OffsetForLeaderEpoch: where a partition begins, ends, and holds a time."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import batch_header, readable_batch
from workbench.core.errors import WorkbenchError
from workbench.listeners.kafka.apis.fetch import READ_COMMITTED
from workbench.listeners.kafka.call import Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

LATEST, EARLIEST, NEWEST_TIME, EARLIEST_LOCAL = -1, -2, -3, -4
_SPECIAL_SINCE = {LATEST: 1, EARLIEST: 1, NEWEST_TIME: 7, EARLIEST_LOCAL: 8}
"""From which version on each special time is known; -5 comes with version 9, which is not served."""
LEADER_EPOCH = 0


def _list_offsets(call: Call) -> Fields:
    asked = Counter((topic.name, part.partition_index) for topic in call.request.topics for part in topic.partitions)
    return {"topics": [
        {"name": topic.name, "partitions": [
            _partition(call, topic.name, part, asked[topic.name, part.partition_index] > 1)
            for part in topic.partitions
        ]}
        for topic in call.request.topics
    ]}


def _partition(call: Call, topic: str, part: Any, twice: bool) -> Fields:
    answer = {"partition_index": part.partition_index}
    if twice:
        return answer | {"error_code": ErrorCode.invalid_request}
    if part.timestamp < 0 and call.version < _SPECIAL_SINCE.get(part.timestamp, call.version + 1):
        return answer | {"error_code": ErrorCode.unsupported_version}
    if call.broker.has_partition(topic, part.partition_index) and getattr(
        part, "current_leader_epoch", -1) > LEADER_EPOCH:
        return answer | {"error_code": ErrorCode.unknown_leader_epoch}
    try:
        timestamp, offset = _find(call, topic, part.partition_index, part.timestamp)
    except WorkbenchError as error:
        return answer | {"error_code": code_of(error)}
    return answer | {"timestamp": timestamp, "offset": offset, "leader_epoch": LEADER_EPOCH if offset >= 0 else -1}


def _find(call: Call, topic: str, partition: int, asked: int) -> tuple[int, int]:
    """(timestamp, offset); -1 for what is not known or not there."""
    broker = call.broker
    stable = broker.transactions.last_stable(topic, partition)
    bounds = broker.bounds(topic)[partition]
    committed_only = getattr(call.request, "isolation_level", 0) == READ_COMMITTED
    if asked == LATEST:
        return -1, min(stable, bounds.end) if committed_only else bounds.end
    if asked in (EARLIEST, EARLIEST_LOCAL):
        return -1, bounds.log_start
    if asked == NEWEST_TIME:
        asked = broker.newest_time(topic, partition)
    offset = broker.offset_for_time(topic, partition, asked) if asked >= 0 else None
    if offset is None or (committed_only and offset >= stable):
        return -1, -1
    batch = broker.fetch(topic, partition, offset, 1)[0]
    first = offset - batch_header(batch).base_offset
    return readable_batch(batch, topic, partition, first=first, limit=1)[0].timestamp_ms, offset


def _offset_for_leader_epoch(call: Call) -> Fields:
    """There has only ever been one leader, in epoch 0, so its log ends where the log ends."""
    return {"topics": [
        {"topic": topic.topic, "partitions": [_epoch_end(call, topic.topic, part) for part in topic.partitions]}
        for topic in call.request.topics
    ]}


def _epoch_end(call: Call, topic: str, part: Any) -> Fields:
    if not call.broker.has_partition(topic, part.partition):
        return {"partition": part.partition, "error_code": ErrorCode.unknown_topic_or_partition}
    if part.current_leader_epoch > LEADER_EPOCH:
        return {"partition": part.partition, "error_code": ErrorCode.unknown_leader_epoch}
    if part.leader_epoch > LEADER_EPOCH:
        return {"partition": part.partition}
    end = call.broker.bounds(topic)[part.partition].end
    return {"partition": part.partition, "leader_epoch": LEADER_EPOCH, "end_offset": end}


APIS = (
    Api(2, "list_offsets", 1, 8, _list_offsets),
    Api(23, "offset_for_leader_epoch", 2, 4, _offset_for_leader_epoch),
)
