"""The shards of a stream as partitions, and the records of one. Pure.

    partition    the number in the shard's id: shardId-000000000003 is 3; a split or merge leaves gaps
    offset       the sequence number, of up to 129 digits: it only rises within its shard, and counts nothing
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.records import StoredRecord


@dataclass(frozen=True, slots=True)
class Shard:
    """``last`` is the last sequence number of one that was split or merged; None while it is open."""

    partition: int
    id: str
    first: int
    last: int | None
    first_hash: str


def shards_of(told: Iterable[Mapping[str, Any]]) -> dict[int, Shard]:
    """By partition."""
    found = {}
    for each in told:
        sequence = each["SequenceNumberRange"]
        last = sequence.get("EndingSequenceNumber")
        shard = Shard(int(each["ShardId"].rpartition("-")[2]), each["ShardId"], int(sequence["StartingSequenceNumber"]),
                      None if last is None else int(last), each["HashKeyRange"]["StartingHashKey"])
        found[shard.partition] = shard
    return dict(sorted(found.items()))


def record_of(stream: str, partition: int, told: Mapping[str, Any]) -> StoredRecord:
    """The time is that of arrival."""
    at_ms = int(told["ApproximateArrivalTimestamp"].timestamp() * 1000)
    return StoredRecord(stream, partition, int(told["SequenceNumber"]), at_ms, told["PartitionKey"].encode(),
                        bytes(told["Data"]))
