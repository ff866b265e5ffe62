"""Writing to Kinesis, by PutRecords. Blocking; one thread at a time.

The key is the partition key, from which Kinesis takes the shard; without one a random key is sent. A batch can fail in
part: what was throttled is sent again, after the others, so the order within a key can change then. A record there has
no headers: the two that tell by which exchange it came elsewhere are left out, any other is refused.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from workbench.core.errors import Invalid, Unavailable, Unsupported
from workbench.core.queues import sent_straight
from workbench.core.records import Record
from workbench.core.routing import Published
from workbench.engines.aws.errors import translating
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kinesis.browse import KinesisBrowse

_BATCH, _BATCH_BYTES = 500, 4 << 20
_TRIES, _WAIT_S = 6, 0.25
_KEY_CHARACTERS = 256


class KinesisSender:
    """See the module. ``client`` is boto3's, and stays open."""

    def __init__(self, client: Any, spec: ConnectionSpec) -> None:
        self._client = client
        self._spec = spec
        self._browse = KinesisBrowse(client, spec, 1.0)

    def close(self) -> None:
        """The client is the connection's."""

    def call_for(self, topic: str, exchange: str | None = None) -> str:
        if exchange is not None:
            raise Unsupported("Kinesis has no exchanges.", "Name the stream.")
        return f"PutRecords to the stream {topic} at {self._spec.address}."

    def append(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """A negative partition: as the key says."""
        target = {} if partition < 0 else {"ExplicitHashKey": self._browse.shard(topic, partition).first_hash}
        entries = [{"Data": record.value or b"", "PartitionKey": _key(record), **target} for record in records]
        if any(sent_straight(record.headers) for record in records):
            raise Invalid("A record of Kinesis has no headers.", "Leave out --header, or put them into the value.")
        sent = 0
        while sent < len(entries):
            batch = _batch(entries, sent)
            self._send(topic, batch, sent)
            sent += len(batch)

    def _send(self, topic: str, batch: Sequence[dict[str, Any]], before: int) -> None:
        left, told = list(batch), ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_WAIT_S * 2 ** (attempt - 1))
            with translating("Kinesis", self._spec.address):
                answers = self._client.put_records(StreamName=topic, Records=left)["Records"]
            failed = [(entry, answer) for entry, answer in zip(left, answers, strict=True) if answer.get("ErrorCode")]
            if not failed:
                return
            left, told = [entry for entry, _ in failed], failed[0][1].get("ErrorMessage", "")
        raise Unavailable("{topic} did not take {count:,} records: {value}.", "{before:,} of this batch were sent.",
                          topic=topic, count=len(left), value=told.rstrip('.'), before=before + len(batch) - len(left))

    def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                mandatory: bool = False) -> Sequence[Published]:
        raise Unsupported("Kinesis has no exchanges.", "Name the stream.")


def _key(record: Record) -> str:
    if not record.key:
        return str(uuid.uuid4())
    try:
        key = record.key.decode()
    except UnicodeDecodeError:
        raise Invalid("A partition key of Kinesis is text, and a key here is none.") from None
    if len(key) > _KEY_CHARACTERS:
        raise Invalid("A partition key of Kinesis has at most {key_characters} characters, one here {count:,}.",
                      key_characters=_KEY_CHARACTERS, count=len(key))
    return key


def _batch(entries: Sequence[dict[str, Any]], first: int) -> Sequence[dict[str, Any]]:
    """As many from ``first`` on as one call takes."""
    size, count = 0, 0
    for entry in entries[first : first + _BATCH]:
        size += len(entry["Data"]) + len(entry["PartitionKey"])
        if count and size > _BATCH_BYTES:
            break
        count += 1
    return entries[first : first + count]
