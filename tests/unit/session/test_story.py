"""One message's story out of the journal: what concerns it, and nothing else; deaths elsewhere come first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.entries import entry_of
from workbench.core.journal import JournalEntry
from workbench.core.queues import DeadLetterEvent, DeadLetterReason, MessageId
from workbench.core.runs import pack_runs
from workbench.session.message_history import histories_of, history_of


@dataclass
class Journal:
    """Entries as a reader gives them: of the partition asked for."""

    entries: list[JournalEntry]

    def __post_init__(self) -> None:
        self.entries = [replace(entry, id=number) for number, entry in enumerate(self.entries, 1)]

    def journal_about(self, topic: str, partition: int, first: int, last: int) -> list[JournalEntry]:
        return [e for e in self.entries if (e.topic, e.partition) == (topic, partition) and e.kind != "commit"]


def entry(kind: str, at_ms: int, first: int, last: int, topic="orders", partition=0, group="orders", **more):
    return entry_of(kind, at_ms, topic, partition, first, last, group=group if kind != "append" else "", **more)


def test_it_tells_all_that_concerns_the_message_in_order():
    reader = Journal([
        entry("append", 1, 0, 9), entry("append", 1, 0, 9, partition=1), entry("append", 1, 3, 3, topic="other"),
        entry("lease", 2, 0, 4, member="ann", detail={"attempt": 1}),
        entry("lease", 2, 3, 3, group="orders:mail", member="bob"),
        entry("nack", 3, 3, 3, member="ann", detail={"requeue": True, "delay_ms": 1500, "reason": "no stock"}),
        entry("lease", 4, 3, 5, member="bob", detail={"attempt": 2}), entry("return", 5, 3, 5, member="bob"),
        entry("commit", 5, 3, 3), entry("ack", 6, 4, 5, member="bob"),
        entry("dead", 7, 3, 3, detail={"reason": "delivery_limit", "to": "orders-dead"}),
    ])
    story = history_of(reader, "orders", "orders", MessageId(0, 3))
    assert [line.text for line in story.lines] == [
        "sent to orders", "leased by ann", "given back by ann, to wait 1.5 s: no stock",
        "leased by bob, attempt 2", "lease of bob ended without an answer",
        "died (delivery_limit), moved to orders-dead",
    ]
    assert [line.who for line in story.lines] == ["", "ann", "ann", "bob", "bob", ""]
    assert story.document()[1]["at"] == "1970-01-01T00:00:00.002Z"


def test_what_was_journalled_coarsely_is_told_as_perhaps():
    reader = Journal([entry("append", 1, 0, 99, count=100), entry("ack", 2, 0, 99, member="ann", count=40)])
    story = history_of(reader, "orders", "orders", MessageId(0, 7))
    assert [line.text for line in story.lines] == [
        "sent to orders", "perhaps acked by ann; too much happened at that moment to be journalled exactly",
    ]


def test_scattered_offsets_are_told_exactly():
    offsets = pack_runs([(0, 0), (7, 9), (99, 99)])
    lease = entry("lease", 2, 0, 99, member="ann", count=5, detail={"attempt": 1, "offsets": offsets})
    reader = Journal([entry("append", 1, 0, 99, count=100), lease])
    told = histories_of(reader, "orders", "orders", {MessageId(0, at): () for at in (6, 7, 9, 10, 99)})
    assert [at.offset for at, story in told.items() if len(story.lines) == 2] == [7, 9, 99]
    assert all("perhaps" not in line.text for story in told.values() for line in story.lines)


def test_what_one_tick_tells_is_put_in_the_order_of_attempts():
    again = {"requeue": True, "reason": "later"}
    reader = Journal([
        entry("append", 1, 0, 9), entry("lease", 2, 3, 3, member="ann", detail={"attempt": 1}),
        entry("lease", 3, 1, 4, member="ann", detail={"attempt": 2}), entry("dead", 3, 3, 3, detail={"reason": "x"}),
        entry("nack", 3, 3, 3, member="ann", detail={**again, "attempt": 1}),
        entry("return", 3, 3, 3, detail={"attempt": 2}),
    ])
    story = history_of(reader, "orders", "orders", MessageId(0, 3))
    assert [line.text for line in story.lines] == [
        "sent to orders", "leased by ann", "given back by ann: later", "leased by ann, attempt 2",
        "its lease ended with the host, which died", "died (x), kept here",
    ]


def test_a_dead_letter_brings_the_story_of_where_it_died():
    reader = Journal([
        entry("append", 1, 5, 5), entry("nack", 2, 5, 5, member="ann", detail={"requeue": False, "reason": "bad"}),
        entry("append", 3, 0, 0, topic="dead"), entry("dead", 3, 5, 5, detail={"reason": "rejected", "to": "dead"}),
        entry("redrive", 9, 0, 0, topic="dead", group="dead", detail={"to": "orders"}),
    ])
    death = DeadLetterEvent("orders", DeadLetterReason.REJECTED, 1, 3, 3, MessageId(0, 5), "bad")
    story = history_of(reader, "dead", "dead", MessageId(0, 0), (death,))
    assert [(line.queue, line.text) for line in story.lines] == [
        ("orders", "sent to orders"), ("orders", "rejected by ann: bad"), ("orders", "died (rejected), moved to dead"),
        ("dead", "sent to dead"), ("dead", "redriven to orders"),
    ]


def test_what_ended_where_it_was_comes_before_what_began_where_it_went_though_told_later():
    reader = Journal([
        entry("append", 1, 5, 5), entry("append", 100, 0, 0, topic="wait"), entry("lease", 150, 5, 5, member="ann"),
        entry("dead", 150, 5, 5, detail={"reason": "rejected", "to": "wait"}),
        entry("append", 300, 7, 7, topic="again"),
        entry("dead", 350, 0, 0, topic="wait", group="wait", detail={"reason": "expired", "to": "again"}),
        entry("ack", 400, 7, 7, topic="again", group="again", member="bob"),
    ])
    deaths = (DeadLetterEvent("wait", DeadLetterReason.EXPIRED, 1, 300, 300, MessageId(0, 0)),
              DeadLetterEvent("orders", DeadLetterReason.REJECTED, 1, 100, 100, MessageId(0, 5)))
    told = history_of(reader, "again", "again", MessageId(0, 7), deaths).lines
    assert [(line.at_ms, line.queue, line.kind) for line in told] == [
        (1, "orders", "append"), (100, "orders", "lease"), (100, "orders", "dead"), (100, "wait", "append"),
        (300, "wait", "dead"), (300, "again", "append"), (400, "again", "ack"),
    ]


def test_a_subscription_tells_of_its_own_leases_and_of_the_stream_it_reads():
    reader = Journal([
        entry("append", 1, 0, 0), entry("lease", 2, 0, 0, group="orders:mail", member="ann"),
        entry("lease", 2, 0, 0, group="orders:bill", member="bob"),
    ])
    ids = {MessageId(0, 0): (), MessageId(0, 1): ()}
    stories = histories_of(reader, "orders:mail", "orders", ids)
    assert [line.text for line in stories[MessageId(0, 0)].lines] == ["sent to orders", "leased by ann"]
    assert stories[MessageId(0, 1)].lines == ()
