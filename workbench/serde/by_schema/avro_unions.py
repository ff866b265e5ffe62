"""Unions of Avro in JSON: which of them show their branch, and which branch a JSON value is meant for. Pure.

A union whose branches look different in JSON (null, one kind each of boolean, number, text, list, object) needs no
word for the branch; else its values are ``{"branch": value}``, as in Avro's own JSON encoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.serde.by_schema.avro_leaves import logical_type
from workbench.serde.schemas.avro import branch_name

_KINDS = {"null": "null", "boolean": "boolean", "int": "number", "long": "number", "string": "text",
          "array": "list", "map": "object", "record": "object", "error": "object", "enum": "text",
          "bytes": "object", "fixed": "object"}
_TEXT_OR_NUMBER = frozenset(("text", "number"))


def looks(node: Any, named: Mapping[str, Any]) -> frozenset[str]:
    """How values of a type can look in JSON."""
    node = named.get(node, node) if isinstance(node, str) else node
    logical = logical_type(node)
    if logical in ("decimal", "uuid"):
        return frozenset(("text",))
    if logical == "duration":
        return frozenset(("object",))
    if logical:
        return _TEXT_OR_NUMBER
    kind = node if isinstance(node, str) else node["type"]
    return _TEXT_OR_NUMBER if kind in ("float", "double") else frozenset((_KINDS[kind],))


def shows_branch(union: list[Any], named: Mapping[str, Any]) -> bool:
    seen: set[str] = set()
    for each in union:
        told = looks(each, named)
        if told & seen:
            return True
        seen |= told
    return False


def kind_of(form: Any) -> str:
    if form is None:
        return "null"
    if isinstance(form, bool):
        return "boolean"
    if isinstance(form, int | float):
        return "number"
    return "text" if isinstance(form, str) else "list" if isinstance(form, list | tuple) else "object"


def names_of(union: list[Any]) -> list[str]:
    return [branch_name(each) for each in union]
