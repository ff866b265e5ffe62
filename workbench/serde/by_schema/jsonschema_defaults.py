"""JSON with the defaults of its schema filled in. Pure.

What is filled in is what ``properties`` say of an object that is there, and of the items of its arrays; references
within the document are followed. Branches (``oneOf``, ``anyOf``, ``if``) are not: which holds is not known before.
"""

from __future__ import annotations

from typing import Any

_DEEPEST, _MOST_STEPS = 100, 200_000


def filled(value: Any, document: Any) -> Any:
    """The same value where nothing was to be filled in; ``ValueError`` where that has no end."""
    return _Filling(document).of(value, document, 0)


class _Filling:
    def __init__(self, document: Any) -> None:
        self._document = document
        self._left = _MOST_STEPS

    def of(self, value: Any, node: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise ValueError("the defaults of the schema have no end, or the value nests too deep")
        node = self._followed(node)
        if not isinstance(node, dict):
            return value
        for each in node["allOf"] if isinstance(node.get("allOf"), list) else ():
            value = self.of(value, each, depth + 1)
        if isinstance(value, dict):
            return self._object(value, node, depth)
        if isinstance(value, list) and isinstance(node.get("items"), dict):
            made = [self.of(each, node["items"], depth + 1) for each in value]
            return value if all(a is b for a, b in zip(made, value, strict=True)) else made
        return value

    def _object(self, value: dict[str, Any], node: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = node.get("properties")
        if not isinstance(properties, dict):
            return value
        made = dict(value)
        for name, inner in properties.items():
            if name in made:
                made[name] = self.of(made[name], inner, depth + 1)
            else:
                target = self._followed(inner)
                if isinstance(target, dict) and "default" in target:
                    made[name] = self.of(target["default"], target, depth + 1)
        same = len(made) == len(value) and all(made[name] is value[name] for name in value)
        return value if same else made

    def _followed(self, node: Any) -> Any:
        """What a reference leads to; one with a default beside it (2019-09 and later) has that of the property."""
        default: dict[str, Any] = {}
        for _ in range(20):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#")):
                return {**node, **default} if isinstance(node, dict) and default else node
            if "default" in node and not default:
                default = {"default": node["default"]}
            target: Any = self._document
            for step in node["$ref"][1:].strip("/").split("/") if node["$ref"] != "#" else ():
                target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
            node = target
        return None
