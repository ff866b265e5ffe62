"""Sizes in bytes as people write and read them."""

from __future__ import annotations

import re

from workbench.core.errors import Invalid

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_FACTORS = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
            "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40}
_WRITTEN = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)
MOST_BYTES = 1 << 50


def size_words(number: int) -> str:
    """``278 B``, ``2.3 KiB``, ``214 MiB``."""
    value, unit = float(number), _UNITS[0]
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    return f"{value:,.{1 if unit != 'B' and value < 10 else 0}f} {unit}"


def parse_size(text: str) -> int:
    """``500 MB``, ``4GiB``, ``1.5g`` or a number of bytes; ``Invalid`` for anything else."""
    found = _WRITTEN.fullmatch(text)
    number = 0.0 if found is None else float(found[1].replace(",", ".")) * _FACTORS[(found[2] or "").lower()]
    if not 1 <= number <= MOST_BYTES:
        raise Invalid("«{text}» is no size.", "Write it like 500 MB, 4 GiB, or a number of bytes.", text=text[:40])
    return int(number)
