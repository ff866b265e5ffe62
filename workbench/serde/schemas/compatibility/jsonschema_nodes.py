"""JSON Schemas as nodes that can be compared: one class of constraint each. Pure.

A schema that says several things at once (a type, an enum, ``anyOf``) is all of them; several types are any of them;
one that names no type is of the type that its words are about, as the validators of Schema Registry read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from workbench.core.errors import Invalid
from workbench.serde.schemas.jsonschema import JsonSchema

COMBINED = ("allOf", "anyOf", "oneOf")
_ABOUT = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties", "patternProperties",
               "dependencies", "dependentRequired", "dependentSchemas", "propertyNames", "unevaluatedProperties"),
    "array": ("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains",
              "minContains", "maxContains", "unevaluatedItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """``kind``: a type, or true, false, const, enum, not, allOf, anyOf, oneOf. ``said`` is the schema's own words,
    within ``document``; ``parts`` are what is combined: nodes, or schemas still to be read."""

    kind: str
    said: dict[str, Any] = field(default_factory=dict)
    document: Any = None
    parts: tuple[Any, ...] = ()

    @property
    def is_integer(self) -> bool:
        return self.said.get("type") == "integer"


class Nodes:
    """The nodes of one schema. The same words are the same node."""

    def __init__(self, schema: JsonSchema) -> None:
        self._schema = schema
        self._known: dict[int, Node] = {}
        self._kept: list[Any] = []  # what was made here stays, for its identity is asked for

    @property
    def root(self) -> Node:
        return self.node(self._schema.document, self._schema.document)

    def node(self, said: Any, document: Any) -> Node:
        said, document = self._followed(said, document)
        if isinstance(said, bool):
            return Node("true" if said else "false")
        if not isinstance(said, dict):
            raise Invalid("The schema holds something that is no JSON Schema.")
        if id(said) not in self._known:
            self._kept.append(said)
            self._known[id(said)] = _made(said, document)
        return self._known[id(said)]

    def within(self, node: Node, word: str) -> Node | None:
        """The schema that a node says by ``word``; None where it says none."""
        return self.node(node.said[word], node.document) if word in node.said else None

    def table(self, node: Node, word: str) -> dict[str, Any]:
        """Schemas by name, still to be read: of ``properties`` and the like."""
        found = node.said.get(word)
        return found if isinstance(found, dict) else {}

    def parts(self, node: Node) -> list[Node]:
        return [each if isinstance(each, Node) else self.node(each, node.document) for each in node.parts]

    def _followed(self, said: Any, document: Any) -> tuple[Any, Any]:
        """What a ``$ref`` leads to, in its document."""
        for _ in range(100):
            target = said.get("$ref") if isinstance(said, dict) else None
            if not isinstance(target, str):
                return said, document
            place, _, within = target.partition("#")
            if place:
                document = self._document(place)
            said = _at(document, within)
        raise Invalid("The schema refers to itself without end.")

    def _document(self, place: str) -> Any:
        for name, each in self._schema.others.items():
            if place == name or place.endswith("/" + name.lstrip("/")):
                return each
        own = self._schema.document
        if isinstance(own, dict) and place in (own.get("$id"), own.get("id")):
            return own
        raise Invalid("The schema refers to {place!r}, which is not among its references.", place=place)


def _at(document: Any, pointer: str) -> Any:
    if pointer and not pointer.startswith("/"):
        return _anchored(document, pointer)
    found = document
    for step in pointer.split("/")[1:]:
        step = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            raise Invalid("The schema refers to #{pointer}, and there is nothing.", pointer=pointer)
    return found


def _anchored(document: Any, name: str) -> Any:
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if name in (each.get("$anchor"), str(each.get("$id", "")).removeprefix("#")):
                return each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    raise Invalid("The schema refers to #{name}, and there is nothing.", name=name)


def _made(said: dict[str, Any], document: Any) -> Node:
    found = [Node(word, said, document, tuple(said[word]))
             for word in COMBINED if isinstance(said.get(word), list)]
    if "not" in said:
        found.append(Node("not", said, document))
    if "const" in said:
        found.append(Node("const", said, document))
    if isinstance(said.get("enum"), list):
        found.append(Node("enum", said, document))
    found += _typed(said, document)
    if not found:
        return Node("true", said, document)
    return found[0] if len(found) == 1 else Node("allOf", said, document, tuple(found))


def _typed(said: dict[str, Any], document: Any) -> list[Node]:
    told = said.get("type")
    kinds = told if isinstance(told, list) else [told] if isinstance(told, str) else []
    if not kinds:
        kinds = [kind for kind, words in _ABOUT.items() if any(word in said for word in words)][:1]
    nodes = [Node("number" if kind == "integer" else kind, said | {"type": kind}, document) for kind in kinds]
    return nodes if len(nodes) < 2 else [Node("anyOf", said, document, tuple(nodes))]
