"""Text in UTF-8."""

from __future__ import annotations

from typing import Any

_ALLOWED = frozenset(b"\t\n\r\x1b")


class Text:
    name = "text"

    def decode(self, data: bytes) -> str:
        return data.decode()

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise ValueError("it is no text")
        return value.encode()

    def likelihood(self, value: Any, data: bytes) -> float:
        """Control characters are rare in what people write."""
        return 0.3 if any(byte < 32 and byte not in _ALLOWED for byte in data[:256]) else 0.9
