"""Protobuf without a schema, as numbered fields; with one, see ``by_schema``."""

from __future__ import annotations

from typing import Any

from workbench.serde.plain import plain


class Protobuf:
    name = "protobuf"

    def decode(self, data: bytes) -> Any:
        from workbench.serde.by_schema import numbered

        return numbered.value(data)

    def encode(self, value: Any) -> bytes:
        from workbench.serde.by_schema import numbered

        return numbered.write(plain(value))

    def likelihood(self, value: Any, data: bytes) -> float:
        """Never guessed: nearly any short bytes are some message."""
        return 0.0
