"""Produce: batches as the client made them go to the log undecoded; the answer goes out after the commit.

With acks=0 there is no answer that could say an error: the connection is closed instead, as Kafka does, so that the
client notices (a topic that is gone is looked for anew).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import batch_header
from workbench.core.errors import Corrupt, Invalid, WorkbenchError
from workbench.core.records import Appended
from workbench.listeners.kafka.call import Answer, Api, Call, Fields, Settling
from workbench.listeners.kafka.errors import code_of

_ACKS = (-1, 0, 1)
_HEADER_BYTES = 61
_RECORD_WEIGHT_BYTES = 128
"""To look through a record takes as long as to commit so many bytes: a batch of many is not begun on the loop."""
_Outcome = Future[Appended] | WorkbenchError
_Begun = list[tuple[str, list[tuple[int, _Outcome]]]]


class BadTime(Invalid):
    """A record's time is further from the broker's than its topic takes."""


def _produce(call: Call) -> Answer:
    """The appends wait for their round, in order, when this returns; their commit is awaited afterwards."""
    request = call.request
    if request.acks not in _ACKS:
        message = f"acks={request.acks} does not exist. Set acks to all, 1 or 0."
        return _refused_all(request, ErrorCode.invalid_required_acks, message)
    if request.transactional_id is None and _transactional(request):
        message = "A transactional batch needs a producer with a transactional.id. Set one."
        return _refused_all(request, ErrorCode.transactional_id_authorization_failed, message)
    begun = [(topic.name, list(_append(call, topic))) for topic in request.topic_data]
    futures = [outcome for _, parts in begun for _, outcome in parts if isinstance(outcome, Future)]
    return Settling(futures, lambda: _nothing(begun) if request.acks == 0 else _outcomes(begun))


def _transactional(request: Any) -> bool:
    return any(
        batch_header(part.records).transactional
        for topic in request.topic_data for part in topic.partition_data
        if part.records is not None and len(part.records) >= _HEADER_BYTES
    )


def _append(call: Call, topic: Any) -> Iterator[tuple[int, _Outcome]]:
    for part in topic.partition_data:
        try:
            if part.records is None:
                raise Corrupt("A Produce request without records.")
            _check_times(call, topic.name, part.records)
            future = call.broker.append_batch(topic.name, part.index, part.records, held=True)
            count = batch_header(part.records).records
            call.shared.turn.brought(max(len(part.records), count * _RECORD_WEIGHT_BYTES))
            call.connection.written[topic.name] += count
            yield part.index, future
        except WorkbenchError as error:
            yield part.index, error


def _check_times(call: Call, topic: str, records: bytes) -> None:
    """Kafka's message.timestamp.before.max.ms and .after.max.ms, an hour ahead where nothing is set: mostly such a time
    is in microseconds. The other producers of a workspace may write any time."""
    limits = call.broker.time_limits(topic)
    if limits is None or len(records) < _HEADER_BYTES:
        return
    header, now_ms = batch_header(records), call.shared.clock.now_ms()
    before_ms, after_ms = limits
    for time_ms in (header.base_timestamp, header.max_timestamp):
        if time_ms - now_ms > after_ms:
            raise BadTime(f"The time of a record, {time_ms:,}, is {time_ms - now_ms:,} ms ahead; topic {topic} takes "
                          f"{after_ms:,} ms.",
                          "Give milliseconds since 1970, or raise message.timestamp.after.max.ms.")
        if 0 <= time_ms < now_ms - before_ms:
            raise BadTime(f"The time of a record, {time_ms:,}, is {now_ms - time_ms:,} ms ago; topic {topic} takes "
                          f"{before_ms:,} ms.", "Raise message.timestamp.before.max.ms.")


def _nothing(begun: _Begun) -> None:
    """For acks=0: nothing to say, or the error that closes the connection."""
    for _, parts in begun:
        for _, outcome in parts:
            error = outcome if isinstance(outcome, WorkbenchError) else outcome.exception()
            if error is not None:
                raise error


def _outcomes(begun: _Begun) -> Fields:
    return {"responses": [
        {"name": topic, "partition_responses": [_answer(index, outcome) for index, outcome in parts]}
        for topic, parts in begun
    ]}


def _answer(index: int, outcome: _Outcome) -> Fields:
    error = outcome if isinstance(outcome, WorkbenchError) else outcome.exception()
    if isinstance(error, WorkbenchError):
        code = code_of(error, BadTime=ErrorCode.invalid_timestamp, Invalid=ErrorCode.invalid_record,
                       Corrupt=ErrorCode.invalid_record)
        return _refused(index, code, error.sentence())
    assert isinstance(outcome, Future)
    done = outcome.result()
    return {"index": index, "base_offset": done.base_offset, "record_errors": (),
            "log_append_time": done.timestamp_ms if done.stamped else None}


def _refused(index: int, code: ErrorCode, message: str) -> Fields:
    return {"index": index, "error_code": code, "base_offset": -1, "record_errors": (), "error_message": message}


def _refused_all(request: Any, code: ErrorCode, message: str) -> Fields | None:
    if request.acks == 0:
        raise Invalid(message)
    return {"responses": [
        {"name": topic.name, "partition_responses": [
            _refused(part.index, code, message) for part in topic.partition_data
        ]}
        for topic in request.topic_data
    ]}


APIS = (Api(0, "produce", 3, 11, _produce, advertised_low=0, pipelined=True),)
