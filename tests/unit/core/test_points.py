"""Places in a log and targets of resets, as typed."""

from __future__ import annotations

import pytest

from workbench.core.errors import Invalid
from workbench.core.offsets import ResetSpec
from workbench.core.points import LogPoint, parse_point, parse_target


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("earliest", LogPoint("earliest")),
        ("latest", LogPoint("latest")),
        ("offset:17", LogPoint("offset", 17)),
        ("time:1970-01-01T00:00:01Z", LogPoint("time", 1000)),
    ],
)
def test_points(text: str, point: LogPoint):
    assert parse_point(text) == point


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("earliest", ResetSpec("earliest")),
        ("offset:5", ResetSpec("offset", 5)),
        ("shift:-10", ResetSpec("shift", -10)),
        ("shift:+10", ResetSpec("shift", 10)),
        ("duration:PT1H", ResetSpec("duration", 3_600_000)),
        ("group:billing", ResetSpec("group", group="billing")),
    ],
)
def test_targets(text: str, spec: ResetSpec):
    assert parse_target(text) == spec


@pytest.mark.parametrize("text", ["", "first", "earliest:1", "offset:", "offset:x", "offset:-1", "time:soon"])
def test_other_words_are_refused_as_points(text: str):
    with pytest.raises(Invalid):
        parse_point(text)


@pytest.mark.parametrize("text", ["", "group:", "duration:1x", "offset:9999999999999999999", "shift:" + "9" * 5000])
def test_other_words_are_refused_as_targets(text: str):
    with pytest.raises(Invalid):
        parse_target(text)
