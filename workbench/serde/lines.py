"""Keys, values and headers on one line, for people: text and JSON as they stand, bytes as hex, all else as JSON.

Long values are cut at ``limit`` characters; of those that are text no more than that is looked at. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.encodings import AUTO
from workbench.serde.base import Decoded
from workbench.serde.decoder import GUESSING, Decoder
from workbench.serde.plain import plain, plain_json
from workbench.serde.text import is_text

LIMIT = 400
_AS_THEY_STAND = (AUTO, "json", "text")


def key_line(data: bytes, decoder: Decoder = GUESSING, limit: int = LIMIT) -> str:
    return _line(data, decoder.key_encoding, decoder.key, limit)


def value_line(data: bytes, decoder: Decoder = GUESSING, limit: int = LIMIT) -> str:
    return _line(data, decoder.value_encoding, decoder.value, limit)


def header_line(data: bytes, limit: int = LIMIT) -> str:
    return _line(data, "text", GUESSING.header, limit)


def _line(data: bytes, encoding: str, decode: Callable[[bytes], Decoded], limit: int) -> str:
    head = data[: limit * 4]
    if encoding in _AS_THEY_STAND and is_text(head, cut=len(head) < len(data)):
        text = head.decode("utf-8", "ignore")[:limit]
        return " ".join(text.split()) if "\n" in text or "\t" in text else text
    decoded = decode(data)
    return shown(decoded.value if decoded.schema is None else decoded.in_words(), limit)


def shown(value: Any, limit: int = LIMIT) -> str:
    """A decoded value on one line."""
    if isinstance(value, bytes):
        return value[: limit // 4].hex(" ")
    value = plain(value)
    return " ".join(value[:limit].split()) if isinstance(value, str) else plain_json(value)[:limit]
