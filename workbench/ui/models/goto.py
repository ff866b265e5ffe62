"""Where to go in the log, as people type it: ``94,528``, ``1 @ 94,528``, ``orders/1 @ 94,528``, ``14:12:02.118`` or
a whole time in ISO 8601. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo

from workbench.core.errors import Invalid
from workbench.core.times import parse_moment

_OFFSET = re.compile(r"(?:(?:(?P<topic>[\w.-]+)/)?(?P<partition>\d+)\s*@\s*)?(?P<offset>\d[\d,_\s.]*)")


@dataclass(frozen=True, slots=True)
class Destination:
    """An offset (``partition`` None: the one being looked at), or a time where ``at_ms`` is set."""

    offset: int = 0
    partition: int | None = None
    at_ms: int | None = None


def read_destination(text: str, today_ms: int, zone: tzinfo | None = UTC) -> Destination:
    """What ``text`` names; a bare clock time is of the day of ``today_ms``, in ``zone``. ``Invalid`` says what may be
    typed."""
    text = text.strip()
    place = None if ":" in text else _OFFSET.fullmatch(text)
    if place:
        digits = re.sub(r"\D", "", place["offset"])
        return Destination(int(digits), None if place["partition"] is None else int(place["partition"]))
    try:
        return Destination(at_ms=parse_moment(text, today_ms, zone))
    except Invalid:
        raise Invalid("«{text}» is no offset and no time.", "Type 94528, 1 @ 94528, 14:12:02 or 2026-11-23T14:12:02.",
                      text=text) from None
