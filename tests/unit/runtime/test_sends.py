"""What the journal tells of sending and working: how each send ended, what a member was handed, what it has done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from virtual_time import in_virtual_time, until

from workbench.broker import Broker, BrokerReader
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import DiskFull, Refused, Unavailable, WorkbenchError
from workbench.core.journal import AppendEntry, DeliverEntry, DoneEntry, SendEntry
from workbench.core.partitioners import RoundRobin
from workbench.core.records import Appended, Record
from workbench.engines.embedded import EmbeddedEngine
from workbench.flow.document import FlowDocument, Link, Node
from workbench.runtime import FlowRunner
from workbench.runtime.send_journal import SendJournal
from workbench.runtime.sender import Sender, SendSettings


def drawing(**group) -> FlowDocument:
    made = {"rate": 5000.0, "limit": 40, "linger_ms": 1.0}
    nodes = [Node("p", "producer", "shop", params=made), Node("t", "topic", "orders", params={"partitions": 2}),
             Node("g", "group", "billing", params={"auto_commit_ms": 20, **group})]
    return FlowDocument(nodes, [Link("pt", "p", "t"), Link("tg", "t", "g")])


def entries_of(story, document: FlowDocument, path) -> list:
    async def at_work(broker: Broker, clock: Clock) -> None:
        runner = FlowRunner(EmbeddedEngine(broker), clock=clock, seed=7, journal=broker.journal,
                            note_done=broker.note_done, background=False)
        await runner.apply(document)
        await runner.run()
        await story(runner)
        await runner.stop()

    in_virtual_time(at_work, path)
    with BrokerReader(path) as reader:
        return reader.journal(limit=100_000)


def counted(entries: Sequence, kind: type) -> int:
    return sum(entry.count for entry in entries if isinstance(entry, kind))


def test_everything_sent_was_acked_where_it_lies_and_all_that_was_handed_out_is_done(tmp_path):
    entries = entries_of(lambda runner: until(runner.drained), drawing(), tmp_path / "a.flow")
    sends = [entry for entry in entries if isinstance(entry, SendEntry)]
    assert {(entry.member, entry.outcome, entry.retries, entry.duplicates) for entry in sends} == {
        ("shop", "acked", 0, 0)}
    for partition in (0, 1):
        own = [entry for entry in sends if entry.partition == partition]
        lies = [entry for entry in entries if isinstance(entry, AppendEntry) and entry.partition == partition]
        assert own[0].sequence == 0
        assert all(later.sequence == one.sequence + one.count for one, later in pairwise(own))
        assert (own[0].first, own[-1].last) == (0, max(entry.last for entry in lies))
    assert counted(entries, SendEntry) == counted(entries, DeliverEntry) == counted(entries, DoneEntry) == 40
    assert all(entry.held for entry in entries if isinstance(entry, DeliverEntry))


def test_what_a_killed_member_had_in_hand_was_handed_out_and_is_not_done(tmp_path):
    async def story(runner) -> None:
        await until(lambda: runner.summary().groups["billing"].consumed >= 3)
        await runner.control_member("g", "kill", "billing-1")

    entries = entries_of(story, drawing(process_ms=50.0, poll_records=10), tmp_path / "a.flow")
    done = counted(entries, DoneEntry)
    assert 3 <= done < counted(entries, DeliverEntry)


class Answers:
    """An engine whose producer answers as it is told: an error, or at which offset the batch lies."""

    in_flight = 1

    def __init__(self, *answers: WorkbenchError | OSError | tuple[int, bool]) -> None:
        self.answers = list(answers)

    async def producer(self, idempotent: bool) -> Answers:
        return self

    async def append(self, topic: str, partition: int, records: Sequence[Record], compression: str) -> Appended:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Appended(topic, partition, answer[0], len(records), 0, duplicate=answer[1])


LOST = OSError("no answer")


@pytest.mark.parametrize(("answers", "told"), [
    (((5, False),), ("acked", 5, 6, 0, 0)),
    ((LOST, LOST, (5, True)), ("acked", 5, 6, 2, 2)),
    ((Refused("no"),), ("failed", -1, -1, 0, 0)),
    ((LOST,) * 5, ("unknown", -1, -1, 0, 0)),
    ((DiskFull("full"),) * 5, ("failed", -1, -1, 0, 0)),
    ((LOST, Refused("no")), ("unknown", -1, -1, 0, 0)),
    ((Unavailable("gone"),) * 5, ("unknown", -1, -1, 0, 0)),
])
def test_a_send_is_told_as_it_ended(answers, told, tmp_path):
    entries: list[SendEntry] = []

    async def story(broker: Broker, clock: Clock) -> None:
        sender = Sender(Answers(*answers, (9, False)), "orders", 1, RoundRobin(), SendSettings(), clock,
                        lambda *_: None,
                        journal=SendJournal(entries.append, clock, "shop"))
        for _ in range(2):
            sender.offer([Record(None, b"a"), Record(None, b"b")])
            async with asyncio.timeout(60):
                await sender.drain()

    in_virtual_time(story, tmp_path / "a.flow")
    first, second = entries
    assert (first.outcome, first.first, first.last, first.retries, first.duplicates) == told
    assert (first.sequence, first.count, second.sequence, second.first) == (0, 2, 2, 9)


class Ordered:
    """A producer that keeps several batches in order by itself, and answers when it is told to."""

    in_flight = 3

    def __init__(self) -> None:
        self.taken: list[bytes | None] = []
        self.answer = asyncio.Event()

    async def producer(self, idempotent: bool) -> Ordered:
        return self

    async def append(self, topic: str, partition: int, records: Sequence[Record], compression: str) -> Appended:
        self.taken.append(records[0].value)
        if len(self.taken) > 1:
            await self.answer.wait()
        return Appended(topic, partition, len(self.taken) - 1, len(records), 0)


def test_as_many_batches_are_on_their_way_as_the_producer_keeps_in_order():
    async def story() -> None:
        engine = Ordered()
        settings = SendSettings(max_bytes=1)
        sender = Sender(engine, "t", 1, RoundRobin(), settings, SystemClock(), lambda *_: None)  # type: ignore[arg-type]
        sender.offer([Record(None, b"%d" % number) for number in range(6)])
        sender.flush()
        for _ in range(20):
            await asyncio.sleep(0)
        assert engine.taken == [b"0", b"1", b"2", b"3"]  # the first alone: then the producer is known
        engine.answer.set()
        await sender.drain()
        assert engine.taken == [b"%d" % number for number in range(6)] and sender.sent == 6

    asyncio.run(story())
