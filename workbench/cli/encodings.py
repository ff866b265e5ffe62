"""``consume --decode`` and ``produce --encode``: what the command line reads and writes records as."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

import click

from workbench.cli.workspace import attached_name, workspace_reader
from workbench.core.encodings import AUTO, BY_SCHEMA, encodings_of
from workbench.core.errors import Invalid
from workbench.core.records import Record
from workbench.engines.schemas import READ_AGAIN_S, CatalogueSource
from workbench.serde import (
    NO_SCHEMAS,
    Decoder,
    DecoderOf,
    Serdes,
    as_bytes,
    decoder_of,
    encoding,
    from_plain,
)
from workbench.serde.writing import SHAPED, by_schema, framed, key_by_schema, start_of

DECODE = (AUTO, "none", "json", "msgpack", "cbor", "text", *BY_SCHEMA)
ENCODE = ("json", "msgpack", "cbor", "text", "base64", *BY_SCHEMA)
_MAY_HAVE_A_SCHEMA = (None, "json", *BY_SCHEMA)

Written = Callable[[Record], Record]

decode_option = click.option(
    "--decode", type=click.Choice(DECODE), default=AUTO, show_default=True,
    help="What values are; auto: as the topic says, else guessed; none: no decoding, text or base64.")
encode_option = click.option(
    "--encode", type=click.Choice(ENCODE), default=None,
    help="Write values so; default: as the topic says, if that is no text, else as they come.")
value_schema_option = click.option(
    "--value-schema", default="", metavar="SUBJECT",
    help="Write values by the last version of this subject; of Protobuf SUBJECT#MESSAGE names another message.")
key_schema_option = click.option(
    "--key-schema", default="", metavar="SUBJECT", help="The same for keys.")


def serdes_at(path: Path) -> Serdes:
    """The schemas of a workspace, looked up when the first is needed; an attached system has none here yet."""
    if attached_name(path):
        return NO_SCHEMAS

    def catalogue():
        with workspace_reader(path) as reader:
            return reader.schemas()

    return Serdes(CatalogueSource(catalogue, READ_AGAIN_S))


def decoders_for(decode: str, known: DecoderOf) -> DecoderOf:
    """``known`` are the decoders of the topics, as they are set."""
    if decode == AUTO:
        return known
    if decode == "none":
        return lambda topic: _UNDECODED
    made: dict[str, Decoder] = {}

    def decoder(topic: str) -> Decoder:
        if topic not in made:
            made[topic] = known(topic).with_values(decode)
        return made[topic]

    return decoder


class _Undecoded(Decoder):
    """Text where it is text, else bytes."""

    def key(self, data: bytes | None, headers: object = ()):
        return self.header(data)

    def value(self, data: bytes | None, headers: object = ()):
        return self.header(data)


_UNDECODED = _Undecoded()


def as_it_is(record: Record) -> Record:
    return record


def encoder_for(encode: str | None, config: dict[str, str], topic: str = "", serdes: Serdes = NO_SCHEMAS,
                value_schema: str = "", key_schema: str = "", raw: bool = False) -> Written:
    """Writes the records of a topic with these settings: their values as ``encode`` says, or by the schema of a
    subject, their keys as the topic does. ``raw``: values are payloads of that schema already, which only get what
    stands before them. It raises ``Invalid`` for a value that can't be written so."""
    if value_schema and encode not in _MAY_HAVE_A_SCHEMA:
        raise click.UsageError(f"--value-schema is for avro, protobuf and json: leave out --encode {encode}.")
    decoder = decoder_of(config, topic, serdes)
    key_name, value_name = encodings_of(config)
    value_name = encode or (value_name if value_name in SHAPED else "")
    key_name = key_name if key_name in SHAPED else ""
    if value_schema:
        value_name = encode or _encoding_of(serdes, value_schema)
        decoder = decoder.with_values(value_name, value_schema)
    elif value_name:
        decoder = decoder.with_values(value_name) if value_name != "base64" else decoder
    if key_schema:
        key_name = _encoding_of(serdes, key_schema)
        decoder = decoder.with_keys(key_name, key_schema)
    by_value = decoder.value_writer() if value_name and value_name != "base64" else None
    by_key = decoder.key_writer() if key_name else None

    def written(record: Record) -> Record:
        value, key = record.value, record.key
        if value is not None and value_name:
            value = _value(value, value_name) if by_value is None else \
                framed(by_value, value) if raw else by_schema(by_value, value)
        if key is not None and key_name:
            key = as_bytes(from_plain(Decoder().key(key).value), key_name) if by_key is None else \
                key_by_schema(by_key, key)
        return record._replace(key=key, value=value)

    return written if key_name or value_name else as_it_is


def _encoding_of(serdes: Serdes, subject: str) -> str:
    name, _, message = subject.partition("#")
    return serdes.written_for(name, message).serde.encoding


def _value(data: bytes, name: str) -> bytes | None:
    try:
        if name == "base64":
            return base64.b64decode(data.strip(), validate=True)
        if name == "text":
            return encoding("text").decode(data).encode()
        value = encoding("json").decode(data)
        return data if name == "json" else as_bytes(from_plain(value), name)
    except (ValueError, binascii.Error) as error:
        what = {"base64": "base64", "text": "text in UTF-8"}.get(name, "JSON")
        raise Invalid(f"«{start_of(data)}» is no {what}, so it can't be written as {name}: {error}.".replace("..", "."),
                      "Mend it, or leave out --encode.") from None
