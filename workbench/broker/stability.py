"""Which part of each partition is decided: open transactions, the last stable offset, and what was aborted.

    a producer's first transactional batch     opens its transaction in that partition, at the batch's base offset
    last stable offset                         the first offset of any open transaction, else the end
    the control batch at the end               closes it; an aborted one is entered in the index of aborted ranges

Kept in ``txn_open`` and ``txn_aborted``, written in the transaction of the append, so kill -9 changes nothing.
Changed on the writer thread only. Other threads read values that are replaced as a whole, before the end of a
partition moves: a reader never takes an undecided record for a stable one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from workbench.broker.batch import UNPLAIN, BatchHeader, batch_header
from workbench.broker.store import Store
from workbench.broker.topics import Partition
from workbench.core.errors import Fenced, Refused

_ABORTED = """
    SELECT a.partition_no, a.producer_id, a.first_offset, a.last_offset
    FROM txn_aborted a JOIN partition p ON p.no = a.partition_no
    WHERE a.last_offset >= p.log_start ORDER BY a.partition_no, a.last_offset"""


class InvalidTransactionState(Refused):
    """The act does not fit the state of the producer's transaction."""


class Aborted(NamedTuple):
    """An aborted range: ``last_offset`` is its control record's."""

    producer_id: int
    first_offset: int
    last_offset: int


class Stability:
    def __init__(self, store: Store) -> None:
        self._allowed: dict[int, tuple[int, frozenset[int]]] = {}  # producer: epoch, partitions of its transaction
        self._open: dict[tuple[int, int], int] = {}
        self._changed: set[tuple[int, int]] = set()
        self._new_aborted: list[tuple[int, Aborted]] = []
        self._stable: dict[int, int] = {}  # published; a partition without open transactions is not in it
        self._aborted: dict[int, tuple[Aborted, ...]] = {}  # published, by last offset
        store.on_before_commit(self._flush)
        store.on_after_commit(self._publish)
        store.on_rollback(self._load)
        store.read(self._load)

    # -- reading, any thread -------------------------------------------------------------------------------
    def last_stable(self, partition_no: int, end: int) -> int:
        """The offset at which read_committed stops."""
        return min(self._stable.get(partition_no, end), end)

    def aborted(self, partition_no: int, first: int, last: int) -> list[Aborted]:
        """Aborted ranges that reach into ``first <= offset <= last``, by their first offset."""
        found = [one for one in self._aborted.get(partition_no, ())
                 if one.last_offset >= first and one.first_offset <= last]
        return sorted(found, key=lambda one: one.first_offset)

    # -- changing, writer thread ---------------------------------------------------------------------------
    def allow(self, producer_id: int, epoch: int, partitions: Iterable[int]) -> None:
        """The producer's transaction takes batches for ``partitions``."""
        self._allowed[producer_id] = (epoch, frozenset(partitions))

    def forbid(self, producer_id: int) -> None:
        self._allowed.pop(producer_id, None)

    def check(self, partition_no: int, header: BatchHeader) -> None:
        """Raise when a transactional batch does not belong to a transaction that is on."""
        epoch, partitions = self._allowed.get(header.producer_id, (header.producer_epoch, frozenset()))
        if header.producer_epoch < epoch:
            raise Fenced("Producer {producer_id} was replaced by a newer one with the same transactional id.",
                         "Close it; the newer one goes on.", producer_id=header.producer_id)
        if header.producer_epoch > epoch or partition_no not in partitions:
            raise InvalidTransactionState("Producer {producer_id} has no transaction on in this partition.",
                                          "Begin a transaction first.", producer_id=header.producer_id)

    def note(self, partition_no: int, producer_id: int, base_offset: int) -> None:
        """A transactional batch was written."""
        key = (partition_no, producer_id)
        if key not in self._open:
            self._open[key] = base_offset
            self._changed.add(key)

    def is_open(self, partition_no: int, producer_id: int) -> bool:
        return (partition_no, producer_id) in self._open

    def close(self, partition_no: int, producer_id: int, marker_offset: int | None, aborted: bool) -> None:
        """The transaction's control batch was written at ``marker_offset``; None: the partition is gone."""
        key = (partition_no, producer_id)
        first = self._open.pop(key)
        self._changed.add(key)
        if aborted and marker_offset is not None:
            self._new_aborted.append((partition_no, Aborted(producer_id, first, marker_offset)))

    # -- the transaction -----------------------------------------------------------------------------------
    def _flush(self, connection: sqlite3.Connection) -> None:
        for key in sorted(self._changed):
            if key in self._open:
                connection.execute("INSERT OR REPLACE INTO txn_open VALUES (?, ?, ?)", (*key, self._open[key]))
            else:
                connection.execute("DELETE FROM txn_open WHERE partition_no = ? AND producer_id = ?", key)
        for no, one in self._new_aborted:
            connection.execute("INSERT INTO txn_aborted VALUES (?, ?, ?, ?)",
                               (no, one.last_offset, one.producer_id, one.first_offset))

    def _publish(self) -> None:
        """Aborted ranges first: when the stable offset moves over one, it is listed already."""
        for no, one in self._new_aborted:
            self._aborted[no] = (*self._aborted.get(no, ()), one)
        if self._changed:
            self._stable = self._first_offsets()
        self._changed.clear()
        self._new_aborted.clear()

    def _first_offsets(self) -> dict[int, int]:
        first: dict[int, int] = {}
        for (no, _), offset in self._open.items():
            first[no] = min(offset, first.get(no, offset))
        return first

    def _load(self, connection: sqlite3.Connection) -> None:
        self._changed.clear()
        self._new_aborted.clear()
        self._allowed.clear()
        rows = connection.execute("SELECT partition_no, producer_id, first_offset FROM txn_open")
        self._open = {(no, producer): first for no, producer, first in rows}
        self._stable = self._first_offsets()
        found: dict[int, list[Aborted]] = {}
        for no, producer, first, last in connection.execute(_ABORTED):
            found.setdefault(no, []).append(Aborted(producer, first, last))
        self._aborted = {no: tuple(ranges) for no, ranges in found.items()}


def committed_batches(batches: Iterable[bytes], offset: int, stability: Stability,
                      partition: Partition) -> tuple[list[bytes], int]:
    """Of the batches read at ``offset`` those that count, and the offset after the last one looked at."""
    stable = stability.last_stable(partition.no, partition.end)
    found: list[bytes] = []
    for data in batches:
        header = batch_header(data)
        if header.base_offset >= stable:
            break
        offset = header.last_offset + 1
        if not header.attributes & UNPLAIN or (not header.control and not any(
            one.producer_id == header.producer_id
            for one in stability.aborted(partition.no, header.base_offset, header.last_offset)
        )):
            found.append(data)
    return found, offset
