"""Places in a log as people type them, for every command and dialog.

A point: ``earliest``, ``latest``, ``offset:N``, ``time:ISO8601``. A reset's target may also be ``shift:+-N``,
``duration:PT1H`` (back from now) and ``group:NAME`` (what that group committed).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import Invalid
from workbench.core.offsets import ResetSpec
from workbench.core.times import parse_duration, parse_time

MAX_OFFSET = 2**63 - 1
MAX_PLACE = 10**129 - 1
"""The greatest place that an attached system may have: a sequence number of Kinesis has 129 digits at most."""


@dataclass(frozen=True, slots=True)
class LogPoint:
    """``number`` is an offset, or milliseconds since the epoch for ``time``."""

    kind: Literal["earliest", "latest", "offset", "time"]
    number: int = 0


EARLIEST = LogPoint("earliest")
LATEST = LogPoint("latest")


def place_form(offset: int) -> int | str:
    """A place as it is written where numbers end at 64 bits (JSON, SQLite): as text beyond them."""
    return offset if offset <= MAX_OFFSET else str(offset)


def parse_point(text: str, most: int = MAX_OFFSET) -> LogPoint:
    """The point that ``text`` names, or ``Invalid`` with the forms there are."""
    kind, _, rest = text.strip().partition(":")
    match kind:
        case "earliest" | "latest" if not rest:
            return LogPoint(kind)
        case "offset":
            return LogPoint("offset", _offset(rest, most))
        case "time":
            return LogPoint("time", parse_time(rest))
    raise Invalid("«{text}» is not a place in a log.", "Use earliest, latest, offset:N or time:ISO8601.", text=text)


def parse_target(text: str) -> ResetSpec:
    """Where a reset should go, or ``Invalid`` with the forms there are."""
    kind, _, rest = text.strip().partition(":")
    match kind:
        case "earliest" | "latest" if not rest:
            return ResetSpec(kind)
        case "offset":
            return ResetSpec("offset", _offset(rest))
        case "time":
            return ResetSpec("time", parse_time(rest))
        case "shift":
            return ResetSpec("shift", _whole(rest))
        case "duration":
            return ResetSpec("duration", parse_duration(rest))
        case "group" if rest:
            return ResetSpec("group", group=rest)
    raise Invalid("«{text}» is not a target of a reset.",
                  "Use earliest, latest, offset:N, time:ISO8601, shift:+N, shift:-N, duration:PT1H or group:NAME.",
                  text=text)


def check_offset(point: LogPoint) -> None:
    """``Invalid`` for a place that only an attached system can have."""
    if point.kind == "offset":
        _offset(str(point.number))


def _offset(text: str, most: int = MAX_OFFSET) -> int:
    number = _whole(text, most)
    if number < 0:
        raise Invalid("An offset can't be {number}.", "Offsets start at 0.", number=number)
    return number


def _whole(text: str, most: int = MAX_OFFSET) -> int:
    try:
        number = int(text) if len(text) <= len(str(most)) + 1 else most + 1
    except ValueError:
        raise Invalid("«{text}» is not a whole number.", text=text) from None
    if abs(number) > most:
        raise Invalid("«{text}» is too large.", "A log counts to 2 to the power of 63.", text=text[:24])
    return number
