"""Payloads as lines a person can read: JSON with short parts on one line, hex dumps, and what changed between two.

Pure functions, any thread.
"""

from __future__ import annotations

import difflib
from typing import Any

import orjson

SHOWN_BYTES = 256 * 1024
_WIDTH = 60


def pretty_json(value: Any, width: int = _WIDTH) -> str:
    """JSON indented by two; an inner object or list that fits ``width`` stays on one line."""
    return "\n".join(_lines(value, "", "", width, outer=True))


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_text(k)}: {_inline(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_inline(v) for v in value)}]"
    return _text(value)


def _lines(value: Any, indent: str, lead: str, width: int, outer: bool = False) -> list[str]:
    """``lead`` is the name before the value, as ``"total": ``."""
    if not isinstance(value, dict | list) or not value:
        return [f"{indent}{lead}{_inline(value)}"]
    if not outer:
        short = f"{indent}{lead}{_inline(value)}"
        if len(short) <= width:
            return [short]
    opened, closed = ("{", "}") if isinstance(value, dict) else ("[", "]")
    parts = [(f"{_text(k)}: ", v) for k, v in value.items()] if isinstance(value, dict) else [("", v) for v in value]
    found = [f"{indent}{lead}{opened}"]
    for number, (name, inner) in enumerate(parts):
        rows = _lines(inner, indent + "  ", name, width)
        if number < len(parts) - 1:
            rows[-1] += ","
        found += rows
    return [*found, f"{indent}{closed}"]


def readable(data: bytes, as_json: bool = True) -> tuple[str, str]:
    """The text of a payload and what it was read as: ``json``, ``text`` or ``bytes``."""
    if as_json and len(data) <= SHOWN_BYTES:
        try:
            return pretty_json(orjson.loads(data)), "json"
        except orjson.JSONDecodeError:
            pass
    try:
        return data[:SHOWN_BYTES].decode("utf-8", "strict" if len(data) <= SHOWN_BYTES else "ignore"), "text"
    except UnicodeDecodeError:
        return hex_dump(data), "bytes"


def hex_dump(data: bytes, row_bytes: int = 8, limit: int = 16 * 1024) -> str:
    """Offset, eight bytes (or sixteen) and their letters, a row each."""
    rows = []
    for at in range(0, min(len(data), limit), row_bytes):
        part = data[at : at + row_bytes]
        letters = "".join(chr(b) if 32 <= b < 127 else "·" for b in part)
        rows.append(f"{at:06x}  {part.hex(' '):<{row_bytes * 3 - 1}}  {letters}")
    return "\n".join(rows)


def changes(before: str, after: str) -> list[str]:
    """The lines of ``after`` with what changed: each begins with ``+ ``, ``- `` or two spaces."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if not line.startswith("?")]
