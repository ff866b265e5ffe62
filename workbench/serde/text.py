"""Text in UTF-8."""

from __future__ import annotations

from typing import Any

_ALLOWED = frozenset(b"\t\n\r\x1b")
_CONTROL = bytes(byte for byte in range(32) if byte not in _ALLOWED)
_LOOKED_AT = 256


def is_text(data: bytes, cut: bool = False) -> bool:
    """Whether it is UTF-8 of the kind that people write: control characters are rare in it. ``cut``: it may end within
    a letter."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if not (cut and error.start > len(data) - 4):
            return False
    head = data[:_LOOKED_AT]
    return len(head.translate(None, _CONTROL)) == len(head)


class Text:
    name = "text"

    def decode(self, data: bytes) -> str:
        return data.decode()

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise ValueError("it is no text")
        return value.encode()

    def likelihood(self, value: Any, data: bytes) -> float:
        return 0.9 if is_text(data[:_LOOKED_AT], cut=True) else 0.3
