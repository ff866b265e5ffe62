"""JSON Schema: cases of the drafts' own test suite, and what does not fit said with its place."""

from __future__ import annotations

import json

import pytest

from workbench.serde.by_schema import serde_of
from workbench.serde.schemas import JSON, Schema, parse

DRAFT_7, DRAFT_2020 = "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"
ORDER = {"type": "object", "required": ["id"], "properties": {
    "id": {"type": "integer", "minimum": 1}, "items": {"type": "array", "items": {
        "type": "object", "properties": {"price": {"type": "number"}}}}, "kind": {"enum": ["new", "paid"]}}}


def serde(document: object):
    return serde_of(parse(Schema(JSON, json.dumps(document))))


# From JSON-Schema-Test-Suite (MIT): draft, schema, instance, whether it is valid.
@pytest.mark.parametrize(("draft", "schema", "instance", "valid"), [
    (DRAFT_7, {"items": [{"type": "integer"}, {"type": "string"}]}, ["foo", 1], False),
    (DRAFT_7, {"items": [{"type": "integer"}, {"type": "string"}]}, [1, "foo", True], True),
    (DRAFT_2020, {"prefixItems": [{"type": "integer"}], "items": False}, [1, 2], False),
    (DRAFT_2020, {"prefixItems": [{"type": "integer"}], "items": False}, [1], True),
    (DRAFT_7, {"if": {"exclusiveMaximum": 0}, "then": {"minimum": -10}, "else": {"multipleOf": 2}}, -100, False),
    (DRAFT_7, {"if": {"exclusiveMaximum": 0}, "then": {"minimum": -10}, "else": {"multipleOf": 2}}, 3, False),
    (DRAFT_7, {"const": False}, 0, False), (DRAFT_7, {"const": 1}, 1.0, True),
    (DRAFT_7, {"uniqueItems": True}, [1, 1.0], False), (DRAFT_7, {"uniqueItems": True}, [1, True], True),
    (DRAFT_7, {"multipleOf": 0.0001}, 0.0075, True), (DRAFT_7, {"multipleOf": 0.0001}, 0.00751, False),
    (DRAFT_7, {"properties": {"foo": {"$ref": "#"}}, "additionalProperties": False}, {"foo": {"bar": 1}}, False),
    (DRAFT_7, {"dependencies": {"bar": ["foo"]}}, {"bar": 2}, False),
    (DRAFT_2020, {"dependentRequired": {"bar": ["foo"]}}, {"bar": 2}, False),
    (DRAFT_2020, {"contains": {"const": 1}, "minContains": 2}, [1], False),
    (DRAFT_2020, {"$defs": {"a": {"$anchor": "x", "type": "integer"}}, "$ref": "#x"}, "a", False),
    (DRAFT_2020, {"properties": {"a": {}}, "unevaluatedProperties": False}, {"a": 1, "b": 2}, False),
    (DRAFT_7, {"patternProperties": {"f.*o": {"type": "integer"}}}, {"foo": "bar"}, False),
    (DRAFT_7, {"maxLength": 2}, "\U0001f4a9\U0001f4a9", True), (DRAFT_7, False, 1, False),
    (DRAFT_7, {"type": "integer"}, 2**80, True), (DRAFT_7, {"maximum": 2**63 + 10}, 2**63 + 11, False),
])
def test_cases_of_the_test_suite(draft, schema, instance, valid):
    schema = {"$schema": draft, **schema} if isinstance(schema, dict) else schema
    assert (serde(schema).problem(json.dumps(instance).encode()) == "") is valid


@pytest.mark.parametrize(("form", "told"), [
    ({"id": 1, "items": [{"price": 1}, {"price": "abc"}]}, r'items\[1\]\.price: "abc" is not of type "number"'),
    ({}, '"id" is a required property'), ({"id": 0}, "id: 0 is less than the minimum"),
])
def test_what_does_not_fit_is_said_with_its_path(form, told):
    with pytest.raises(ValueError, match=told):
        serde(ORDER).write(form)


def test_what_fits_is_json_and_a_template_can_be_written():
    ours = serde(ORDER)
    assert ours.value(ours.write({"id": 2**70})) == {"id": 2**70}
    assert ours.value(ours.write(ours.template())) == {"id": 1, "items": [{"price": 0}], "kind": "new"}


def test_a_schema_that_refers_to_itself_ends():
    for schema in ({"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"items": {"$ref": "#"}}):
        serde(schema).problem(b"[[[[1]]]]")
        serde(schema).template()
