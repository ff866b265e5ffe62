"""Protobuf's rules: each with a change that fits and one that does not, from its language guide («Updating A Message
Type») and the registries' documentation."""

from __future__ import annotations

import pytest

from workbench.core.schemas import Reference
from workbench.serde.schemas import PROTOBUF, Parsed, Schema, parse
from workbench.serde.schemas.compatibility import unreadable


def proto(body: str, syntax: str = "proto3", **imports: str) -> Parsed:
    """``imports``: what FILE.proto holds."""
    head = f'syntax = "{syntax}"; package shop; ' + "".join(f'import "{name}.proto"; ' for name in imports)
    references = tuple(Reference(f"{name}.proto", name, 1) for name in imports)
    return parse(Schema(PROTOBUF, head + body, references), lambda each: Schema(PROTOBUF, imports[each.subject]))


def found(reader: Parsed | str, writer: Parsed | str) -> list[tuple[str, str]]:
    read, written = (proto(each) if isinstance(each, str) else each for each in (reader, writer))
    return [(one.kind, one.field) for one in unreadable(read, written)]


def order(fields: str) -> str:
    return f"message Order {{ {fields} }}"


@pytest.mark.parametrize(("reader", "writer"), [
    (order("int64 id = 1; string note = 2;"), order("int64 id = 1;")), (order(""), order("int64 id = 1;")),
    (order("int64 number = 1;"), order("int64 id = 1;")), (order("int64 id = 1;"), order("int32 id = 1;")),
    (order("bool id = 1;"), order("uint32 id = 1;")), (order("sint64 id = 1;"), order("sint32 id = 1;")),
    (order("bytes id = 1;"), order("string id = 1;")), (order("fixed32 id = 1;"), order("sfixed32 id = 1;")),
    ("enum E { A = 0; } " + order("E e = 1;"), order("int32 e = 1;")),
    (order("repeated string s = 1;"), order("string s = 1;")),
    ("message New {} " + order(""), order("")), (order("oneof o { string a = 1; }"), order("string a = 1;")),
    (order("oneof o { string a = 1; string b = 2; }"), order("oneof o { string a = 1; }")),
    (order("string a = 1; oneof o { string b = 2; }"), order("oneof o { string a = 1; string b = 2; }")),
    (order("map<string, int64> m = 1;"), order("map<string, int32> m = 1;")),
    ("enum E { A = 0; B = 1; }", "enum E { A = 0; }"), (order("optional int32 a = 1;"), order("int32 a = 1;")),
])
def test_what_can_be_read(reader: str, writer: str):
    assert found(reader, writer) == []


@pytest.mark.parametrize(("reader", "writer", "kind", "at"), [
    (order("string id = 1;"), order("int64 id = 1;"), "FIELD_SCALAR_KIND_CHANGED", "Order.id"),
    (order("sint32 id = 1;"), order("int32 id = 1;"), "FIELD_SCALAR_KIND_CHANGED", "Order.id"),
    (order("double id = 1;"), order("float id = 1;"), "FIELD_SCALAR_KIND_CHANGED", "Order.id"),
    (order("Order id = 1;"), order("string id = 1;"), "FIELD_KIND_CHANGED", "Order.id"),
    (order("map<string, string> m = 1;"), order("map<string, int32> m = 1;"), "FIELD_SCALAR_KIND_CHANGED",
     "Order.MEntry.value"),
    ("message A {} message B {} " + order("B x = 1;"), "message A {} message B {} " + order("A x = 1;"),
     "FIELD_NAMED_TYPE_CHANGED", "Order.x"),
    (order(""), "message Gone {} " + order(""), "MESSAGE_REMOVED", "shop.Gone"),
    (order(""), order("message In {}"), "MESSAGE_REMOVED", "shop.Order.In"),
    (order("message In { string a = 1; }"), order("message In { int32 a = 1; }"), "FIELD_SCALAR_KIND_CHANGED",
     "Order.In.a"),
    (order("oneof o { string a = 1; }"), order("oneof o { string a = 1; string b = 2; }"), "ONEOF_FIELD_REMOVED",
     "Order.b"),
    (order("oneof o { string a = 1; string b = 2; }"), order("string a = 1; string b = 2;"),
     "MULTIPLE_FIELDS_MOVED_TO_ONEOF", "Order.o"),
    (order("oneof o { string a = 1; string b = 2; }"), order("oneof o { string a = 1; } string b = 2;"),
     "FIELD_MOVED_TO_EXISTING_ONEOF", "Order.o"),
])
def test_what_can_not_and_which_field_stands_against_it(reader: str, writer: str, kind: str, at: str):
    assert found(reader, writer) == [(kind, at)]


def test_required_fields_can_neither_come_nor_go():
    old, new = proto(order("optional int32 a = 1;"), "proto2"), proto(order("required int32 a = 1;"), "proto2")
    none = proto(order(""), "proto2")
    assert found(new, none) == [("REQUIRED_FIELD_ADDED", "Order.a")]
    assert found(none, new) == [("REQUIRED_FIELD_REMOVED", "Order.a")]
    assert found(none, old) == found(old, none) == []
    assert found(new, old) == [("FIELD_NUMERIC_LABEL_CHANGED", "Order.a")]


def test_another_package_is_another_type():
    text = 'syntax = "proto3"; package other; message Order {}'
    assert found(parse(Schema(PROTOBUF, text)), order("")) == [("PACKAGE_CHANGED", "")]


def test_an_imported_message_is_compared_too():
    def with_customer(fields: str) -> Parsed:
        customer = f'syntax = "proto3"; package shop; message Customer {{ {fields} }}'
        return proto(order("Customer c = 1;"), customer=customer)

    assert found(with_customer("string name = 1; string city = 2;"), with_customer("string name = 1;")) == []
    assert found(with_customer("int32 name = 1;"), with_customer("string name = 1;")) == [
        ("FIELD_SCALAR_KIND_CHANGED", "Customer.name")]


def test_a_sentence_names_the_field_its_number_and_what_to_do():
    (one,) = unreadable(proto(order("string amount = 3;")), proto(order("int32 total = 3;")))
    assert one.sentence("the new schema", "version 4", True) == (
        "The field 'total' (3) of Order is string in the new schema and int32 in version 4; in the new schema it is"
        " called 'amount'. Keep int32 (only int32, uint32, int64, uint64, bool and enums are written alike). Or leave"
        " the number unused, and give the field another.")


def test_messages_within_each_other_end():
    both = "message A { B b = 1; } message B { A a = 1; }"
    assert found(both, both) == []
