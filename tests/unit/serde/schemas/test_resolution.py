"""What a reader makes of written values, by field, for each kind of schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.schemas import Schema
from workbench.serde.schemas import Parsed, parse
from workbench.serde.schemas.resolution import resolution


def avro(*fields: dict[str, Any]) -> Parsed:
    return parse(Schema("AVRO", json.dumps({"type": "record", "name": "Order", "fields": list(fields)})))


def items(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "I", "fields": fields}}}


def proto(text: str) -> Parsed:
    return parse(Schema("PROTOBUF", f'syntax = "proto3"; {text}'))


def of_json(properties: dict[str, Any]) -> Parsed:
    return parse(Schema("JSON", json.dumps({"type": "object", "properties": properties,
                                            "additionalProperties": False})))


def states(reader: Parsed, writer: Parsed) -> list[tuple[str, str, str]]:
    return [(row.field, row.state, row.written) for row in resolution(reader, writer)]


def test_avro_goes_by_name_and_alias():
    written = avro({"name": "id", "type": "int"}, {"name": "cust", "type": "string"}, {"name": "gone", "type": "int"},
                   items({"name": "price", "type": "int"}))
    reader = avro({"name": "id", "type": "long"}, {"name": "customer", "type": "string", "aliases": ["cust"]},
                  items({"name": "price", "type": "int"}, {"name": "qty", "type": "int", "default": 1}),
                  {"name": "must", "type": "string"})
    assert states(reader, written) == [
        ("id", "promoted", "id"), ("customer", "same", "cust"), ("items", "same", "items"),
        ("items[].price", "same", "items[].price"), ("items[].qty", "filled in", ""), ("must", "breaks", ""),
        ("gone", "dropped", "gone")]
    told = {row.field: row.told for row in resolution(reader, written, "the reader", "version 1")}
    assert told["id"] == "int to long" and told["items[].qty"] == "default 1"
    assert told["must"].startswith("The field 'must' is not in version 1, and the reader has no default for it.")


@pytest.mark.parametrize(("read", "written"), [
    ({"logicalType": "timestamp-micros"}, {"logicalType": "timestamp-millis"}),
    ({"logicalType": "time-micros"}, {"logicalType": "timestamp-micros"}),
])
def test_avro_numbers_of_another_unit_break(read, written):
    pair = [avro({"name": "t", "type": ["null", {"type": "long", **each}]}) for each in (read, written)]
    assert states(*pair) == [("t", "breaks", "t")]
    assert states(pair[0], pair[0]) == [("t", "same", "t")]


def test_a_type_within_itself_has_an_end():
    node = {"name": "next", "type": ["null", "Order"]}
    assert states(avro(node), avro(node)) == [("next", "same", "next")]


def test_protobuf_goes_by_number():
    reader = proto("message O { int64 id = 1; string k = 2; string n = 4; I i = 5; } message I { string a = 1; }")
    written = proto("message O { int32 id = 1; string kind = 2; string g = 3; I i = 5; }"
                    " message I { int32 a = 1; int32 b = 2; }")
    assert states(reader, written) == [
        ("id", "promoted", "id"), ("k", "same", "kind"), ("n", "filled in", ""), ("i", "same", "i"),
        ("i.a", "breaks", "i.a"), ("g", "dropped", "g"), ("i.b", "dropped", "i.b")]


def test_json_goes_by_name():
    reader = of_json({"a": {"type": "number"}, "b": {"type": "string", "default": "x"}, "c": {"type": "integer"}})
    written = of_json({"a": {"type": "integer"}, "c": {"type": "string"}})
    assert [each[:2] for each in states(reader, written)] == [
        ("a", "promoted"), ("b", "filled in"), ("c", "breaks")]


def test_schemas_of_two_kinds_break_as_a_whole():
    assert states(avro(), of_json({})) == [("", "breaks", "")]
