"""Payloads as lines a person can read: JSON with short parts on one line, hex dumps, and what changed between two.

Pure functions, any thread.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import orjson

from workbench.serde import GUESSING, Decoded, plain_json
from workbench.serde.text import is_text

SHOWN_BYTES = 256 * 1024
_WIDTH = 60


def pretty_json(value: Any, width: int = _WIDTH) -> str:
    """JSON indented by two; an inner object or list that fits ``width`` stays on one line."""
    return "\n".join(_lines(value, "", "", width, outer=True))


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a whole number of more than 64 bits
        return plain_json(value)


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


def one_line(value: Any) -> str:
    """A decoded value as JSON on one line, bytes in base64."""
    return plain_json(value)


def readable(data: bytes, decode: Callable[[bytes], Decoded] = GUESSING.value) -> tuple[str, str]:
    """The text of a payload and how it is to be shown: as ``json`` (also what is said in JSON: MessagePack, CBOR), as
    ``text`` or as ``bytes``."""
    if len(data) > SHOWN_BYTES:
        head = data[:SHOWN_BYTES]
        return (head.decode("utf-8", "ignore"), "text") if is_text(head, cut=True) else (hex_dump(data), "bytes")
    return laid_out(decode(data), data)


def laid_out(decoded: Decoded, data: bytes) -> tuple[str, str]:
    """The same of what was decoded already."""
    match decoded.encoding:
        case "bytes":
            return hex_dump(data), "bytes"
        case "text":
            return decoded.value, "text"
    return pretty_json(decoded.in_words()), "json"


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
