"""Queues, one message at a time: claiming by leases against claiming by SQL, a long backlog, and other Python queues.

Messages of 200 bytes, one consumer that receives one and acks it, over and over; our acks are flushed in groups, and
the last of them is waited for. The peers claim and ack in a transaction each, as they are made to. The backlog is
what waits behind the message at hand.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from workbench.broker import Broker
from workbench.cli.benchmarks.result import Result, interleave
from workbench.core.errors import Unsupported
from workbench.core.records import Record
from workbench.host.memory import settle

ROUNDS = 5
TAKEN = 10_000
LONG, SHORT = 50_000, 1_000
PEER_TAKEN = 60
_BATCH = 100
_VALUE = bytes(200)
_SCHEMA = """CREATE TABLE message (
    id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, value BLOB NOT NULL, until_ms INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, consumer TEXT)"""
_INDEX = "CREATE INDEX message_queue ON message (queue, id)"
_CLAIM = """UPDATE message SET until_ms = :now + 30000, attempts = attempts + 1, consumer = 'c' WHERE id =
    (SELECT id FROM message WHERE queue = 1 AND until_ms <= :now ORDER BY id LIMIT 1) RETURNING id, value, attempts"""
_ACK = "DELETE FROM message WHERE id = ? AND attempts = ?"
Measure = Callable[[], float]


def claim_ratio(*, taken: int = TAKEN, rounds: int = ROUNDS, waiting: int = LONG) -> Result:
    """Messages received and acked a second, against UPDATE ... RETURNING and DELETE, each committed."""
    claims = min(taken // 10, waiting // rounds)
    with _ours(rounds * taken + waiting) as broker, _sql(waiting) as connection:
        return interleave("receive and ack against UPDATE ... RETURNING and DELETE", lambda: _take(broker, "q", taken),
                          lambda: _claim(connection, claims), rounds=rounds, unit="messages/s", goal=10.0)


def backlog_ratio(*, taken: int = TAKEN, rounds: int = ROUNDS, waiting: int = LONG) -> Result:
    """The same with 50,000 waiting against 1,000 waiting, in our own queues (1/1.25: it may cost that much more)."""
    with _ours(rounds * taken + waiting) as broker:
        broker.create_topic("short", kind="queue")
        short = _Refilled(broker, "short", SHORT)
        return interleave("receive and ack, 50,000 waiting against 1,000", lambda: _take(broker, "q", taken),
                          lambda: short.take(taken), rounds=rounds, unit="messages/s", goal=0.8)


def litequeue_ratio(*, taken: int = TAKEN, rounds: int = ROUNDS, waiting: int = LONG) -> Result:
    """The same with 50,000 waiting, against litequeue's pop and done."""
    litequeue = _peer("litequeue")

    def fill(folder: Path) -> Measure:
        queue = litequeue.LiteQueue(folder / "lite.db")
        queue.conn.execute("BEGIN")
        for _ in range(waiting):
            queue.put(_VALUE.decode())
        queue.conn.execute("COMMIT")

        def take() -> float:
            began = time.perf_counter()
            for _ in range(PEER_TAKEN):
                queue.done(queue.pop().message_id)
            return PEER_TAKEN / (time.perf_counter() - began)

        return take

    return _against("litequeue", fill, taken, rounds, waiting)


def persistqueue_ratio(*, taken: int = TAKEN, rounds: int = ROUNDS, waiting: int = LONG) -> Result:
    """The same with 50,000 waiting, against persist-queue's SQLiteAckQueue."""
    persistqueue = _peer("persistqueue", "persist-queue")

    def fill(folder: Path) -> Measure:
        queue = persistqueue.SQLiteAckQueue(str(folder))
        for _ in range(waiting):  # it can't put several in one transaction: this takes its time
            queue.put(_VALUE)

        def take() -> float:
            began = time.perf_counter()
            for _ in range(PEER_TAKEN):
                queue.ack(queue.get(block=False))
            return PEER_TAKEN / (time.perf_counter() - began)

        return take

    return _against("persist-queue", fill, taken, rounds, waiting)


# -- sides ---------------------------------------------------------------------------------------------------
def _against(name: str, fill: Callable[[Path], Measure], taken: int, rounds: int, waiting: int) -> Result:
    with tempfile.TemporaryDirectory() as folder, _ours(rounds * taken + waiting) as broker:
        return interleave(f"receive and ack, 50,000 waiting, against {name}", lambda: _take(broker, "q", taken),
                          fill(Path(folder)), rounds=rounds, unit="messages/s", goal=20.0)


def _peer(module: str, package: str = "") -> Any:
    try:
        return __import__(module)
    except ImportError:
        package = package or module
        raise Unsupported("{package} is not installed.", "Type: pip install {package}", package=package) from None


@contextmanager
def _ours(messages: int) -> Iterator[Broker]:
    """A broker with a queue ``q`` of that many, opened again so that nothing is known of it yet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.flow"
        with Broker.create(path) as broker:
            broker.create_topic("q", kind="queue")
            _fill(broker, "q", messages)
        with Broker.open(path) as broker:
            settle()
            yield broker


def _fill(broker: Broker, queue: str, messages: int) -> None:
    done = [broker.append(queue, 0, [Record(None, _VALUE)] * _BATCH) for _ in range(messages // _BATCH)]
    done[-1].result()


def _take(broker: Broker, queue: str, messages: int) -> float:
    """Receive and ack so many, one at a time; how many a second."""
    queues, acked = broker.queues, None
    began = time.perf_counter()
    for _ in range(messages):
        (delivery,) = queues.receive(queue, "c")
        acked = queues.ack(queue, [delivery.receipt])
    if acked is not None:
        acked.result()
    return messages / (time.perf_counter() - began)


class _Refilled:
    """A queue that has ``waiting`` messages whenever it is taken from; filling is not timed."""

    def __init__(self, broker: Broker, queue: str, waiting: int) -> None:
        self._broker, self._queue, self._waiting = broker, queue, waiting

    def take(self, messages: int) -> float:
        rates = []
        for _ in range(messages // self._waiting):
            _fill(self._broker, self._queue, self._waiting)
            rates.append(_take(self._broker, self._queue, self._waiting))
        return len(rates) / sum(1 / rate for rate in rates)


@contextmanager
def _sql(messages: int) -> Iterator[sqlite3.Connection]:
    """The same messages as rows that promise the same (visibility, attempts, several queues), with the settings and
    the index a careful person would choose."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)) as connection,
    ):
        for pragma in ("page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_SCHEMA)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO message (queue, value) VALUES (1, ?)", [(_VALUE,)] * messages)
        connection.execute(_INDEX)
        connection.execute("COMMIT")
        yield connection


def _claim(connection: sqlite3.Connection, messages: int) -> float:
    began = time.perf_counter()
    for _ in range(messages):
        now_ms = time.time_ns() // 1_000_000
        claimed, _, attempt = connection.execute(_CLAIM, {"now": now_ms}).fetchone()
        connection.execute(_ACK, (claimed, attempt))
    return messages / (time.perf_counter() - began)
