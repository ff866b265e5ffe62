"""JSON Schema's rules: each with a change that fits and one that does not, from the registries' documentation («JSON
Schema compatibility rules»: open, closed and partially open content models)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.errors import Invalid
from workbench.core.schemas import Reference
from workbench.serde.schemas import JSON, Schema, parse
from workbench.serde.schemas.compatibility import unreadable

CLOSED = {"additionalProperties": False}


def thing(required: tuple[str, ...] = (), more: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    told = {"type": "object", "properties": properties} | (more or {})
    return told | ({"required": list(required)} if required else {})


def found(reader: Any, writer: Any) -> list[tuple[str, str]]:
    read, written = (parse(Schema(JSON, json.dumps(each))) for each in (reader, writer))
    return [(one.kind, one.field) for one in unreadable(read, written)]


TEXT, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


@pytest.mark.parametrize(("reader", "writer"), [
    ({}, TEXT), (True, TEXT), (TEXT, False), (NUMBER, INTEGER), ({"type": ["string", "null"]}, TEXT),
    (thing(a=TEXT), thing(a=TEXT, b=TEXT)), (thing(a={}), thing()),
    (thing(more=CLOSED, a=TEXT), thing(more=CLOSED)), (thing(), thing(more=CLOSED)),
    (thing(("a",), CLOSED, a=TEXT | {"default": "x"}), thing(more=CLOSED)), (thing(a=TEXT), thing(("a",), a=TEXT)),
    (thing(more={"additionalProperties": TEXT}, a=TEXT), thing(more={"additionalProperties": TEXT})),
    (thing(more={"additionalProperties": TEXT}), thing(more={"additionalProperties": TEXT}, a=TEXT)),
    (thing(more={"patternProperties": {"^a": TEXT}}), thing(more={"patternProperties": {"^a": TEXT}}, ab=TEXT)),
    (TEXT | {"maxLength": 9}, TEXT | {"maxLength": 5}), (TEXT, TEXT | {"pattern": "a"}),
    (NUMBER | {"minimum": 1}, NUMBER | {"minimum": 2}), (NUMBER | {"multipleOf": 2}, NUMBER | {"multipleOf": 4}),
    ({"enum": [1, 2]}, {"enum": [1]}), ({"const": 1}, {"const": 1}), (TEXT, TEXT | {"enum": ["a"]}),
    ({"type": "array", "items": NUMBER}, {"type": "array", "items": INTEGER}),
    ({"type": "array"}, {"type": "array", "uniqueItems": True, "maxItems": 3}),
    ({"oneOf": [TEXT, NUMBER]}, TEXT), ({"anyOf": [NUMBER, TEXT]}, {"oneOf": [TEXT]}),
    ({"allOf": [TEXT]}, {"allOf": [TEXT, {"maxLength": 3}]}), ({"not": TEXT | {"maxLength": 3}}, {"not": TEXT}),
])
def test_what_can_be_read(reader: Any, writer: Any):
    assert found(reader, writer) == []


@pytest.mark.parametrize(("reader", "writer", "kind", "at"), [
    (TEXT, {}, "TYPE_CHANGED", ""), (TEXT, NUMBER, "TYPE_CHANGED", ""), (INTEGER, NUMBER, "TYPE_NARROWED", ""),
    (TEXT, {"type": ["string", "null"]}, "TYPE_CHANGED", ""), (thing(a=NUMBER), thing(a=TEXT), "TYPE_CHANGED", "a"),
    (thing(a=thing(b=INTEGER)), thing(a=thing(b=NUMBER)), "TYPE_NARROWED", "a.b"),
    (thing(a=TEXT), thing(), "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "a"),
    (thing(("a",), a=TEXT), thing(), "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "a"),
    (thing(("a",), CLOSED, a=TEXT), thing(more=CLOSED), "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", "a"),
    (thing(more=CLOSED), thing(more=CLOSED, a=TEXT), "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "a"),
    (thing(("a",), a=TEXT), thing(a=TEXT), "REQUIRED_ATTRIBUTE_ADDED", "a"),
    (thing(more=CLOSED), thing(), "ADDITIONAL_PROPERTIES_REMOVED", ""),
    (thing(more={"additionalProperties": TEXT}), thing(), "ADDITIONAL_PROPERTIES_NARROWED", ""),
    (thing(more={"additionalProperties": TEXT}), thing(more={"additionalProperties": TEXT}, a=NUMBER),
     "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "a"),
    (thing(more={"additionalProperties": TEXT}, a=NUMBER), thing(more={"additionalProperties": TEXT}),
     "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", "a"),
    (TEXT | {"maxLength": 5}, TEXT | {"maxLength": 9}, "MAX_LENGTH_DECREASED", ""),
    (TEXT | {"minLength": 5}, TEXT, "MIN_LENGTH_ADDED", ""), (TEXT | {"pattern": "a"}, TEXT, "PATTERN_ADDED", ""),
    (TEXT | {"pattern": "a"}, TEXT | {"pattern": "b"}, "PATTERN_CHANGED", ""),
    (NUMBER | {"minimum": 2}, NUMBER | {"minimum": 1}, "MINIMUM_INCREASED", ""),
    (NUMBER | {"multipleOf": 4}, NUMBER | {"multipleOf": 2}, "MULTIPLE_OF_CHANGED", ""),
    ({"enum": [1]}, {"enum": [1, 2]}, "ENUM_ARRAY_NARROWED", ""),
    ({"enum": [3]}, {"enum": [1]}, "ENUM_ARRAY_CHANGED", ""),
    ({"const": 1}, {"const": 2}, "ENUM_ARRAY_CHANGED", ""),
    ({"type": "array", "items": TEXT}, {"type": "array"}, "SCHEMA_ADDED", "[]"),
    ({"type": "array", "items": TEXT}, {"type": "array", "items": NUMBER}, "TYPE_CHANGED", "[]"),
    ({"type": "array", "uniqueItems": True}, {"type": "array"}, "UNIQUE_ITEMS_ADDED", ""),
    (thing(more={"dependencies": {"a": ["b"]}}, a=TEXT, b=TEXT), thing(a=TEXT, b=TEXT), "DEPENDENCY_ARRAY_ADDED", "a"),
    (thing(a={"oneOf": [TEXT]}), thing(a={"oneOf": [TEXT, NUMBER]}), "SUM_TYPE_NARROWED", "a"),
    ({"allOf": [TEXT, {"maxLength": 3}]}, {"allOf": [TEXT]}, "PRODUCT_TYPE_EXTENDED", ""),
    ({"oneOf": [TEXT, NUMBER]}, {"anyOf": [TEXT, NUMBER]}, "COMBINED_TYPE_CHANGED", ""),
    ({"not": TEXT}, {"not": TEXT | {"maxLength": 3}}, "NOT_TYPE_EXTENDED", ""),
])
def test_what_can_not_and_which_field_stands_against_it(reader: Any, writer: Any, kind: str, at: str):
    assert (kind, at) in found(reader, writer)


def test_what_is_referred_to_is_compared():
    def to(text: Any) -> Any:
        return parse(Schema(JSON, json.dumps(thing(a={"$ref": "name.json"})), (Reference("name.json", "name", 1),)),
                     lambda _: Schema(JSON, json.dumps(text)))

    assert unreadable(to(TEXT), to(TEXT)) == []
    assert [one.field for one in unreadable(to(TEXT), to(NUMBER))] == ["a"]


def test_definitions_within_the_document_and_within_themselves_end():
    def chain(kind: Any) -> Any:
        node = thing(value=kind, next={"$ref": "#/$defs/node"})
        return {"$ref": "#/$defs/node", "$defs": {"node": node}}

    assert found(chain(NUMBER), chain(INTEGER)) == []
    assert found(chain(INTEGER), chain(NUMBER)) == [("TYPE_NARROWED", "value")]


def test_what_is_too_large_to_be_compared_is_said():
    several = [{"type": "object", "properties": {f"p{number}": TEXT}} for number in range(400)]
    others = [{"type": "object", "properties": {f"q{number}": TEXT}} for number in range(400)]
    with pytest.raises(Invalid, match="too large or too deep"):
        found({"oneOf": several}, {"oneOf": others})
