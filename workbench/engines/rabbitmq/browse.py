"""Looking into RabbitMQ: queues, exchanges, depths, and the records of streams. Blocking; one thread at a time.

A stream is a log, and reading it changes nothing. A queue can only be looked into by taking messages (basic.get) and
putting them back, which marks them as redelivered: ``read`` refuses that, ``peek`` does it. Depths of a single queue
come from AMQP (a passive declare) and are exact for what is ready; all else of the lists is the management API's, some
seconds old. Without that API only the queues that the user named are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.control.exchanges import ExchangeInfo
from workbench.control.queues import QueueInfo
from workbench.core.errors import NotFound, Refused
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat
from workbench.engines.base import EngineTopic
from workbench.engines.rabbitmq import streams
from workbench.engines.rabbitmq.client import RabbitClient
from workbench.engines.rabbitmq.management import Management
from workbench.engines.rabbitmq.messages import record_of
from workbench.engines.rabbitmq.queue_lists import (
    STREAM,
    arguments_of,
    exchange_infos,
    kind_of,
    queue_info,
    settings_of,
    topic_of,
)
from workbench.engines.rabbitmq.settings import RabbitSettings

_PEEK_BYTES = 32 << 20
_EXACT_QUEUES = 200


class RabbitBrowse:
    """See the module."""

    def __init__(self, settings: RabbitSettings) -> None:
        self._settings = settings
        self._client = RabbitClient(settings)
        self._management = Management(settings)
        self._places: dict[str, PartitionBounds] = {}  # of streams, as told last
        self._told: dict[str, tuple[int, PartitionBounds]] = {}  # and as the list had it then: how many, and where

    def close(self) -> None:
        self._client.close()

    # -- what there is ---------------------------------------------------------------------------------------
    def topics(self) -> Sequence[EngineTopic]:
        return sorted(map(topic_of, self._queues()), key=lambda topic: topic.name)

    def _queues(self) -> list[dict[str, Any]]:
        if self._management.is_there or not self._settings.queues:
            return self._management.queues()
        return [self._named(name) for name in self._settings.queues]

    def _named(self, name: str) -> dict[str, Any]:
        """What AMQP tells of a queue: how many are ready and how many consume. Its type it does not tell."""
        ready, consumers = self._depth(name)
        return {"name": name, "messages": ready, "messages_ready": ready, "type": "classic",
                "consumer_details": [{"consumer_tag": f"consumer {number + 1}"} for number in range(consumers)]}

    def _depth(self, queue: str) -> tuple[int, int]:
        with self._client.channel() as channel:
            told = channel.queue_declare(queue, passive=True).method
            return told.message_count, told.consumer_count

    def _queue(self, name: str) -> dict[str, Any]:
        found = next((queue for queue in self._queues() if queue["name"] == name), None)
        if found is None:
            raise NotFound("@{name} has no queue {name_2}.", "See: workbench queues @{name} list.",
                           name=self._settings.name, name_2=name)
        return found

    def config(self, topic: str) -> tuple[dict[str, str], dict[str, str]]:
        return settings_of(self._queue(topic))

    def queues(self) -> Sequence[QueueInfo]:
        found = [queue for queue in self._queues() if kind_of(queue) == "queue"]
        self._count_exactly(found)
        consumers = self._management.consumers() if self._management.is_there else {}
        return [queue_info({"consumer_details": consumers.get(queue["name"], ()), **queue})
                for queue in sorted(found, key=lambda each: each["name"])]

    def _count_exactly(self, queues: Sequence[dict[str, Any]]) -> None:
        """What is ready as AMQP has it now, where there are not too many to ask one by one. One that belongs to another
        connection, or went meanwhile, keeps the figure of the list."""
        asked = [queue for queue in queues if kind_of(queue) == "queue" and not queue.get("exclusive")]
        if len(asked) > _EXACT_QUEUES or not self._management.is_there:
            return
        try:
            with self._client.channel() as channel:
                for queue in asked:
                    queue["messages_ready"] = channel.queue_declare(queue["name"], passive=True).method.message_count
                    queue["messages"] = queue["messages_ready"] + queue.get("messages_unacknowledged", 0)
        except (NotFound, Refused):
            return

    def exchanges(self) -> Sequence[ExchangeInfo]:
        return exchange_infos(self._management.exchanges(), self._management.bindings(), self._queues())

    def counts_are(self) -> str:
        if not self._management.is_there:
            return "Counts are what is ready; messages in flight are told by the management API only."
        return ("In flight, consumers and rates are those of RabbitMQ's last report to its management API, some "
                f"seconds old; so is what is ready, beyond {_EXACT_QUEUES} queues.")

    def group_stats(self) -> Sequence[GroupStat]:
        """It has none."""
        return ()

    # -- places ----------------------------------------------------------------------------------------------
    def bounds(self, topic: str) -> list[PartitionBounds]:
        """Of a queue how many are ready, counted from 0."""
        if kind_of(self._queue(topic)) == "stream":
            place = self._places[topic] = streams.bounds(self._client, topic)
            return [place]
        return [PartitionBounds(0, 0, self._depth(topic)[0])]

    stable_bounds = bounds

    def bounds_of(self, topics: Iterable[str]) -> Mapping[str, list[PartitionBounds]]:
        """As the list has it, in one question; a stream is asked itself when the list tells that it changed."""
        told = {queue["name"]: queue for queue in self._queues()}
        self._count_exactly(list(told.values()))
        found = {}
        for name in topics:
            if name not in told:
                raise NotFound("@{name} has no queue {name_2}.", name=self._settings.name, name_2=name)
            messages = told[name].get("messages", 0)
            is_stream = kind_of(told[name]) == "stream"
            found[name] = [self._stream_place(name, messages) if is_stream else PartitionBounds(0, 0, messages)]
        return found

    def _stream_place(self, name: str, messages: int) -> PartitionBounds:
        """As it was found when the list last told another number of messages."""
        known = self._told.get(name)
        if known is None or known[0] != messages:
            known = self._told[name] = messages, streams.bounds(self._client, name)
        return known[1]

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        self._check(topic, partition)
        if kind_of(self._queue(topic)) == "queue":
            raise Refused(self.disturbs(topic), "Its messages have no times that can be looked up.")
        return streams.first_at(self._client, topic, ms)

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]:
        return {0: self.offset_for_time(topic, 0, ms)}

    def time_bounds(self, topic: str) -> Mapping[int, tuple[int, int]]:
        """The times that senders gave the first message and the last, where they did."""
        if kind_of(self._queue(topic)) == "queue":
            return {}
        (place,) = self.bounds(topic)
        ends = {place.log_start, place.end - 1} if place.records else set()
        at = [record.timestamp_ms for offset in sorted(ends) for record in self.read(topic, 0, offset, 1)]
        timed = [ms for ms in at if ms >= 0]
        return {0: (timed[0], timed[-1])} if timed else {}

    # -- records ---------------------------------------------------------------------------------------------
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        self._check(topic, partition)
        place = self._places.get(topic)
        if place is None or offset + max_records > place.end:
            if why := self.disturbs(topic):
                raise Refused(why, f"workbench consume @{self._settings.name} {topic} --disturb looks all the same.")
            (place,) = self.bounds(topic)
        offset = max(offset, place.log_start)
        return streams.read(self._client, topic, offset, place.end, max_records) if offset < place.end else []

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        return [record for part, at in offsets.items() for record in self.read(topic, part, at, max_records)]

    def _check(self, topic: str, partition: int) -> None:
        if partition:
            raise NotFound("@{name} has no partition {partition} of {topic}: queues have one.",
                           name=self._settings.name, partition=partition, topic=topic)

    def disturbs(self, topic: str) -> str:
        queue = self._queue(topic)
        if queue.get("type") == STREAM:
            return ""
        said = (f"{topic} is a queue of RabbitMQ, and looking into it takes its messages and puts them back: they are "
                "marked as redelivered, and consumers wait for them meanwhile")
        if queue.get("type") == "quorum":
            limit = arguments_of(queue).get("x-delivery-limit")
            said += (f"; each look counts as a delivery, and after {limit} of them a message is dead" if limit else
                     "; each look counts as a delivery, towards the limit that RabbitMQ 4 sets at 20")
        return f"{said}."

    def peek(self, topic: str, max_records: int) -> list[StoredRecord]:
        found: list[StoredRecord] = []
        size = 0
        with self._client.channel() as channel:
            last = 0
            while len(found) < max_records and size < _PEEK_BYTES:
                method, properties, body = channel.basic_get(topic)
                if method is None or properties is None or body is None:
                    break
                last = method.delivery_tag
                found.append(record_of(topic, len(found), method, properties, body))
                size += found[-1].size_bytes
            if last:
                channel.basic_nack(last, multiple=True, requeue=True)
        return found
