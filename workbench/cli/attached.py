"""``@NAME`` in the place of FILE: an attached system, looked at by the same verbs, and written to where that is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from workbench.broker import decode_batch
from workbench.cli.output import note
from workbench.control.command import Command
from workbench.control.exchanges import ExchangeList, ListExchanges
from workbench.control.messages import AppendBatch, ListGroups, ListTopics, Push, TakeSnapshot
from workbench.control.queues import ListQueues, PublishedList, PublishRecords, QueueList
from workbench.core.errors import Refused, Unsupported
from workbench.core.records import Record, StoredRecord
from workbench.core.snapshot import Snapshot
from workbench.engines.base import AttachedBrowse, Connection, Sender
from workbench.engines.catalog import user_catalog
from workbench.engines.registry import connect
from workbench.host.attached import group_list, topic_list

PEEK_RECORDS = 100
"""So many messages of a queue are looked at where looking disturbs and nobody said how many."""


@contextmanager
def connection_of(name: str) -> Iterator[Connection]:
    """The connection, open, for the length of the block."""
    connection = connect(user_catalog().get(name))
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def browse_of(name: str) -> Iterator[AttachedBrowse]:
    with connection_of(name) as connection, closing(connection.browse()) as browse:
        yield browse


def peeked(reader: Any, topic: str, disturb: bool, most: int | None) -> Sequence[StoredRecord] | None:
    """The next messages of a queue that is disturbed by looking, ``PEEK_RECORDS`` unless told how many; None of a topic
    that is not. Before it happens it is said what it changes: as a refusal, unless the person said ``disturb``."""
    why = reader.disturbs(topic)
    if not why:
        return None
    if not disturb:
        raise Refused(why, "Add --disturb to look all the same.")
    note(why)
    found = reader.peek(topic, most or PEEK_RECORDS)
    if most is None and len(found) >= PEEK_RECORDS:
        note(f"These are the first {PEEK_RECORDS:,}; --max shows more.")
    return found


class AttachedCaller:
    """Answers the commands that look as a host would, and those that send; the others say why not."""

    def __init__(self, name: str) -> None:
        self._connection = connect(user_catalog().get(name))
        self._connection.open()
        self._browse = self._connection.browse()
        self._sender: Sender | None = None
        self._answers: Mapping[type[Command], tuple[str, Callable[[Any], Any]]] = {
            ListTopics: ("", lambda asked: topic_list(self._browse, asked.name, exact=True)),
            ListGroups: ("list_groups", lambda _: group_list(self._browse)),
            ListQueues: ("list_queues", lambda _: self._queues()),
            ListExchanges: ("list_exchanges", lambda _: ExchangeList(tuple(self._browse.exchanges()))),
            TakeSnapshot: ("", lambda _: Snapshot()),
            AppendBatch: ("produce", self._append),
            PublishRecords: ("produce", self._publish),
        }

    def call(self, command: Command) -> Any:
        act, answer = self._answers.get(type(command), ("create_topic", None))
        why = self._connection.lacks(act) if act else ""
        if why and act == "produce":
            self._connection.sender()  # says why not, and how to turn it on
        if answer is None or why:
            raise Unsupported(why or f"That is not done on @{self._connection.name} so far.",
                              "" if answer else "Only topics, groups, queues and exchanges list|describe, produce, "
                              "consume and export work on an attached system.")
        return answer(command)

    def _queues(self) -> QueueList:
        found = QueueList(tuple(self._browse.queues()))
        if said := self._browse.counts_are():
            note(said)
        return found

    def _append(self, asked: AppendBatch) -> None:
        records = [Record(r.key, r.value, r.headers, r.timestamp_ms)
                   for r in decode_batch(asked.batch, asked.topic, asked.partition)]
        self._sending(asked.topic, None).append(asked.topic, asked.partition, records)

    def _publish(self, asked: PublishRecords) -> PublishedList:
        sender = self._sending(asked.routing_key, asked.exchange)
        answers = sender.publish(asked.exchange, asked.routing_key, asked.records, asked.mandatory)
        return PublishedList(tuple(answers))

    def _sending(self, topic: str, exchange: str | None) -> Sender:
        """The first time it is said what will be called."""
        if self._sender is None:
            self._sender = self._connection.sender()
            note(f"@{self._connection.name}: {self._sender.call_for(topic, exchange)}")
        return self._sender

    def on_push(self, callback: Callable[[Push], None]) -> None:
        """Nothing is pushed."""

    def on_lost(self, callback: Callable[[str], None]) -> None:
        """Every call says for itself whether the system was reached."""

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()
        self._browse.close()
        self._connection.close()
