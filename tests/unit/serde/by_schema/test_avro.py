"""Avro: what Apache's own Python package writes is read exactly, and the other way; forms come back as they were."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import avro.io
import avro.schema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.serde.by_schema import serde_of
from workbench.serde.schemas import AVRO, Schema, parse


def serde(tree: Any):
    return serde_of(parse(Schema(AVRO, json.dumps(tree))))


def record(**types: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Order", "namespace": "shop",
            "fields": [{"name": name, "type": kind} for name, kind in types.items()]}


def logical(kind: str, word: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": word, **more}


DECIMAL = logical("bytes", "decimal", precision=10, scale=2)
CARD = {"type": "record", "name": "Card", "fields": [{"name": "number", "type": "string"}]}
ORDER = record(
    id="long", price=DECIMAL, at=logical("long", "timestamp-millis"), exact=logical("long", "timestamp-micros"),
    day=logical("int", "date"), clock=logical("int", "time-millis"), uid=logical("string", "uuid"), raw="bytes",
    rate="double", seen="boolean", note=["null", "string"], pays=["null", "int", "long", "string", CARD],
    kind={"type": "enum", "name": "Kind", "symbols": ["NEW", "PAID"]}, counts={"type": "map", "values": "long"},
    items={"type": "array", "items": {"type": "record", "name": "Item", "fields": [
        {"name": "sku", "type": "string"}, {"name": "price", "type": DECIMAL}]}},
    hash={"type": "fixed", "name": "Hash", "size": 2})
FOREIGN = {
    "id": 2**63 - 1, "price": Decimal("-12.50"), "at": datetime(2026, 11, 30, 12, 0, 0, 123000, UTC),
    "exact": datetime(2026, 11, 30, 12, 0, 0, 123456, UTC), "day": date(2026, 11, 30),
    "clock": datetime(2026, 1, 1, 23, 59, 59, 999000).time(), "uid": UUID(int=7), "raw": b"\x00\xff", "rate": math.inf,
    "seen": True, "note": None, "pays": {"number": "42"}, "kind": "PAID", "counts": {"a": -1},
    "items": [{"sku": "A", "price": Decimal("1.10")}], "hash": b"ab"}
FORM = {
    "id": 2**63 - 1, "price": "-12.50", "at": "2026-11-30T12:00:00.123000+00:00",
    "exact": "2026-11-30T12:00:00.123456+00:00", "day": "2026-11-30", "clock": "23:59:59.999000",
    "uid": "00000000-0000-0000-0000-000000000007", "raw": {"base64": "AP8="}, "rate": "Infinity", "seen": True,
    "note": None, "pays": {"shop.Card": {"number": "42"}}, "kind": "PAID", "counts": {"a": -1},
    "items": [{"sku": "A", "price": "1.10"}], "hash": {"base64": "YWI="}}


def by_apache(tree: Any, value: Any) -> bytes:
    out = BytesIO()
    avro.io.DatumWriter(avro.schema.parse(json.dumps(tree))).write(value, avro.io.BinaryEncoder(out))
    return out.getvalue()


def read_by_apache(tree: Any, data: bytes) -> Any:
    return avro.io.DatumReader(avro.schema.parse(json.dumps(tree))).read(avro.io.BinaryDecoder(BytesIO(data)))


def test_what_apache_writes_is_read_exactly():
    data = by_apache(ORDER, {**FOREIGN, "uid": str(FOREIGN["uid"])})
    ours = serde(ORDER)
    assert ours.value(data) == FOREIGN
    assert ours.form(data) == FORM


def test_what_we_write_apache_reads():
    data = serde(ORDER).write(FORM)
    assert data == by_apache(ORDER, {**FOREIGN, "uid": str(FOREIGN["uid"])})
    assert read_by_apache(ORDER, data) == {**FOREIGN, "uid": str(FOREIGN["uid"])}


@pytest.mark.parametrize(("kind", "form"), [
    (logical("long", "timestamp-millis"), 2**62), (logical("long", "timestamp-millis"), -(2**63)),
    (logical("int", "date"), 2**30), (logical("int", "time-millis"), 90_000_000), (logical("int", "time-millis"), -1),
    (logical("long", "timestamp-nanos"), "2026-11-30T12:00:00.123456789+00:00"),
    (logical("long", "local-timestamp-micros"), "2026-11-30T12:00:00.000001"),
    (logical("long", "local-timestamp-nanos"), "2026-11-30T12:00:00.000000001"),
    (logical("string", "uuid"), "no uuid"), (logical("string", "decimal", precision=4), "text"),
    (logical("bytes", "decimal", precision=60, scale=30), f"{'9' * 30}.{'1' * 30}"),
    (logical("fixed", "decimal", name="D", size=8, precision=18, scale=4), "-99999999999999.9999"),
    (logical("fixed", "duration", name="D", size=12), {"months": 2**32 - 1, "days": 0, "millis": 7}),
    (logical("fixed", "uuid", name="D", size=16), "00000000-0000-0000-0000-000000000007"),
    (logical("bytes", "decimal", precision=-1), {"base64": "AA=="}),
    ("float", "NaN"), ("double", "-Infinity"), ("double", 5e-324), ("float", 1.5), ("bytes", {"base64": ""}),
    (["int", "long"], {"long": 1}), (["float", "null", "string"], {"string": "NaN"}), (["null", "double"], "NaN"),
    ([logical("long", "timestamp-millis"), "null"], "1970-01-01T00:00:00+00:00"),
    (["bytes", {"type": "map", "values": "string"}], {"map": {"base64": "x"}}), (["string", "boolean"], False),
])
def test_forms_come_back_as_they_were(kind, form):
    ours = serde(record(it=kind))
    data = ours.write({"it": form})
    assert ours.form(data) == {"it": form}
    ours.value(data)
    assert ours.write(ours.form(data)) == data


def test_a_decimal_with_more_digits_than_it_may_have_is_not_rounded():
    data = by_apache(record(it="bytes"), {"it": (123456789).to_bytes(4, "big")})
    ours = serde(record(it=logical("bytes", "decimal", precision=3, scale=1)))
    assert (ours.value(data), ours.form(data)) == ({"it": Decimal("12345678.9")}, {"it": "12345678.9"})


@pytest.mark.parametrize(("change", "told"), [
    ({"items": [{"sku": "A", "price": "1"}, {"sku": "B", "price": "abc"}]},
     r"items\[1\]\.price: expected a decimal\(10,2\), got 'abc'"),
    ({"price": "1.234"}, r"price: expected a decimal\(10,2\), got '1.234'"),
    ({"price": "123456789.00"}, r"price: expected a decimal"),
    ({"id": 2**63}, "id: expected a long, from -9223372036854775808"), ({"id": "7"}, "id: expected a long, got '7'"),
    ({"id": True}, "id: expected a long"),
    ({"pays": 7}, 'pays: expected {"branch": value} with one of "int", "long"'),
    ({"pays": {"shop.Card": {"number": 1}}}, r"pays\.shop\.Card\.number: expected text, got 1"),
    ({"kind": "LOST"}, "kind: expected one of NEW, PAID, got 'LOST'"),
    ({"nope": 1}, "nope: the record shop.Order has no such field"),
    ({"items": [{"sku": "A"}]}, r"items\[0\]\.price: it is missing"), ({"at": "yesterday"}, "at: expected a timestamp"),
    ({"at": "2026-11-30T12:00:00.0001Z"}, "at: expected a timestamp"),
    ({"hash": {"base64": "YQ=="}}, "hash: expected a fixed"),
    ({"raw": "text"}, "raw: expected"), ({"note": 5}, r"note: expected null \| string, got 5"),
    ({"counts": {"a": 0.5}}, r"counts\.a: expected a long"), ({"rate": "fast"}, "rate: expected a double"),
    ({"day": "2026-02-30"}, "day: expected a date"), ({"note": "\ud800"}, "note: expected text"),
])
def test_what_does_not_fit_is_said_with_its_path(change, told):
    with pytest.raises(ValueError, match=told):
        serde(ORDER).write({**FORM, **change})


def test_what_is_missing_is_filled_in_from_defaults():
    ours = serde({"type": "record", "name": "A", "fields": [
        {"name": "a", "type": "int"}, {"name": "b", "type": ["null", "string"], "default": None},
        {"name": "c", "type": "bytes", "default": "\u00ff"}, {"name": "d", "type": DECIMAL, "default": "\u0001\u0000"},
        {"name": "e", "type": ["long", "int"], "default": 7}, {"name": "f", "type": CARD, "default": {"number": "x"}}]})
    assert ours.form(ours.write({"a": 1})) == {
        "a": 1, "b": None, "c": {"base64": "/w=="}, "d": "2.56", "e": {"long": 7}, "f": {"number": "x"}}


def test_a_template_can_be_written():
    for tree in (ORDER, record(next=["null", "Order"]), record(many={"type": "array", "items": ["int", "Order"]})):
        ours = serde(tree)
        assert ours.form(ours.write(ours.template())) == ours.template()


def schemas():
    numbers = iter(range(10**9))
    leaves = st.sampled_from(["null", "boolean", "int", "long", "float", "double", "bytes", "string"]).map(
        lambda kind: (kind, {
            "null": st.none(), "boolean": st.booleans(), "int": st.integers(-(2**31), 2**31 - 1),
            "long": st.integers(-(2**63), 2**63 - 1),
            "float": st.floats(width=32, allow_nan=False, allow_infinity=False),
            "double": st.floats(allow_nan=False, allow_infinity=False), "string": st.text(),
            "bytes": st.just({"base64": "AAEC"})}[kind]))

    def grown(inner):
        listed = inner.map(lambda each: ({"type": "array", "items": each[0]} if each[0] != "null" else "null",
                                         st.lists(each[1], max_size=3) if each[0] != "null" else st.none()))
        mapped = inner.map(lambda each: ({"type": "map", "values": each[0]},
                                         st.dictionaries(st.text(), each[1], max_size=3)))
        made = st.lists(inner, min_size=1, max_size=4).map(lambda parts: (
            {"type": "record", "name": f"R{next(numbers)}", "fields": [
                {"name": f"f{index}", "type": part[0]} for index, part in enumerate(parts)]},
            st.fixed_dictionaries({f"f{index}": part[1] for index, part in enumerate(parts)})))
        return listed | mapped | made

    return st.recursive(leaves, grown, max_leaves=8)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_schema_any_value(data):
    tree, values = data.draw(schemas())
    try:
        ours = serde(tree)
    except Invalid as refused:
        assert "take no bytes" in refused.sentence()
        return
    form = data.draw(values)
    written = ours.write(form)
    assert ours.form(written) == form
    assert by_apache(tree, ours.value(written)) == written


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_answered(data):
    ours = serde(ORDER)
    for read in (ours.value, ours.form):
        try:
            read(data)
        except ValueError as wrong:
            assert str(wrong)


def test_bytes_that_lie_end_in_a_sentence():
    ours = serde(ORDER)
    whole = ours.write(FORM)
    for data, told in ((b"", "end within"), (whole[:-1], "end within"), (whole + b"x", "1 bytes are left behind")):
        with pytest.raises(ValueError, match=told):
            ours.value(data)


def test_a_type_within_itself_is_read_as_deep_as_is_safe():
    ours = serde({"type": "record", "name": "N", "fields": [{"name": "next", "type": ["null", "N"]}]})
    ours.value(b"\x02" * 200 + b"\x00")
    for depth in (2_000, 1_000_000):
        with pytest.raises(ValueError, match="nested too deep"):
            ours.value(b"\x02" * depth + b"\x00")


@pytest.mark.parametrize(("tree", "told"), [
    ({"type": "record", "name": "N", "fields": [{"name": "n", "type": "N"}]}, "N holds itself without end"),
    ({"type": "array", "items": "null"}, "items that take no bytes"),
    ({"type": "array", "items": {"type": "record", "name": "E", "fields": []}}, "items that take no bytes"),
])
def test_schemas_whose_values_have_no_bound_are_not_read(tree, told):
    with pytest.raises(Invalid, match=told):
        serde(tree)


def test_a_schema_that_doubles_itself_is_not_read():
    fields: Any = "int"
    for level in range(60):
        fields = {"type": "record", "name": f"R{level}", "fields": [
            {"name": "a", "type": fields}, {"name": "b", "type": f"R{level - 1}" if level else "int"}]}
    began = time.process_time()
    with pytest.raises(Invalid, match="holds more than"):
        serde(fields)
    assert time.process_time() - began < 2
