"""MessagePack, by msgspec: maps, arrays, bytes, 64-bit numbers; its timestamps as times."""

from __future__ import annotations

from typing import Any

import msgspec


class MessagePack:
    name = "msgpack"

    def decode(self, data: bytes) -> Any:
        try:
            return msgspec.msgpack.decode(data)
        except (msgspec.DecodeError, TypeError, RecursionError) as error:
            raise ValueError(str(error) or "nested too deep") from None

    def encode(self, value: Any) -> bytes:
        try:
            return msgspec.msgpack.encode(value)
        except (TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"MessagePack has no way to write it: {error}") from None

    def likelihood(self, value: Any, data: bytes) -> float:
        """Any byte below 128 is a MessagePack number, so only what has a shape is taken for it."""
        return 0.8 if isinstance(value, dict | list) and value else 0.0
