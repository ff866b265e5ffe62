"""Times and durations as people write them (ISO 8601) and as the log keeps them (milliseconds since the epoch).

A time without a zone is UTC. One place, so that every command, panel and file reads and writes them alike.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.core.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LATEST_SECONDS = 100_000_000_000
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,3})?)S)?)?",
    re.IGNORECASE,
)


def parse_time(text: str) -> int:
    """Milliseconds since the epoch of an ISO 8601 time, e.g. ``2026-11-23T20:51:00.250Z`` or ``2026-11-23``."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            f"«{text}» is not a time.",
            "Write it as ISO 8601, for example 2026-11-23T20:51:00Z; without a zone it is UTC.",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MS


def time_ms(value: Any) -> int | None:
    """ISO 8601 (UTC when it names no zone), or seconds or milliseconds since 1970; None when it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if not isinstance(value, (int, float)):
        text = str(value).strip()
        try:
            value = float(text)
        except ValueError:
            return _iso_ms(text)
    if value != value or abs(value) > 1e15:
        return None
    return int(value * 1000) if abs(value) < _LATEST_SECONDS else int(value)


def _iso_ms(text: str) -> int | None:
    try:
        return parse_time(text)
    except Invalid:
        return None


def format_time(ms: int) -> str:
    """ISO 8601 in UTC with milliseconds; ``Invalid`` outside the years 1 to 9999."""
    try:
        moment = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise Invalid(f"{ms} ms is outside the calendar.") from None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z".rjust(24, "0")


def parse_duration(text: str) -> int:
    """Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds, e.g. ``PT1H30M``."""
    found = _DURATION.fullmatch(text.strip())
    parts = {unit: float(number) for unit, number in found.groupdict().items() if number} if found else {}
    if not parts or text.strip()[-1] in "Tt":
        raise Invalid(f"«{text}» is not a duration.", "Write it as ISO 8601, for example PT1H, PT30M or P2D.")
    try:
        return round(timedelta(**parts) / _MS)
    except OverflowError:
        raise Invalid(f"«{text}» is too long.") from None
