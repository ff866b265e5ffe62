"""Event times as files write them: epoch numbers, ISO 8601, RFC 2822, access logs (CLF), syslog, or a pattern given.

A pattern is written with the directives of strptime (``%d/%b/%Y:%H:%M:%S %z``); names of months are English whatever
the locale. A time without a zone is UTC; one without a year is the latest such time that is not after tomorrow, and
``assumed_year`` tells that years were assumed. What can't be read is ``Invalid`` with the reason: a caller never has to
make a time up. Times before 1970 are refused too, as a record can't hold them.

    digits of a number    up to 11       12 to 14        15 to 17        18 to 20
    unit                  seconds        milliseconds    microseconds    nanoseconds
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from workbench.core.errors import Invalid

UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
"""Nanoseconds of each unit that ``--time-format`` may name."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LATEST_MS = 253_402_300_799_999  # the year 9999
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_ZONES = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420,
          "mdt": -360, "pst": -480, "pdt": -420}
"""Minutes of the zones that RFC 2822 names. Other letters are refused: IST, for one, names three zones."""

_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d+))?)?"
_ZONE = r"(?P<z>[+-]\d\d(?::?\d\d)?|[A-Za-z]{1,5})"
_PATTERNS = {
    "iso": r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?)?",
    "clf": rf"(?P<d>\d{{1,2}})/(?P<b>[A-Za-z]{{3}})/(?P<Y>\d{{4}}):{_CLOCK}(?:\s+{_ZONE})?",
    "rfc2822": r"(?:[A-Za-z]{3,9},?\s+)?(?P<d>\d{1,2})[ -](?P<b>[A-Za-z]{3,9})[ -](?P<Y>\d{4}|\d\d),?\s+"
               rf"{_CLOCK}(?:\s*{_ZONE})?(?:\s*\([^)]*\))?",
    "syslog": r"(?:<\d{1,3}>)?(?:[A-Za-z]{3},?\s+)?(?P<b>[A-Za-z]{3})\s+(?P<d>\d{1,2})\s+(?:(?P<Y>\d{4})\s+)?"
              rf"{_CLOCK}(?:\s+{_ZONE})?(?:\s+(?P<Y2>\d{{4}}))?",
}
"""Regular expressions of the known ways to write a time; ``syslog`` also reads asctime and date(1)."""
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<Y>\d\d)", "m": r"(?P<m>\d{1,2})", "b": r"(?P<b>[A-Za-z]{3,9})\.?",
    "d": r"(?P<d>\d{1,2})", "j": r"(?P<j>\d{1,3})", "H": r"(?P<H>\d{1,2})", "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})", "f": r"(?P<f>\d{1,9})", "p": r"(?P<p>[AaPp]\.?[Mm]\.?)", "s": r"(?P<s>\d{1,11})",
    "z": r"(?P<z>[+-]\d\d(?::?\d\d)?|[Zz])", "Z": r"(?P<z>[A-Za-z]{1,5})", "a": r"[A-Za-z]{2,9}\.?", "%": "%",
}
_SAME = {"B": "b", "h": "b", "A": "a", "e": "d", "k": "H", "I": "H", "l": "H", "N": "f", "L": "f"}
_SHORT = {"T": "%H:%M:%S", "F": "%Y-%m-%d", "R": "%H:%M", "D": "%m/%d/%y", "c": "%a %b %d %H:%M:%S %Y"}
KNOWN_FORMATS = (*UNITS, *_PATTERNS)
_ALSO = {"epoch": "s", "unix": "s", "iso8601": "iso", "rfc3339": "iso", "rfc5424": "iso", "rfc3164": "syslog",
         "asctime": "syslog", "apache": "clf", "nginx": "clf", "rfc822": "rfc2822", "rfc5322": "rfc2822"}


class EventTimes:
    """Reads the times of one file. ``form`` is empty (any known way), one of ``KNOWN_FORMATS``, or a pattern."""

    def __init__(self, form: str, now_ms: Callable[[], int]) -> None:
        form = form.strip()
        self._form = form if "%" in form else _ALSO.get(form.lower(), form.lower())
        self._now_ms = now_ms
        self.assumed_year = False
        self._patterns = {name: re.compile(text) for name, text in _PATTERNS.items()}
        if self._form and self._form not in KNOWN_FORMATS:
            self._patterns = {"": compile_pattern(self._form)}
        elif self._form in _PATTERNS:
            self._patterns = {self._form: self._patterns[self._form]}

    def read(self, value: Any) -> int:
        """Milliseconds since 1970; ``Invalid`` with the reason."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise Invalid("«{value}» is not a time", value=_shown(value))
        at_ms = self._text(value.strip()) if isinstance(value, str) else self._number(value)
        if at_ms < 0:
            raise Invalid("«{value}» is before 1970", value=_shown(value))
        return at_ms

    def find(self, line: str) -> str | None:
        """The first part of a plain line that is written as the format says; None where there is none."""
        if self._form in UNITS:
            found = re.search(r"(?<!\d)\d{10,19}(?:\.\d+)?(?!\d)", line)
            return found[0] if found else None
        for pattern in self._patterns.values():
            if found := pattern.search(line):
                return found[0]
        return None

    def _number(self, value: float) -> int:
        if self._form and self._form not in UNITS:
            return self._text(str(value))
        return epoch_ms(value, self._form)

    def _text(self, text: str) -> int:
        form = self._form
        if form in UNITS or (not form and text.isascii() and _NUMBER.fullmatch(text)):
            return _digits_ms(text, form)
        if form in ("", "iso") and text[:4].isdigit() and (at_ms := _iso_ms(text)) is not None:
            return at_ms
        for bare in (text, text.strip("[]()\"' ")):
            for name, pattern in self._patterns.items():
                if name != "iso" and (found := pattern.fullmatch(bare)):
                    return self._moment(found, text)
        raise Invalid(f"«{_shown(text)}» is not a time" + (f" as {form}" if form else ""))

    def _moment(self, found: re.Match[str], text: str) -> int:
        part = {name: value for name, value in found.groupdict().items() if value is not None}
        try:
            if "s" in part:
                return epoch_ms(int(part["s"]), "s")
            zone = _zone(part.get("z"))
            year = part.get("Y") or part.get("Y2")
            if year is not None:
                moment = _date(part, int(year) if len(year) == 4 else _century(int(year)), zone)
            else:
                moment = self._latest(part, zone)
        except (ValueError, KeyError, OverflowError):
            raise Invalid("«{text}» is no moment that there is", text=_shown(text)) from None
        return (moment - _EPOCH) // _MS

    def _latest(self, part: dict[str, str], zone: timezone) -> datetime:
        """The latest such time of the year that is not after tomorrow."""
        self.assumed_year = True
        tomorrow = _EPOCH + timedelta(milliseconds=self._now_ms(), days=1)
        for back in range(9):  # 29 February may be eight years ago
            try:
                moment = _date(part, tomorrow.year - back, zone)
            except ValueError:
                continue
            if moment <= tomorrow:
                return moment
        raise ValueError


def compile_pattern(form: str) -> re.Pattern[str]:
    """A pattern of strptime as a regular expression; ``Invalid`` when it is none."""
    if "%" not in form:
        known = ", ".join(KNOWN_FORMATS)
        raise Invalid("«{form}» is no time format.", "Give one of {known}, or a pattern as %Y-%m-%d %H:%M:%S.",
                      form=form, known=known)
    form = re.sub(r"%([TFRDc])", lambda found: _SHORT[found[1]], form)
    made = []
    for found in re.finditer(r"%(.?)|(\s+)|([^%\s]+)", form, re.DOTALL):
        if found[2] or found[3]:
            made.append(r"\s+" if found[2] else re.escape(found[3]))
            continue
        directive = _SAME.get(found[1], found[1])
        if directive not in _DIRECTIVES:
            raise Invalid("The time format «{form}» has %{found}, which means nothing.",
                          "Directives are those of strptime, as %Y-%m-%d %H:%M:%S.%f %z.", form=form, found=found[1])
        made.append(_DIRECTIVES[directive])
    try:
        return re.compile("".join(made))
    except re.error:
        raise Invalid("The time format «{form}» names a part of the time twice.", "Name each part once.",
                      form=form) from None


def epoch_ms(value: float, unit: str = "") -> int:
    """A number since 1970 as milliseconds; without a unit its size tells it."""
    if value != value or abs(value) >= 1e20:
        raise Invalid("«{value}» is not a time", value=_shown(value))
    if not unit:
        size = abs(value)
        unit = "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns"
    if isinstance(value, int):
        at_ms = value * UNITS[unit] // 1_000_000
    else:
        at_ms = round(value * (UNITS[unit] / 1000)) // 1000  # to the microsecond first: 0.123 s is 123 ms
    if at_ms > _LATEST_MS:
        raise Invalid("«{value}» is after the year 9999", value=_shown(value))
    return at_ms


def _digits_ms(text: str, unit: str) -> int:
    """A number written as text. Eight or fourteen digits may be a date without separators, as 20251130105320."""
    if not unit and text.isdigit() and len(text) in (8, 14) and "1970" <= text[:4] < "2100":
        try:
            moment = datetime.fromisoformat(f"{text[:8]}T{text[8:]}".removesuffix("T"))
            return (moment.replace(tzinfo=UTC) - _EPOCH) // _MS
        except ValueError:
            pass
    try:
        return epoch_ms(int(text) if text.lstrip("+-").isdigit() else float(text), unit)
    except ValueError:
        raise Invalid("«{text}» is not a time in {unit}", text=_shown(text), unit=unit or 's') from None


def _iso_ms(text: str) -> int | None:
    text = text.removesuffix(" UTC").removesuffix("UTC").replace("/", "-", 2) if "T" not in text[:11] else text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:  # a space before the zone, as git and Ruby write it
            moment = datetime.fromisoformat("".join(text.rsplit(" ", 1)))
        except ValueError:
            return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MS


def _date(part: dict[str, str], year: int, zone: timezone) -> datetime:
    hour = int(part.get("H", 0))
    if "p" in part:
        hour = hour % 12 + (12 if part["p"][0] in "pP" else 0)
    month = _MONTHS[part["b"][:3].lower()] if "b" in part else int(part.get("m", 1))
    micros = int(part.get("f", "0")[:6].ljust(6, "0"))
    minute, second = int(part.get("M", 0)), int(part.get("S", 0))
    moment = datetime(year, month, int(part.get("d", 1)), hour, minute, second, micros, zone)
    return moment + timedelta(days=int(part["j"]) - 1) if "j" in part else moment


def _zone(text: str | None) -> timezone:
    if text is None:
        return UTC
    if text[0] not in "+-":
        return timezone(timedelta(minutes=_ZONES[text.lower()]))
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _century(year: int) -> int:
    return year + (2000 if year < 69 else 1900)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
