"""Avro has no meaning without its schema: this only says so; with one, see ``by_schema``."""

from __future__ import annotations

from typing import Any

_NO_SCHEMA = "it names no schema, and the topic has none: register one as TOPIC-value, or set value.schema"


class Avro:
    name = "avro"

    def decode(self, data: bytes) -> Any:
        raise ValueError(_NO_SCHEMA)

    def encode(self, value: Any) -> bytes:
        raise ValueError(_NO_SCHEMA)

    def likelihood(self, value: Any, data: bytes) -> float:
        return 0.0
