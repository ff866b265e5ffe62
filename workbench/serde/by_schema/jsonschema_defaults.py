"""JSON with the defaults of its schema filled in. Pure.

What is filled in is what ``properties`` say of an object that is there, and of the items of its arrays; references
within the document are followed. Branches (``oneOf``, ``anyOf``, ``if``) are not: which holds is not known before.
"""

from __future__ import annotations

from typing import Any

_DEEPEST = 100


def filled(value: Any, node: Any, root: Any, depth: int = 0) -> Any:
    """The same value where nothing was to be filled in."""
    node = _followed(node, root)
    if not isinstance(node, dict) or depth > _DEEPEST:
        return value
    for each in node["allOf"] if isinstance(node.get("allOf"), list) else ():
        value = filled(value, each, root, depth + 1)
    if isinstance(value, dict):
        return _object(value, node, root, depth)
    if isinstance(value, list) and isinstance(node.get("items"), dict):
        made = [filled(each, node["items"], root, depth + 1) for each in value]
        return value if all(a is b for a, b in zip(made, value, strict=True)) else made
    return value


def _object(value: dict[str, Any], node: dict[str, Any], root: Any, depth: int) -> dict[str, Any]:
    properties = node.get("properties")
    if not isinstance(properties, dict):
        return value
    made = dict(value)
    for name, inner in properties.items():
        if name in made:
            made[name] = filled(made[name], inner, root, depth + 1)
        else:
            target = _followed(inner, root)
            if isinstance(target, dict) and "default" in target:
                made[name] = filled(target["default"], target, root, depth + 1)
    same = len(made) == len(value) and all(made[name] is value[name] for name in value)
    return value if same else made


def _followed(node: Any, root: Any) -> Any:
    for _ in range(20):
        if not (isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#")):
            return node
        if "default" in node:  # beside a reference (2019-09 and later) it is the property's own
            return node
        target: Any = root
        for step in node["$ref"][1:].strip("/").split("/") if node["$ref"] != "#" else ():
            target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
        node = target
    return None
