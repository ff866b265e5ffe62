"""Avro's rules: each with a change that fits and one that does not, from the specification («Schema Resolution») and
the registries' documentation; and the verdicts of ``avro.compatibility``, another implementation, on any."""

from __future__ import annotations

import json
from typing import Any

import pytest
from avro import compatibility, schema
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.serde.schemas import AVRO, Parsed, Schema, parse
from workbench.serde.schemas.compatibility import Difference, unreadable


def avro(tree: Any) -> Parsed:
    return parse(Schema(AVRO, json.dumps(tree)))


def record(*fields: Any, name: str = "Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def found(reader: Any, writer: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.field) for one in unreadable(avro(reader), avro(writer))]


COLOUR = {"type": "enum", "name": "Colour", "symbols": ["RED", "GREEN"]}
FEWER = {"type": "enum", "name": "Colour", "symbols": ["RED"]}


@pytest.mark.parametrize(("reader", "writer"), [
    ("long", "int"), ("float", "int"), ("double", "int"), ("float", "long"), ("double", "long"), ("double", "float"),
    ("bytes", "string"), ("string", "bytes"),
    (record(field("a", "int", default=0)), record()), (record(), record(field("a", "int"))),
    (record(field("b", "int", aliases=["a"])), record(field("a", "int"))),
    (record(name="New", aliases=["Order"]), record()), (record(name="a.Order"), record(name="b.Order")),
    (["null", "string"], "string"), ("string", ["string"]), (["int", "string", "null"], ["null", "int"]),
    ({"type": "array", "items": "long"}, {"type": "array", "items": "int"}),
    ({"type": "map", "values": "long"}, {"type": "map", "values": "int"}),
    (COLOUR, FEWER), (FEWER | {"default": "RED"}, COLOUR),
    ({"type": "fixed", "name": "F", "size": 4}, {"type": "fixed", "name": "F", "size": 4}),
    ({"type": "int", "logicalType": "date"}, "int"),
])
def test_what_can_be_read(reader: Any, writer: Any):
    assert found(reader, writer) == []


@pytest.mark.parametrize(("reader", "writer", "kind", "at"), [
    ("int", "long", "TYPE_MISMATCH", ""), ("int", "string", "TYPE_MISMATCH", ""),
    ("float", "double", "TYPE_MISMATCH", ""),
    ("int", record(), "TYPE_MISMATCH", ""),
    (record(field("a", "int")), record(), "READER_FIELD_MISSING_DEFAULT_VALUE", "a"),
    (record(field("a", record(field("b", "int"), name="In"))), record(field("a", record(name="In"))),
     "READER_FIELD_MISSING_DEFAULT_VALUE", "a.b"),
    (record(name="New"), record(), "NAME_MISMATCH", ""),
    (["null", "int"], ["null", "string"], "MISSING_UNION_BRANCH", ""),
    ("string", ["null", "string"], "TYPE_MISMATCH", ""),
    ({"type": "array", "items": "int"}, {"type": "array", "items": "long"}, "TYPE_MISMATCH", "[]"),
    ({"type": "map", "values": "int"}, {"type": "map", "values": "long"}, "TYPE_MISMATCH", "{}"),
    (FEWER, COLOUR, "MISSING_ENUM_SYMBOLS", ""),
    ({"type": "fixed", "name": "F", "size": 8}, {"type": "fixed", "name": "F", "size": 4}, "FIXED_SIZE_MISMATCH", ""),
    (["null", record(field("a", "int"), name="In")], ["null", record(name="In")],
     "READER_FIELD_MISSING_DEFAULT_VALUE", "a"),
])
def test_what_can_not_and_which_field_stands_against_it(reader: Any, writer: Any, kind: str, at: str):
    assert found(reader, writer) == [(kind, at)]


def sentence(one: Difference, reader_is_new: bool = True) -> str:
    return one.sentence("the new schema", "version 1", reader_is_new)


def test_a_sentence_names_the_field_and_says_what_to_do():
    (missing, changed) = unreadable(avro(record(field("city", "string"), field("age", "int"))),
                                    avro(record(field("age", "long"))))
    assert sentence(missing) == ("The field 'city' is not in version 1, and the new schema has no default for it."
                                 " Give 'city' a default (such as \"default\": \"\").")
    assert missing.sentence("version 1", "the new schema", False).endswith("Keep 'city'.")
    assert sentence(changed) == ("The field 'age' is int in the new schema and long in version 1."
                                 " Keep long; long can become float or double.")


def test_every_field_that_stands_against_it_is_named():
    fields = [field(f"f{number}", "int") for number in range(30)]
    assert len(found(record(*fields), record())) == 30


def test_a_type_within_itself_ends():
    tree = record(field("value", "long"), field("next", ["null", "Order"]))
    other = record(field("value", "int"), field("next", ["null", "Order"]))
    assert found(tree, other) == []
    assert found(other, tree) == [("TYPE_MISMATCH", "value")]


def test_what_is_too_large_to_be_compared_is_said():
    def union(letter: str) -> list[Any]:
        return [record(name=f"{letter}{number}") for number in range(400)]

    with pytest.raises(Invalid, match="too large or too deep"):
        found(union("A"), union("B"))


_PRIMITIVES = st.sampled_from(["null", "boolean", "int", "long", "float", "double", "bytes", "string"])
_ENUMS = st.lists(st.sampled_from("ABC"), min_size=1, unique=True).map(
    lambda symbols: {"type": "enum", "name": "E", "symbols": symbols})


@st.composite
def _types(draw: st.DrawFn, depth: int = 2) -> Any:
    kind = draw(st.sampled_from(["primitive", "primitive", "enum", "array", "map", "union", "record"]))
    if kind == "primitive" or depth == 0:
        return draw(_PRIMITIVES)
    if kind == "enum":
        return draw(_ENUMS)
    if kind in ("array", "map"):
        return {"type": kind, "items" if kind == "array" else "values": draw(_PRIMITIVES)}
    if kind == "union":
        return draw(st.lists(_PRIMITIVES, min_size=1, max_size=3, unique=True))
    names = draw(st.lists(st.sampled_from("abc"), unique=True))
    fields = [field(name, draw(_types(0)), **({} if draw(st.booleans()) else {"default": None})) for name in names]
    return record(*fields, name=draw(st.sampled_from(["R", "R", "S"])))


@settings(max_examples=300, deadline=None)
@given(_types(), _types())
def test_verdicts_agree_with_avros_own(reader: Any, writer: Any):
    reader, writer = record(field("top", reader), name="T"), record(field("top", writer), name="T")
    trees = [schema.make_avsc_object(json.loads(json.dumps(each)), validate_names=False) for each in (reader, writer)]
    verdict = compatibility.ReaderWriterCompatibilityChecker().get_compatibility(*trees).compatibility
    assert (not found(reader, writer)) == (verdict is compatibility.SchemaCompatibilityType.compatible)
