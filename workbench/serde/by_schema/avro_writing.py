"""The JSON form of a value as Avro binary: checked as it is written, errors with the path of the field. Pure.

A writer is made once for a schema, a function a type. Which branch of a union is meant is told by ``avro_unions``:
fastavro would try them all, and its errors name no field; that is why the bytes are written here.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from workbench.serde.by_schema.avro_defaults import form_of_default
from workbench.serde.by_schema.avro_leaves import logical_type
from workbench.serde.by_schema.avro_numbers import LOGICAL_NUMBERS, decimal_bytes, float_of, uuid_text
from workbench.serde.by_schema.avro_unions import kind_of, looks, names_of, shows_branch
from workbench.serde.by_schema.base import a, mismatch
from workbench.serde.schemas.avro import branch_name
from workbench.serde.schemas.avro_fields import type_word

Write = Callable[[Any, str, bytearray], None]
"""A form, its path, and where the bytes go."""
_BOUNDS = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_MAX_FLOAT = 3.4028235677973366e38
_ABSENT = object()


class Writers:
    """All writers of one schema."""

    def __init__(self, tree: Any, named: Mapping[str, Any]) -> None:
        self._named = named
        self._made: dict[str, Write] = {}
        self.top = self._of(tree)

    def _of(self, node: Any) -> Write:
        if isinstance(node, list):
            return self._union(node)
        name = node if isinstance(node, str) else node.get("name")
        if name in self._named:
            return self._by_name(name)
        if isinstance(node, dict) and node["type"] == "array":
            return self._array(node)
        if isinstance(node, dict) and node["type"] == "map":
            return self._map(node)
        return _leaf({"type": node} if isinstance(node, str) else node)

    def _by_name(self, name: str) -> Write:
        """Types may hold themselves, so they are looked up when they write."""
        known = self._made
        if name not in known:
            definition = self._named[name]
            known[name] = _null  # until it is made, which may come back here
            known[name] = self._record(definition) if "fields" in definition else _leaf(definition)
        return lambda form, path, out: known[name](form, path, out)

    def _record(self, node: dict[str, Any]) -> Write:
        name = node["name"]
        fields: list[tuple[str, Write, Any]] = [
            (field["name"], self._of(field["type"]), self._default(field)) for field in node["fields"]]
        known = {field for field, _, _ in fields}

        def write(form: Any, path: str, out: bytearray) -> None:
            if not isinstance(form, dict):
                raise mismatch(path, f"an object, the record {name}", form)
            for word in form:
                if word not in known:
                    raise ValueError(f"{_below(path, word)}: the record {name} has no such field")
            for field, inner, default in fields:
                value = form.get(field, default)
                if value is _ABSENT:
                    raise ValueError(f"{_below(path, field)}: it is missing, and has no default")
                inner(value, _below(path, field), out)

        return write

    def _default(self, field: dict[str, Any]) -> Any:
        if "default" not in field:
            return _ABSENT
        try:
            return form_of_default(field["type"], field["default"], self._named)
        except (ValueError, TypeError, KeyError):
            return _ABSENT  # a default that does not fit: registries do not check

    def _array(self, node: dict[str, Any]) -> Write:
        inner = self._of(node["items"])

        def write(form: Any, path: str, out: bytearray) -> None:
            if not isinstance(form, list | tuple):
                raise mismatch(path, "a list", form)
            if form:
                out += number_bytes(len(form))
                for index, each in enumerate(form):
                    inner(each, f"{path}[{index}]", out)
            out.append(0)

        return write

    def _map(self, node: dict[str, Any]) -> Write:
        inner = self._of(node["values"])

        def write(form: Any, path: str, out: bytearray) -> None:
            if not isinstance(form, dict):
                raise mismatch(path, "an object, a map", form)
            if form:
                out += number_bytes(len(form))
                for key, each in form.items():
                    if not isinstance(key, str):
                        raise mismatch(path, "keys that are text", key)
                    data = _utf8(key, path)
                    out += number_bytes(len(data)) + data
                    inner(each, _below(path, key), out)
            out.append(0)

        return write

    def _union(self, union: list[Any]) -> Write:
        branches = [(index, each, self._of(each)) for index, each in enumerate(union)]
        names = {branch_name(each): (index, write) for index, each, write in branches}
        short = {name.rpartition(".")[2]: found for name, found in names.items()}
        expected = type_word(union)
        if not shows_branch(union, self._named):
            return self._plain_union(branches, names, expected)
        others = ", ".join(f'"{name}"' for name in names_of(union) if name != "null")

        def write(form: Any, path: str, out: bytearray) -> None:
            if form is None and "null" in names:
                out += number_bytes(names["null"][0])
                return
            if not isinstance(form, dict) or len(form) != 1:
                raise mismatch(path, f'{{"branch": value}} with one of {others} as branch', form)
            name, value = next(iter(form.items()))
            found = names.get(name) or short.get(name)
            if found is None:
                raise mismatch(path, f"one of {others} as branch", name)
            out += number_bytes(found[0])
            found[1](value, _below(path, name), out)

        return write

    def _plain_union(self, branches: list[Any], names: Mapping[str, Any], expected: str) -> Write:
        by_kind = {kind: (index, write) for index, each, write in branches for kind in looks(each, self._named)}
        may_wrap = "object" not in by_kind  # then {"string": "x"} can only be Avro's own way to say it

        def write(form: Any, path: str, out: bytearray) -> None:
            found = by_kind.get(kind_of(form))
            if found is None and may_wrap and isinstance(form, dict) and len(form) == 1:
                name, form = next(iter(form.items()))
                found = names.get(name)
            if found is None:
                raise mismatch(path, expected, form)
            out += number_bytes(found[0])
            found[1](form, path, out)

        return write


def number_bytes(number: int) -> bytes:
    """A zigzag variable-length number."""
    number = (number << 1) ^ (number >> 63)
    if number < 128:
        return bytes((number,))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _utf8(text: str, path: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise mismatch(path, "text that UTF-8 can write", text) from None


def _leaf(node: dict[str, Any]) -> Write:
    kind, logical = node["type"], logical_type(node)
    word = a(type_word(node))
    if logical == "decimal":
        return _decimal(node, word)
    if logical in LOGICAL_NUMBERS:
        return _number(kind, word, LOGICAL_NUMBERS[logical])
    if logical == "uuid" and kind == "fixed":
        return lambda form, path, out: out.extend(uuid_text(form, path).bytes)
    if logical == "duration":
        return _duration
    if kind in _BOUNDS:
        return _number(kind, word)
    if kind in _PLAIN:
        return _PLAIN[kind]
    return _enum(node) if kind == "enum" else _fixed(node, word) if kind == "fixed" else _bytes(word)


def _null(form: Any, path: str, out: bytearray) -> None:
    if form is not None:
        raise mismatch(path, "null", form)


def _boolean(form: Any, path: str, out: bytearray) -> None:
    if not isinstance(form, bool):
        raise mismatch(path, "true or false", form)
    out.append(form)


def _string(form: Any, path: str, out: bytearray) -> None:
    if not isinstance(form, str):
        raise mismatch(path, "text", form)
    data = _utf8(form, path)
    out += number_bytes(len(data)) + data


def _number(kind: str, word: str, read: Callable[[str], int] | None = None) -> Write:
    """``read`` makes the number of a text, for dates and times."""
    low, high = _BOUNDS[kind]

    def write(form: Any, path: str, out: bytearray) -> None:
        if read is not None and isinstance(form, datetime | date | time):
            form = form.isoformat()
        if read is not None and isinstance(form, str):
            try:
                form = read(form)
            except (ValueError, OverflowError):
                raise mismatch(path, word, form) from None
        if isinstance(form, float | Decimal) and form == form // 1:
            form = int(form)
        if not isinstance(form, int) or isinstance(form, bool):
            raise mismatch(path, word, form)
        if not low <= form <= high:
            raise mismatch(path, f"{word}, from {low} to {high}", form)
        out += number_bytes(form)

    return write


def _float(form: Any, path: str, out: bytearray) -> None:
    number = float_of(form, path, "a float")
    if abs(number) >= _MAX_FLOAT and abs(number) != float("inf"):
        raise mismatch(path, "a float", form)
    out += struct.pack("<f", number)


def _double(form: Any, path: str, out: bytearray) -> None:
    out += struct.pack("<d", float_of(form, path, "a double"))


_PLAIN: dict[str, Write] = {
    "null": _null, "boolean": _boolean, "string": _string, "float": _float, "double": _double}


def _bytes_of(form: Any, path: str, word: str) -> bytes:
    if isinstance(form, bytes | bytearray):
        return bytes(form)
    if isinstance(form, dict) and form.keys() == {"base64"} and isinstance(form["base64"], str):
        try:
            return base64.b64decode(form["base64"], validate=True)
        except (binascii.Error, ValueError):
            pass
    raise mismatch(path, f'{word} as {{"base64": "..."}}', form)


def _bytes(word: str) -> Write:
    def write(form: Any, path: str, out: bytearray) -> None:
        data = _bytes_of(form, path, word)
        out += number_bytes(len(data)) + data

    return write


def _fixed(node: dict[str, Any], word: str) -> Write:
    def write(form: Any, path: str, out: bytearray) -> None:
        data = _bytes_of(form, path, word)
        if len(data) != node["size"]:
            raise mismatch(path, word, f"{len(data)} bytes")
        out += data

    return write


def _enum(node: dict[str, Any]) -> Write:
    numbers = {symbol: index for index, symbol in enumerate(node["symbols"])}
    expected = f"one of {', '.join(node['symbols'][:20])}"

    def write(form: Any, path: str, out: bytearray) -> None:
        if not isinstance(form, str) or form not in numbers:
            raise mismatch(path, expected, form)
        out += number_bytes(numbers[form])

    return write


def _decimal(node: dict[str, Any], word: str) -> Write:
    size = node.get("size")

    def write(form: Any, path: str, out: bytearray) -> None:
        data = decimal_bytes(form, path, word, node["precision"], node.get("scale", 0), size)
        out += data if size is not None else number_bytes(len(data)) + data

    return write


def _duration(form: Any, path: str, out: bytearray) -> None:
    parts = ("months", "days", "millis")
    if not isinstance(form, dict) or form.keys() != set(parts) or not all(
            isinstance(form[part], int) and 0 <= form[part] < 2**32 for part in parts):
        raise mismatch(path, 'a duration as {"months": 0, "days": 0, "millis": 0}', form)
    out += struct.pack("<III", *(form[part] for part in parts))
