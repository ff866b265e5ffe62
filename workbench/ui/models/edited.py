"""Keys and values as text that a person changes, and the bytes that the changed text stands for.

JSON is shown pretty and sent compact; MessagePack and CBOR are shown as JSON and sent in their own encoding: parts that
were not touched stay the values they were, bytes are ``{"base64": "..."}``. What has a schema is shown and taken in the
form that the schema drives, and must fit it. Text is text. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from workbench.core.encodings import TITLES
from workbench.core.errors import Invalid, WorkbenchError
from workbench.serde import Decoded, Decoder, SchemaUse, as_bytes, encoding, from_plain, restored
from workbench.ui.models import pretty

_SHAPED = ("msgpack", "cbor", "protobuf")


class Typed(NamedTuple):
    """What a text stands for. ``odd`` is where it is no JSON although it was; ``refused`` says why it can't be sent."""

    data: bytes | None
    odd: str = ""
    refused: str = ""


def shown_value(data: bytes | None, decoder: Decoder) -> str:
    return pretty.readable(data, decoder.value)[0] if data else ""


def editable(data: bytes | None, decoder: Decoder) -> bool:
    """Whether a value is something that fits an editor."""
    return not data or (len(data) <= pretty.SHOWN_BYTES and pretty.readable(data, decoder.value)[1] != "bytes")


def shown_key(data: bytes | None, decoder: Decoder) -> str:
    """Two quotation marks are an empty key, nothing is none."""
    if not data:
        return '""' if data == b"" else ""
    read = decoder.key(data)
    return read.value if read.encoding == "text" else pretty.one_line(read.value)


def value_of(text: str, before: bytes | None, decoder: Decoder) -> Typed:
    """The value that a text stands for, where ``before`` was."""
    if not before:
        return _new(text, decoder.value_writer, decoder.value_encoding)
    return _typed(text, decoder.value(before))


def key_of(text: str, before: bytes | None, decoder: Decoder) -> Typed:
    """The same of a key."""
    if not before:
        return _new(text, decoder.key_writer, decoder.key_encoding)
    return _typed(text, decoder.key(before))


def _unless_guessed(name: str) -> str:
    return name if name in _SHAPED else "text"


def _new(text: str, writer: Callable[[], SchemaUse | None], encoding: str) -> Typed:
    """Where there was nothing before: as the topic writes."""
    try:
        use = writer()
    except WorkbenchError as missing:
        return Typed(text.encode(), "", missing.sentence())
    return _typed(text, Decoded(None, _unless_guessed(encoding))) if use is None else by_schema(text, use)


def by_schema(text: str, use: SchemaUse) -> Typed:
    """A form that is checked against its schema."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as wrong:
        where = f"{wrong.lineno}:{wrong.colno}" if isinstance(wrong, json.JSONDecodeError) else str(wrong)
        return Typed(text.encode(), where, "It is written by a schema, so it must be JSON here.")
    try:
        return Typed(use.write_json(text.encode()))
    except ValueError as wrong:
        return Typed(text.encode(), "", f"It does not fit {use.name or 'the schema'}: {str(wrong).rstrip('.')}.")


def _typed(text: str, before: Decoded) -> Typed:
    if before.schema is not None:
        return by_schema(text, before.schema)
    name = before.encoding
    if name == "bytes":
        return Typed(_bytes_of(text))
    if name not in ("json", *_SHAPED):
        return Typed(text.encode())
    try:
        json.loads(text)
        edited = encoding("json").decode(text.encode())
    except json.JSONDecodeError as wrong:
        return _odd(text, name, f"{wrong.lineno}:{wrong.colno}")
    except ValueError as wrong:
        return _odd(text, name, str(wrong))
    try:
        value = restored(edited, before.value) if name in _SHAPED else edited
        return Typed(as_bytes(value, name) or encoding(name).encode(None))
    except Invalid as refused:
        return Typed(text.encode(), "", refused.sentence())


def _bytes_of(text: str) -> bytes:
    """``{"base64": "..."}`` as it was shown, else the text."""
    try:
        meant = from_plain(json.loads(text))
    except ValueError:
        meant = text
    return meant if isinstance(meant, bytes) else text.encode()


def _odd(text: str, name: str, where: str) -> Typed:
    title = TITLES[name]
    return Typed(text.encode(), where, f"It is sent as {title}, so it must be JSON here." if name in _SHAPED else "")
