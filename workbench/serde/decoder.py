"""The decoder of a topic: by the encodings it was given, or by a guess that says how sure it is.

A guess takes the first encoding that the bytes are, whole, and that is likely for what comes out of it; the order is
JSON, text, MessagePack, CBOR, and else they are bytes. Nothing is ever dropped: what can't be decoded stays as bytes,
with the reason. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from workbench.core.encodings import AUTO, TITLES, encodings_of
from workbench.core.errors import Invalid
from workbench.serde.base import Decoded, Encoding
from workbench.serde.plain import plain
from workbench.serde.table import GUESSED, encoding

_SURE_ENOUGH = 0.5
_NULL = Decoded(None, "null")
_JSON_BEGINS = frozenset(b'{["-0123456789tfn \t\r\n')
_json = GUESSED[0].decode
_AFTER_JSON = GUESSED[1:]


class Decoder:
    """``key`` and ``value`` name an encoding each, or ``auto``."""

    def __init__(self, key: str = AUTO, value: str = AUTO) -> None:
        self.key_encoding, self.value_encoding = key, value
        self._key = None if key == AUTO else encoding(key)
        self._value = None if value == AUTO else encoding(value)

    def key(self, data: bytes | None) -> Decoded:
        """A key that is guessed to be a bare JSON number, text, true, false or null is text: keys are names."""
        decoded = _decoded(data, self._key)
        if self._key is None and decoded.encoding == "json" and not isinstance(decoded.value, dict | list):
            assert data is not None
            return Decoded(data.decode(), "text", decoded.confidence)
        return decoded

    def value(self, data: bytes | None) -> Decoded:
        return _guessed(data) if data is not None and self._value is None else _decoded(data, self._value)

    def header(self, data: bytes | None) -> Decoded:
        """Headers have no encoding of their own: text where they are text."""
        if data is None:
            return _NULL
        try:
            return Decoded(data.decode(), "text")
        except UnicodeDecodeError:
            return Decoded(data, "bytes")


DecoderOf = Callable[[str], Decoder]
"""The decoder of the topic with this name."""
GUESSING = Decoder()


def guessing(topic: str) -> Decoder:
    """For those who know nothing of the topic."""
    return GUESSING


def _decoded(data: bytes | None, chosen: Encoding | None) -> Decoded:
    if data is None:
        return _NULL
    if chosen is None:
        return _guessed(data)
    try:
        return Decoded(chosen.decode(data), chosen.name)
    except ValueError as error:
        return Decoded(data, "bytes", 1.0, f"It is no {TITLES[chosen.name]}: {str(error).rstrip('.')}.")


def _guessed(data: bytes) -> Decoded:
    if data and data[0] in _JSON_BEGINS:  # the hot way: a scan asks it of every record
        try:
            value = _json(data)
            return tuple.__new__(Decoded, (value, "json", 1.0 if type(value) in (dict, list) else 0.9, ""))
        except ValueError:
            pass
    for each in _AFTER_JSON:
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


class _Topic(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def config(self) -> Mapping[str, str]: ...


def decoders_of(topics: Iterable[_Topic]) -> DecoderOf:
    """Those of topics as they stand now; of one that is not among them it is guessed."""
    known = {topic.name: decoder_of(topic.config) for topic in topics}
    return lambda topic: known.get(topic, GUESSING)


def as_bytes(value: Any, name: str = AUTO) -> bytes | None:
    """A value as bytes in the encoding ``name``; ``Invalid`` says why it can't be. ``auto``: bytes and text as they
    are, all else as JSON, with what JSON has no word for in words (``plain``). None stays null."""
    if value is None:
        return None
    if name == AUTO:
        if isinstance(value, bytes):
            return value
        name, value = ("text", value) if isinstance(value, str) else ("json", plain(value))
    try:
        return encoding(name).encode(value)
    except ValueError as error:
        raise Invalid(f"The value can't be written as {TITLES[name]}: {str(error).rstrip('.')}.") from None
