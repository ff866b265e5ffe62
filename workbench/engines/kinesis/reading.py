"""Reading one shard by iterators. Nothing is disturbed but the shard's budget: five reads a second, shared by all its
readers. So no shard is read more often than the connection allows (``reads.per.second``). Blocking; one thread at a
time.

    after a record    AFTER_SEQUENCE_NUMBER of it
    at a number       AT_SEQUENCE_NUMBER: a record has it, or the shard's own first number: TRIM_HORIZON
    at a time         AT_TIMESTAMP

An iterator lives five minutes; each read gives the next one, none at the end of a closed shard.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.core.errors import Invalid, Refused, Unavailable
from workbench.core.records import StoredRecord
from workbench.engines.aws.errors import THROTTLED, code_of, translated, translating
from workbench.engines.kinesis.shards import Shard, record_of

PAGE_RECORDS = 10_000
_GIVE_UP_S = 30.0
_KNOWN = 20_000


class ShardReader:
    """Of one stream's shard."""

    def __init__(self, client: Any, address: str, stream: str, shard: Shard, spacing_s: float) -> None:
        self.shard = shard
        self._client = client
        self._address = address
        self._stream = stream
        self._spacing_s = spacing_s
        self._read_s = -spacing_s
        self._iterator: str | None = None
        self._next: int | None = None  # the offset at which the iterator stands
        self._records: dict[int, None] = {}  # offsets that records were seen to have, the newest last

    def read(self, offset: int, max_records: int) -> list[StoredRecord]:
        """Up to ``max_records`` from ``offset`` on; fewer only where nothing follows now."""
        if self._next != offset or self._iterator is None:
            self._iterator = self._iterator_at(offset)
        found: list[StoredRecord] = []
        until_s = time.monotonic() + _GIVE_UP_S
        while len(found) < max_records and self._iterator is not None:
            try:
                page, behind_ms = self._page(max_records - len(found))
            except ExpiredIterator:
                self._iterator = self._iterator_at(found[-1].offset + 1 if found else offset)
                continue
            found += page
            if page:
                until_s = time.monotonic() + _GIVE_UP_S
            if not behind_ms:
                break
            if time.monotonic() > until_s:
                raise Unavailable("{stream} gave nothing from shard {id} for {give_up_s:g} s.", stream=self._stream,
                                  id=self.shard.id, give_up_s=_GIVE_UP_S)
        self._next = found[-1].offset + 1 if found else offset
        return found

    def first_at(self, ms: int) -> StoredRecord | None:
        """The first record that arrived at that time or later, or None."""
        moment = datetime.fromtimestamp(max(0, ms) / 1000, tz=UTC)
        if moment > datetime.now(tz=UTC):
            return None  # a time to come is refused there
        self._iterator, self._next = self._asked("AT_TIMESTAMP", Timestamp=moment), None
        found = self._until_any(1)
        return found[0] if found else None

    def newest(self, ms: int) -> StoredRecord | None:
        """The last of all records that arrived at that time or later, or None."""
        moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
        self._iterator, self._next = self._asked("AT_TIMESTAMP", Timestamp=moment), None
        last: StoredRecord | None = None
        while self._iterator is not None:
            page, behind_ms = self._page(PAGE_RECORDS)
            last = page[-1] if page else last
            if not behind_ms:
                break
        return last

    def _until_any(self, max_records: int) -> list[StoredRecord]:
        while self._iterator is not None:
            page, behind_ms = self._page(max_records)
            if page or not behind_ms:
                return page
        return []

    # -- iterators -------------------------------------------------------------------------------------------
    def _iterator_at(self, offset: int) -> str:
        if offset <= self.shard.first:
            return self._asked("TRIM_HORIZON")
        if offset - 1 in self._records:
            return self._asked("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=str(offset - 1))
        return self._asked("AT_SEQUENCE_NUMBER", StartingSequenceNumber=str(offset))

    def _asked(self, kind: str, **more: Any) -> str:
        try:
            with translating("Kinesis", self._address):
                return self._client.get_shard_iterator(StreamName=self._stream, ShardId=self.shard.id,
                                                       ShardIteratorType=kind, **more)["ShardIterator"]
        except Refused as error:
            if "StartingSequenceNumber" in more:
                raise Invalid("Shard {id} of {stream} does not take {more} as a place.",
                              "Name the sequence number of a record of that shard.", id=self.shard.id,
                              stream=self._stream, more=more['StartingSequenceNumber']) from error
            raise

    def _page(self, max_records: int) -> tuple[list[StoredRecord], int]:
        """The next records, and how far behind the newest they end, in milliseconds."""
        while True:
            time.sleep(max(0.0, self._read_s + self._spacing_s - time.monotonic()))
            self._read_s = time.monotonic()
            try:
                answer = self._client.get_records(ShardIterator=self._iterator, Limit=min(max_records, PAGE_RECORDS))
                break
            except ClientError as error:
                if code_of(error) == "ExpiredIteratorException":
                    raise ExpiredIterator from None
                if code_of(error) not in THROTTLED:
                    raise translated(error, "Kinesis", self._address) from None
                self._read_s += self._spacing_s  # others read it, too: leave them more of it
            except BotoCoreError as error:
                raise translated(error, "Kinesis", self._address) from None
        self._iterator = answer.get("NextShardIterator")
        page = [record_of(self._stream, self.shard.partition, each) for each in answer["Records"]]
        for record in page:
            self._records[record.offset] = None
        while len(self._records) > _KNOWN:
            del self._records[next(iter(self._records))]
        return page, answer.get("MillisBehindLatest", 0)


class ExpiredIterator(Exception):
    """It was made more than five minutes ago."""
