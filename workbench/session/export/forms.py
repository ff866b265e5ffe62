"""Bytes as text and back, exactly: what stands for a key, a value or a header in an exported file.

    null            null
    a JSON value    embedded as it stands (objects and arrays; for values also numbers, true and false)
    UTF-8 text      a string
    anything else   {"base64": "..."}

Invariant: ``bytes_of(form)`` gives back the very bytes. What could be taken for something else takes the next
form down: the text ``null``, a JSON string, and an object whose only field is ``base64`` are not embedded.
"""

from __future__ import annotations

import base64
import binascii

import msgspec
import orjson

from workbench.core.errors import Invalid

NULL = msgspec.Raw(b"null")


def text_form(data: bytes | None) -> msgspec.Raw:
    """null, a string, or base64."""
    if data is None:
        return NULL
    try:
        return msgspec.Raw(msgspec.json.encode(data.decode()))
    except UnicodeDecodeError:
        return _base64_form(data)


def key_form(data: bytes | None) -> msgspec.Raw:
    """Like ``text_form``; an object or array on one line is embedded. ``17`` stays text: keys are names."""
    if not data or data[0] not in b"{[":
        return text_form(data)
    form, exact = value_form(data)
    return text_form(data) if exact else form


def value_form(data: bytes | None) -> tuple[msgspec.Raw, str]:
    """The form, and base64 of the exact bytes where an embedded value had to be written differently (it had line
    breaks); otherwise an empty string."""
    if not data or data[0] not in b"{[-0123456789tf":
        return text_form(data), ""
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError:
        return text_form(data), ""
    if isinstance(parsed, dict) and parsed.keys() == {"base64"}:
        return _base64_form(data), ""
    if data[-1] in b" \t\r\n" or b"\n" in data or b"\r" in data:
        return msgspec.Raw(orjson.dumps(parsed)), base64.b64encode(data).decode()
    return msgspec.Raw(data), ""


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


def _base64_form(data: bytes) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({"base64": base64.b64encode(data).decode()}))
