"""The values of the log: records as they are written and as they are read back.

``None``, ``b""`` and "missing" are three things everywhere: a key or value of ``None`` is null (a tombstone when
it is the value), ``b""`` is empty, and a header that is not in ``headers`` is missing. Values are immutable and
may cross threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Headers = tuple[tuple[str, bytes | None], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic, written ``orders/3``."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


class Record(NamedTuple):
    """A record to be written. A NamedTuple, because producers build tens of thousands a second.

    ``timestamp_ms`` is the event time in milliseconds since the epoch; ``None`` lets the broker's clock stamp it.
    """

    key: bytes | None = None
    value: bytes | None = None
    headers: Headers = ()
    timestamp_ms: int | None = None


COMMIT, ABORT = "commit", "abort"
ABORTED, OPEN = "aborted", "open"
DAMAGED = "damaged"


class StoredRecord(NamedTuple):
    """A record as the log returns it. A NamedTuple, because readers build hundreds of thousands a second.

    ``transaction`` is empty for an event that counts. The end of a transaction takes an offset too: ``COMMIT`` or
    ``ABORT``, without key and value. What a transaction wrote that was aborted is ``ABORTED``, and ``OPEN`` while the
    transaction is on; a batch alone does not know that, a reader of the workspace does. ``DAMAGED``: there is a record
    at this offset, and its bytes can't be read.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    transaction: str = ""

    @property
    def is_control(self) -> bool:
        """Whether this is the end of a transaction, which nobody wrote as an event."""
        return self.transaction in (COMMIT, ABORT)

    @property
    def has_content(self) -> bool:
        """Whether there are a key and a value to look at."""
        return self.transaction not in (COMMIT, ABORT, DAMAGED)

    @property
    def counts(self) -> bool:
        """Whether it is an event for everybody: not of control, not aborted, not undecided."""
        return not self.transaction

    @property
    def size_bytes(self) -> int:
        """Bytes of key, value and headers (not of the envelope)."""
        total = len(self.key or b"") + len(self.value or b"")
        return total + sum(len(name) + len(data or b"") for name, data in self.headers)


@dataclass(frozen=True, slots=True)
class PartitionBounds:
    """What one partition holds: offsets ``log_start <= offset < end``.

    ``end`` is the high watermark: the offset the next record will get, moved only after commit.
    """

    partition: int
    log_start: int
    end: int

    @property
    def records(self) -> int:
        """Records kept (offsets are dense in our own log)."""
        return self.end - self.log_start


@dataclass(frozen=True, slots=True)
class Appended:
    """The answer to an append: the offsets a batch was given. ``base_offset`` is the first. ``stamped``: the broker's
    time, ``timestamp_ms``, took the place of the records' own."""

    topic: str
    partition: int
    base_offset: int
    count: int
    timestamp_ms: int
    duplicate: bool = False
    stamped: bool = False

    @property
    def last_offset(self) -> int:
        return self.base_offset + self.count - 1
