"""The log against SQLite itself: what our broker costs over raw inserts and raw reads of the same bytes.

Events of 200 bytes with keys of 8, in ready-made batches of 1,000, one transaction a batch on both sides. The peers
use the settings a careful person would: WAL, NORMAL, pages of 8 KiB, ids as ours.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from workbench.broker import Broker, encode_batch
from workbench.cli.benchmarks.result import Result, interleave
from workbench.core.records import Record

BATCH_RECORDS = 1000
IN_FLIGHT = 8
_VALUE = (b'{"order": 1234567, "customer": "c-00042", "amount": 129.90, "note": "' + b"x" * 200)[:198] + b'"}'


def _records(batch: int) -> list[Record]:
    first = batch * BATCH_RECORDS
    return [Record(b"%08d" % number, _VALUE, (), 1_700_000_000_000 + number)
            for number in range(first, first + BATCH_RECORDS)]


@contextmanager
def _raw(folder: Path, schema: str) -> Iterator[sqlite3.Connection]:
    path = folder / f"raw-{next(_NUMBERS)}.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(schema)
        yield connection
    path.unlink()


_NUMBERS = count()


def _append_ours(folder: Path, blobs: list[bytes], in_flight: int) -> float:
    path = folder / f"ours-{next(_NUMBERS)}.flow"
    with Broker.create(path) as broker:
        broker.create_topic("events")
        waiting: deque = deque()
        begin = time.perf_counter()
        for blob in blobs:
            waiting.append(broker.append_batch("events", 0, blob))
            if len(waiting) >= in_flight:
                waiting.popleft().result()
        for future in waiting:
            future.result()
        seconds = time.perf_counter() - begin
    path.unlink()
    return len(blobs) * BATCH_RECORDS / seconds


def _append_blobs(folder: Path, blobs: list[bytes]) -> float:
    with _raw(folder, "CREATE TABLE batch (id INTEGER PRIMARY KEY, data BLOB NOT NULL)") as connection:
        begin = time.perf_counter()
        for number, blob in enumerate(blobs):
            connection.execute("BEGIN")
            connection.execute("INSERT INTO batch VALUES (?, ?)", (1 << 40 | number * BATCH_RECORDS, blob))
            connection.execute("COMMIT")
        return len(blobs) * BATCH_RECORDS / (time.perf_counter() - begin)


def _append_rows(folder: Path, batches: list[list[Record]]) -> float:
    schema = "CREATE TABLE event (id INTEGER PRIMARY KEY, timestamp INTEGER, key BLOB, value BLOB)"
    rows = [
        [(1 << 40 | number * BATCH_RECORDS + at, r.timestamp_ms, r.key, r.value) for at, r in enumerate(batch)]
        for number, batch in enumerate(batches)
    ]
    with _raw(folder, schema) as connection:
        begin = time.perf_counter()
        for some in rows:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", some)
            connection.execute("COMMIT")
        return len(batches) * BATCH_RECORDS / (time.perf_counter() - begin)


def append_ratio(*, batches: int = 150, rounds: int = 5, in_flight: int = IN_FLIGHT) -> Result:
    """Appending ready-made batches against raw inserts of the same blobs."""
    blobs = [encode_batch(_records(number), now_ms=0) for number in range(batches)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return interleave("append, ready batches of 1,000, against raw inserts of the same blobs",
                          lambda: _append_ours(folder, blobs, in_flight), lambda: _append_blobs(folder, blobs),
                          rounds=rounds, unit="events/s", goal=0.70)


def append_rows_ratio(*, batches: int = 150, rounds: int = 5, in_flight: int = IN_FLIGHT) -> Result:
    """Appending ready-made batches against a row an event."""
    events = [_records(number) for number in range(batches)]
    blobs = [encode_batch(some, now_ms=0) for some in events]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return interleave("append, ready batches of 1,000, against a row an event",
                          lambda: _append_ours(folder, blobs, in_flight), lambda: _append_rows(folder, events),
                          rounds=rounds, unit="events/s", goal=2.5)


def read_ratio(*, batches: int = 300, rounds: int = 7) -> Result:
    """Reading everything undecoded through ``fetch``, from the file, against raw reads of the same blobs."""
    blobs = [encode_batch(_records(number), now_ms=0) for number in range(batches)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "ours.flow"
        with Broker.create(path) as broker:
            broker.create_topic("events")
            for blob in blobs:
                broker.append_batch("events", 0, blob)
        with (
            Broker.open(path) as broker,
            _raw(folder, "CREATE TABLE batch (id INTEGER PRIMARY KEY, data BLOB NOT NULL)") as raw,
        ):
            raw.executemany("INSERT INTO batch VALUES (?, ?)", enumerate(blobs))
            return interleave("sequential read, undecoded, against raw reads of the same blobs",
                              lambda: _read_ours(broker), lambda: _read_raw(raw), rounds=rounds, unit="events/s",
                              goal=0.5)


def _read_ours(broker: Broker) -> float:
    begin, offset, end = time.perf_counter(), 0, broker.bounds("events")[0].end
    while offset < end:
        offset += len(broker.fetch("events", 0, offset)) * BATCH_RECORDS
    return end / (time.perf_counter() - begin)


def _read_raw(connection: sqlite3.Connection) -> float:
    begin = time.perf_counter()
    batches = sum(1 for _ in connection.execute("SELECT id, data FROM batch ORDER BY id"))
    return batches * BATCH_RECORDS / (time.perf_counter() - begin)
