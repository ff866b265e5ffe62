"""JSON, UTF-8 (RFC 8259), by orjson; whole numbers of more than 64 bits by the standard library, exactly."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_LONG = re.compile(rb"\d{19}")


class Json:
    name = "json"

    def decode(self, data: bytes) -> Any:
        value = orjson.loads(data)
        if _LONG.search(data) is None:
            return value
        try:
            return json.loads(data)  # orjson reads a whole number of more than 64 bits as a float
        except RecursionError:
            raise ValueError("nested too deep") from None

    def encode(self, value: Any) -> bytes:
        try:
            return orjson.dumps(value)
        except TypeError:  # of more than 64 bits, or nothing that JSON has
            try:
                return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
            except (TypeError, ValueError, RecursionError) as error:
                raise ValueError(f"JSON has no way to write it: {error}") from None

    def likelihood(self, value: Any, data: bytes) -> float:
        return 1.0 if isinstance(value, dict | list) else 0.9
