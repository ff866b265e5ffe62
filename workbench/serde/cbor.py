"""CBOR (RFC 8949), by cbor2, imported on first use; tags it knows (times, big numbers, decimals, uuid) as such."""

from __future__ import annotations

from io import BytesIO
from typing import Any


class Cbor:
    name = "cbor"

    def decode(self, data: bytes) -> Any:
        import cbor2

        source = BytesIO(data)
        try:
            value = cbor2.CBORDecoder(source).decode()
        except Exception as error:  # a tag's own content may be anything: its errors are of many kinds
            raise ValueError(str(error) or type(error).__name__) from None
        if source.read(1):
            raise ValueError("there is more behind it")
        return value

    def encode(self, value: Any) -> bytes:
        import cbor2

        try:
            return cbor2.dumps(value)
        except (cbor2.CBOREncodeError, ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"CBOR has no way to write it: {error}") from None

    def likelihood(self, value: Any, data: bytes) -> float:
        return 0.7 if isinstance(value, dict | list) and value else 0.0
