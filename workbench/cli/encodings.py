"""``consume --decode`` and ``produce --encode``: what the command line reads and writes records as."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

import click

from workbench.core.encodings import AUTO, encodings_of
from workbench.core.errors import Invalid, Unsupported
from workbench.core.records import Record
from workbench.serde import Decoder, DecoderOf, as_bytes, encoding, from_plain

DECODE = (AUTO, "none", "json", "msgpack", "cbor", "text", "avro", "protobuf")
ENCODE = ("json", "msgpack", "cbor", "text", "base64", "avro", "protobuf")
_LATER = ("avro", "protobuf")
_SHAPED = ("msgpack", "cbor")

Written = Callable[[Record], Record]

decode_option = click.option(
    "--decode", type=click.Choice(DECODE), default=AUTO, show_default=True,
    help="What values are; auto: as the topic says, else guessed; none: no decoding, text or base64.")
encode_option = click.option(
    "--encode", type=click.Choice(ENCODE), default=None,
    help="Write values so; default: as the topic says, if that is msgpack or cbor, else as they come.")


def decoders_for(decode: str, known: DecoderOf) -> DecoderOf:
    """``known`` are the decoders of the topics, as they are set."""
    _check(decode)
    if decode == AUTO:
        return known
    if decode == "none":
        return lambda topic: _UNDECODED
    return lambda topic: Decoder(known(topic).key_encoding, decode)


class _Undecoded(Decoder):
    """Text where it is text, else bytes."""

    def key(self, data: bytes | None):
        return self.header(data)

    def value(self, data: bytes | None):
        return self.header(data)


_UNDECODED = _Undecoded()


def as_it_is(record: Record) -> Record:
    return record


def encoder_for(encode: str | None, config: dict[str, str]) -> Written:
    """Writes the records of a topic with these settings: their values as ``encode`` says, their keys as the topic
    does. It raises ``Invalid`` for a value that can't be written so."""
    _check(encode or "")
    key_name, value_name = (name if name in _SHAPED else "" for name in encodings_of(config))
    value_name = encode or value_name

    def written(record: Record) -> Record:
        value = record.value if not value_name else _value(record.value, value_name)
        key = record.key if not key_name else as_bytes(_key(record.key), key_name)
        return record._replace(key=key, value=value)

    return written if key_name or value_name else as_it_is


def _check(name: str) -> None:
    if name in _LATER:
        raise Unsupported(f"{name.capitalize()} is not built yet.", "Use json, msgpack, cbor or text.")


def _value(data: bytes | None, name: str) -> bytes | None:
    if data is None:
        return None
    try:
        if name == "base64":
            return base64.b64decode(data.strip(), validate=True)
        if name == "text":
            return encoding("text").decode(data).encode()
        value = encoding("json").decode(data)
        return data if name == "json" else as_bytes(from_plain(value), name)
    except (ValueError, binascii.Error) as error:
        what = {"base64": "base64", "text": "text in UTF-8"}.get(name, "JSON")
        shown = data[:60].decode("utf-8", "replace")
        raise Invalid(f"«{shown}» is no {what}, so it can't be written as {name}: {error}.".replace("..", "."),
                      "Mend it, or leave out --encode.") from None


def _key(data: bytes | None):
    decoded = Decoder().key(data)
    return from_plain(decoded.value)
