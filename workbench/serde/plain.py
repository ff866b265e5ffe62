"""Decoded values as JSON can say them, for views, exports and the command line; nothing is rounded away.

    bytes                 {"base64": "..."}
    a time                ISO 8601, in UTC where it has a zone
    a decimal, a uuid     its text
    not a number, ±inf    the texts "NaN", "Infinity", "-Infinity"
    a key of a map        its text, or the JSON of what it is
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite, isnan
from typing import Any
from uuid import UUID


def plain(value: Any) -> Any:
    """The value with everything that JSON has no word for put into words."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else _not_finite(value)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return repr(value)  # a tag or extension that nobody registered: shown, never dropped


def from_plain(value: Any) -> Any:
    """What ``plain`` made of bytes is bytes again; all else stays as it is."""
    if isinstance(value, list):
        return [from_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"base64"} and isinstance(value["base64"], str):
        try:
            return base64.b64decode(value["base64"], validate=True)
        except binascii.Error:
            return value
    return {name: from_plain(item) for name, item in value.items()}


def restored(edited: Any, before: Any) -> Any:
    """What became of ``plain(before)`` when a person changed it: every part that was left alone is the value it was (a
    time, a decimal, a map's number as key), and what was changed is taken as ``from_plain`` takes it."""
    if isinstance(edited, dict) and isinstance(before, Mapping):
        keys = {key if isinstance(key, str) else plain_key(key): key for key in before}
        return {
            keys.get(name, name): restored(item, before[keys[name]]) if name in keys else from_plain(item)
            for name, item in edited.items()
        }
    if isinstance(edited, list) and isinstance(before, list | tuple):
        known = [restored(item, old) for item, old in zip(edited, before, strict=False)]
        return known + [from_plain(item) for item in edited[len(known) :]]
    return before if plain_json(before) == plain_json(edited) else from_plain(edited)


def plain_json(value: Any) -> str:
    """The plain value as JSON on one line."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _not_finite(value: float) -> str:
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"


def plain_key(key: Any) -> str:
    """What stands for a key of a map that is no text."""
    told = plain(key)
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
