"""``@NAME`` in the place of FILE: an attached system, looked at by the same verbs, and written to where that is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from workbench.broker import decode_batch
from workbench.cli.asking import ask_twice
from workbench.cli.attached_membership import AttachedMembership
from workbench.cli.output import counted, note
from workbench.control.command import Command
from workbench.control.exchanges import ExchangeList, ListExchanges
from workbench.control.messages import (
    AlterTopic,
    AppendBatch,
    ApplyReset,
    CloseConsumer,
    CommitConsumer,
    CreateTopic,
    DeleteGroup,
    DeleteTopic,
    ListGroups,
    ListTopics,
    OpenConsumer,
    Plan,
    PlanReset,
    PollConsumer,
    Push,
    TakeSnapshot,
)
from workbench.control.queues import ListQueues, PublishedList, PublishRecords, QueueList
from workbench.core.errors import NotFound, Refused, Unsupported
from workbench.core.records import Record, StoredRecord
from workbench.core.snapshot import Snapshot
from workbench.engines.base import AttachedBrowse, Connection, Sender
from workbench.engines.catalog import READ_ONLY, user_catalog
from workbench.engines.registry import administration_of, check_writable, connect
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
    """Answers the commands that look as a host would, and those that change something; the others say why not. Each
    change is told as the call that it makes before it is made, and asked twice where the system is marked as
    production, unless the person was ``sure`` beforehand."""

    def __init__(self, name: str, sure: bool = False) -> None:
        self._spec = user_catalog().get(name)
        self._sure = sure
        self._connection = connect(self._spec)
        self._connection.open()
        self._browse = self._connection.browse()
        self._sender: Sender | None = None
        self._membership: AttachedMembership | None = None
        self._answers: Mapping[type[Command], tuple[str, Callable[[Any], Any]]] = {
            ListTopics: ("", lambda asked: topic_list(self._browse, asked.name, exact=True)),
            ListGroups: ("list_groups", lambda _: group_list(self._browse)),
            ListQueues: ("list_queues", lambda _: self._queues()),
            ListExchanges: ("list_exchanges", lambda _: ExchangeList(tuple(self._browse.exchanges()))),
            TakeSnapshot: ("", lambda _: Snapshot()),
            AppendBatch: ("produce", self._append),
            PublishRecords: ("produce", self._publish),
            CreateTopic: ("create_topic", self._change),
            AlterTopic: ("create_topic", self._change),
            DeleteTopic: ("delete_topic", self._change),
            DeleteGroup: ("delete_group", self._change),
            PlanReset: ("", self._plan),
            ApplyReset: ("reset", self._reset),
            OpenConsumer: ("consume", self._join),
            PollConsumer: ("consume", lambda asked: self._member().poll(asked)),
            CommitConsumer: ("consume", lambda asked: self._member().commit(asked)),
            CloseConsumer: ("consume", lambda _: self._leave()),
        }

    def call(self, command: Command) -> Any:
        act, answer = self._answers.get(type(command), ("", None))
        if answer is None:
            raise Unsupported("That is not done on @{name} so far.",
                              "Topics and groups, produce, consume, export and bridge work on an attached system.",
                              name=self._connection.name)
        if why := self._connection.lacks(act) if act else "":
            if why == READ_ONLY.format(name=self._connection.name):
                check_writable(self._spec)  # says how to turn it on
            raise Unsupported(why)
        return answer(command)

    def _about_to(self, call: str) -> None:
        """Said before it is done."""
        note(f"@{self._connection.name}: {call}")
        if self._spec.production:
            ask_twice(self._connection.name, call, self._sure)

    def _change(self, asked: Command) -> None:
        with closing(administration_of(self._spec)) as administration:
            self._about_to(administration.call_for(asked))
            administration.do(asked)

    def _plan(self, asked: PlanReset) -> Plan:
        with closing(administration_of(self._spec, only_to_plan=True)) as administration:
            plan = administration.plan_reset(asked.group, asked.spec, asked.topic, asked.partitions)
        return Plan(plan if plan.refused else replace(plan, refused=self._connection.lacks("reset")))

    def _reset(self, asked: ApplyReset) -> Plan:
        if asked.pause_members:
            raise Unsupported("Members of other programs at @{name} can't be paused from here.",
                              "Stop these programs first.", name=self._connection.name)
        with closing(administration_of(self._spec)) as administration:
            plan = administration.plan_reset(asked.group, asked.spec, asked.topic, asked.partitions)
            if not plan.refused:
                self._about_to(f"AlterConsumerGroupOffsets {asked.group}, {counted(len(plan.moves), 'partition')}.")
            return Plan(administration.apply_reset(plan))

    # -- a member of a group ---------------------------------------------------------------------------------
    def _join(self, asked: OpenConsumer) -> Any:
        known = {topic.name for topic in self._browse.topics()}
        for topic in asked.topics:
            if topic not in known:
                raise NotFound("@{name} has no topic {topic}.", "See: workbench topics @{name} list.",
                               name=self._connection.name, topic=topic)
        self._about_to(f"JoinGroup {asked.group} for {', '.join(asked.topics)}, and commit what was printed.")
        self._membership = AttachedMembership(self._spec)
        return self._membership.open(asked)

    def _member(self) -> AttachedMembership:
        assert self._membership is not None, "opened before it is used"
        return self._membership

    def _leave(self) -> None:
        if self._membership is not None:
            membership, self._membership = self._membership, None
            membership.close()

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
            self._about_to(self._sender.call_for(topic, exchange))
        return self._sender

    def on_push(self, callback: Callable[[Push], None]) -> None:
        """Nothing is pushed."""

    def on_lost(self, callback: Callable[[str], None]) -> None:
        """Every call says for itself whether the system was reached."""

    def close(self) -> None:
        self._leave()
        if self._sender is not None:
            self._sender.close()
        self._browse.close()
        self._connection.close()
