"""Times and durations as people write them and as the log keeps them (milliseconds since the epoch).

Times are ISO 8601; one without a zone is UTC, unless the caller says in which zone people think. Durations are
ISO 8601 or words (``7 min``, ``1 h 30``). One place, so that every command, panel and file reads and writes them alike.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
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
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?")
_UNITS = (
    (604_800_000, ("w", "wk", "week", "weeks")),
    (86_400_000, ("d", "day", "days")),
    (3_600_000, ("h", "hr", "hrs", "hour", "hours")),
    (60_000, ("m", "min", "mins", "minute", "minutes")),
    (1_000, ("s", "sec", "secs", "second", "seconds")),
    (1, ("ms", "milli", "millis", "millisecond", "milliseconds")),
)
_UNIT_OF = {word: number for number, (_, words) in enumerate(_UNITS) for word in words}
_NEXT_FINER = {1: 2, 2: 3, 3: 4}  # "2 d 4", "1 h 30" and "2 min 13" leave the last unit out, as people do
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]*)[\s,]*", re.IGNORECASE)


def parse_time(text: str, zone: tzinfo | None = UTC) -> int:
    """Milliseconds since the epoch of an ISO 8601 time, e.g. ``2026-11-23T20:51:00.250Z`` or ``2026-11-23``.

    A time that names no zone is of ``zone``; None is the zone of this machine.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("«{text}» is not a time.",
                      "Write it as ISO 8601, for example 2026-11-23T20:51:00Z; without a zone it is {value}.",
                      text=text, value='UTC' if zone is UTC else 'local time') from None
    return _since_epoch(moment, zone)


def parse_moment(text: str, today_ms: int, zone: tzinfo | None = UTC) -> int:
    """As ``parse_time``; a bare clock time (``14:02``, ``14:02:11.5``) is of the day of ``today_ms``."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        return parse_time(text, zone)
    hours, minutes, seconds, fraction = clock.groups()
    day = datetime.fromtimestamp(today_ms / 1000, tz=UTC).astimezone(zone)
    try:
        moment = day.replace(hour=int(hours), minute=int(minutes), second=int(seconds or 0), tzinfo=None,
                             microsecond=int((fraction or "0").ljust(3, "0")) * 1000)
    except ValueError:
        raise Invalid("«{text}» is not a time.", "A day has 24 hours; write 14:02:11.", text=text) from None
    return _since_epoch(moment, zone)


def _since_epoch(moment: datetime, zone: tzinfo | None) -> int:
    try:
        if moment.tzinfo is None:
            moment = moment.astimezone() if zone is None else moment.replace(tzinfo=zone)
        return (moment - _EPOCH) // _MS
    except (OverflowError, ValueError, OSError):
        raise Invalid("«{moment}» is outside the calendar.", moment=moment.isoformat()) from None


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
        raise Invalid("{ms} ms is outside the calendar.", ms=ms) from None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z".rjust(24, "0")


def duration_words(ms: float, narrow: bool = False) -> str:
    """The one way in which a length of time is written: ``0.04 s``, ``2.5 s``, ``2 min 13 s`` (narrow: ``2:13 min``),
    ``1 h 05 min``, ``3 d 4 h``. Parts that are nothing are left out: ``5 min``, ``1 s``, ``2 h``."""
    seconds = ms / 1000
    if seconds < 59.5:
        digits = 0 if seconds >= 10 or seconds == 0 else 1 if seconds >= 0.095 else 2 if seconds >= 0.0095 else 3
        number = f"{seconds:.{digits}f}"
        return f"{number.rstrip('0').rstrip('.') if '.' in number else number} s"
    whole = round(seconds)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes}:{rest:02} min" if narrow else f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if whole < 86_400:
        hours, rest = divmod(whole // 60, 60)
        return f"{hours}:{rest:02} h" if narrow else f"{hours} h {rest:02} min" if rest else f"{hours} h"
    days, rest = divmod(whole // 3600, 24)
    return f"{days:,} d {rest} h" if rest else f"{days:,} d"


def parse_duration(text: str) -> int:
    """Milliseconds of a duration: ``PT1H30M`` (ISO 8601), ``7m``, ``7 min``, ``1 h 30``, ``1.5 h``, ``2 min 13 s``.

    A last number without a unit is of the next finer one. ``Invalid`` for anything else; a lone number has no unit.
    """
    found = _DURATION.fullmatch(text.strip())
    parts = {unit: float(number) for unit, number in found.groupdict().items() if number} if found else {}
    if not parts or text.strip()[-1] in "Tt":
        return _duration_in_words(text)
    try:
        return round(timedelta(**parts) / _MS)
    except OverflowError:
        raise Invalid("«{text}» is too long.", text=text) from None


def _duration_in_words(text: str) -> int:
    """Units fall from left to right and come once each, so that ``30 min 1 h`` or ``5 m 5 m`` is a slip, not a sum."""
    wrong = Invalid("«{text}» is not a duration.", "Write 7 min, 1 h 30, 90 s or PT1H; every number needs its unit.",
                    text=text)
    total, last, at = 0.0, -1, 0
    stripped = text.strip()
    while at < len(stripped):
        part = _PART.match(stripped, at)
        if part is None:
            raise wrong
        number, word = part.groups()
        unit = _UNIT_OF.get(word.lower()) if word else _NEXT_FINER.get(last) if part.end() == len(stripped) else None
        if unit is None or unit <= last:
            raise wrong
        total += float(number.replace(",", ".")) * _UNITS[unit][0]
        last, at = unit, part.end()
    if last < 0:
        raise wrong
    if total > 1e15:
        raise Invalid("«{text}» is too long.", text=text)
    return round(total)
