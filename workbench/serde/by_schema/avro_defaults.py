"""Defaults of an Avro schema as forms, and a form to begin with. Pure.

In a schema bytes are written as text, one letter a byte, and a union's default is of any of its branches.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from workbench.serde.by_schema.avro_leaves import FORM, LOGICAL, logical_type
from workbench.serde.by_schema.avro_unions import kind_of, shows_branch
from workbench.serde.schemas.avro import branch_name

_ZERO: dict[str, Any] = {"null": None, "boolean": False, "int": 0, "long": 0, "float": 0.0, "double": 0.0,
                         "string": ""}


def _looked_up(node: Any, named: Mapping[str, Any]) -> Any:
    return named.get(node, node) if isinstance(node, str) else node


def _kind(node: Any) -> str:
    return node if isinstance(node, str) else node["type"]


def form_of_default(node: Any, default: Any, named: Mapping[str, Any]) -> Any:
    """``ValueError`` and its kin where it does not fit."""
    node = _looked_up(node, named)
    if isinstance(node, list):
        return _of_union(node, default, named)
    kind = _kind(node)
    if kind in ("bytes", "fixed"):
        return _leaf(node, default.encode("latin-1"))
    if kind == "array":
        return [form_of_default(node["items"], each, named) for each in default]
    if kind == "map":
        return {key: form_of_default(node["values"], each, named) for key, each in default.items()}
    if isinstance(node, dict) and "fields" in node:
        return {field["name"]: form_of_default(field["type"], default.get(field["name"], field.get("default")), named)
                for field in node["fields"]}
    return _leaf(node, default) if logical_type(node) and isinstance(default, int) else default


def _of_union(union: list[Any], default: Any, named: Mapping[str, Any]) -> Any:
    for branch in union:
        if not _can_be(branch, default, named):
            continue
        form = form_of_default(branch, default, named)
        return form if branch == "null" or not shows_branch(union, named) else {branch_name(branch): form}
    raise ValueError("it is of no branch")


def _can_be(branch: Any, default: Any, named: Mapping[str, Any]) -> bool:
    """How a default of a type is written in a schema."""
    branch = _looked_up(branch, named)
    kind = _kind(branch)
    looks = {"null": "null", "boolean": "boolean", "int": "number", "long": "number", "float": "number",
             "double": "number", "array": "list", "map": "object", "record": "object", "error": "object"}
    return looks.get(kind, "text") == kind_of(default)


def _leaf(node: Any, raw: Any) -> Any:
    logical = logical_type(node)
    if logical:
        return LOGICAL[f"{node['type']}-{logical}"][1](raw, {**node, "logicalType": f"{FORM}-{logical}"})
    return {"base64": base64.b64encode(raw).decode()} if isinstance(raw, bytes) else raw


def template(node: Any, named: Mapping[str, Any], depth: int = 0) -> Any:
    """Defaults where there are, the first branch of a union, an item in each list, and zeros."""
    node = _looked_up(node, named)
    if isinstance(node, list):
        return _union_template(node, named, depth)
    kind, logical = _kind(node), logical_type(node)
    if logical:
        return _logical_zero(node, kind, logical)
    if kind == "enum":
        return node.get("default") or (node["symbols"][0] if node["symbols"] else "")
    if kind in ("bytes", "fixed"):
        return {"base64": base64.b64encode(bytes(node["size"] if kind == "fixed" else 0)).decode()}
    if kind == "array":
        return [] if depth > 3 else [template(node["items"], named, depth + 1)]
    if kind == "map":
        return {}
    if isinstance(node, dict) and "fields" in node:
        return {field["name"]: _field_template(field, named, depth) for field in node["fields"]}
    return _ZERO[kind]


def _field_template(field: dict[str, Any], named: Mapping[str, Any], depth: int) -> Any:
    if "default" in field:
        try:
            return form_of_default(field["type"], field["default"], named)
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
    return template(field["type"], named, depth + 1)


def _union_template(union: list[Any], named: Mapping[str, Any], depth: int) -> Any:
    if not union or ("null" in union and (depth > 6 or union[0] == "null")):
        return None
    form = template(union[0], named, depth + 1)
    return {branch_name(union[0]): form} if shows_branch(union, named) else form


def _logical_zero(node: Any, kind: str, logical: str) -> Any:
    if logical == "uuid":
        return "00000000-0000-0000-0000-000000000000"
    raw: Any = bytes(node.get("size", 1)) if kind in ("bytes", "fixed") else 0
    return _leaf(node, raw)
