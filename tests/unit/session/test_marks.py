"""Marks: many deaths are one mark, and each mark is a sentence about the right subject."""

from __future__ import annotations

from tests.entries import entry_of
from workbench.session.marks import mark_of, told_together


def entry(kind: str, at_ms: int, first: int = -1, last: int = -1, group: str = "orders", count: int = 0, **detail):
    return entry_of(kind, at_ms, "orders", 0, first, last, count, group=group, detail=detail)


def test_deaths_and_redrives_of_a_second_are_told_together():
    marks = [mark_of(one) for one in told_together([
        entry("dead", 100, 0, 9, reason="rejected", to="letters"), entry("dead", 150, 20, 20, reason="expired"),
        entry("run", 200, group="", act="started"), entry("dead", 900, 10, 10, reason="rejected", to="letters"),
        entry("dead", 1_100, 11, 11, reason="rejected", to="letters"),
        entry("redrive", 2_000, 0, 4, group="letters", to="orders"),
        entry("redrive", 2_100, 5, 9, group="letters", to="orders"), entry("purge", 3_000, count=7),
    ])]
    assert [(mark.at_ms, mark.kind, mark.subject, mark.text) for mark in marks] == [
        (100, "dead_letters", "queue:orders", "11 messages of orders died (rejected), now in letters"),
        (150, "dead_letters", "queue:orders", "1 message of orders died (expired)"),
        (200, "run", "", "Run started"),
        (1_100, "dead_letters", "queue:orders", "1 message of orders died (rejected), now in letters"),
        (2_000, "redrive", "queue:letters", "10 messages of letters redriven to orders"),
        (3_000, "purge", "queue:orders", "orders purged of 7 messages"),
    ]
