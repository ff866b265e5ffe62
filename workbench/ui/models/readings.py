"""What each field of Protobuf without a schema could mean, as lines for people. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.serde import plain_json
from workbench.serde.base import Decoded
from workbench.serde.by_schema import numbered
from workbench.serde.plain import plain

MOST_FIELDS = 30
_MOST_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """``meanings`` are pairs of a type and the value that it would be, the likeliest first."""

    field: str
    wire_type: str
    meanings: tuple[tuple[str, str], ...]


def readings_of(decoded: Decoded, data: bytes) -> tuple[Reading, ...]:
    """Of the first fields; nothing where the bytes were not read as numbered Protobuf."""
    if decoded.encoding != "protobuf" or decoded.schema is not None or decoded.error:
        return ()
    try:
        found = numbered.readings(data)[:MOST_FIELDS]
    except ValueError:
        return ()
    return tuple(Reading(str(each.number), each.wire_type,
                         tuple((name, _short(told)) for name, told in each.readings.items())) for each in found)


def _short(told: object) -> str:
    if isinstance(told, bytes):
        text = told[:_MOST_LETTERS].hex(" ")
    else:
        text = told if isinstance(told, str) else plain_json(plain(told))
        text = " ".join(text.split())
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS - 1]}…"
