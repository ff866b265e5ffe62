"""The decoder of a topic: by the encodings it was given, or by a guess that says how sure it is.

A guess takes a schema that is named before the bytes and registered; else the first encoding that the bytes are,
whole, and that is likely for what comes out of it; the order is JSON, text, MessagePack, CBOR, and else they are bytes.
Nothing is ever dropped: what can't be decoded stays as bytes, with the reason. Pure; any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from workbench.core.encodings import (
    AUTO,
    BY_SCHEMA,
    KEY_ENCODING,
    KEY_SCHEMA,
    TITLES,
    VALUE_ENCODING,
    VALUE_SCHEMA,
    Coding,
    coding_of,
    codings_of,
)
from workbench.core.errors import Invalid, WorkbenchError
from workbench.core.records import Headers
from workbench.serde import framing
from workbench.serde.base import Decoded, Encoding
from workbench.serde.plain import plain
from workbench.serde.serdes import NO_SCHEMAS, SchemaUse, SchemaUses, Serdes
from workbench.serde.table import GUESSED, encoding

_SURE_ENOUGH = 0.5
_NULL = Decoded(None, "null")
_JSON_BEGINS = frozenset(b'{["-0123456789tfn \t\r\n')
_json = GUESSED[0].decode
_AFTER_JSON = GUESSED[1:]
_MOST_KEPT = 5_000
_NAMING = (framing.KEY_HEADER, framing.VALUE_HEADER)
_LIKELY_ID = 10_000_000
"""An id that is not registered is spoken of up to here: bytes that begin with a 0 need not be meant so."""


class Decoder:
    """``key`` and ``value`` say how each is written; a bare name is an encoding, or ``auto``."""

    def __init__(self, key: str | Coding = AUTO, value: str | Coding = AUTO, serdes: Serdes = NO_SCHEMAS) -> None:
        self._key = _Part(Coding(key) if isinstance(key, str) else key, serdes, framing.KEY_HEADER)
        self._value = _Part(Coding(value) if isinstance(value, str) else value, serdes, framing.VALUE_HEADER)
        self.key_encoding, self.value_encoding = self._key.coding.encoding, self._value.coding.encoding
        self._serdes = serdes
        self._guesses_value = self._value.chosen is None

    def key(self, data: bytes | None, headers: Headers = ()) -> Decoded:
        """A key that is guessed to be a bare JSON number, text, true, false or null is text: keys are names."""
        decoded = self._key.decoded(data, headers)
        if self._key.chosen is None and decoded.encoding == "json" and decoded.schema is None \
                and not isinstance(decoded.value, dict | list):
            assert data is not None
            return Decoded(data.decode(), "text", decoded.confidence)
        return decoded

    def value(self, data: bytes | None, headers: Headers = ()) -> Decoded:
        """``headers`` are the record's: a schema may be named there."""
        if self._guesses_value and data and not headers and data[0] in _JSON_BEGINS:  # a scan asks it of every record
            try:
                value = _json(data)
                sure = 1.0 if type(value) in (dict, list) else 0.9
                return tuple.__new__(Decoded, (value, "json", sure, "", None, b""))
            except ValueError:
                pass
        return self._value.decoded(data, headers)

    def with_values(self, encoding: str, subject: str = "") -> Decoder:
        """The same with values in another encoding, and of another subject where one is given."""
        return Decoder(self._key.coding, _other(self._value.coding, encoding, subject), self._serdes)

    def with_keys(self, encoding: str, subject: str = "") -> Decoder:
        return Decoder(_other(self._key.coding, encoding, subject), self._value.coding, self._serdes)

    def beside(self, headers: Headers) -> Decoder:
        """The same for one record: its headers may name the schemas."""
        if any(name in _NAMING for name, _ in headers):
            return _Beside(self, headers)
        return self

    def header(self, data: bytes | None) -> Decoded:
        """Headers have no encoding of their own: text where they are text."""
        if data is None:
            return _NULL
        try:
            return Decoded(data.decode(), "text")
        except UnicodeDecodeError:
            return Decoded(data, "bytes")

    def key_bytes(self, value: Any) -> bytes | None:
        """A key as this topic writes it; see ``value_bytes``."""
        return self._key.written(value)

    def value_bytes(self, value: Any) -> bytes | None:
        """A value, or its JSON form, as this topic writes values: by the last version of its subject, where it has
        one. ``Invalid`` names the field that does not fit."""
        return self._value.written(value)

    def key_writer(self) -> SchemaUse | None:
        return self._key.writer()

    def value_writer(self) -> SchemaUse | None:
        """The schema that new values are written by, as of now; None where they need none. ``NotFound`` where they do,
        and it is not there."""
        return self._value.writer()


def _other(coding: Coding, encoding: str, subject: str) -> Coding:
    return coding_of(encoding, subject, "") if subject else coding._replace(encoding=encoding)


class _Beside(Decoder):
    def __init__(self, decoder: Decoder, headers: Headers) -> None:
        self.__dict__.update(decoder.__dict__)
        self._headers = headers

    def key(self, data: bytes | None, headers: Headers = ()) -> Decoded:
        return super().key(data, self._headers)

    def value(self, data: bytes | None, headers: Headers = ()) -> Decoded:
        return super().value(data, self._headers)


class _Part:
    """The keys or the values of a topic."""

    def __init__(self, coding: Coding, serdes: Serdes, header: str) -> None:
        self.coding = coding
        self.chosen: Encoding | None = None if coding.encoding == AUTO else encoding(coding.encoding)
        self._serdes, self._header = serdes, header
        self._uses = SchemaUses(serdes, coding.subject)

    # -- reading -----------------------------------------------------------------------------------------------
    def decoded(self, data: bytes | None, headers: Headers = ()) -> Decoded:
        if data is None:
            return _NULL
        name = self.coding.encoding
        if name not in _MAY_NAME_A_SCHEMA:
            return _decoded(data, self.chosen)
        try:
            use = self._use(data, headers)
        except ValueError as wrong:
            return _undecodable(data, name, str(wrong))
        if use is not None and name in (AUTO, use.serde.encoding):
            return self._by(use, data)
        if name in BY_SCHEMA:
            return self._alone(data, use)
        return _decoded(data, self.chosen) if self.chosen is not None else self._guessed(data)

    def _use(self, data: bytes, headers: Headers) -> SchemaUse | None:
        if headers:
            named = framing.header_of(headers, self._header)
            if named is not None:
                return self._uses.in_header(named)
        return self._uses.before(data) if data and data[0] <= framing.BY_GUID else None

    def _by(self, use: SchemaUse, data: bytes) -> Decoded:
        try:
            return tuple.__new__(Decoded, (use.value(data), use.serde.encoding, 1.0, "", use, data))
        except ValueError as wrong:
            return _undecodable(data, use.serde.encoding, f"by schema {use.id}, {wrong}")

    def _alone(self, data: bytes, other: SchemaUse | None) -> Decoded:
        """Bytes that name no schema of this encoding: by the subject's last version, or Protobuf by numbers."""
        name = self.coding.encoding
        try:
            use = self._serdes.alone(self.coding.subject, self.coding.message) if self.coding.subject else None
        except WorkbenchError as wrong:
            return _undecodable(data, name, wrong.message)
        found = None
        if use is not None and use.serde.encoding == name:
            found = self._by(use, data)
            if not found.error:
                return found
        named = framing.named_in(data)
        if other is not None:
            return _undecodable(data, name, f"schema {other.id}, which it names, is of type {other.type}")
        if named is not None and not named.guid and 0 < named.id <= _LIKELY_ID:
            return _undecodable(data, name, f"schema {named.id}, which it names, is not registered here")
        if found is not None:
            return found
        return _decoded(data, self.chosen)

    def _guessed(self, data: bytes) -> Decoded:
        found = _guessed(data)
        if found.encoding == "bytes" and self._serdes is not NO_SCHEMAS:
            named = framing.named_in(data)
            if named is not None and not named.guid and 0 < named.id <= _LIKELY_ID:
                return found._replace(error=f"It may name schema {named.id}, which is not registered here.")
        return found

    # -- writing -----------------------------------------------------------------------------------------------
    def writer(self) -> SchemaUse | None:
        coding = self.coding
        if coding.encoding == "protobuf" and not coding.subject:
            return None  # numbered fields
        if coding.encoding in BY_SCHEMA or (coding.encoding == "json" and coding.given):
            use = self._serdes.written_for(coding.subject, coding.message)
            if use.serde.encoding != coding.encoding:
                raise Invalid("The subject {subject!r} is of type {type}, and it is written as {titles} here.",
                              "Set the other encoding, or another subject.", subject=coding.subject, type=use.type,
                              titles=TITLES[coding.encoding])
            return use
        return None

    def written(self, value: Any) -> bytes | None:
        if value is None:
            return None
        use = self.writer()
        if use is None:
            return as_bytes(value, self.coding.encoding)
        try:
            return use.write(plain(value))
        except ValueError as wrong:
            raise Invalid("It does not fit {name} ({subject} version {version}): {value}.",
                          name=use.name or 'the schema', subject=use.subject, version=use.version,
                          value=str(wrong).rstrip('.')) from None


_MAY_NAME_A_SCHEMA = frozenset((AUTO, "json", *BY_SCHEMA))
DecoderOf = Callable[[str], Decoder]
"""The decoder of the topic with this name."""
GUESSING = Decoder()


def guessing(topic: str) -> Decoder:
    """For those who know nothing of the topic."""
    return GUESSING


def _decoded(data: bytes, chosen: Encoding | None) -> Decoded:
    if chosen is None:
        return _guessed(data)
    try:
        return Decoded(chosen.decode(data), chosen.name)
    except ValueError as error:
        return _undecodable(data, chosen.name, str(error))


def _undecodable(data: bytes, name: str, reason: str) -> Decoded:
    title = TITLES.get(name, "value of its schema")
    return Decoded(data, "bytes", 1.0, f"It is no {title}: {reason.rstrip('.')}.")


def _guessed(data: bytes) -> Decoded:
    if data and data[0] in _JSON_BEGINS:
        try:
            value = _json(data)
            return Decoded(value, "json", 1.0 if type(value) in (dict, list) else 0.9)
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


def decoder_of(config: Mapping[str, str], topic: str = "", serdes: Serdes = NO_SCHEMAS) -> Decoder:
    """That of a topic with these settings. Those of one ``serdes`` are kept: it is asked record by record."""
    get = config.get
    key = topic, get(KEY_ENCODING), get(VALUE_ENCODING), get(KEY_SCHEMA), get(VALUE_SCHEMA)
    found = serdes.decoders.get(key)
    if found is None:
        if len(serdes.decoders) >= _MOST_KEPT:
            serdes.decoders.clear()
        found = serdes.decoders[key] = Decoder(*codings_of(config, topic), serdes)
    return found


class _Topic(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def config(self) -> Mapping[str, str]: ...


def decoders_of(topics: Iterable[_Topic], serdes: Serdes = NO_SCHEMAS) -> DecoderOf:
    """Those of topics as they stand now; of one that is not among them it is guessed."""
    known = {topic.name: decoder_of(topic.config, topic.name, serdes) for topic in topics}
    others = decoder_of({}, "", serdes)
    return lambda topic: known.get(topic, others)


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
        raise Invalid("The value can't be written as {titles}: {value}.", titles=TITLES[name],
                      value=str(error).rstrip('.')) from None
