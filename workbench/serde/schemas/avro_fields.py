"""The fields of an Avro schema as a flat tree, for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.serde.schemas.base import Field
from workbench.serde.schemas.json_text import compact

_SHOWN = 2000


def fields_of(top: Any, named: Mapping[str, dict[str, Any]]) -> tuple[Field, ...]:
    found: list[Field] = []
    for field in _below(top, "", named, ()):
        found.append(field)
        if len(found) >= _SHOWN:
            break
    return tuple(found)


def type_word(node: Any) -> str:
    """A type on one line: ``null | string``, ``array of decimal(10,2)``, ``enum Colour``."""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return " | ".join(type_word(each) for each in node)
    logical = node.get("logicalType")
    if logical == "decimal":
        return f"decimal({node.get('precision')},{node.get('scale', 0)})"
    if isinstance(logical, str):
        return logical
    match node["type"]:
        case "array":
            return f"array of {type_word(node['items'])}"
        case "map":
            return f"map of {type_word(node['values'])}"
        case "enum":
            return f"enum {node['name']} ({', '.join(node['symbols'][:12])})"
        case "fixed":
            return f"fixed {node['name']} ({node['size']} bytes)"
    return node.get("name") or node["type"]


def _below(node: Any, path: str, named: Mapping[str, dict[str, Any]], above: tuple[str, ...]) -> Iterator[Field]:
    if isinstance(node, str):
        node = named.get(node, node)
    if isinstance(node, list):
        for each in node:
            yield from _below(each, path, named, above)
    elif isinstance(node, dict):
        kind = node["type"]
        if kind == "array":
            yield from _below(node["items"], f"{path}[]", named, above)
        elif kind == "map":
            yield from _below(node["values"], f"{path}{{}}", named, above)
        elif "fields" in node and node["name"] not in above:
            for field in node["fields"]:
                at = f"{path}.{field['name']}" if path else field["name"]
                default = compact(field["default"]) if "default" in field else ""
                yield Field(at, type_word(field["type"]), default, str(field.get("doc", "")))
                yield from _below(field["type"], at, named, (*above, node["name"]))
