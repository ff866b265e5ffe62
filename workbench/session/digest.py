"""What happened in a workspace since a time, as rows that two runs can be compared by, and one digest over them.

One row a journal entry (its time counted from the start; bytes on disk are left out, they depend on the codec), then
one a partition and one a store: a chain over all its records, or rows. The digest is SHA-256 over the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import orjson

from workbench.broker import BrokerReader, detail_of
from workbench.core.journal import JournalEntry
from workbench.core.records import StoredRecord

_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Digest:
    """``text`` in hexadecimal; ``rows`` are what it is of."""

    text: str
    rows: tuple[str, ...]


def digest_of(path: Path, start_ms: int) -> Digest:
    """Of everything the workspace at ``path`` was told since ``start_ms``, and of all its records."""
    with BrokerReader(path) as reader:
        rows = tuple([*_journal_rows(reader, start_ms), *_partition_rows(reader), *_store_rows(reader)])
    hashed = hashlib.sha256()
    for row in rows:
        hashed.update(row.encode())
        hashed.update(b"\n")
    return Digest(hashed.hexdigest(), rows)


def first_difference(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """The first row in which two runs differ, as text; empty when there is none."""
    for number, (one, other) in enumerate(zip_longest(ours, theirs, fillvalue="(nothing)")):
        if one != other:
            return f"row {number}:\n  {one}\n  {other}"
    return ""


def _journal_rows(reader: BrokerReader, start_ms: int) -> Iterator[str]:
    after = 0
    while entries := reader.journal(after, from_ms=start_ms, limit=_PAGE):
        for entry in entries:
            yield _row(entry, start_ms)
        after = entries[-1].id


def _row(entry: JournalEntry, start_ms: int) -> str:
    fields = (entry.kind, entry.at_ms - start_ms, entry.topic, entry.partition, entry.first, entry.last, entry.count,
              entry.group, entry.member, detail_of(entry))
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def _partition_rows(reader: BrokerReader) -> Iterator[str]:
    for topic in reader.topics():
        for bounds in reader.bounds(topic.name):
            chain, offset = hashlib.sha256(), bounds.log_start
            while records := reader.read(topic.name, bounds.partition, offset, _PAGE):
                for record in records:
                    _chain(chain, record)
                offset = records[-1].offset + 1
            yield f"{topic.name}/{bounds.partition} {bounds.log_start}-{bounds.end} {chain.hexdigest()}"


def _store_rows(reader: BrokerReader) -> Iterator[str]:
    """One row a store: its counts and a chain over its rows, without the time of their writing."""
    for stat in reader.stores():
        chain = hashlib.sha256()
        for row in reader.store_rows(stat.name):
            chain.update(f"{row.key!r} {row.value!r} {row.version} {row.topic}/{row.partition}@{row.offset}\n".encode())
        yield f"store {stat.name} {stat.rows} {stat.writes} {stat.repeats} {stat.refused} {chain.hexdigest()}"


def _chain(chain: hashlib._Hash, record: StoredRecord) -> None:
    chain.update(f"{record.offset} {record.timestamp_ms} ".encode())
    headers = (data for name, value in record.headers for data in (name.encode(), value))
    for part in (record.key, record.value, *headers):
        chain.update(b"-" if part is None else b"%d:" % len(part) + part)
