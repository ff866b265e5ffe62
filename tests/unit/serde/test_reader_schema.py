"""Records resolved to a reader's schema: what fills in, what is dropped, what breaks, for each kind of schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.core.errors import Invalid, NotFound
from workbench.core.records import StoredRecord
from workbench.core.schemas import RegisteredSchema, Schema, named_version
from workbench.serde import Decoder, Serdes, framing
from workbench.serde.reader_schema import ReaderSchema
from workbench.serde.schemas.references import no_references


class Versions:
    """A registry of one subject: version n has id 10 + n."""

    def __init__(self, *schemas: Schema) -> None:
        self._all = [RegisteredSchema(11 + at, schema, bytes([at])) for at, schema in enumerate(schemas)]

    def schema_by_id(self, schema_id: int):
        return next((each for each in self._all if each.id == schema_id), None)

    def schema_by_guid(self, guid: bytes):
        return None

    def latest_schema(self, subject: str):
        return self._all[-1] if subject == "orders-value" else None

    def schema_of_version(self, subject: str, version: int):
        return self.schema_by_id(10 + version) if subject == "orders-value" else None

    def versions_of(self, schema_id: int):
        return (("orders-value", schema_id - 10),)

    def referred(self, schema_id: int):
        return no_references


def avro(*fields: dict[str, Any]) -> Schema:
    return Schema("AVRO", json.dumps({"type": "record", "name": "Order", "fields": list(fields)}))


def proto(body: str) -> Schema:
    return Schema("PROTOBUF", f'syntax = "proto3"; {body}')


def of_json(properties: dict[str, Any], **more: Any) -> Schema:
    return Schema("JSON", json.dumps({"type": "object", "properties": properties, **more}))


def record(value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> StoredRecord:
    return StoredRecord("orders", 0, 5, 1, b"k", value, headers)


def resolved(form: Any, *schemas: Schema, reader: str = "orders-value", named_in_header: bool = False) -> Any:
    """The form of a value that the first schema wrote, as the reader sees it."""
    serdes = Serdes(Versions(*schemas))
    decoder = Decoder(serdes=serdes)
    first, _ = serdes.registered("orders-value", 1)
    kind = first.schema.type
    bare = Serdes(Versions(schemas[0])).written_for("orders-value").serde.write(form)
    before = framing.prefix(11, (0,) if kind == "PROTOBUF" else None)
    told_beside = ((framing.VALUE_HEADER, before), ("other", b"x"))
    given = record(bare, told_beside) if named_in_header else record(before + bare)
    found = ReaderSchema(reader, serdes, lambda topic: decoder).read(given)
    told = decoder.value(found.value, found.headers)
    assert not told.error, told.error
    if named_in_header:
        assert found.headers == (("other", b"x"),)
    assert told.schema is None or told.schema.version == (named_version(reader)[1] or len(schemas))
    return told.in_words()


ID, TOTAL = {"name": "id", "type": "int"}, {"name": "total", "type": "string"}
WRITTEN = avro(ID, {"name": "cust", "type": "string"}, {"name": "gone", "type": {"type": "array", "items": "int"}})


@pytest.mark.parametrize("in_header", [False, True])
def test_avro_fills_in_drops_renames_and_promotes(in_header):
    reader = avro({"name": "raw", "type": "bytes", "default": "\u00ff"}, {"name": "id", "type": "double"},
                  {"name": "customer", "type": ["null", "string"], "aliases": ["cust"], "default": None},
                  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0})
    form = {"id": 7, "cust": "Ada", "gone": [1, 2]}
    assert resolved(form, WRITTEN, reader, named_in_header=in_header) == {
        "raw": {"base64": "/w=="}, "id": 7.0, "customer": "Ada", "at": "1970-01-01T00:00:00+00:00"}


def test_an_old_avro_reader_reads_new_events():
    new = avro(ID, TOTAL, {"name": "more", "type": "string"})
    assert resolved({"id": 1, "total": "2", "more": "x"}, new, avro(ID, TOTAL)) == {"id": 1, "total": "2"}


def test_avro_keeps_apart_two_records_of_the_same_fields_in_a_union():
    def way(name: str, *more: dict[str, Any]) -> dict[str, Any]:
        return {"type": "record", "name": name, "fields": [{"name": "x", "type": "int"}, *more]}

    written = avro({"name": "way", "type": [way("Card"), way("Cash")]})
    extra = {"name": "y", "type": "int", "default": 3}
    reader = avro({"name": "way", "type": ["null", way("Card", extra), way("Cash", extra)]})
    assert resolved({"way": {"Cash": {"x": 1}}}, written, reader) == {"way": {"Cash": {"x": 1, "y": 3}}}


@pytest.mark.parametrize(("field", "reader", "why"), [
    ({"name": "a", "type": "int"}, {"name": "b", "type": "int"},
     "The field 'b' is not in orders-value version 1, and orders-value version 2 has no default for it."),
    ({"name": "a", "type": "string"}, {"name": "a", "type": "int"},
     "The field 'a' is int in orders-value version 2 and string in orders-value version 1."),
    ({"name": "a", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2}},
     {"name": "a", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 4}},
     "The field 'a' is decimal(8,4) in orders-value version 2 and decimal(8,2) in orders-value version 1"),
    ({"name": "a", "type": {"type": "long", "logicalType": "timestamp-millis"}},
     {"name": "a", "type": {"type": "long", "logicalType": "timestamp-micros"}}, "whose numbers mean something else"),
])
def test_what_avro_can_t_resolve_names_the_field_and_both_versions(field, reader, why):
    form = {"a": {"int": 1, "string": "x", "bytes": "1.50", "long": "2026-01-01T00:00:00Z"}[
        field["type"] if isinstance(field["type"], str) else field["type"]["type"]]}
    with pytest.raises(Invalid) as told:
        resolved(form, avro(field), avro(reader))
    assert told.value.message.startswith(
        "The value, written with orders-value version 1, can't be read by orders-value version 2: ")
    assert why in told.value.message


def test_of_a_union_only_the_values_fail_that_the_reader_has_no_branch_for():
    written, reader = avro({"name": "a", "type": ["int", "string"]}), avro({"name": "a", "type": "int"})
    assert resolved({"a": 4}, written, reader) == {"a": 4}
    with pytest.raises(Invalid, match="The field 'a'"):
        resolved({"a": "x"}, written, reader)


def test_an_enum_s_unknown_symbol_becomes_its_default():
    def kind(*symbols: str, **more: str) -> dict[str, Any]:
        return {"name": "k", "type": {"type": "enum", "name": "K", "symbols": symbols, **more}}

    assert resolved({"k": "new"}, avro(kind("old", "new")), avro(kind("old", default="old"))) == {"k": "old"}
    with pytest.raises(Invalid, match="lacks new in orders-value version 2"):
        resolved({"k": "new"}, avro(kind("old", "new")), avro(kind("old")))


def test_protobuf_goes_by_numbers():
    written = proto("message Order { int32 id = 1; string cust = 2; string gone = 3; }")
    reader = proto("message Other {} message Order { int64 id = 1; string customer = 2; string fresh = 4; }")
    assert resolved({"id": 7, "cust": "Ada", "gone": "x"}, written, reader) == {
        "id": 7, "customer": "Ada", "fresh": "", "@unknown": {"3": "x"}}


def test_protobuf_fails_where_a_field_of_another_type_was_written():
    written, reader = (proto(f"message Order {{ int32 id = 1; repeated In in = 2; }} message In {{ {kind} a = 1; }}")
                       for kind in ("string", "int32"))
    assert resolved({"id": 7}, written, reader) == {"id": 7, "in": []}
    with pytest.raises(Invalid, match=r"The field 'a' \(1\) of In is int32 in orders-value version 2") as told:
        resolved({"id": 7, "in": [{"a": "x"}]}, written, reader)
    assert "written with orders-value version 1" in told.value.message


def test_json_gets_its_defaults_and_is_validated():
    written = of_json({"id": {"type": "integer"}})
    reader = of_json({"id": {"type": "integer"}, "to": {"type": "object", "properties": {
        "country": {"type": "string", "default": "DE"}}, "default": {}}}, required=["id"])
    assert resolved({"id": 1}, written, reader) == {"id": 1, "to": {"country": "DE"}}
    with pytest.raises(Invalid, match="can't be read by orders-value version 2") as told:
        resolved({}, written, reader)
    assert "id" in told.value.message and "written with orders-value version 1" in told.value.message


def reading(value: bytes | None, *schemas: Schema, text: str = "orders-value") -> StoredRecord:
    decoder = Decoder(serdes=(serdes := Serdes(Versions(*schemas))))
    return ReaderSchema(text, serdes, lambda topic: decoder).read(record(value))


def test_plain_json_stays_plain():
    schema = of_json({"a": {"default": 1}})
    assert reading(b'{"b": 2.50}', schema).value == b'{"b":2.5,"a":1}'
    assert reading(b'{"a": 2.50}', schema).value == b'{"a": 2.50}'
    assert reading(None, schema).value is None


@pytest.mark.parametrize("schema", [
    {"properties": {"a": {"$ref": "#/definitions/n"}, "b": {"$ref": "#/definitions/n"}}, "definitions": {
        "n": {"default": {}, "properties": {"a": {"$ref": "#/definitions/n"}, "b": {"$ref": "#/definitions/n"}}}}},
    {"properties": {"a": {"allOf": [{"$ref": "#/definitions/n"}]}}, "definitions": {
        "n": {"properties": {"a": {"$ref": "#/definitions/n", "default": {}}}, "default": {}}}},
])
def test_defaults_without_end_are_refused(schema):
    with pytest.raises(Invalid, match="the defaults of the schema have no end"):
        reading(b'{"a": {}}', Schema("JSON", json.dumps(schema)))


def test_an_avro_default_within_itself_is_refused_or_read():
    node = {"type": "record", "name": "N", "fields": [{"name": "n", "type": ["null", "N"], "default": None}]}
    reader = avro(ID, {"name": "n", "type": node, "default": {}})
    assert resolved({"id": 1}, avro(ID), reader) == {"id": 1, "n": {"n": None}}


def test_what_is_not_known_is_said():
    with pytest.raises(Invalid, match="which schema it was written with is not known"):
        reading(b"{}", avro(ID))
    with pytest.raises(NotFound, match="no version 9 of the subject 'orders-value'"):
        reading(b"{}", avro(ID), text="orders-value:9")
    with pytest.raises(NotFound, match="no schema of the subject 'other'"):
        reading(b"{}", avro(ID), text="other")
    with pytest.raises(Invalid, match="of type JSON"):
        resolved({}, of_json({}), avro(ID))


@pytest.mark.parametrize(("text", "found"), [
    ("a", ("a", 0)), (" a:3 ", ("a", 3)), ("a:latest", ("a", 0)), (":.ctx:a", (":.ctx:a", 0)),
    (":.ctx:a:2", (":.ctx:a", 2)), ("", ("", 0)),
])
def test_a_subject_may_have_a_version(text, found):
    assert named_version(text) == found


def test_a_version_is_a_number():
    with pytest.raises(Invalid, match="«x» is no version"):
        named_version("a:x")
