"""Bytes that mean nothing to us, as they are."""

from __future__ import annotations

from typing import Any


class Binary:
    name = "bytes"

    def decode(self, data: bytes) -> bytes:
        return data

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise ValueError("it is not bytes")
        return value

    def likelihood(self, value: Any, data: bytes) -> float:
        return 0.1
