"""Event times: every way that logs and exports write them, and what is refused instead of made up."""

from __future__ import annotations

import pytest

from workbench.core.errors import Invalid
from workbench.core.event_times import EventTimes

AT = 1_764_500_000_000  # 2025-11-30T10:53:20Z
NOW = AT + 86_400_000 * 200


def read(value, form=""):
    return EventTimes(form, lambda: NOW).read(value)


@pytest.mark.parametrize(
    "value",
    [
        1764500000, "1764500000", 1764500000.0, "1764500000000", 1764500000000000, "1764500000000000000",
        "2025-11-30T10:53:20Z", "2025-11-30T11:53:20+01:00", "2025-11-30 10:53:20", "2025-11-30 10:53:20 +0000",
        "2025/11/30 10:53:20", "2025-11-30 10:53:20 UTC", "20251130105320", "Sun, 30 Nov 2025 10:53:20 +0000",
        "30 Nov 2025 05:53:20 EST", "Sunday, 30-Nov-25 10:53:20 GMT", "30/Nov/2025:10:53:20 +0000",
        "[30/Nov/2025:10:53:20 +0000]", "Nov 30 10:53:20", "<34>Nov 30 10:53:20", "Sun Nov 30 10:53:20 2025",
        "Sun Nov 30 10:53:20 UTC 2025", " 1764500000 ",
    ],
)
def test_one_moment_in_every_writing(value):
    assert read(value) == AT


@pytest.mark.parametrize(
    "value",
    ["1764500000.123", 1764500000.123, "1764500000123", "1764500000123456", 1764500000123456789,
     "2025-11-30T10:53:20.123456789Z", "2025-11-30 10:53:20,123"],
)
def test_fractions_of_a_second_stay(value):
    assert read(value) == AT + 123


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("%d/%b/%Y:%H:%M:%S %z", "30/Nov/2025:10:53:20 +0000"),
        ("%d/%b/%Y:%H:%M:%S %z", "[30/Nov/2025:11:53:20 +0100]"),
        ("%d.%m.%Y %H:%M:%S", "30.11.2025 10:53:20"), ("%m/%d/%Y %I:%M:%S %p", "11/30/2025 10:53:20 AM"),
        ("%F %T", "2025-11-30 10:53:20"), ("%s", "1764500000"), ("%b %e %T", "Nov 30 10:53:20"),
        ("%Y-%jT%H:%M:%S", "2025-334T10:53:20"), ("s", "1764500000"), ("ms", 1764500000000), ("us", "1764500000000000"),
        ("ns", "1764500000000000000"), ("ISO", "2025-11-30T10:53:20Z"), ("clf", "30/Nov/2025:10:53:20 +0000"),
        ("syslog", "Nov 30 10:53:20"), ("rfc2822", "Sun, 30 Nov 2025 10:53:20 +0000"),
    ],
)
def test_a_format_that_was_named(form, value):
    assert read(value, form) == AT


@pytest.mark.parametrize(
    ("value", "form", "why"),
    [
        ("yesterday", "", "is not a time"), (True, "", "is not a time"), ([], "", "is not a time"),
        (float("nan"), "", "is not a time"), (1e30, "", "is not a time"), ("2025-02-30T00:00:00", "", "is not a time"),
        ("30/Feb/2025:10:00:00 +0000", "", "no moment"), ("30 Nov 2025 10:53:20 IST", "", "no moment"),
        (-5, "", "before 1970"), ("1960-01-01", "", "before 1970"), ("2025-11-30", "clf", "as clf"),
        (10**19, "s", "after the year 9999"), ("soon", "ms", "not a time in ms"),
    ],
)
def test_what_is_no_time_is_refused_with_the_reason(value, form, why):
    with pytest.raises(Invalid, match=why):
        read(value, form)


def test_a_time_without_a_year_is_the_latest_that_is_not_in_the_future():
    new_year = EventTimes("", lambda: 1_767_225_600_000 + 3_600_000)  # 2026-01-01T01:00Z
    assert new_year.read("Dec 31 23:59:59") == 1_767_225_599_000
    assert new_year.read("Jan 1 00:30:00") == 1_767_227_400_000
    assert new_year.assumed_year


@pytest.mark.parametrize("form", ["%q", "dd.MM.yyyy", "%Y %Y"])
def test_a_format_that_means_nothing_is_refused(form):
    with pytest.raises(Invalid, match="time format"):
        EventTimes(form, lambda: NOW)


def test_a_time_is_found_within_a_line():
    line = '192.0.2.8 - - [30/Nov/2025:10:53:20 +0000] "GET /b?q=1 HTTP/1.1" 404'
    for form in ("clf", "%d/%b/%Y:%H:%M:%S %z"):
        times = EventTimes(form, lambda: NOW)
        assert times.read(times.find(line)) == AT
    assert EventTimes("iso", lambda: NOW).find(line) is None
