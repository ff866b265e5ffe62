"""Looking into SQS: queues, their attributes, approximate counts, who sends dead letters where. Blocking; any thread.

SQS can't be looked into without receiving, which hides a message for a while and counts as a receive: ``read`` refuses
that, ``peek`` does it, and makes the messages visible again at once. Each look asks for the attributes of each queue,
one request a queue.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.control.exchanges import ExchangeInfo
from workbench.control.queues import QueueInfo
from workbench.core.errors import NotFound, Refused
from workbench.core.queues import QueueCounts, QueueMeta
from workbench.core.records import PartitionBounds, StoredRecord
from workbench.core.snapshot import GroupStat, QueueStat
from workbench.core.times import format_time
from workbench.engines.aws.errors import translating
from workbench.engines.base import EngineTopic
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.sqs.messages import record_of

HIDE_S = 30
"""So long a message is hidden at most, should the program end before it makes it visible again."""
_BATCH = 10
_PAGE = 1000
_READY, _IN_FLIGHT, _DELAYED = (
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
_NO_SETTINGS = (_READY, _IN_FLIGHT, _DELAYED, "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp")


class SqsBrowse:
    """See the module. ``client`` is boto3's, and stays open."""

    def __init__(self, client: Any, spec: ConnectionSpec) -> None:
        self._client = client
        self._spec = spec
        self._urls: dict[str, str] = {}
        self._asked_ms = 0

    def close(self) -> None:
        """The client is the connection's."""

    # -- what there is ---------------------------------------------------------------------------------------
    def topics(self) -> Sequence[EngineTopic]:
        self._urls = self._listed()
        return [EngineTopic(name, "queue", 1) for name in sorted(self._urls)]

    def _listed(self) -> dict[str, str]:
        """The addresses of all queues by name."""
        found: dict[str, str] = {}
        asked: dict[str, Any] = {"MaxResults": _PAGE}
        while True:
            with translating("SQS", self._spec.address):
                page = self._client.list_queues(**asked)
            found |= {url.rpartition("/")[2]: url for url in page.get("QueueUrls", ())}
            if not (token := page.get("NextToken")):
                return found
            asked["NextToken"] = token

    def url_of(self, queue: str) -> str:
        if queue not in self._urls:
            self._urls = self._listed()
        if queue not in self._urls:
            raise NotFound("@{name} has no queue {queue}.", "See: workbench queues @{name} list.", name=self._spec.name,
                           queue=queue)
        return self._urls[queue]

    def attributes(self, queue: str) -> dict[str, str]:
        url = self.url_of(queue)
        self._asked_ms = time.time_ns() // 1_000_000
        with translating("SQS", self._spec.address):
            return self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})

    def config(self, topic: str) -> tuple[dict[str, str], dict[str, str]]:
        told = self.attributes(topic)
        return {}, {name: value for name, value in told.items() if name not in _NO_SETTINGS}

    def queues(self) -> Sequence[QueueInfo]:
        self._urls = self._listed()
        told: dict[str, dict[str, str]] = {}
        for name in sorted(self._urls):
            try:
                told[name] = self.attributes(name)
            except NotFound:
                continue  # deleted meanwhile; SQS lists it for a minute still
        targets = {_dead_letter(attributes) for attributes in told.values()}
        return [_queue_info(name, attributes, name in targets) for name, attributes in told.items()]

    def exchanges(self) -> Sequence[ExchangeInfo]:
        return ()

    def counts_are(self) -> str:
        return (f"Counts are SQS's own estimates (ApproximateNumberOf...), as of {format_time(self._asked_ms)}; they "
                "settle within a minute.")

    def group_stats(self) -> Sequence[GroupStat]:
        """It has none."""
        return ()

    # -- places ----------------------------------------------------------------------------------------------
    def bounds(self, topic: str) -> list[PartitionBounds]:
        """About how many are visible, counted from 0."""
        return [PartitionBounds(0, 0, int(self.attributes(topic).get(_READY, 0)))]

    stable_bounds = bounds

    def bounds_of(self, topics: Iterable[str]) -> Mapping[str, list[PartitionBounds]]:
        return {topic: self.bounds(topic) for topic in topics}

    def offset_for_time(self, topic: str, partition: int, ms: int) -> int | None:
        raise Refused(self.disturbs(topic), "Its messages have no times that can be looked up.")

    def offsets_for_time(self, topic: str, ms: int) -> Mapping[int, int | None]:
        return {0: self.offset_for_time(topic, 0, ms)}

    def time_bounds(self, topic: str) -> Mapping[int, tuple[int, int]]:
        return {}

    # -- messages --------------------------------------------------------------------------------------------
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
        raise Refused(self.disturbs(topic),
                      f"workbench consume @{self._spec.name} {topic} --disturb looks all the same.")

    def read_each(self, topic: str, offsets: Mapping[int, int], max_records: int) -> list[StoredRecord]:
        return self.read(topic, 0, 0, max_records)

    def disturbs(self, topic: str) -> str:
        told = self.attributes(topic)
        said = (f"{topic} is a queue of SQS, and looking into it receives its messages: they are hidden from consumers "
                "until they have been shown, and each look counts as a receive")
        redrive = json.loads(told.get("RedrivePolicy") or "{}")
        if redrive:
            said += (f"; once it was received {redrive.get('maxReceiveCount')} times, the next receive moves a message "
                     f"to {_dead_letter(told)}")
        if topic.endswith(".fifo"):
            said += "; meanwhile nothing else of their message groups is handed out"
        return f"{said}."

    def peek(self, topic: str, max_records: int) -> list[StoredRecord]:
        """Each once, though SQS may hand one out again. They are visible again when this returns."""
        url = self.url_of(topic)
        found: dict[str, StoredRecord] = {}
        taken: list[str] = []
        try:
            while len(found) < max_records:
                with translating("SQS", self._spec.address):
                    messages = self._client.receive_message(
                        QueueUrl=url, MaxNumberOfMessages=min(_BATCH, max_records - len(found)), WaitTimeSeconds=0,
                        VisibilityTimeout=HIDE_S, MessageAttributeNames=["All"], AttributeNames=["All"],
                    ).get("Messages", [])
                if not messages:
                    break
                taken += [message["ReceiptHandle"] for message in messages]
                new = [message for message in messages if message["MessageId"] not in found]
                found |= {message["MessageId"]: record_of(topic, len(found) + number, message)
                          for number, message in enumerate(new)}
        finally:
            self._show_again(url, taken)
        return list(found.values())

    def _show_again(self, url: str, receipts: Sequence[str]) -> None:
        for first in range(0, len(receipts), _BATCH):
            entries = [{"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                       for number, receipt in enumerate(receipts[first : first + _BATCH])]
            with translating("SQS", self._spec.address):
                self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _dead_letter(attributes: Mapping[str, str]) -> str:
    """The queue that takes its dead letters; empty for none."""
    return json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "").rpartition(":")[2]


def _queue_info(name: str, told: Mapping[str, str], takes_dead_letters: bool) -> QueueInfo:
    counts = QueueCounts(ready=int(told.get(_READY, 0)), delayed=int(told.get(_DELAYED, 0)),
                         in_flight=int(told.get(_IN_FLIGHT, 0)))
    stat = QueueStat(name, name, counts, type="fifo" if name.endswith(".fifo") else "standard",
                     dead_letter=_dead_letter(told), takes_dead_letters=takes_dead_letters)
    settings = {key: value for key, value in told.items() if key not in _NO_SETTINGS}
    return QueueInfo(QueueMeta(name, name, "", {}), stat, settings)
