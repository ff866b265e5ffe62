"""Protobuf without a schema: numbered fields, and what each could mean. Pure.

The wire says a number and how long a field is, no more. As a value a varint is a whole number, what has a length is
text where it reads as such, else a message where it is one whole, else bytes; eight and four bytes are shown as whole
numbers under their width, so that the form can be written back:

    {"1": 150, "2": "text", "3": {"1": 7}, "4": {"base64": "..."}, "5": {"fixed64": 1}, "6": [1, 2]}

``readings`` offers the other meanings of a field. A field that stands several times is a list, in its order.
"""

from __future__ import annotations

import base64
import binascii
import struct
from decimal import Decimal
from typing import Any, NamedTuple

from workbench.serde.by_schema.avro_numbers import float_of
from workbench.serde.by_schema.base import mismatch
from workbench.serde.text import is_text

_VARINT, _FIXED64, _LENGTH, _START, _END, _FIXED32 = range(6)
WIRE_TYPES = {_VARINT: "varint", _FIXED64: "64 bits", _LENGTH: "length-delimited", _START: "group", _FIXED32: "32 bits"}
_DEEPEST, _MOST_FIELDS = 30, 200_000
_LAST_NUMBER = 536_870_911


class NumberedField(NamedTuple):
    """``raw`` is a whole number for varint and fixed, else bytes. ``readings`` are by what they take it for."""

    number: int
    wire_type: str
    raw: int | bytes
    readings: dict[str, Any]


def value(data: bytes) -> dict[str, Any]:
    """``ValueError`` where the bytes are no Protobuf message."""
    return _message(data, 0)


def write(form: Any) -> bytes:
    """The message that a form stands for; ``ValueError`` with the path of what can't be written."""
    out = bytearray()
    _write_message(form, "", out, 0)
    return bytes(out)


def readings(data: bytes) -> list[NumberedField]:
    """Every field with all that it could mean, the likeliest first."""
    return [NumberedField(number, WIRE_TYPES[wire], raw, _readings(wire, raw)) for number, wire, raw in fields(data)]


def fields(data: bytes) -> list[tuple[int, int, Any]]:
    """Number, wire type and raw content of each; ``ValueError`` with the place of what is wrong."""
    found, at, size = [], 0, len(data)
    while at < size:
        tag, after = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 1 <= number <= _LAST_NUMBER:
            raise ValueError(f"byte {at} begins a field with the number {number}")
        raw: Any
        if wire == _VARINT:
            raw, after = _varint(data, after)
        elif wire in (_FIXED64, _FIXED32):
            width = 8 if wire == _FIXED64 else 4
            if after + width > size:
                raise ValueError(f"the field {number} ends behind the bytes")
            raw, after = int.from_bytes(data[after : after + width], "little"), after + width
        elif wire == _LENGTH:
            length, after = _varint(data, after)
            if after + length > size:
                raise ValueError(f"the field {number} says {length} bytes, and {size - after} are left")
            raw, after = data[after : after + length], after + length
        else:
            raw, after = _group(data, after, number, wire, at)
        found.append((number, wire, raw))
        if len(found) > _MOST_FIELDS:
            raise ValueError(f"it has more than {_MOST_FIELDS} fields")
        at = after
    return found


def _group(data: bytes, after: int, number: int, wire: int, at: int) -> tuple[bytes, int]:
    """The content of a group, which ends with its own number. Groups within are skipped over without recursion."""
    if wire != _START:
        raise ValueError(f"byte {at} begins a field of wire type {wire}, which there is not")
    open_groups, begin = [number], after
    while open_groups:
        here = after
        tag, after = _varint(data, after)
        inner, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _, after = _varint(data, after)
        elif kind == _START:
            open_groups.append(inner)
        elif kind == _END:
            if open_groups.pop() != inner:
                raise ValueError(f"byte {here} ends the group {inner}, which is not open")
            if not open_groups:
                return data[begin:here], after
        else:
            length = 8 if kind == _FIXED64 else 4
            if kind == _LENGTH:
                length, after = _varint(data, after)
            after += length
        if after > len(data):
            raise ValueError(f"the group {number} has no end")
    raise AssertionError


def _varint(data: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    for after in range(at, min(at + 10, len(data))):
        byte = data[after]
        found |= (byte & 127) << shift
        if byte < 128:
            return found & 0xFFFF_FFFF_FFFF_FFFF, after + 1
        shift += 7
    raise ValueError(f"a number begins at byte {at} and has no end")


def _message(data: bytes, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    repeated: set[str] = set()
    for number, wire, raw in fields(data):
        name, told = str(number), _likeliest(wire, raw, depth)
        if name not in found:
            found[name] = told
        elif name in repeated:
            found[name].append(told)
        else:
            repeated.add(name)
            found[name] = [found[name], told]
    return found


def _likeliest(wire: int, raw: Any, depth: int) -> Any:
    if wire == _VARINT:
        return raw
    if wire in (_FIXED64, _FIXED32):
        return {"fixed64" if wire == _FIXED64 else "fixed32": raw}
    if wire == _START:
        return {"group": _message(raw, depth + 1) if depth < _DEEPEST else _base64(raw)}
    if is_text(raw):
        return raw.decode()
    if depth < _DEEPEST:
        try:
            return _message(raw, depth + 1)
        except ValueError:
            pass
    return _base64(raw)


def _base64(raw: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(raw).decode()}


def _readings(wire: int, raw: Any) -> dict[str, Any]:
    if wire == _VARINT:
        signed = raw - 2**64 if raw >= 2**63 else raw
        told = {"int64": signed, "uint64": raw, "sint64 (zigzag)": (raw >> 1) ^ -(raw & 1)}
        return {**told, "bool": bool(raw)} if raw < 2 else told
    if wire == _FIXED64:
        packed = raw.to_bytes(8, "little")
        return {"double": struct.unpack("<d", packed)[0], "fixed64": raw, "sfixed64": struct.unpack("<q", packed)[0]}
    if wire == _FIXED32:
        packed = raw.to_bytes(4, "little")
        return {"float": struct.unpack("<f", packed)[0], "fixed32": raw, "sfixed32": struct.unpack("<i", packed)[0]}
    told = {}
    if is_text(raw):
        told["text"] = raw.decode()
    for name, read in (("message", value), ("packed varints", _packed)):
        try:
            found = read(raw)
        except ValueError:
            continue
        if found:
            told[name] = found
    return {**told, "bytes": raw}


def _packed(raw: bytes) -> list[int]:
    found, at = [], 0
    while at < len(raw) and len(found) < 1000:
        number, at = _varint(raw, at)
        found.append(number)
    return found


# -- writing ---------------------------------------------------------------------------------------------------
def _write_message(form: Any, path: str, out: bytearray, depth: int) -> None:
    if not isinstance(form, dict) or depth > _DEEPEST + 1:
        raise mismatch(path, "an object with field numbers as names", form)
    for name, told in form.items():
        at = f"{path}.{name}" if path else str(name)
        if not (isinstance(name, str) and name.isascii() and name.isdigit() and 1 <= int(name) <= _LAST_NUMBER):
            raise mismatch(at, "the number of a field", name)
        for each in told if isinstance(told, list) else (told,):
            _write_field(int(name), each, at, out, depth)


def _write_field(number: int, form: Any, path: str, out: bytearray, depth: int) -> None:
    if isinstance(form, int):  # true and false too
        if not -(2**63) <= form < 2**64:
            raise mismatch(path, "a number of 64 bits", form)
        out += varint(number << 3 | _VARINT) + varint(form & 0xFFFF_FFFF_FFFF_FFFF)
    elif isinstance(form, str):
        _write_length(number, form.encode(), out)
    elif isinstance(form, dict) and form.keys() == {"base64"}:
        try:
            _write_length(number, base64.b64decode(form["base64"], validate=True), out)
        except (binascii.Error, ValueError, TypeError):
            raise mismatch(path, "base64", form["base64"]) from None
    elif isinstance(form, dict) and len(form) == 1 and (name := next(iter(form))) in ("fixed64", "fixed32"):
        width = 8 if name == "fixed64" else 4
        if not isinstance(form[name], int) or not 0 <= form[name] < 1 << width * 8:
            raise mismatch(path, f"a number of {width * 8} bits", form[name])
        out += varint(number << 3 | (_FIXED64 if width == 8 else _FIXED32)) + form[name].to_bytes(width, "little")
    elif isinstance(form, dict) and form.keys() == {"group"}:
        out += varint(number << 3 | _START)
        _write_message(form["group"], path, out, depth + 1)
        out += varint(number << 3 | _END)
    elif isinstance(form, float | Decimal):
        out += varint(number << 3 | _FIXED64) + struct.pack("<d", float_of(form, path, "a double"))
    else:
        inner = bytearray()
        _write_message(form, path, inner, depth + 1)
        _write_length(number, inner, out)


def _write_length(number: int, data: bytes | bytearray, out: bytearray) -> None:
    out += varint(number << 3 | _LENGTH) + varint(len(data)) + data


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
