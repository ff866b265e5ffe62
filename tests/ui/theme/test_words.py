"""Numbers and times read as the design writes them."""

from __future__ import annotations

import time

import pytest
from PySide6.QtGui import QFontMetricsF

from workbench.core.times import parse_moment
from workbench.ui.charts.ticks import time_ticks
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

AT = 1_795_443_156_204  # 2026-11-23 14:12:36.204 UTC


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (words.count(98_412), "98,412"), (words.count(-7), "-7"), (words.change(90.4), "+90"), (words.change(-3), "-3"),
        (words.change(0.2), "0"),
        (words.rate(480), "480/s"), (words.rate(12_400), "12.4 k/s"), (words.rate(9_400), "9,400/s"),
        (words.rate(1.2), "1.2/s"), (words.rate(0), "0/s"), (words.rate(3_100_000), "3.1 M/s"),
        (words.rate(9.99), "10/s"), (words.rate(0.02), "0.1/s"),
        (words.size(278), "278 B"), (words.size(2_355), "2.3 KiB"), (words.size(224_395_264), "214 MiB"),
        (words.size(0), "0 B"),
        (words.duration(40), "0.04 s"), (words.duration(100), "0.1 s"), (words.duration(0), "0 s"),
        (words.duration(4), "0.004 s"), (words.duration(40_000), "40 s"), (words.duration(59_700), "1 min"),
        (words.duration(133_000), "2 min 13 s"), (words.duration(133_000, narrow=True), "2:13 min"),
        (words.duration(3_900_000), "1 h 05 min"), (words.duration(273_600_000), "3 d 4 h"),
        (words.duration(300_000), "5 min"), (words.duration(1_000), "1 s"), (words.duration(330_000), "5 min 30 s"),
        (words.duration(3_600_000), "1 h"), (words.duration(86_400_000), "1 d"), (words.duration(200), "0.2 s"),
        (words.duration(300_000, narrow=True), "5:00 min"), (words.duration(10_000), "10 s"),
        (words.clock(AT), "14:12:36.204"), (words.clock(AT, millis=False), "14:12:36"),
        (words.date(AT), "23 Nov 2026"), (words.date(AT, data=True), "2026-11-23"),
        (words.behind(22, 40), "22 behind · 0.04 s"), (words.behind(32_087), "32,087 behind"),
        (words.ago(625_000), "10 min 25 s ago"), (words.place("orders", 3, 88_134), "orders/3 @ 88,134"),
        (words.plural(1, "member", "members"), "1 member"), (words.plural(3, "member", "members"), "3 members"),
    ],
)
def test_reads_as_designed(said: str, written: str):
    assert said == written


@pytest.fixture
def berlin(monkeypatch):
    """This machine's clock stands in Berlin, and times are shown as it does."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    words.show_local(True)
    yield
    words.show_local(False)
    monkeypatch.undo()
    time.tzset()


def test_times_read_as_this_machines_clock_when_that_was_chosen(berlin):
    assert (words.clock(AT, False), words.date(AT), words.zone_name(AT)) == ("15:12:36", "23 Nov 2026", "CET")
    late = AT + 9 * 3_600_000  # 23:12 in UTC is the next day there
    assert words.moment(late) == "2026-11-24 00:12:36"
    summer = AT - 150 * 86_400_000
    assert (words.clock(summer, False), words.zone_name(summer)) == ("16:12:36", "CEST")
    assert words.zone_offset_ms(AT) == 3_600_000
    assert parse_moment("15:12:36", AT, words.zone()) == AT - 204
    assert parse_moment("2026-06-26 16:12:36", AT, words.zone()) == summer - 204


def test_round_times_are_round_where_they_are_shown():
    zone = 5 * 3_600_000 + 1_800_000  # India
    ticks = time_ticks(AT, AT + 6 * 3_600_000, 6, zone)
    assert ticks and all((tick + zone) % 3_600_000 == 0 for tick in ticks)


@pytest.fixture
def metrics(qapp) -> QFontMetricsF:
    return QFontMetricsF(theme().font("caption", 600))


def room_for(metrics: QFontMetricsF, text: str) -> float:
    return metrics.horizontalAdvance(text) + 1


@pytest.mark.parametrize(("name", "as_wide_as", "shown"), [
    ("orders.dlq", "orders.dlq", "orders.dlq"),
    ("payments", "paym", "pay…"),
    ("copy.dlq", "copy.dl", "copy.…"),  # never «copy….dlq», where what was cut could be anything
    ("international-shipping-2", "internationalww", "internation…-2"),
    ("com.example.orders/17", "com.examplwww", "com.examp…/17"),
    ("The disk that holds it is full.", "The disk that ho", "The disk that …"),
])
def test_a_cut_takes_the_end_and_leaves_a_short_last_part(metrics, name: str, as_wide_as: str, shown: str):
    assert words.cut(name, metrics, room_for(metrics, as_wide_as)) == shown


@pytest.mark.parametrize(("name", "as_wide_as", "lines"), [
    ("orders", "orders", ("orders",)),
    ("copy.orders.dlq", "orders.dlqi", ("copy", ".orders.dlq")),
    ("order-changes", "order-chan", ("order-", "changes")),
    ("checkout mobile", "checkout m", ("checkout", "mobile")),
    ("OrderSettlements", "Settlementsi", ("Order", "Settlements")),
    ("payments", "paymei", ("pay", "ments")),
    ("settlements", "settlement", ("settle", "ments")),  # never one letter off
    ("copy.orders.dlq", "ders.dlqi", ("copy.or", "ders.dlq")),
    ("strengths", "strength", ("streng…",)),
    ("internationalization", "internati", ("intern…",)),
    ("a.very.long.name.of.a.topic", "a.very.lon", ("a.very", ".long.na…")),
])
def test_a_long_name_takes_two_lines_before_it_is_cut(metrics, name: str, as_wide_as: str, lines: tuple[str, ...]):
    assert words.in_lines(name, metrics, room_for(metrics, as_wide_as)) == lines
