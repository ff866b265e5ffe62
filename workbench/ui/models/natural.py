"""The order people expect of names with numbers in them: g2 before g10. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

_PARTS = re.compile(r"(\d+)")


@lru_cache(maxsize=8_192)
def natural(text: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """A key to sort by: numbers by their value, letters whatever their case; equal names stay apart by case."""
    parts = _PARTS.split(text)
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts if p), text
