"""Schemas that fit given JSON values: Avro and Protobuf, to compare encodings with. Pure.

A field that is not always there, or null, may be missing; whole numbers that never have a point are 64-bit ones. Where
values of a field are of several kinds it is a union (Avro) or a ``Value`` (Protobuf); an object whose names are no
identifiers is a map, or a ``Struct``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
_LOW, _HIGH = -(2**63), 2**63 - 1
_MOST_DEEP = 30


@dataclass(slots=True)
class Shape:
    """What values at one place look like: ``kinds`` are of null, boolean, long, double, string, list, object."""

    kinds: set[str] = field(default_factory=set)
    fields: dict[str, Shape] = field(default_factory=dict)
    seen: int = 0
    items: Shape | None = None

    def take(self, value: Any, depth: int = 0) -> None:
        self.seen += 1
        kind = _kind(value) if depth < _MOST_DEEP else "string"
        self.kinds.add(kind)
        if kind == "object":
            for name, each in value.items():
                self.fields.setdefault(name, Shape()).take(each, depth + 1)
        elif kind == "list":
            self.items = self.items or Shape()
            for each in value:
                self.items.take(each, depth + 1)

    @property
    def objects_have_names(self) -> bool:
        return all(_NAME.fullmatch(name) for name in self.fields)


def shape_of(values: Iterable[Any]) -> Shape:
    shape = Shape()
    for value in values:
        shape.take(value)
    return shape


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "long" if _LOW <= value <= _HIGH else "double"
        case float():
            return "double"
        case str():
            return "string"
        case list() | tuple():
            return "list"
    return "object"


# -- Avro ------------------------------------------------------------------------------------------------------
def avro_text(shape: Shape, name: str = "Event") -> str:
    return json.dumps(_Avro().type_of(shape, name, False))


class _Avro:
    def __init__(self) -> None:
        self._taken: set[str] = set()

    def type_of(self, shape: Shape, name: str, may_miss: bool) -> Any:
        branches: list[Any] = ["null"] if may_miss or "null" in shape.kinds else []
        if "boolean" in shape.kinds:
            branches.append("boolean")
        if shape.kinds & {"long", "double"}:
            branches.append("double" if "double" in shape.kinds else "long")
        if "string" in shape.kinds:
            branches.append("string")
        if "list" in shape.kinds:
            branches.append({"type": "array", "items": self.type_of(shape.items or Shape(), f"{name}_item", False)})
        if "object" in shape.kinds:
            branches.append(self._object(shape, name))
        if not branches:
            return ["null", "string"]  # the items of lists that are all empty
        return branches[0] if len(branches) == 1 else branches

    def _object(self, shape: Shape, name: str) -> Any:
        if not shape.objects_have_names:
            everything = Shape()
            for inner in shape.fields.values():
                _merge(everything, inner)
            return {"type": "map", "values": self.type_of(everything, f"{name}_value", False)}
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return {"type": "record", "name": name, "fields": [self._field(name, each, inner, shape)
                                                           for each, inner in shape.fields.items()]}

    def _field(self, record: str, name: str, inner: Shape, outer: Shape) -> dict[str, Any]:
        may_miss = inner.seen < outer.seen
        made = {"name": name, "type": self.type_of(inner, f"{record}_{name}", may_miss)}
        return {**made, "default": None} if may_miss or "null" in inner.kinds else made


def _merge(into: Shape, other: Shape) -> None:
    into.kinds |= other.kinds
    into.seen += other.seen
    if other.items is not None:
        into.items = into.items or Shape()
        _merge(into.items, other.items)
    for name, inner in other.fields.items():
        _merge(into.fields.setdefault(name, Shape()), inner)


# -- Protobuf --------------------------------------------------------------------------------------------------
_SCALARS = {"boolean": "bool", "long": "int64", "double": "double", "string": "string"}
_VALUE = "google.protobuf.Value"


def protobuf_text(shape: Shape, name: str = "Event") -> str:
    """A value that is no object is the field ``value`` of its message."""
    if shape.kinds != {"object"} or not shape.objects_have_names:
        outer = Shape({"object"}, {"value": shape}, shape.seen)
        return protobuf_text(outer, name)
    body = _message(shape, name, "")
    return "\n".join(['syntax = "proto3";', 'import "google/protobuf/struct.proto";', *body]) + "\n"


def wrapped_for_protobuf(shape: Shape) -> bool:
    return shape.kinds != {"object"} or not shape.objects_have_names


def _message(shape: Shape, name: str, indent: str) -> list[str]:
    rows, inner_messages = [], []
    for number, (field_name, inner) in enumerate(shape.fields.items(), 1):
        type_, made = _type(inner, f"M{number}")
        label = "optional " if "repeated" not in type_ and (inner.seen < shape.seen or "null" in inner.kinds) \
            and type_ in _SCALARS.values() else ""
        rows.append(f"{indent}  {label}{type_} {field_name} = {number if number < 19_000 else number + 1000};")
        if made is not None:
            inner_messages += _message(made, f"M{number}", f"{indent}  ")
    return [f"{indent}message {name} {{", *inner_messages, *rows, f"{indent}}}"]


def _type(shape: Shape, name: str) -> tuple[str, Shape | None]:
    """The type, and the shape of the message that has to be made for it."""
    kinds = shape.kinds - {"null"}
    kinds = kinds - {"long"} if {"long", "double"} <= kinds else kinds
    if len(kinds) != 1:
        return _VALUE, None
    (kind,) = kinds
    if kind in _SCALARS:
        return _SCALARS[kind], None
    if kind == "object":
        return (name, shape) if shape.objects_have_names else (_VALUE, None)
    items = shape.items or Shape()
    if "null" in items.kinds or "list" in items.kinds or not items.kinds:
        return _VALUE, None
    type_, made = _type(items, name)
    return (_VALUE, None) if type_ == _VALUE else (f"repeated {type_}", made)
