"""Fetch: whole stored batches, undecoded. Waits for news as long as the client allows; sessions are not kept.

A batch may begin before the asked offset, and the first one is given even when it exceeds the limits. With
read_committed nothing at or past the last stable offset is given, and what was aborted is listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kio.schema.errors import ErrorCode

from workbench.broker import batch_header
from workbench.core.errors import OutOfRange, WorkbenchError
from workbench.core.records import TopicPartition
from workbench.listeners.kafka.call import Answer, Api, Call, Fields
from workbench.listeners.kafka.errors import code_of

MAX_ANSWER_BYTES = 8 << 20
"""However much a client asks for: what a peer that reads slowly can make us keep."""
READ_COMMITTED = 1
_ANY_BATCHES = 1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One partition of the request. ``topic`` is None when its id is not known; ``named`` are the answer's words."""

    named: Mapping[str, Any]
    topic: str | None
    partition: int
    offset: int
    max_bytes: int
    leader_epoch: int


@dataclass(slots=True)
class _Found:
    wanted: _Wanted
    fields: dict[str, Any] = field(default_factory=dict)
    size_bytes: int = 0
    first: int = 0  # the first offset asked for that is given
    events: int = 0
    failed: bool = False


def _fetch(call: Call) -> Answer:
    wanted = _read_request(call)
    found = _look(call, wanted)
    wait_ms = call.request.max_wait.total_seconds() * 1000
    if _enough(call, found) or wait_ms <= 0:
        return _answer(call, found)
    return _wait(call, wanted, wait_ms / 1000)


def _read_request(call: Call) -> list[_Wanted]:
    names = {meta.uuid: meta.name for meta in call.broker.topics()} if call.version >= 13 else {}
    wanted = []
    for topic in call.request.topics:
        if call.version >= 13:
            name, named = names.get(str(topic.topic_id)), {"topic_id": topic.topic_id}
        else:
            name, named = topic.topic, {"topic": topic.topic}
        wanted += [_Wanted(named, name, part.partition, part.fetch_offset, part.partition_max_bytes,
                           getattr(part, "current_leader_epoch", -1))
                   for part in topic.partitions]
    return wanted


async def _wait(call: Call, wanted: list[_Wanted], seconds: float) -> Fields:
    """Look again at each append, until there is enough or the time is over."""
    news, event = call.shared.notifier, asyncio.Event()
    parts = [(want.topic, want.partition) for want in wanted if want.topic is not None]
    loop = asyncio.get_running_loop()
    timer = loop.call_later(seconds, event.set)
    until = loop.time() + seconds
    news.sleep(parts, event)
    try:
        while True:
            found = _look(call, wanted)
            if _enough(call, found) or loop.time() >= until:
                return _answer(call, found)
            await event.wait()
            event.clear()
    finally:
        timer.cancel()
        news.forget(parts, event)


def _enough(call: Call, found: list[_Found]) -> bool:
    return (not found or any(one.failed for one in found)
            or sum(one.size_bytes for one in found) >= call.request.min_bytes)


def _look(call: Call, wanted: list[_Wanted]) -> list[_Found]:
    """What there is now, within the limits of the whole answer."""
    room = min(call.request.max_bytes, MAX_ANSWER_BYTES)
    given, found = 0, []
    for want in wanted:
        one = _look_at(call, want, room - given, first=given == 0)
        given += one.size_bytes
        found.append(one)
    return found


def _look_at(call: Call, want: _Wanted, room: int, first: bool) -> _Found:
    found = _Found(want)
    try:
        if want.topic is None:
            return _failed(found, ErrorCode.unknown_topic_id)
        committed_only = call.request.isolation_level == READ_COMMITTED
        broker = call.broker
        if not broker.has_partition(want.topic, want.partition):
            return _failed(found, ErrorCode.unknown_topic_or_partition)
        if want.leader_epoch > 0:  # there has only ever been epoch 0
            return _failed(found, ErrorCode.unknown_leader_epoch)
        bounds = broker.bounds(want.topic)[want.partition]
        stable = broker.transactions.last_stable(want.topic, want.partition)
        found.fields |= {
            "high_watermark": bounds.end, "last_stable_offset": min(stable, bounds.end),
            "log_start_offset": bounds.log_start,
        }
        limit = min(want.max_bytes, room)
        if limit <= 0 and not first:
            return found
        batches = broker.fetch_served(want.topic, want.partition, want.offset, max(limit, _ANY_BATCHES))
        if committed_only:
            batches = [batch for batch in batches if batch_header(batch).base_offset < stable]
        if batches and not first and len(batches[0]) > limit:
            return found
        _fill(call, found, batches, committed_only)
    except OutOfRange:
        return _failed(found, ErrorCode.offset_out_of_range)
    except WorkbenchError as error:
        return _failed(found, code_of(error))
    return found


def _fill(call: Call, found: _Found, batches: Sequence[bytes], committed_only: bool) -> None:
    want = found.wanted
    assert want.topic is not None
    found.fields["records"] = b"".join(batches)
    found.size_bytes = len(found.fields["records"])
    if not batches:
        return
    last = batch_header(batches[-1]).last_offset
    found.first = max(want.offset, batch_header(batches[0]).base_offset)
    found.events = last + 1 - found.first
    if committed_only:
        aborted = call.broker.transactions.aborted(want.topic, want.partition, want.offset, last)
        found.fields["aborted_transactions"] = [
            {"producer_id": one.producer_id, "first_offset": one.first_offset} for one in aborted
        ]


def _failed(found: _Found, code: ErrorCode) -> _Found:
    found.fields = {"high_watermark": -1, "error_code": code}
    found.failed = True
    return found


def _answer(call: Call, found: list[_Found]) -> Fields:
    topics: list[dict[str, Any]] = []
    for one in found:
        if not topics or any(topics[-1][key] != value for key, value in one.wanted.named.items()):
            topics.append({**one.wanted.named, "partitions": []})
        topics[-1]["partitions"].append(
            {"partition_index": one.wanted.partition, "records": b"", "aborted_transactions": None, **one.fields}
        )
        if one.wanted.topic is not None and one.events:
            call.connection.read[one.wanted.topic] += one.events
            part = TopicPartition(one.wanted.topic, one.wanted.partition)
            call.shared.readers.note(call.connection, part, one.first, one.first + one.events - 1)
    return {"responses": topics}


APIS = (Api(1, "fetch", 4, 17, _fetch),)
