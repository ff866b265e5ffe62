"""JSON that a JSON Schema describes: read as JSON, and written only if it fits."""

from __future__ import annotations

from typing import Any

from workbench.serde.json import Json
from workbench.serde.schemas.jsonschema import JsonSchema

_json = Json()
_ZERO: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "null": None}
_DEEPEST = 6


class JsonSchemaSerde:
    encoding = "json"
    seen_as_it_is = True

    def __init__(self, schema: JsonSchema) -> None:
        self._schema = schema
        self.name = schema.names[0] if schema.names else ""

    def value(self, payload: bytes) -> Any:
        return _json.decode(payload)

    form = value

    def write(self, form: Any) -> bytes:
        problem = self._schema.problem(form)
        if problem:
            raise ValueError(problem)
        return _json.encode(form)

    def problem(self, payload: bytes) -> str:
        """What keeps stored JSON from fitting; empty where it fits."""
        return self._schema.problem(_json.decode(payload))

    def template(self) -> Any:
        return _template(self._schema.document, self._schema.document, 0)


def _template(node: Any, root: Any, depth: int) -> Any:
    node = _followed(node, root)
    if not isinstance(node, dict) or depth > _DEEPEST:
        return None
    for word in ("default", "const"):
        if word in node:
            return node[word]
    if isinstance(node.get("enum"), list) and node["enum"]:
        return node["enum"][0]
    for word in ("oneOf", "anyOf", "allOf"):
        if isinstance(node.get(word), list) and node[word] and "properties" not in node:
            return _template(node[word][0], root, depth + 1)
    kind = node.get("type", "object" if "properties" in node else None)
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        properties = node.get("properties")
        return {name: _template(inner, root, depth + 1)
                for name, inner in (properties.items() if isinstance(properties, dict) else ())}
    if kind == "array" and isinstance(node.get("items"), dict):
        return [_template(node["items"], root, depth + 1)]
    if kind in ("integer", "number") and isinstance(node.get("minimum"), int | float):
        return node["minimum"]
    return _ZERO.get(kind) if isinstance(kind, str) else None


def _followed(node: Any, root: Any) -> Any:
    for _ in range(20):
        if not (isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#")):
            return node
        target: Any = root
        for step in node["$ref"][1:].strip("/").split("/") if node["$ref"] != "#" else ():
            target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
        node = target
    return None
