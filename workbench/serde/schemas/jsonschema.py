"""JSON Schema, drafts 4 to 2020-12, by jsonschema-rs (imported on first use): nothing is ever fetched from the network.

Where a schema names no draft it is read as draft 7, as the registries do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from workbench.core.errors import Invalid
from workbench.serde.schemas.base import JSON, Field, Schema
from workbench.serde.schemas.json_text import compact, read_json
from workbench.serde.schemas.references import Referred

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_FIELDS_SHOWN = 2000


class JsonSchema:
    """``document`` is the schema as JSON says it; ``others`` are the documents it refers to, by name."""

    type = JSON

    def __init__(self, document: Any, others: Mapping[str, Any]) -> None:
        self.document = document
        self.others = others
        self.canonical = compact(document, sort_keys=True)
        title = document.get("title") if isinstance(document, dict) else None
        self.names: tuple[str, ...] = (title,) if isinstance(title, str) else ()
        self._validator = _validator(document, others)

    def problem(self, value: Any) -> str:
        """The first thing that keeps ``value`` from fitting, with its place; empty where it fits."""
        if self._validator.is_valid(value):
            return ""
        wrong = next(iter(self._validator.iter_errors(value)), None)
        return "it does not fit" if wrong is None else f"{place(wrong.instance_path)}{wrong.message}"

    def fields(self, name: str = "") -> tuple[Field, ...]:
        found: list[Field] = []
        _gather(self.document, "", self.document, found, ())
        return tuple(found)


def place(path: list[str | int]) -> str:
    """``items[3].price: ``; empty for the value as a whole."""
    told = ""
    for step in path:
        told += f"[{step}]" if isinstance(step, int) else f".{step}" if told else step
    return f"{told}: " if told else ""


def read(schema: Schema, others: list[Referred]) -> JsonSchema:
    document = read_json(schema.text, "A JSON Schema")
    known = {each.reference.name: read_json(each.schema.text, f"What {each.reference.name!r} refers to")
             for each in others}
    return JsonSchema(document, known)


def _validator(document: Any, others: Mapping[str, Any]) -> Any:
    import jsonschema_rs

    def known(uri: str) -> Any:
        for name, each in others.items():
            if uri == name or uri.endswith(("/" + name.lstrip("/"), ":" + name)):
                return each
        raise ValueError("nothing is fetched")

    if not isinstance(document, dict | bool):
        raise Invalid("A JSON Schema is an object, true or false.")
    says_draft = isinstance(document, dict) and "$schema" in document
    try:
        return (jsonschema_rs.validator_for if says_draft else jsonschema_rs.Draft7Validator)(document, retriever=known)
    except jsonschema_rs.ValidationError as wrong:
        at = place(wrong.instance_path)
        if "is not present in a registry" in wrong.message:
            missing = wrong.message.split("'")[1]
            raise Invalid("The JSON Schema refers to {missing!r}, and no reference has that name.",
                          "Register that schema and refer to it by that name.", missing=missing) from None
        raise Invalid("The JSON Schema does not hold: {at}{value}.", at=at,
                      value=wrong.message.splitlines()[0].rstrip('.')) from None
    except ValueError as wrong:
        raise Invalid("The JSON Schema does not hold: {value}.", value=str(wrong).rstrip('.')) from None


def _gather(node: Any, path: str, root: Any, found: list[Field], above: tuple[str, ...]) -> None:
    """``above`` are the ``$ref`` that were followed to come here."""
    node, above = _followed(node, root, above)
    if not isinstance(node, dict) or len(found) >= _FIELDS_SHOWN:
        return
    properties = node.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        at = f"{path}.{name}" if path else name
        target, _ = _followed(inner, root, above)
        told = target if isinstance(target, dict) else {}
        default = compact(told["default"]) if "default" in told else ""
        found.append(Field(at, _type_of(target), default, str(told.get("description", ""))))
        _gather(inner, at, root, found, above)
    if isinstance(node.get("items"), dict):
        _gather(node["items"], f"{path}[]", root, found, above)
    for word in ("allOf", "anyOf", "oneOf"):
        for each in node[word] if isinstance(node.get(word), list) else ():
            _gather(each, path, root, found, above)


def _followed(node: Any, root: Any, above: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """What a ``$ref`` within the document leads to; what leads into itself, or out, is not opened."""
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        target = node["$ref"]
        if target in above or not target.startswith("#"):
            return {"type": target}, above
        above = (*above, target)
        node = root
        for step in target[1:].strip("/").split("/") if target != "#" else ():
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            node = node.get(step) if isinstance(node, dict) else None
    return node, above


def _type_of(node: Any) -> str:
    if not isinstance(node, dict):
        return "any"
    if isinstance(node.get("enum"), list):
        return f"one of {', '.join(compact(each) for each in node['enum'][:20])}"
    told = node.get("type", "object" if "properties" in node else "any")
    told = " | ".join(map(str, told)) if isinstance(told, list) else str(told)
    if told == "array" and isinstance(node.get("items"), dict):
        told = f"array of {_type_of(node['items'])}"
    return f"{told} ({node['format']})" if isinstance(node.get("format"), str) else told
