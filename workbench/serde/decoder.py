"""The decoder of a topic: by the encodings it was given, or by a guess that says how sure it is.

A guess takes the first encoding that the bytes are, whole, and that is likely for what comes out of it; the order is
JSON, text, MessagePack, CBOR, and else they are bytes. Nothing is ever dropped: what can't be decoded stays as bytes,
with the reason. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from workbench.core.encodings import AUTO, encodings_of
from workbench.core.errors import Invalid
from workbench.serde.base import Decoded, Encoding
from workbench.serde.table import GUESSED, encoding

_SURE_ENOUGH = 0.5
_NULL = Decoded(None, "null")


class Decoder:
    """``key`` and ``value`` name an encoding each, or ``auto``."""

    def __init__(self, key: str = AUTO, value: str = AUTO) -> None:
        self.key_encoding, self.value_encoding = key, value
        self._key = None if key == AUTO else encoding(key)
        self._value = None if value == AUTO else encoding(value)

    def key(self, data: bytes | None) -> Decoded:
        """A key that is guessed to be a bare JSON number, true or false is text: keys are names."""
        decoded = _decoded(data, self._key)
        if self._key is None and decoded.encoding == "json" and not isinstance(decoded.value, dict | list):
            assert data is not None
            return Decoded(data.decode(), "text", decoded.confidence)
        return decoded

    def value(self, data: bytes | None) -> Decoded:
        return _decoded(data, self._value)

    def header(self, data: bytes | None) -> Decoded:
        """Headers have no encoding of their own: text where they are text."""
        if data is None:
            return _NULL
        try:
            return Decoded(data.decode(), "text")
        except UnicodeDecodeError:
            return Decoded(data, "bytes")


def _decoded(data: bytes | None, chosen: Encoding | None) -> Decoded:
    if data is None:
        return _NULL
    if chosen is None:
        return _guessed(data)
    try:
        return Decoded(chosen.decode(data), chosen.name)
    except ValueError as error:
        return Decoded(data, "bytes", 1.0, f"It is no {chosen.name}: {str(error).rstrip('.')}.")


def _guessed(data: bytes) -> Decoded:
    for each in GUESSED:
        try:
            value = each.decode(data)
        except ValueError:
            continue
        likely = each.likelihood(value, data)
        if likely >= _SURE_ENOUGH:
            return Decoded(value, each.name, likely)
    return Decoded(data, "bytes", 0.5)


@lru_cache(maxsize=256)
def _decoder(key: str, value: str) -> Decoder:
    return Decoder(key, value)


def decoder_of(config: Mapping[str, str]) -> Decoder:
    """That of a topic with these settings."""
    return _decoder(*encodings_of(config))


def as_bytes(value: Any, name: str = AUTO) -> bytes | None:
    """A value as bytes in the encoding ``name``; ``Invalid`` says why it can't be. ``auto``: bytes and text as they
    are, all else as JSON. None stays null."""
    if value is None:
        return None
    if name == AUTO:
        if isinstance(value, bytes):
            return value
        name = "text" if isinstance(value, str) else "json"
    try:
        return encoding(name).encode(value)
    except ValueError as error:
        raise Invalid(f"The value can't be written as {name}: {str(error).rstrip('.')}.") from None
