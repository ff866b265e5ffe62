"""Options of a .proto text: the standard ones set where they belong, custom ones read over. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE = {"n": b"\n", "r": b"\r", "t": b"\t", "a": b"\a", "b": b"\b", "f": b"\f", "v": b"\v"}
_STRING, _BYTES = 9, 12


def set_options(options: Any, told: Iterable[Any]) -> None:
    """Sets what the options' own message has a field for; a value that does not fit it is read over too."""
    for each in told:
        target, path = options, each.name.split(".")
        for step in path[:-1]:
            field = target.DESCRIPTOR.fields_by_name.get(step)
            target = getattr(target, step) if field is not None and field.message_type is not None else None
            if target is None:
                break
        if target is not None:
            _set(target, path[-1], each.value)


def set_field_options(made: Any, told: Iterable[Any]) -> None:
    """Of a field: its default and JSON name stand beside its options."""
    for each in told:
        if each.name == "default":
            made.default_value = _default(each.value, made.type)
        elif each.name == "json_name":
            made.json_name = str(each.value)
        else:
            set_options(made.options, [each])


def literal(text: str) -> int:
    """A whole number as Protobuf writes it: decimal, hexadecimal, octal."""
    text = "".join(text.split())
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    base = 16 if digits[:2].lower() == "0x" else 8 if len(digits) > 1 and digits.startswith("0") else 10
    return sign * int(digits, base)


def _default(value: Any, kind: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and kind == _STRING:
        return unescaped(value).decode("utf-8", "replace")
    if isinstance(value, str) and kind == _BYTES:
        return escaped(unescaped(value))
    return str(getattr(value, "name", value))


def unescaped(text: str) -> bytes:
    found, at = b"", 0
    for mark in _ESCAPE.finditer(text):
        found += text[at : mark.start()].encode()
        hexadecimal, octal, short, long, plain = mark.groups()
        if hexadecimal:
            found += bytes([int(hexadecimal, 16)])
        elif octal:
            found += bytes([int(octal, 8) & 255])
        elif short or long:
            found += chr(int(short or long, 16)).encode("utf-8", "replace")
        else:
            found += _SIMPLE.get(plain, plain.encode())
        at = mark.end()
    return found + text[at:].encode()


def escaped(data: bytes) -> str:
    """As descriptors hold bytes: printable ASCII, all else in three octal digits."""
    return "".join(
        f"\\{chr(byte)}" if byte in b"\"'\\" else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in data)


def _set(target: Any, name: str, value: Any) -> None:
    field = target.DESCRIPTOR.fields_by_name.get(name)
    if field is None or field.message_type is not None or field.is_repeated:
        return
    try:
        if field.enum_type is not None:
            setattr(target, name, field.enum_type.values_by_name[str(getattr(value, "name", value))].number)
        elif field.type == _STRING:
            setattr(target, name, unescaped(str(value)).decode("utf-8", "replace"))
        else:
            setattr(target, name, value)
    except (TypeError, ValueError, KeyError):
        return
