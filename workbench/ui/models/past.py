"""Questions to the past, asked on one thread of their own: a time line belongs to the thread of its reader.

``ask(fn)`` runs ``fn(timeline, reader)`` there and gives an ``Operation``; questions are answered in order.
``close`` waits for the last and lets go of the file. GUI thread outside, worker inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject

from workbench.core.keys import key_colour
from workbench.core.queues import EXCHANGE
from workbench.core.records import StoredRecord
from workbench.core.snapshot import Snapshot
from workbench.flow.document import FlowDocument
from workbench.flow.kinds import PRODUCERS
from workbench.ui.bridge.movement import (
    Movement,
    append_links,
    delivery_links,
    entry_links,
    exchange_way,
    spread,
)
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workers import Workers

if TYPE_CHECKING:
    from workbench.session.marks import Mark
    from workbench.session.timeline import Movement as Moved

SAMPLED_MOVES = 40
SAMPLED_RECORDS = 6


class Past(Protocol):
    """What a time line answers."""

    def range(self) -> tuple[int, int]: ...
    def state_at(self, ms: int) -> Snapshot: ...
    def marks(self, from_ms: int, to_ms: int) -> list[Mark]: ...
    def histogram(self, from_ms: int, to_ms: int, buckets: int) -> list[int]: ...
    def flow_of(self, from_ms: int, to_ms: int) -> list[Moved]: ...


class RecordSource(Protocol):
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]: ...
    def close(self) -> None: ...


Opened = tuple[Past, RecordSource]


def open_past(path: Path) -> Opened:
    """The time line of a file and its reader; imported here, off the first paint's way."""
    from workbench.broker import BrokerReader
    from workbench.session.timeline import Timeline

    reader = BrokerReader(path)
    return Timeline(reader), reader


class PastReader(QObject):
    def __init__(self, open_: Callable[[], Opened], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = open_
        self._opened: Opened | None = None
        self._worker = Workers("past")

    def ask(self, question: Callable[[Past, RecordSource], Any]) -> Operation:
        """Ask; connect ``done`` and ``failed`` of what is returned. It is on its way already."""
        return Operation(self, lambda: question(*self._here()), self._worker).run()

    def _here(self) -> Opened:
        """The time line, opened on this (the worker's) thread when first asked."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def close(self) -> None:
        """Wait for the last answer, then let go of the file."""
        self._worker.close()
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What moved, with key colours of some of its records, and the exchange by which they came: empty when they came
    straight, None when the log has none of them any more."""

    moved: Moved
    colours: tuple[int, ...] = ()
    exchange: str | None = None


def with_producers(snapshot: Snapshot, document: FlowDocument) -> Snapshot:
    """The snapshot of a past instant, with those drawn producers too of which nothing was told until then."""
    from workbench.session.timeline import past_producer

    known = {stat.node_id for stat in snapshot.producers}
    drawn = tuple(past_producer(node.id, node.name, snapshot.run) for node in document.of_kind(*PRODUCERS)
                  if node.id not in known)
    return replace(snapshot, producers=(*snapshot.producers, *drawn)) if drawn else snapshot


def movements(document: FlowDocument, seen: Iterable[Seen]) -> list[Movement]:
    """What moved in the past, along the links of the drawing; links that are no longer drawn are left out. What an
    exchange was sent is journalled only by the queues that got copies: as much as the one that got most."""
    found: list[Movement] = []
    published: dict[str, dict[str, Movement]] = {}
    for one in seen:
        move, count = one.moved, one.moved.last - one.moved.first + 1
        entry, way = exchange_way(document, move.topic, one.exchange or "") if (
            move.kind == "append" and one.exchange != "") else ("", [])
        if entry:
            found += [Movement(move.at_ms, link, count, one.colours) for link in way]
            sent = published.setdefault(entry, {}).get(move.topic)
            total = count + (sent.count if sent else 0)
            published[entry][move.topic] = Movement(move.at_ms, "", total, one.colours)
            continue
        links = append_links(document, move.topic) if move.kind == "append" else (
            delivery_links(document, move.topic, move.group, move.member))
        found += [replace(part, colours=one.colours) for part in spread(move.at_ms, links, count, move.again)]
    for entry, by_queue in published.items():
        most = max(by_queue.values(), key=lambda sent: sent.count)
        parts = spread(most.at_ms, entry_links(document, entry), most.count)
        found += [replace(part, colours=most.colours) for part in parts]
    return found


def coloured(moved: list[Moved], source: RecordSource) -> list[Seen]:
    """Movements with what some of their records tell; only the first few are looked up."""
    found = []
    for index, move in enumerate(moved):
        records: list[StoredRecord] = []
        if index < SAMPLED_MOVES:
            wanted = min(SAMPLED_RECORDS, move.last - move.first + 1)
            read = source.read(move.topic, move.partition, move.first, wanted)
            records = [record for record in read if record.offset <= move.last]  # after those that are gone come others
        exchange = _exchange_of(records[0]) if records else None
        found.append(Seen(move, tuple(key_colour(record.key) for record in records), exchange))
    return found


def _exchange_of(record: StoredRecord) -> str:
    return next((value or b"" for name, value in record.headers if name == EXCHANGE), b"").decode("utf-8", "replace")
