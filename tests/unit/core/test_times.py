"""ISO 8601 times and durations: what is read, what is written, what is refused in words."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.core.times import format_time, parse_duration, parse_moment, parse_time, time_ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00.123", 123),
        ("1970-01-01T01:00:00+01:00", 0),
        ("2026-11-23T20:51:00.250Z", 1_795_467_060_250),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_times_are_read_with_and_without_a_zone(text: str, ms: int):
    assert parse_time(text) == ms


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_time_of_the_calendar_comes_back(ms: int):
    assert parse_time(format_time(ms)) == ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [("PT1H", 3_600_000), ("pt1h30m", 5_400_000), ("P2D", 172_800_000), ("PT0.25S", 250), ("P1WT1S", 604_801_000),
     ("7m", 420_000), ("7 min", 420_000), ("1 h 30", 5_400_000), ("1h30m", 5_400_000), ("1.5 h", 5_400_000),
     ("90 s", 90_000), ("2 min 13 s", 133_000), ("1 h 05 min", 3_900_000), ("3 d 4 h", 273_600_000), ("250 ms", 250),
     ("2 Hours", 7_200_000), ("2 min 13", 133_000)],
)
def test_durations(text: str, ms: int):
    assert parse_duration(text) == ms


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "12:00", "99999-01-01"])
def test_what_is_not_a_time_is_refused_in_words(text: str):
    with pytest.raises(Invalid, match="is not a time"):
        parse_time(text)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "7", "PT1", "PT-1H", "P1Y", "-7 m", "7 x", "30 min 1 h",
                                  "5 m 5 m", "5 min or so"])
def test_what_is_not_a_duration_is_refused_in_words(text: str):
    with pytest.raises(Invalid, match="is not a duration"):
        parse_duration(text)


def test_an_endless_duration_is_refused():
    with pytest.raises(Invalid, match="too long"):
        parse_duration("P" + "9" * 40 + "D")


def test_a_time_outside_the_calendar_is_refused():
    with pytest.raises(Invalid, match="calendar"):
        format_time(2**62)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("2026-01-01T00:00:00Z", 1767225600000), ("2026-01-01 01:00:00+01:00", 1767225600000), (1767225600, 1767225600000),
     ("1767225600.5", 1767225600500), (1767225600000, 1767225600000), ("soon", None), (None, None), (True, None),
     (float("nan"), None)],
)
def test_a_time_in_a_file_is_iso_or_seconds_or_milliseconds(text, ms):
    assert time_ms(text) == ms


@pytest.mark.parametrize(
    ("text", "zone", "ms"),
    [("14:02", UTC, 1_795_442_520_000), ("14:02:11.087", UTC, 1_795_442_531_087), ("9:02:11", UTC, 1_795_424_531_000),
     ("15:02:11", timezone(timedelta(hours=1)), 1_795_442_531_000), ("2026-11-23T14:02:11", UTC, 1_795_442_531_000),
     ("2026-11-23 15:02:11", timezone(timedelta(hours=1)), 1_795_442_531_000),
     ("2026-11-23T14:02:11Z", timezone(timedelta(hours=9)), 1_795_442_531_000)],
)
def test_a_moment_is_of_the_shown_day_and_of_the_zone_people_think_in(text, zone, ms):
    assert parse_moment(text, 1_795_443_156_204, zone) == ms


@pytest.mark.parametrize("text", ["25:00", "12:61", "half past two", "1:2"])
def test_what_is_no_moment_is_refused_in_words(text):
    with pytest.raises(Invalid, match="is not a time"):
        parse_moment(text, 1_795_443_156_204)
