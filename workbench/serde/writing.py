"""Events that come as JSON text, as a topic writes them: by the schema of its subject, or in its encoding. Pure.

``Invalid`` says why one can't be written, with the path of the field that does not fit.
"""

from __future__ import annotations

from workbench.core.errors import Invalid
from workbench.core.records import Record
from workbench.serde.decoder import Decoder, as_bytes
from workbench.serde.plain import from_plain
from workbench.serde.serdes import SchemaUse
from workbench.serde.table import encoding

SHAPED = ("msgpack", "cbor", "avro", "protobuf")
"""What no text is: JSON has to be written anew."""


class TextWriter:
    """For the events of one topic, as it is set now. ``NotFound`` where it needs a schema that is not there. ``raw``:
    values are payloads of the schema already, which only get what stands before them."""

    def __init__(self, decoder: Decoder, raw: bool = False) -> None:
        self._by_value, self._by_key = decoder.value_writer(), decoder.key_writer()
        self._value_name = decoder.value_encoding if decoder.value_encoding in SHAPED else ""
        self._key_name = decoder.key_encoding if decoder.key_encoding in SHAPED else ""
        self._raw = raw
        self.as_they_come = not (self._by_value or self._by_key or self._value_name or self._key_name)

    def written(self, record: Record) -> Record:
        value, key = record.value, record.key
        if value is not None:
            value = self._value(value)
        if key is not None:
            key = self._key(key)
        return record._replace(key=key, value=value)

    def _value(self, data: bytes) -> bytes | None:
        if self._by_value is not None:
            return framed(self._by_value, data) if self._raw else by_schema(self._by_value, data)
        return data if not self._value_name or self._raw else shaped(data, self._value_name)

    def _key(self, data: bytes) -> bytes | None:
        if self._by_key is not None:
            return key_by_schema(self._by_key, data)
        return as_bytes(from_plain(Decoder().key(data).value), self._key_name) if self._key_name else data


def by_schema(use: SchemaUse, data: bytes) -> bytes:
    """JSON text in the form that the schema drives."""
    try:
        return use.write_json(data)
    except ValueError as wrong:
        raise Invalid("«{data}» does not fit {name} ({subject} version {version}): {value}.",
                      "Mend it, or register a schema that it fits.", data=start_of(data), name=use.name or 'the schema',
                      subject=use.subject, version=use.version, value=str(wrong).rstrip('.')) from None


def framed(use: SchemaUse, data: bytes) -> bytes:
    """A payload of the schema."""
    try:
        use.serde.value(data)
    except ValueError as wrong:
        raise Invalid("A message does not fit {name} ({subject} version {version}): {value}.", name=use.name,
                      subject=use.subject, version=use.version, value=str(wrong).rstrip('.')) from None
    return use.before + data


def key_by_schema(use: SchemaUse, data: bytes) -> bytes:
    """A key is text; where the schema has no text there, it is JSON."""
    try:
        return use.write(data.decode())
    except ValueError:
        return by_schema(use, data)


def shaped(data: bytes, name: str) -> bytes | None:
    try:
        return as_bytes(from_plain(encoding("json").decode(data)), name)
    except ValueError as wrong:
        raise Invalid(f"«{start_of(data)}» is no JSON, so it can't be written as {name}: {wrong}.".replace("..", "."),
                      ) from None


def start_of(data: bytes) -> str:
    return data[:60].decode("utf-8", "replace")
