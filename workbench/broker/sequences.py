"""Idempotent producers: for each partition and producer the last five batches, so that a retry is known as one.

    epoch lower than known           Fenced
    same first and last sequence     a duplicate: the offset it already has
    follows the last (or first seen) accepted
    new epoch that begins at 0       accepted, the old epoch's batches are forgotten
    anything else                    OutOfSequence (a gap, or older than the five)

Kept in table ``producer``, written in the transaction of the append, so restart and kill -9 change nothing. A
producer that wrote nothing for a day is forgotten; its next batch is taken as the first, as Kafka does. Used on the
writer thread only.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from struct import Struct

from workbench.broker.batch import BatchHeader
from workbench.core.errors import Fenced, OutOfSequence

KEPT = 5
FORGET_MS = 24 * 3600 * 1000
_WRAP = 0x7FFFFFFF
_ROW = Struct("<iiq")


@dataclass(slots=True)
class _Known:
    """One producer on one partition: ``batches`` are (first sequence, last sequence, base offset), newest last."""

    epoch: int
    last_ms: int
    batches: list[tuple[int, int, int]]


class Sequences:
    def __init__(self) -> None:
        self._known: dict[tuple[int, int], _Known] = {}
        self._touched: set[tuple[int, int]] = set()

    def load(self, connection: sqlite3.Connection) -> None:
        for no, producer, epoch, packed, last_ms in connection.execute("SELECT * FROM producer"):
            self._known[no, producer] = _Known(epoch, last_ms, list(_ROW.iter_unpack(packed)))

    def check(self, partition_no: int, header: BatchHeader) -> int | None:
        """The base offset of the batch that ``header`` repeats, or None when it is the next one to write."""
        known = self._known.get((partition_no, header.producer_id))
        if known is None:
            return None
        who = f"Producer {header.producer_id}"
        if header.producer_epoch < known.epoch:
            raise Fenced("{who} was replaced: its epoch {producer_epoch} is older than {epoch}.",
                         "Start the producer again.", who=who, producer_epoch=header.producer_epoch, epoch=known.epoch)
        first = header.base_sequence
        if header.producer_epoch > known.epoch:
            if first != 0:
                raise OutOfSequence("{who} begins its epoch {producer_epoch} with sequence {first}, not 0.", who=who,
                                    producer_epoch=header.producer_epoch, first=first)
            return None
        last = (first + header.records - 1) & _WRAP
        for kept_first, kept_last, base_offset in known.batches:
            if (kept_first, kept_last) == (first, last):
                return base_offset
        expected = (known.batches[-1][1] + 1) & _WRAP
        if first != expected:
            raise OutOfSequence("{who} sent sequence {first}; {expected} was expected.",
                                "Send the missing batch first, or start the producer again.", who=who, first=first,
                                expected=expected)
        return None

    def note(self, partition_no: int, header: BatchHeader, base_offset: int, now_ms: int) -> None:
        """The batch was written at ``base_offset``."""
        key = (partition_no, header.producer_id)
        known = self._known.get(key)
        if known is None or known.epoch != header.producer_epoch:
            known = self._known[key] = _Known(header.producer_epoch, now_ms, [])
        last = (header.base_sequence + header.records - 1) & _WRAP
        known.batches = [*known.batches[1 - KEPT :], (header.base_sequence, last, base_offset)]
        known.last_ms = now_ms
        self._touched.add(key)

    def flush(self, connection: sqlite3.Connection) -> None:
        """Write what was noted since the last commit."""
        for no, producer in sorted(self._touched):
            known = self._known[no, producer]
            packed = b"".join(_ROW.pack(*batch) for batch in known.batches)
            connection.execute("INSERT OR REPLACE INTO producer VALUES (?, ?, ?, ?, ?)",
                               (no, producer, known.epoch, packed, known.last_ms))

    def committed(self) -> None:
        self._touched.clear()

    def rolled_back(self, connection: sqlite3.Connection) -> None:
        self._touched.clear()
        self._known.clear()
        self.load(connection)

    def forget(self, connection: sqlite3.Connection, before_ms: int) -> None:
        """Drop producers that wrote nothing since ``before_ms``."""
        connection.execute("DELETE FROM producer WHERE last_ms < ?", (before_ms,))
        self._known = {key: known for key, known in self._known.items() if known.last_ms >= before_ms}

    def forget_partition(self, connection: sqlite3.Connection, partition_no: int) -> None:
        connection.execute("DELETE FROM producer WHERE partition_no = ?", (partition_no,))
        self._known = {key: known for key, known in self._known.items() if key[0] != partition_no}
