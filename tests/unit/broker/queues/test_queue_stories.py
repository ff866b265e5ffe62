"""The story of every message is what happened to it, whatever the interleaving, how busy a tick was, and how long the
journal is; and it is found without reading the journal through."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.entries import entry_of
from workbench.broker import Broker, BrokerReader
from workbench.broker.journal.journal import Journal, trim
from workbench.broker.journal.reader import JournalReader
from workbench.broker.journal.rows import QUEUE_SCHEMA, SCHEMA, SEND_SCHEMA, SPAN_SCHEMA, STORE_SCHEMA
from workbench.broker.queues.journal import told_entries
from workbench.broker.queues.tally import Tally
from workbench.core.clock import ManualClock
from workbench.core.queues import Delivery, MessageId
from workbench.core.records import Record
from workbench.core.runs import few_bands, joined, pack_runs, unpack_runs
from workbench.session.message_history import histories_of

VISIBILITY = 60_000  # more than all ticks of an example take together: only ``expire`` ends a lease


class Teller:
    """A queue whose consumers act at random; what happened to each message is written down beside it."""

    def __init__(self, path: Path, seed: int, count: int) -> None:
        self.path, self.random, self.clock = path, Random(seed), ManualClock()
        self.broker = Broker.create(path, clock=self.clock, background=False)
        config = {"queue.visibility.ms": str(VISIBILITY), "queue.max.deliveries": "4", "queue.dead.letter": "dead"}
        self.broker.create_topic("dead", 1, "queue")
        self.broker.create_topic("q", 1, "queue", config)
        self.broker.append("q", 0, [Record(None, b"x")] * count).result()
        self.told: dict[int, list[str]] = defaultdict(lambda: ["sent to q"])
        self.held: list[Delivery] = []
        self.consumer: dict[int, str] = {}

    def receive(self, most: int) -> None:
        name = self.random.choice(("ann", "bob", "cid"))
        for delivery in self.broker.queues.receive("q", name, most):
            offset, attempt = delivery.receipt.offset, delivery.attempt
            self.told[offset].append(f"leased by {name}" + (f", attempt {attempt}" if attempt > 1 else ""))
            self.consumer[offset] = name
            self.held.append(delivery)

    def settle(self) -> None:
        if not self.held:
            return
        delivery = self.held.pop(self.random.randrange(len(self.held)))
        offset, name = delivery.receipt.offset, self.consumer[delivery.receipt.offset]
        act = self.random.choice(("ack", "ack", "nack", "nack", "reject"))
        reason = self.random.choice(("busy", "broken"))
        if act == "ack":
            self.broker.queues.ack("q", [delivery.receipt]).result()
            self.told[offset].append(f"acked by {name}")
        elif act == "nack":
            self.broker.queues.nack("q", [delivery.receipt], reason=reason)
            self.told[offset].append(f"given back by {name}: {reason}")
            self.ended(delivery, "delivery_limit")
        else:
            self.broker.queues.reject("q", [delivery.receipt], reason)
            self.told[offset] += [f"rejected by {name}: {reason}", "died (rejected), moved to dead"]

    def ended(self, delivery: Delivery, reason: str) -> None:
        if delivery.attempt == 4:
            self.told[delivery.receipt.offset].append(f"died ({reason}), moved to dead")

    def expire(self) -> None:
        self.clock.advance(VISIBILITY)
        self.broker.queues.tick()
        for delivery in self.held:
            name = self.consumer[delivery.receipt.offset]
            self.told[delivery.receipt.offset].append(f"lease of {name} ended without an answer")
            self.ended(delivery, "delivery_limit")
        self.held = []

    def die(self) -> None:
        """The host is killed after what it did was written, and starts again."""
        self.clock.advance(200)
        for _ in range(2):  # the deaths that the first finds are sent on, and told by the second
            self.broker.keep_house()
        self.broker.log.close()
        self.broker.store.close()
        self.broker = Broker.open(self.path, clock=self.clock, background=False)
        for delivery in self.held:
            self.told[delivery.receipt.offset].append("its lease ended with the host, which died")
            self.ended(delivery, "delivery_limit")
        self.held = []

    def stories(self, count: int) -> dict[int, list[str]]:
        self.broker.close()
        with BrokerReader(self.path) as reader:
            found = histories_of(reader, "q", "q", {MessageId(0, at): () for at in range(count)})
        return {message.offset: [line.text for line in story.lines] for message, story in found.items()}


@given(st.integers(0, 10_000), st.lists(st.sampled_from(["receive", "settle", "tick", "expire", "die"]), max_size=60))
@example(0, [*["receive"] * 2, "expire", *["receive", "settle"] * 2, "receive", "die"])  # dead once it starts again
@settings(max_examples=25, deadline=None)
def test_a_story_is_what_happened(tmp_path_factory: pytest.TempPathFactory, seed: int, acts: list[str]):
    teller = Teller(tmp_path_factory.mktemp("story") / "a.flow", seed, 30)
    for act in acts:
        if act == "receive":
            teller.receive(teller.random.randint(1, 9))
        elif act == "settle":
            for _ in range(teller.random.randint(1, 6)):
                teller.settle()
        elif act == "expire":
            teller.expire()
        elif act == "die":
            teller.die()
        else:
            teller.clock.advance(150)
            teller.broker.keep_house()
    told = {at: list(teller.told[at]) for at in range(30)}
    for delivery in teller.held:  # the host stops in order
        told[delivery.receipt.offset].append(f"lease of {teller.consumer[delivery.receipt.offset]} "
                                             "ended without an answer")
        if delivery.attempt == 4:
            told[delivery.receipt.offset].append("died (delivery_limit), moved to dead")
    assert teller.stories(30) == told


def test_a_story_goes_on_over_the_names_that_its_queue_had(tmp_path: Path):
    path, clock = tmp_path / "a.flow", ManualClock()
    broker = Broker.create(path, clock=clock, background=False)
    broker.create_topic("jobs", 1, "queue", {"queue.visibility.ms": str(VISIBILITY)})
    broker.append("jobs", 0, [Record(None, b"x")]).result()
    told, name = ["sent to {0}"], "jobs"
    for number, after in enumerate(("tasks", "work", "jobs"), 1):
        (delivery,) = broker.queues.receive(name, "ann")
        broker.queues.nack(name, [delivery.receipt], reason=f"busy {number}")
        told += ["leased by ann" + (f", attempt {number}" if number > 1 else ""), f"given back by ann: busy {number}"]
        clock.advance(150)
        broker.keep_house()
        broker.rename_topic(name, after)
        name = after
        if number == 1:  # another one of the old name is another queue
            broker.create_topic("jobs", 1, "queue")
            broker.append("jobs", 0, [Record(None, b"y")]).result()
            (other,) = broker.queues.receive("jobs", "cid")
            broker.queues.ack("jobs", [other.receipt]).result()
            clock.advance(150)
            broker.keep_house()
            broker.delete_topic("jobs")
    (delivery,) = broker.queues.receive("jobs", "bob")
    broker.queues.ack("jobs", [delivery.receipt]).result()
    told += ["leased by bob, attempt 4", "acked by bob"]
    broker.close()
    with BrokerReader(path) as reader:
        story = histories_of(reader, "jobs", "jobs", {MessageId(0, 0): ()})[MessageId(0, 0)]
    assert [line.text for line in story.lines] == [text.format("jobs") for text in told]


def test_a_story_stays_exact_where_thousands_are_settled_in_no_order_in_one_tick(tmp_path: Path):
    teller = Teller(tmp_path / "a.flow", 3, 6_000)
    while len(teller.told) < 6_000:
        teller.receive(1)
    teller.random.shuffle(teller.held)
    acked, back = teller.held[::2], teller.held[1::2]
    teller.broker.queues.ack("q", [each.receipt for each in acked]).result()
    teller.broker.queues.nack("q", [each.receipt for each in back], reason="busy")
    for each in acked:
        teller.told[each.receipt.offset].append(f"acked by {teller.consumer[each.receipt.offset]}")
    for each in back:
        teller.told[each.receipt.offset].append(f"given back by {teller.consumer[each.receipt.offset]}: busy")
    stories = teller.stories(6_000)
    assert stories == teller.told
    db = sqlite3.connect(tmp_path / "a.flow")
    size = db.execute("SELECT sum(47 + coalesce(length(detail), 0)) FROM journal").fetchone()[0]
    assert size < 12_000 * 4, "below four bytes an event"
    db.close()


# -- the parts ---------------------------------------------------------------------------------------------------
offsets = st.sets(st.integers(0, 5_000), max_size=200)


@given(offsets)
def test_runs_come_back_as_they_were_packed(found: set[int]):
    runs = joined((at, at) for at in found)
    assert list(unpack_runs(pack_runs(runs))) == runs
    assert {at for first, last in runs for at in range(first, last + 1)} == found
    assert all(second[0] > first[1] + 1 for first, second in pairwise(runs))


@given(offsets, st.integers(1, 6))
def test_bands_hold_every_offset_and_are_few(found: set[int], most: int):
    bands = few_bands([(at, at) for at in found], most)
    assert len(bands) <= most and joined(bands) == bands
    assert all(any(first <= at <= last for first, last in bands) for at in found)


@given(st.lists(st.integers(0, 500), unique=True, max_size=300))
def test_a_tick_tells_every_offset_once(order: list[int]):
    tally = Tally()
    for at in order:
        tally.note("ack", 0, at, "ann")
    entries = [entry for told in tally.take() for entry in told_entries(told, "q", "q", 0)]
    assert len(entries) <= 16
    assert not any(entry.vague for entry in entries)
    for at in range(501):
        assert sum(entry.holds(at) for entry in entries) == (at in order)
    assert sum(entry.count for entry in entries) == len(order)


class Book:
    """A long journal: a queue worked off in order, an old message coming again now and then."""

    def __init__(self, seconds: int) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for statement in (*SCHEMA, *QUEUE_SCHEMA, *SPAN_SCHEMA, *STORE_SCHEMA, *SEND_SCHEMA):
            self.db.execute(statement)
        self.clock = ManualClock()
        self.journal = Journal(self.db, self.clock)
        for second in range(seconds):
            first = 100 * second
            self.journal.note_append("q", 0, first, first + 99, 1000)
            for at in range(first, first + 100, 4):
                for word in ("lease", "ack"):
                    self.entry(word, at)
            if second % 50 == 0:
                self.entry("return", 7)
            self.flush()

    def entry(self, word: str, at: int) -> None:
        self.journal.add(entry_of(word, self.clock.now_ms(), "q", 0, at, at, 1, group="q", member="ann"))

    def flush(self) -> None:
        self.clock.advance(1_000)
        self.db.execute("BEGIN")
        self.journal.flush(self.db)
        self.db.execute("COMMIT")
        self.journal.confirm()

    def steps(self, offset: int) -> tuple[int, int]:
        """How many entries concern the offset, and how much SQLite did to find them."""
        count = [0]

        def step() -> None:
            count[0] += 1

        self.db.set_progress_handler(step, 100)
        found = len(list(JournalReader(self.db).about("q", 0, offset, offset)))
        self.db.set_progress_handler(None, 0)
        return found, count[0]


def test_one_message_is_found_without_reading_the_journal_through():
    short, long = Book(30), Book(600)
    assert long.steps(5_000)[0] == 3 == short.steps(2_000)[0]
    assert long.steps(7)[0] == 1 + 12
    for old, most in ((5_000, 3), (59_996, 3), (7, 5)):
        assert long.steps(old)[1] < most * short.steps(2_000)[1] + 60


def test_a_journal_of_before_the_spans_is_read_whole():
    book = Book(40)
    book.db.execute("DELETE FROM journal_span WHERE from_id < 1000")
    assert [book.steps(at)[0] for at in (0, 7, 2_000, 3_996)] == [3, 2, 3, 3]


def test_trimming_goes_by_what_entries_weigh():
    book = Book(5)
    names = pack_runs([(3 * at, 3 * at) for at in sorted(Random(1).sample(range(9_000), 1_500))])
    before = book.db.execute("SELECT max(id) FROM journal").fetchone()[0]
    wide = {"attempt": 1, "offsets": names}
    book.journal.add(entry_of("lease", book.clock.now_ms(), "q", 0, 0, 27_000, 1_500, group="q", detail=wide))
    book.entry("ack", 499)
    book.flush()
    last = book.db.execute("SELECT max(id) FROM journal").fetchone()[0]
    assert last - before >= 1 + len(names) // 47
    trim(book.db, 47 * 2)
    assert [row[0] for row in book.db.execute("SELECT first FROM journal")] == [499]
