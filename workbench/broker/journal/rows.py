"""The journal's tables, and how entries, keyframes and lag samples look in them. Shared by writer and reader.

journal           one row an entry, about 47 bytes a range; names are numbers of ``journal_name``. Ids and times
                  both only grow, so a time is found by bisecting ids and needs no index
journal_event     index of the rare kinds (all but ``RANGE_KINDS``), so that marks cost no scan
journal_keyframe  the folded state after entry ``id``: zlib over JSON
journal_span      between two keyframes, which offsets of a partition entries speak of: a few bands that hold them all,
                  so that what concerns one message is found without reading the rest
journal_second    roll-up for the time strip: records and bytes appended, records delivered, per second
lag_series        numbers for (group, topic, partition)
lag_sample        one row a second, all series in it: zlib over series u32[], lag i64[], lag in ms i64[] (-1: unknown)
journal_entry     the same entries in words, for people with an SQL tool
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from workbench.broker.journal.entries import BARE_TYPES, ENTRY_TYPES, detail_of, entry_from
from workbench.core.journal import JournalEntry, MessagesEntry

BYTES_AN_ENTRY = 47
KINDS = ("", *(entry.kind for entry in ENTRY_TYPES))
"""Kinds by their numbers in the file."""
KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_FIRST_KINDS = range(1, 19)
_QUEUE_KINDS = range(19, 29)
RANGE_KINDS = frozenset({"append", "deliver", "commit", "lease", "ack", "nack", "return", "backlog", "store",
                         "send", "done"})
"""Kinds that come many times a second."""
RARE = f"kind NOT IN ({', '.join(str(KIND_NUMBERS[kind]) for kind in KINDS if kind in RANGE_KINDS)})"
_RARE_BEFORE_STORES = "kind NOT IN (1, 2, 3, 19, 20, 21, 22, 28)"
_RARE_BEFORE_SENDS = "kind NOT IN (1, 2, 3, 19, 20, 21, 22, 28, 29)"
"""The condition of the index over the other kinds. A query must state it word for word to be given the index."""



def _kind_rows(numbers: Iterable[int]) -> str:
    return "INSERT INTO journal_kind VALUES " + ", ".join(f"({number}, '{KINDS[number]}')" for number in numbers)


SCHEMA = (
    "CREATE TABLE journal_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE journal_kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    """CREATE TABLE journal (
        id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind INTEGER NOT NULL, topic INTEGER, partition INTEGER,
        first INTEGER, last INTEGER, count INTEGER, bytes INTEGER, group_name INTEGER, member INTEGER, detail BLOB)""",
    "CREATE INDEX journal_event ON journal (id, kind) WHERE kind > 3",
    "CREATE TABLE journal_keyframe (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, state BLOB NOT NULL)",
    """CREATE TABLE journal_second (
        second INTEGER PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL, delivered INTEGER NOT NULL)""",
    """CREATE TABLE lag_series (
        id INTEGER PRIMARY KEY, group_name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
        UNIQUE (group_name, topic, partition))""",
    "CREATE TABLE lag_sample (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, data BLOB NOT NULL)",
    """CREATE VIEW journal_entry AS
        SELECT j.id, datetime(j.at_ms / 1000.0, 'unixepoch', 'subsec') AS at, k.name AS kind, t.name AS topic,
               j.partition, j.first, j.last, j.count, j.bytes, g.name AS group_name, m.name AS member,
               CAST(j.detail AS TEXT) AS detail
        FROM journal j JOIN journal_kind k ON k.id = j.kind LEFT JOIN journal_name t ON t.id = j.topic
        LEFT JOIN journal_name g ON g.id = j.group_name LEFT JOIN journal_name m ON m.id = j.member""",
    _kind_rows(_FIRST_KINDS),
)
QUEUE_SCHEMA = (
    _kind_rows(_QUEUE_KINDS),
    "DROP INDEX journal_event",
    f"CREATE INDEX journal_event ON journal (id, kind) WHERE {_RARE_BEFORE_STORES}",
)
STORE_SCHEMA = (
    _kind_rows([KIND_NUMBERS["store"]]),
    "DROP INDEX journal_event",
    f"CREATE INDEX journal_event ON journal (id, kind) WHERE {_RARE_BEFORE_SENDS}",
)
SEND_SCHEMA = (
    _kind_rows([KIND_NUMBERS["send"], KIND_NUMBERS["done"]]),
    "DROP INDEX journal_event",
    f"CREATE INDEX journal_event ON journal (id, kind) WHERE {RARE}",
)
SCHEMAS_SCHEMA = (_kind_rows([KIND_NUMBERS["schema"]]),)
SPAN_SCHEMA = (
    """CREATE TABLE journal_span (
        topic INTEGER NOT NULL, partition INTEGER NOT NULL, from_id INTEGER NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, to_id INTEGER NOT NULL,
        PRIMARY KEY (topic, partition, from_id, first)) WITHOUT ROWID""",
)
SPAN_KINDS = frozenset({"append", "lease", "ack", "nack", "return", "dead", "redrive", "purge"})
BANDS = 16
"""So many bands a partition between two keyframes."""
INSERT_SPAN = "INSERT INTO journal_span VALUES (?, ?, ?, ?, ?, ?)"

INSERT_ENTRY = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Names:
    """Numbers of the names in the journal. ``None`` in a row is the empty name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the names anew: after a rollback, or when a row has a number not seen before."""
        self._names = dict(self._connection.execute("SELECT id, name FROM journal_name"))
        self._numbers = {name: number for number, name in self._names.items()}

    def number(self, name: str) -> int | None:
        """The number of ``name``, given to it now if it has none (writer only)."""
        if not name:
            return None
        if name not in self._numbers:
            row = self._connection.execute(
                "INSERT INTO journal_name (name) VALUES (?) RETURNING id", (name,)
            ).fetchone()
            self._numbers[name] = row[0]
            self._names[row[0]] = name
        return self._numbers[name]

    def find(self, name: str) -> int | None:
        """The number of ``name``, if it has one."""
        if name not in self._numbers:
            self.refresh()
        return self._numbers.get(name)

    def name(self, number: int | None) -> str:
        if number is None:
            return ""
        if number not in self._names:
            self.refresh()
        return self._names[number]


def entry_row(entry: JournalEntry, names: Names, entry_id: int) -> tuple[Any, ...]:
    detail = detail_of(entry)
    return (
        entry_id, entry.at_ms, KIND_NUMBERS[entry.kind], names.number(entry.topic), _known(entry.partition),
        _known(entry.first), _known(entry.last), entry.count or None, entry.bytes or None,
        names.number(entry.group), names.number(entry.member), orjson.dumps(detail, default=list) if detail else None,
    )


def entry_of(row: Sequence[Any], names: Names) -> JournalEntry:
    number, at_ms, kind, topic, partition, first, last, count, size, group, member, detail = row
    columns = (
        at_ms, names.name(topic), -1 if partition is None else partition, -1 if first is None else first,
        -1 if last is None else last, count or 0, size or 0, names.name(group), names.name(member),
    )
    if detail is None and (bare := BARE_TYPES[kind]) is not None:  # most are: no need to look further
        return bare(*columns, id=number)
    return entry_from(KINDS[kind], columns, orjson.loads(detail) if detail else None, number)


def entry_weight(entry: JournalEntry) -> int:
    """How many ids the entry takes: one for each ``BYTES_AN_ENTRY`` of it, so that ids tell the journal's size."""
    return 1 + len(entry.offsets) // BYTES_AN_ENTRY if isinstance(entry, MessagesEntry) else 1


def _known(number: int) -> int | None:
    return None if number == -1 else number


def pack_state(state: dict[str, Any]) -> bytes:
    return zlib.compress(orjson.dumps(state), 1)


def unpack_state(data: bytes) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads(zlib.decompress(data))
    return state


def pack_lags(rows: Iterable[tuple[int, int, int]]) -> bytes:
    """(series, records, ms) of one instant."""
    series, records, ages = zip(*rows, strict=True)
    count = len(series)
    return zlib.compress(struct.pack(f"<{count}I{2 * count}q", *series, *records, *ages), 1)


def unpack_lags(data: bytes) -> Iterable[tuple[int, int, int]]:
    raw = zlib.decompress(data)
    count = len(raw) // 20
    numbers = struct.unpack(f"<{count}I{2 * count}q", raw)
    return zip(numbers[:count], numbers[count : 2 * count], numbers[2 * count :], strict=True)


def id_range(connection: sqlite3.Connection, table: str) -> tuple[int, int]:
    """The first and the last id, (1, 0) of an empty table. Asked one by one: together they would be a scan."""
    first, last = connection.execute(f"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})").fetchone()
    return (1, 0) if first is None else (first, last)


def first_id_at(connection: sqlite3.Connection, table: str, ms: int) -> int:
    """The first id in ``table`` with ``at_ms >= ms``, by bisection; one past the last when there is none."""
    low, last = id_range(connection, table)
    high = last + 1
    probe = f"SELECT id, at_ms FROM {table} WHERE id >= ? ORDER BY id LIMIT 1"
    while low < high:
        middle = (low + high) // 2
        found, at_ms = connection.execute(probe, (middle,)).fetchone()
        if at_ms < ms:
            low = found + 1
        else:
            high = middle
    return int(low)
