"""Finding batches in the file: by offset, by time. Plain functions of a connection, shared by broker and reader.

By offset: a batch's id is ``partition_no << 40 | base offset``, so the batch that holds an offset is the greatest id
not above it.

By time, without an index: every row keeps ``time_high``, the greatest timestamp of its partition up to and with that
batch. It never falls, so a binary search over offsets (about 20 look-ups in a million batches) finds the first batch
where it reaches ``ms``, and that is the first batch that holds such a record, however far CreateTime jumps back. One
case is left: the record that set the height was removed from the head of the log. Then the batch found has nothing
that new itself, and the rows after it are gone through by their ``max_timestamp``.
"""

from __future__ import annotations

import sqlite3

from workbench.broker.damage import readable_batch

OFFSET_BITS = 40
MAX_OFFSET = (1 << OFFSET_BITS) - 1

_BATCHES = """
    SELECT data FROM batch
    WHERE id >= ifnull((SELECT max(id) FROM batch WHERE id BETWEEN :first AND :at), :at) AND id < :end
    ORDER BY id"""
_HOLDER = "SELECT id, time_high FROM batch WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"
_NEXT_NEW_ENOUGH = """
    SELECT id, data FROM batch WHERE id >= ? AND id < ? AND max_timestamp >= ? ORDER BY id LIMIT 1"""


def row_id(partition_no: int, offset: int) -> int:
    return partition_no << OFFSET_BITS | offset


def read_batches(connection: sqlite3.Connection, partition_no: int, offset: int, end: int,
                 max_bytes: int) -> list[bytes]:
    """Batches from the one that holds ``offset`` up to ``end``, at least one if there is any."""
    found: list[bytes] = []
    if offset >= end:
        return found
    rows = connection.execute(_BATCHES, {"first": row_id(partition_no, 0), "at": row_id(partition_no, offset),
                                         "end": row_id(partition_no, end)})
    for (data,) in rows:
        max_bytes -= len(data)
        if found and max_bytes < 0:
            break
        found.append(data)
    rows.close()
    return found


def offset_for_time(connection: sqlite3.Connection, partition_no: int, log_start: int, end: int,
                    ms: int) -> int | None:
    """The first offset in ``log_start <= offset < end`` whose record is at or after ``ms``; None when there is none."""
    start = _first_batch_reaching(connection, partition_no, log_start, end, ms)
    limit = row_id(partition_no, end)
    while start is not None:
        row = connection.execute(_NEXT_NEW_ENOUGH, (start, limit, ms)).fetchone()
        if row is None:
            return None
        for record in readable_batch(row[1], "", 0):
            if record.offset >= log_start and record.timestamp_ms >= ms:
                return record.offset
        start = row[0] + 1  # its newest record lies before the log start
    return None


def _first_batch_reaching(connection: sqlite3.Connection, partition_no: int, log_start: int, end: int,
                          ms: int) -> int | None:
    """The id of the first batch at or after ``log_start`` with ``time_high >= ms``."""
    floor = row_id(partition_no, 0)
    low, high, found = row_id(partition_no, log_start), row_id(partition_no, end) - 1, None
    while low <= high:
        middle = (low + high) // 2
        row = connection.execute(_HOLDER, (floor, middle)).fetchone()
        if row is None:  # nothing starts at or before: the log begins later
            low = middle + 1
        elif row[1] >= ms:
            found, high = row[0], row[0] - 1
        else:
            low = middle + 1
    return found
