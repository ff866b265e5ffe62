"""Sending to SQS, in batches of ten. Blocking; one thread at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.errors import Invalid, Refused, Unavailable, Unsupported
from workbench.core.records import Record
from workbench.core.routing import Published
from workbench.engines.aws.errors import translating
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.sqs.browse import SqsBrowse
from workbench.engines.sqs.messages import entry_of

_BATCH, _BATCH_BYTES = 10, 256 * 1024


class SqsSender:
    """See the module. ``client`` is boto3's, and stays open."""

    def __init__(self, client: Any, spec: ConnectionSpec) -> None:
        self._client = client
        self._spec = spec
        self._browse = SqsBrowse(client, spec)
        self._by_content: dict[str, bool] = {}  # queues that deduplicate by the body

    def close(self) -> None:
        """The client is the connection's."""

    def call_for(self, topic: str, exchange: str | None = None) -> str:
        if exchange is not None:
            raise Unsupported("SQS has no exchanges.", "Name the queue.")
        return f"SendMessageBatch to {self._browse.url_of(topic)}."

    def append(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """All of them, or an error that says how many were taken before."""
        if partition > 0:
            raise Invalid("{topic} has no partition {partition}: a queue has one.", "Leave out --partition.",
                          topic=topic, partition=partition)
        fifo = topic.endswith(".fifo")
        entries = [entry_of(record, fifo, fifo and self._dedups_by_content(topic)) for record in records]
        sent = 0
        while sent < len(entries):
            batch = _batch(entries, sent)
            self._send(topic, batch, sent)
            sent += len(batch)

    def _dedups_by_content(self, topic: str) -> bool:
        if topic not in self._by_content:
            self._by_content[topic] = self._browse.attributes(topic).get("ContentBasedDeduplication") == "true"
        return self._by_content[topic]

    def _send(self, topic: str, batch: Sequence[dict[str, Any]], before: int) -> None:
        entries = [{"Id": str(number), **entry} for number, entry in enumerate(batch)]
        with translating("SQS", self._spec.address):
            answer = self._client.send_message_batch(QueueUrl=self._browse.url_of(topic), Entries=entries)
        if failed := answer.get("Failed"):
            first = failed[0]
            kind = Refused if first.get("SenderFault") else Unavailable
            taken = before + len(answer.get("Successful", ()))
            raise kind(f"{topic} did not take {len(failed)} of {len(entries)} messages: "
                       f"{first.get('Message') or first.get('Code')}.", f"{taken:,} of this batch were sent before.")

    def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                mandatory: bool = False) -> Sequence[Published]:
        raise Unsupported("SQS has no exchanges.", "Name the queue.")


def _batch(entries: Sequence[dict[str, Any]], first: int) -> Sequence[dict[str, Any]]:
    """As many from ``first`` on as one call takes."""
    size, count = 0, 0
    for entry in entries[first : first + _BATCH]:
        size += len(entry["MessageBody"].encode()) + sum(
            len(name) + len(str(value)) for name, value in entry.get("MessageAttributes", {}).items())
        if count and size > _BATCH_BYTES:
            break
        count += 1
    return entries[first : first + count]
