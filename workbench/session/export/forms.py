"""Bytes as text and back, exactly: what stands for a key, a value or a header in an exported file.

    null                 null
    a JSON value         embedded as it stands (objects and arrays; for values also numbers, true and false)
    text                 a string
    MessagePack, CBOR,   embedded as JSON says it, and beside it base64 of the exact bytes
    what has a schema
    anything else        {"base64": "..."}

How bytes are read is the decoder's business (``serde``). Invariant: ``bytes_of(form)`` gives back the very bytes, or
the form comes with base64 of them. What could be taken for something else takes the next form down: the text ``null``,
a JSON string, and an object whose only field is ``base64`` are not embedded.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from workbench.core.errors import Invalid
from workbench.serde import Decoded, Decoder, SchemaUse, encoding, plain_json

NULL = msgspec.Raw(b"null")


def text_form(data: bytes | None) -> msgspec.Raw:
    """null, a string, or base64."""
    if data is None:
        return NULL
    try:
        return msgspec.Raw(msgspec.json.encode(data.decode()))
    except UnicodeDecodeError:
        return _base64_form(data)


def key_form(data: bytes | None, decoder: Decoder) -> tuple[msgspec.Raw, str]:
    """Like ``value_form``; ``17`` stays text where nobody said that it is JSON: keys are names."""
    if data is None:
        return NULL, ""
    form, exact = _form(data, decoder.key(data))
    is_json = exact and data[0] in b"{["  # JSON on several lines
    return (text_form(data), "") if is_json else (form, exact)


def value_form(data: bytes | None, decoder: Decoder) -> tuple[msgspec.Raw, str, SchemaUse | None]:
    """The form; base64 of the exact bytes where what is embedded does not give them back (it was no JSON, or had line
    breaks), otherwise an empty string; and the schema that it was read by."""
    if data is None:
        return NULL, "", None
    decoded = decoder.value(data)
    return *_form(data, decoded), decoded.schema


def _form(data: bytes, decoded: Decoded) -> tuple[msgspec.Raw, str]:
    value = decoded.value
    match decoded.encoding:
        case "text":
            return text_form(data), ""
        case "bytes":
            return (text_form(data) if decoded.error else _base64_form(data)), ""
        case _ if decoded.schema is not None:
            return msgspec.Raw(plain_json(decoded.in_words()).encode()), _base64(data)
        case "json" if value is None or isinstance(value, str):
            return text_form(data), ""
        case "json" if isinstance(value, dict) and value.keys() == {"base64"}:
            return _base64_form(data), ""
        case "json" if b"\n" not in data and b"\r" not in data and data.strip() == data:
            return msgspec.Raw(data), ""
        case "json":
            return msgspec.Raw(encoding("json").encode(value)), _base64(data)
    return msgspec.Raw(plain_json(value).encode()), _base64(data)


def bytes_of(form: msgspec.Raw) -> bytes | None:
    """The bytes that a form stands for; ``Invalid`` for base64 that is none."""
    data = bytes(form)
    if data == b"null":
        return None
    if data[:1] == b'"':
        return msgspec.json.decode(data, type=str).encode()
    if data[:1] == b"{":
        parsed = msgspec.json.decode(data)
        if parsed.keys() == {"base64"}:
            return bytes_of_base64(parsed["base64"])
    return data


def bytes_of_base64(text: object) -> bytes:
    try:
        return base64.b64decode(str(text).encode(), validate=True)
    except binascii.Error:
        raise Invalid("«base64» holds no base64.") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _base64_form(data: bytes) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({"base64": _base64(data)}))
