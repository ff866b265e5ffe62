"""Produce: batches as the client made them go to the log undecoded; the answer goes out after the commit."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import batch_header
from workbench.core.errors import Corrupt, WorkbenchError
from workbench.core.records import Appended
from workbench.listeners.kafka.call import Answer, Api, Call, Fields, Settling
from workbench.listeners.kafka.errors import code_of

_ACKS = (-1, 0, 1)
_RECORD_WEIGHT_BYTES = 128
"""To look through a record takes as long as to commit so many bytes: a batch of many is not begun on the loop."""
_Outcome = Future[Appended] | WorkbenchError
_Begun = list[tuple[str, list[tuple[int, _Outcome]]]]


def _produce(call: Call) -> Answer:
    """The appends wait for their round, in order, when this returns; their commit is awaited afterwards."""
    request = call.request
    if request.acks not in _ACKS:
        return _refused_all(request)
    begun = [(topic.name, list(_append(call, topic))) for topic in request.topic_data]
    if request.acks == 0:
        return None
    futures = [outcome for _, parts in begun for _, outcome in parts if isinstance(outcome, Future)]
    return Settling(futures, lambda: _outcomes(begun))


def _append(call: Call, topic: Any) -> Iterator[tuple[int, _Outcome]]:
    for part in topic.partition_data:
        try:
            if part.records is None:
                raise Corrupt("A Produce request without records.")
            future = call.broker.append_batch(topic.name, part.index, part.records, held=True)
            count = batch_header(part.records).count
            call.shared.turn.brought(max(len(part.records), count * _RECORD_WEIGHT_BYTES))
            call.connection.written[topic.name] += count
            yield part.index, future
        except WorkbenchError as error:
            yield part.index, error


def _outcomes(begun: _Begun) -> Fields:
    return {"responses": [
        {"name": topic, "partition_responses": [_answer(index, outcome) for index, outcome in parts]}
        for topic, parts in begun
    ]}  # fmt: skip


def _answer(index: int, outcome: _Outcome) -> Fields:
    error = outcome if isinstance(outcome, WorkbenchError) else outcome.exception()
    if isinstance(error, WorkbenchError):
        code = code_of(error, Invalid=ErrorCode.invalid_record, Corrupt=ErrorCode.invalid_record)
        return _refused(index, code, error.sentence())
    assert isinstance(outcome, Future)
    return {"index": index, "base_offset": outcome.result().base_offset, "record_errors": ()}


def _refused(index: int, code: ErrorCode, message: str) -> Fields:
    return {"index": index, "error_code": code, "base_offset": -1, "record_errors": (), "error_message": message}


def _refused_all(request: Any) -> Fields:
    message = f"acks={request.acks} does not exist. Set acks to all, 1 or 0."
    return {"responses": [
        {"name": topic.name, "partition_responses": [
            _refused(part.index, ErrorCode.invalid_required_acks, message) for part in topic.partition_data
        ]}
        for topic in request.topic_data
    ]}  # fmt: skip


APIS = (Api(0, "produce", 3, 11, _produce, advertised_low=0, pipelined=True),)
