"""Schemas are read into one form; what is wrong is one sentence that names the place, in bounded time."""

from __future__ import annotations

import time

import pytest

from workbench.core.errors import Invalid, NotFound
from workbench.serde.schemas import AVRO, JSON, PROTOBUF, Field, Reference, Schema, parse

MONEY = Schema(AVRO, '{"type":"record","name":"Money","namespace":"common","fields":[{"name":"units","type":"long"}]}')
MONEY_PROTO = Schema(PROTOBUF, 'syntax = "proto3"; package common; message Money { int64 units = 1; }')
ORDER = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "id", "type": {"type": "string"}, "doc": "who"},
  {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
  {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
     {"name": "sku", "type": ["null", "string"], "default": null}, {"name": "of", "type": "Order"}]}}},
  {"name": "total", "type": "common.Money"}, {"name": "paid", "type": ["null", "common.Money"]}]}"""
ORDER_PROTO = """
syntax = "proto3";
package shop;
import "common/money.proto"; // a reference
import "google/protobuf/timestamp.proto";
option (custom).x = 5;
message Order {
  string id = 1 [(my.option) = {a: 1}];
  repeated Item items = 2;
  map<string, int64> counts = 3;
  oneof payment { Card card = 4; string iban = 5; }
  optional int32 note = 6;
  google.protobuf.Timestamp at = 7;
  common.Money total = 8;
  message Item { string sku = 1; Order parent = 2; }
  enum Status { UNKNOWN = 0; PAID = 1; }
  Status status = 9;
  reserved 20, 30 to max;
}
message Card { string number = 1; }
"""


def known(**schemas: Schema):
    def resolve(reference: Reference) -> Schema:
        if reference.subject not in schemas:
            raise NotFound("no")
        return schemas[reference.subject]

    return resolve


def test_an_avro_schema_says_its_names_and_fields():
    parsed = parse(Schema(AVRO, ORDER, (Reference("common.Money", "money", 1),)), known(money=MONEY))
    assert parsed.names == ("shop.Order", "shop.Item", "common.Money")
    assert parsed.fields() == (
        Field("id", "string", "", "who"), Field("price", "decimal(10,2)"), Field("items", "array of shop.Item"),
        Field("items[].sku", "null | string", "null"), Field("items[].of", "shop.Order"),
        Field("total", "common.Money"), Field("total.units", "long"), Field("paid", "null | common.Money"),
        Field("paid.units", "long"))


def test_a_protobuf_schema_says_its_names_and_fields():
    parsed = parse(Schema(PROTOBUF, ORDER_PROTO, (Reference("common/money.proto", "money", 1),)),
                   known(money=MONEY_PROTO))
    assert parsed.names == ("shop.Order", "shop.Order.Item", "shop.Card")
    told = {field.path: (field.type, field.doc) for field in parsed.fields()}
    assert told["items[].parent"] == ("shop.Order", "")
    assert told["counts"] == ("map of string to int64", "")
    assert told["card"] == ("shop.Card", "one of payment")
    assert told["status"] == ("enum shop.Order.Status (UNKNOWN, PAID)", "")


def test_a_json_schema_says_its_title_and_fields():
    parsed = parse(Schema(JSON, """{"title": "Order", "type": "object", "properties": {
        "id": {"type": "integer", "description": "who"}, "me": {"$ref": "#"},
        "tags": {"type": "array", "items": {"$ref": "#/definitions/T"}}},
        "definitions": {"T": {"properties": {"n": {"enum": ["a", 1], "default": "a"}}}}}"""))
    assert parsed.names == ("Order",)
    assert Field("id", "integer", "", "who") in parsed.fields()
    assert Field("tags[].n", 'one of "a", 1', '"a"') in parsed.fields()


@pytest.mark.parametrize(("type", "one", "other", "third"), [
    (AVRO, '{"type":"record","name":"A","fields":[]}', '{ "fields": [],\n "name":"A", "type":"record"}',
     '{"type":"record","name":"B","fields":[]}'),
    (AVRO, '"string"', '{"type": "string"}', '"bytes"'),
    (AVRO, '{"type":"record","name":"A","namespace":"n","fields":[]}', '{"type":"record","name":"n.A","fields":[]}',
     '{"type":"record","name":"A","fields":[]}'),
    (PROTOBUF, 'syntax="proto3";message A{string a=1;}', '// x\nsyntax = "proto3";\nmessage A {\n string a = 1;\n}\n',
     'syntax="proto3";message A{string b=1;}'),
    (JSON, '{"type":"object","title":"A"}', '{ "title": "A", "type": "object" }', '{"type":"object"}'),
])
def test_schemas_that_mean_the_same_have_one_canonical_text(type, one, other, third):
    first = parse(Schema(type, one)).canonical
    assert parse(Schema(type, other)).canonical == first
    assert parse(Schema(type, first)).canonical == first, "and it is a text of that type itself"
    assert parse(Schema(type, third)).canonical != first


def test_a_protobuf_schema_may_come_as_a_descriptor():
    """As confluent-kafka's Python client registers it."""
    references, resolve = (Reference("common/money.proto", "money", 1),), known(money=MONEY_PROTO)
    text = parse(Schema(PROTOBUF, ORDER_PROTO, references), resolve)
    described = parse(Schema(PROTOBUF, text.serialized, references), resolve)
    assert (described.canonical, described.names) == (text.canonical, text.names)


@pytest.mark.parametrize(("type", "text", "told"), [
    (AVRO, "{oops", "in line 1, column 2"),
    (AVRO, '{"type":"record","name":"A","fields":[{"name":"a","type":{"type":"array","items":{"type":"record",'
           '"name":"B","fields":[{"name":"c","type":"strng"}]}}}]}', r"a\[\]\.c: there is no type 'strng'"),
    (AVRO, '{"type":"record","name":"A","fields":[{"name":"x","type":["int","int"]}]}', "x: the union has int twice"),
    (AVRO, '{"type":"enum","name":"E","symbols":["1a"]}', "enum E has the symbol '1a'"),
    (AVRO, '{"type":"record","name":"A","fields":[{"name":"x","type":"int"},{"name":"x","type":"int"}]}',
     "record A has the field 'x' twice"),
    (PROTOBUF, 'syntax="proto3"; message A { string a = 1; string b = 1; }',
     "in A, the fields 'a' and 'b' have the number 1"),
    (PROTOBUF, 'syntax="proto3"; message A { reserved 1; string a = 1; }', "'a' has the number 1, which is reserved"),
    (PROTOBUF, 'syntax="proto3"; message A { strin a = 1; }', "couldn't resolve name 'strin'"),
    (PROTOBUF, 'syntax="proto3"; message A { string a = 1', "in line 1, column 42"),
    (PROTOBUF, 'syntax="proto3"; import "nope.proto";', "imports 'nope.proto'"),
    (PROTOBUF, "hello", "line 1, column 1"),
    (JSON, '{"type":"strng"}', 'type: "strng"'),
    (JSON, '{"$ref":"other.json"}', "refers to .*other.json.*, and no reference has that name"),
    (JSON, "[]", "is an object"),
    ("XML", "<a/>", "There is no schema type 'XML'"),
    (AVRO, " ", "The schema is empty"),
])
def test_what_is_wrong_is_said_with_its_place(type, text, told):
    with pytest.raises(Invalid, match=told):
        parse(Schema(type, text))


def test_references_that_are_missing_of_another_type_or_in_a_circle():
    order = Schema(AVRO, ORDER, (Reference("common.Money", "money", 3),))
    with pytest.raises(Invalid, match="version 3 of the subject 'money', which is not registered"):
        parse(order, known())
    with pytest.raises(Invalid, match="to a schema of type PROTOBUF, this one is AVRO"):
        parse(order, known(money=MONEY_PROTO))
    cycle = {name: Schema(AVRO, '"x.Y"', (Reference("x.Y", other, 1),)) for name, other in (("a", "b"), ("b", "a"))}
    with pytest.raises(Invalid, match="in a cycle: a version 1 → b version 1 → a version 1"):
        parse(Schema(AVRO, '"x.Y"', (Reference("x.Y", "a", 1),)), known(**cycle))


@pytest.mark.parametrize(("type", "text"), [
    (AVRO, '{"type":"array","items":' * 5000 + '"int"' + "}" * 5000),
    (AVRO, "[" * 100_000 + "]" * 100_000),
    (PROTOBUF, "message M {" * 5000 + "}" * 5000),
    (PROTOBUF, 'syntax="proto3"; message A { int32 a = 1 [(x) = ' + "[" * 5000 + "]" * 5000 + "]; }"),
    (JSON, '{"items":' * 5000 + "{}" + "}" * 5000),
    (AVRO, '"' + "x" * 6_000_000 + '"'),
    (PROTOBUF, 'syntax="proto3"; ' + "message A { string a = 1; }\n" * 100_000),
])
def test_a_schema_that_is_too_deep_or_too_long_ends_in_a_sentence_soon(type, text):
    began = time.process_time()
    with pytest.raises(Invalid, match=r"deep|more than|this is none"):
        parse(Schema(type, text))
    assert time.process_time() - began < 5


def test_a_schema_of_megabytes_that_holds_is_read_in_bounded_time():
    fields = ",".join(f'{{"name":"field_number_{i}","type":["null","string"]}}' for i in range(60_000))
    properties = ",".join(f'"property_{i}":{{"type":"string","maxLength":{i}}}' for i in range(90_000))
    began = time.process_time()
    assert parse(Schema(AVRO, f'{{"type":"record","name":"A","fields":[{fields}]}}')).names == ("A",)
    parse(Schema(JSON, f'{{"properties":{{{properties}}}}}'))
    assert time.process_time() - began < 20


def test_a_json_schema_is_never_fetched():
    with pytest.raises(Invalid, match="no reference has that name"):
        parse(Schema(JSON, '{"$ref":"http://127.0.0.1:9/x.json"}'))
