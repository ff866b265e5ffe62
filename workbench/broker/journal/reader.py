"""The journal read back: entries, keyframes, lag, histograms. On the reading connection of one thread.

Nothing here scans the whole journal: times are found by bisecting ids, rare kinds by their index, one message by spans,
the time strip from the roll-up, the lag of a long session by a stride.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from workbench.broker.journal.rows import (
    KIND_NUMBERS,
    RANGE_KINDS,
    RARE,
    SPAN_KINDS,
    Names,
    entry_of,
    first_id_at,
    id_range,
    unpack_lags,
    unpack_state,
)
from workbench.core.errors import Invalid
from workbench.core.journal import JournalEntry, LagSample
from workbench.core.queues import SUBSCRIPTION_MARK

_SECONDS = """
    SELECT (max(second * 1000, :from) - :from) * :buckets / (:to - :from) AS bucket, sum(records) FROM journal_second
    WHERE second BETWEEN :from / 1000 AND (:to - 1) / 1000 GROUP BY bucket"""
_ENTRIES = f"""
    SELECT (at_ms - :from) * :buckets / (:to - :from) AS bucket, sum(count) FROM journal
    WHERE id >= :first AND id < :last AND kind = {KIND_NUMBERS["append"]} GROUP BY bucket"""
_STRIDE = """
    WITH RECURSIVE step (id) AS (SELECT :first UNION ALL SELECT id + :stride FROM step WHERE id + :stride < :last)
    SELECT s.at_ms, s.data FROM step JOIN lag_sample s ON s.id = step.id"""

_RANGE = """
    SELECT coalesce((SELECT at_ms FROM journal_keyframe ORDER BY id LIMIT 1),
                    (SELECT at_ms FROM journal ORDER BY id LIMIT 1)),
           (SELECT at_ms FROM journal ORDER BY id DESC LIMIT 1)"""

_BEGAN = f"""
    SELECT id, json_extract(CAST(detail AS TEXT), '$.was') FROM journal INDEXED BY journal_event
    WHERE {RARE} AND kind = {KIND_NUMBERS["topic"]} AND topic = ? AND id < ?
    AND json_extract(CAST(detail AS TEXT), '$.act') IN ('created', 'renamed') ORDER BY id DESC LIMIT 1"""
_END = 1 << 62
_SPANS = "SELECT from_id, to_id FROM journal_span WHERE topic = ? AND partition = ? AND first <= ? AND last >= ?"
_ABOUT = f"""
    SELECT * FROM journal WHERE id BETWEEN ? AND ? AND topic = ? AND partition = ? AND first <= ? AND last >= ?
    AND kind IN ({", ".join(str(KIND_NUMBERS[kind]) for kind in sorted(SPAN_KINDS))}) ORDER BY id"""


def _called_now(entry: JournalEntry, topic: str) -> JournalEntry:
    """The entry with the topic's name of now, and that of its queue or of a subscription to it."""
    queue, mark, rest = entry.group.partition(SUBSCRIPTION_MARK)
    return replace(entry, topic=topic, group=topic + mark + rest if queue == entry.topic else entry.group)


class JournalReader:
    """Reads through ``connection``, which sees what is committed when each call begins."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)

    def entries(self, after_id: int = 0, from_ms: int | None = None, to_ms: int | None = None,
                kinds: Sequence[str] = (), limit: int = 1000) -> list[JournalEntry]:
        """Entries after ``after_id`` with ``from_ms <= at_ms < to_ms``, oldest first."""
        unknown = [kind for kind in kinds if kind not in KIND_NUMBERS]
        if unknown:
            raise Invalid("The journal has no kind {unknown!r}.", "Known are: {kind_numbers}.", unknown=unknown[0],
                          kind_numbers=', '.join(KIND_NUMBERS))
        first = after_id + 1 if from_ms is None else max(after_id + 1, self._first_id_at(from_ms))
        last = None if to_ms is None else self._first_id_at(to_ms)
        numbers = [KIND_NUMBERS[kind] for kind in kinds]
        rare = bool(kinds) and RANGE_KINDS.isdisjoint(kinds)
        source = f"journal INDEXED BY journal_event WHERE {RARE} AND" if rare else "journal WHERE"
        query = f"SELECT * FROM {source} id >= ?"
        values: list[Any] = [first]
        if last is not None:
            query += " AND id < ?"
            values.append(last)
        if numbers:
            query += f" AND kind IN ({', '.join('?' * len(numbers))})"
            values += numbers
        rows = self._connection.execute(f"{query} ORDER BY id LIMIT ?", (*values, limit))
        return [entry_of(row, self._names) for row in rows]

    def about(self, topic: str, partition: int, first: int, last: int) -> Iterator[JournalEntry]:
        """Appends, and what queues did, whose range meets these offsets of the topic as it is now; oldest first. What
        happened under a name it had before is told under the one it has."""
        for number, from_id, until_id in reversed(self._called(topic)):
            for begin, end in self._spans(number, partition, first, last):
                meets = (max(begin, from_id), min(end, until_id), number, partition, last, first)
                for row in self._connection.execute(_ABOUT, meets):
                    entry = entry_of(row, self._names)
                    yield entry if entry.topic == topic else _called_now(entry, topic)

    def _called(self, topic: str) -> list[tuple[int, int, int]]:
        """The names of the topic, the latest first: its number, from which entry on, until which."""
        found, name, until_id = [], topic, _END
        while name and (number := self._names.find(name)) is not None:
            began = self._connection.execute(_BEGAN, (number, until_id)).fetchone()
            found.append((number, began[0] if began else 0, until_id))
            if began is None:
                break
            until_id, name = began
        return found

    def _spans(self, topic: int, partition: int, first: int, last: int) -> list[tuple[int, int]]:
        """Where to look: what the spans name, what is newer than the last keyframe, what an older workbench wrote."""
        query = "SELECT (SELECT min(from_id) FROM journal_span), (SELECT max(id) FROM journal_keyframe)"
        begin, keyframe = self._connection.execute(query).fetchone()
        end = id_range(self._connection, "journal")[1]
        if begin is None:
            return [(0, end)]
        named = self._connection.execute(_SPANS, (topic, partition, last, first))
        return [(0, begin - 1), *sorted(set(named)), (max(begin, keyframe + 1), end)]

    def range(self) -> tuple[int, int] | None:
        """The times between which a state can be rebuilt; None when nothing is journalled yet."""
        begin, end = self._connection.execute(_RANGE).fetchone()  # in one look: old entries are removed meanwhile
        return None if begin is None or end is None else (begin, end)

    def keyframe_before(self, ms: int) -> tuple[int, int, dict[str, Any]] | None:
        """(journal id, its time, state) of the last keyframe at or before ``ms``."""
        after = first_id_at(self._connection, "journal_keyframe", ms + 1)
        query = "SELECT id, at_ms, state FROM journal_keyframe WHERE id < ? ORDER BY id DESC LIMIT 1"
        row = self._connection.execute(query, (after,)).fetchone()
        return None if row is None else (row[0], row[1], unpack_state(row[2]))

    def append_histogram(self, from_ms: int, to_ms: int, buckets: int) -> list[int]:
        """Records appended in each of ``buckets`` equal parts of ``from_ms <= t < to_ms``."""
        if to_ms <= from_ms or buckets < 1:
            raise Invalid("A histogram needs a range of time and at least one bucket.")
        bounds = {"from": from_ms, "to": to_ms, "buckets": buckets}
        if (to_ms - from_ms) / buckets >= 1000:
            rows = self._connection.execute(_SECONDS, bounds)
        else:  # finer than the roll-up, so the range is short enough for the entries themselves
            ids = {"first": self._first_id_at(from_ms), "last": self._first_id_at(to_ms)}
            rows = self._connection.execute(_ENTRIES, bounds | ids)
        counts = [0] * buckets
        for bucket, records in rows:
            counts[bucket] += records
        return counts

    def lag_samples(self, from_ms: int, to_ms: int, max_points: int, group: str = "") -> list[LagSample]:
        """Samples of ``from_ms <= t <= to_ms``, at most ``max_points`` an instant series; of one group, or of all."""
        first = first_id_at(self._connection, "lag_sample", from_ms)
        last = first_id_at(self._connection, "lag_sample", to_ms + 1)
        stride = max(1, -(-(last - first) // max(1, max_points)))
        if first >= last:
            return []
        rows = self._connection.execute(_STRIDE, {"first": first, "last": last, "stride": stride})
        series = self._series()
        return [sample for at_ms, data in rows for sample in _samples(series, at_ms, data, group)]

    def lags_before(self, ms: int) -> list[LagSample]:
        """The last sample at or before ``ms``, of all groups."""
        last = first_id_at(self._connection, "lag_sample", ms + 1) - 1
        row = self._connection.execute("SELECT at_ms, data FROM lag_sample WHERE id = ?", (last,)).fetchone()
        return _samples(self._series(), *row) if row else []

    def _series(self) -> dict[int, tuple[str, str, int]]:
        rows = self._connection.execute("SELECT id, group_name, topic, partition FROM lag_series")
        return {number: (group, topic, partition) for number, group, topic, partition in rows}

    def _first_id_at(self, ms: int) -> int:
        return first_id_at(self._connection, "journal", ms)


def _samples(series: dict[int, tuple[str, str, int]], at_ms: int, data: bytes, group: str = "") -> list[LagSample]:
    return [
        LagSample(at_ms, *series[number], records, None if age < 0 else age)
        for number, records, age in unpack_lags(data)
        if not group or series[number][0] == group
    ]
