"""Protobuf: what protoc compiles and its classes write is read exactly; forms come back; lies end in a sentence."""

from __future__ import annotations

import importlib.resources
import json
import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_tools import protoc
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.serde.by_schema import numbered, serde_of
from workbench.serde.schemas import PROTOBUF, Reference, Schema, parse
from workbench.serde.schemas.protobuf import ProtobufSchema
from workbench.serde.schemas.protobuf_print import printed

PROTO2 = """
package old;
message Old {
  required string id = 1 [default = "x\\n\\"y"];
  optional bytes raw = 2 [default = "\\000\\377z"];
  optional Kind kind = 3 [default = TWO];
  optional group Part = 4 { optional int32 z = 1 [default = -5]; }
  optional double far = 6 [default = inf];
  repeated int32 packed_ones = 7 [packed = true, deprecated = true];
  extensions 100 to 199;
  enum Kind { option allow_alias = true; ONE = 1; TWO = -2; ALSO = 1; }
  oneof one { string a = 8; group Both = 9 { optional bool b = 1; } }
  reserved 20, 30 to 40, 500 to max; reserved "gone";
}
extend Old { optional string more = 100; }
service S { rpc Get (Old) returns (stream Old) { option deprecated = true; } }
"""
PROTO3 = """
// A comment
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/field_mask.proto";
import public "common/money.proto";
option java_package = "com.shop";
option optimize_for = SPEED;
message Order {
  int64 id = 1 [json_name = "ID"];
  Customer customer = 2;
  repeated Item items = 3;
  google.protobuf.Timestamp at = 4;
  optional string note = 5;
  oneof pay { Card card = 6; string iban = 7; }
  map<string, int64> counts = 8;
  map<bool, Item> flags = 9;
  map<int32, Status> states = 29;
  Status status = 10;
  bytes raw = 11;
  double rate = 12;
  float small = 13;
  uint64 big = 14;
  sint32 signed = 15;
  fixed64 wide = 16;
  google.protobuf.Duration took = 17;
  google.protobuf.Any any = 18;
  google.protobuf.Struct extra = 19;
  google.protobuf.Int64Value maybe = 20;
  google.protobuf.FieldMask mask = 21;
  Order parent = 22;
  google.protobuf.Value value = 23;
  repeated Status history = 24;
  bool done = 25;
  google.protobuf.BytesValue blob = 26;
  common.Money total = 27;
  Item.Kind kind = 28;
  message Item { string sku = 1; int32 qty = 2; double price = 3; enum Kind { PLAIN = 0; RARE = 7; } }
}
message Customer { string name = 1; string country = 2; }
message Card { string number = 1; }
enum Status { NEW = 0; PAID = 1; reserved 5 to 7, 9; reserved "OLD"; }
"""
MONEY = 'syntax = "proto3"; package common; message Money { string currency = 1; int64 units = 2; }'
FORM: dict[str, Any] = {
    "id": 2**63 - 1, "customer": {"name": "Ada", "country": ""}, "items": [{"sku": "A", "qty": 1, "price": "NaN"}],
    "at": "2026-11-30T12:00:00.000000001Z", "note": "", "card": {"number": "1"}, "counts": {"a": 2, "b": 1},
    "flags": {"true": {"sku": "z", "qty": 0, "price": 0.0}}, "states": {"-5": "PAID"}, "status": "PAID",
    "raw": {"base64": "AAE="}, "rate": "-Infinity", "small": 1.5, "big": 2**64 - 1, "signed": -5, "wide": 7,
    "took": "-1.5s", "any": {"@type": "type.googleapis.com/shop.v1.Card", "number": "9"},
    "extra": {"a": [1.0, None, {"b": True}]}, "maybe": 0, "mask": "a.b,c", "value": None, "history": ["PAID", 7],
    "done": True, "blob": {"base64": "AA=="}, "total": {"currency": "EUR", "units": 3}, "kind": "RARE"}


def parsed() -> ProtobufSchema:
    references = (Reference("common/money.proto", "m", 1),)
    found = parse(Schema(PROTOBUF, PROTO3, references), lambda _: Schema(PROTOBUF, MONEY))
    assert isinstance(found, ProtobufSchema)
    return found


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> DescriptorPool:
    """What protoc makes of the same texts."""
    folder = tmp_path_factory.mktemp("protos")
    (folder / "common").mkdir()
    for name, text in (("old.proto", PROTO2), ("shop.proto", PROTO3), ("common/money.proto", MONEY)):
        (folder / name).write_text(text)
    google = Path(str(importlib.resources.files("grpc_tools"))) / "_proto"
    out = folder / "all.binpb"
    assert protoc.main(["protoc", f"-I{folder}", f"-I{google}", "--include_imports", f"--descriptor_set_out={out}",
                        "old.proto", "shop.proto"]) == 0
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(out.read_bytes()).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def compiled_file(pool: DescriptorPool, name: str) -> Any:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    file = FileDescriptorProto()
    pool.FindFileByName(name).CopyToProto(file)
    return file


def test_texts_mean_what_protoc_makes_of_them(compiled):
    assert parsed().canonical == printed(compiled_file(compiled, "shop.proto"))
    old = parse(Schema(PROTOBUF, PROTO2))
    assert old.canonical == printed(compiled_file(compiled, "old.proto"))
    assert parse(Schema(PROTOBUF, old.canonical)).canonical == old.canonical


def test_descriptors_have_what_protoc_gives_them(compiled):
    """All of the descriptor, but for the file's name and JSON names that follow from names."""
    ours, theirs = parsed().file, compiled_file(compiled, "shop.proto")
    ours.name = theirs.name = ""
    waiting = list(theirs.message_type)
    while waiting:
        message = waiting.pop()
        waiting += message.nested_type
        for field in message.field:
            if field.json_name == field.name:
                field.ClearField("json_name")
    assert str(ours) == str(theirs)


def test_what_protocs_class_writes_is_read_exactly(compiled):
    theirs = GetMessageClass(compiled.FindMessageTypeByName("shop.v1.Order"))
    ours = serde_of(parsed())
    data = ours.write(FORM)
    message = theirs.FromString(data)
    assert (message.id, message.big, message.at.nanos, message.history[1]) == (2**63 - 1, 2**64 - 1, 1, 7)
    assert ours.form(message.SerializeToString()) == FORM
    told = json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=compiled)
    assert (told["at"], told["took"], told["mask"], told["extra"]) == (
        FORM["at"], "-1.500s", FORM["mask"], FORM["extra"])


def test_values_are_what_expressions_see():
    ours = serde_of(parsed())
    seen = ours.value(ours.write({**FORM, "at": "2026-11-30T12:00:00.5Z"}))
    assert seen["at"] == datetime(2026, 11, 30, 12, 0, 0, 500_000, UTC)
    assert seen["took"] == timedelta(seconds=-1.5)
    assert (seen["raw"], seen["maybe"], seen["id"]) == (b"\x00\x01", 0, 2**63 - 1)
    assert math.isnan(seen["items"][0]["price"])
    assert ours.value(b"")["done"] is False, "what can't be unset has its default"
    assert "note" not in ours.value(b"") and "customer" not in ours.value(b"")


def test_forms_come_back_as_they_were():
    ours = serde_of(parsed())
    data = ours.write(FORM)
    assert ours.form(data) == FORM
    assert ours.write(ours.form(data)) == data
    json.dumps(ours.form(data), allow_nan=False)
    assert ours.form(ours.write(ours.template())) == ours.template()


def test_fields_that_the_schema_does_not_know_are_kept():
    ours = serde_of(parsed())
    unknown = {"99": [5, "hey"], "98": {"fixed32": 3}}
    form = ours.form(ours.write({"id": 1, "customer": {"name": "A"}}) + numbered.write(unknown))
    assert form["@unknown"] == unknown
    assert ours.form(ours.write(form)) == form


@pytest.mark.parametrize(("form", "told"), [
    ({"items": [{"price": 1}, {"price": "abc"}]}, r"items\[1\]\.price: expected a double, got 'abc'"),
    ({"id": 2**63}, "id: expected an int64, from"), ({"items": [{"qty": 2.5}]}, r"items\[0\]\.qty: expected an int32"),
    ({"status": "LOST"}, "status: expected one of NEW, PAID"), ({"card": {}, "iban": "x"}, "iban: only one of pay"),
    ({"parent": {"customer": {"nme": 1}}}, r"parent\.customer\.nme: the message shop.v1.Customer has no such field"),
    ({"at": "now"}, "at: expected a timestamp"), ({"any": {"@type": "x/y", "a": 1}}, "any.@type: expected a type"),
    ({"flags": {"maybe": {}}}, "flags.maybe: expected true or false"), ({"took": "1m"}, "took: expected a duration"),
    ({"big": -1}, "big: expected a uint64, from 0"), ({"raw": "x"}, "raw: expected bytes"),
    ({"states": {"x": "NEW"}}, "states.x: expected an int32"), (5, "expected an object, the message shop.v1.Order"),
])
def test_what_does_not_fit_is_said_with_its_path(form, told):
    with pytest.raises(ValueError, match=told):
        serde_of(parsed()).write(form)


def test_what_proto2_requires_must_be_there():
    old = serde_of(parse(Schema(PROTOBUF, PROTO2)))
    with pytest.raises(ValueError, match="id: it is missing, and required"):
        old.write({})
    form = {"id": "a", "raw": {"base64": "AA=="}, "kind": "TWO", "part": {"z": 1}, "far": "NaN", "packed_ones": [1, 2],
            "both": {"b": True}}
    assert old.form(old.write(form)) == form
    with pytest.raises(ValueError, match=r"it is no message old\.Old"):
        old.value(b"\xff")


def test_every_well_known_message_of_the_runtime_is_read():
    parse(Schema(PROTOBUF, "syntax='proto3'; import 'google/protobuf/descriptor.proto'; message A {"
                           " google.protobuf.FileOptions o = 1; }"))


# -- without a schema ------------------------------------------------------------------------------------------
def test_without_a_schema_fields_are_numbered_and_come_back(compiled):
    data = serde_of(parsed()).write(FORM)
    told = numbered.value(data)
    assert (told["1"], told["2"], told["16"], told["13"]) == (
        2**63 - 1, {"1": "Ada"}, {"fixed64": 7}, {"fixed32": 0x3FC00000})
    assert serde_of(parsed()).form(numbered.write(told)) == FORM


def test_a_field_offers_what_it_could_be():
    data = numbered.write({"1": 3, "2": "hey", "3": {"1": 7}, "4": {"fixed64": 0x3FF8000000000000},
                           "5": {"fixed32": 0xFFFFFFFF}, "6": 1})
    found = {each.number: each for each in numbered.readings(data)}
    assert found[1].readings == {"int64": 3, "uint64": 3, "sint64 (zigzag)": -2}
    assert found[6].readings["bool"] is True
    assert found[2].readings["text"] == "hey" and found[2].readings["bytes"] == b"hey"
    assert found[3].readings["message"] == {"1": 7}
    assert found[4].readings == {"double": 1.5, "fixed64": 0x3FF8000000000000, "sfixed64": 0x3FF8000000000000}
    assert found[5].readings["sfixed32"] == -1


ORDERS = serde_of(parsed())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data):
    for read in (ORDERS.value, ORDERS.form, numbered.value, numbered.readings):
        try:
            read(data)
        except ValueError as wrong:
            assert str(wrong)


def test_deep_and_lying_bytes_end_in_a_sentence_soon():
    ours, deep = serde_of(parsed()), b""
    for _ in range(300):
        deep = b"\xb2\x01" + numbered.varint(len(deep)) + deep
    began = time.process_time()
    for read in (ours.value, ours.form):
        with pytest.raises(ValueError, match=r"it is no message shop\.v1\.Order"):
            read(deep)
    numbered.value(deep)
    for lie in (b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05abc", b"\x0b" * 100_000, b"\x00", b"\xff" * 20, b"\x0c"):
        with pytest.raises(ValueError, match=r"\w"):
            numbered.value(lie)
    assert time.process_time() - began < 3
