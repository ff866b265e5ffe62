"""Decoding by a schema beside the bare libraries, and a CEL filter over Avro beside the same over JSON: ratios.

Each pair is measured by turns, in CPU time, the best of five. ``protobuf`` itself gives a message object in no time and
no values; what is compared is its own way to values, ``MessageToDict``; the bare parse is printed beside it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import fastavro
import msgspec
import pytest
from google.protobuf.json_format import MessageToDict

from workbench.core.encodings import Coding
from workbench.core.records import StoredRecord
from workbench.core.schemas import RegisteredSchema, Schema
from workbench.serde import Decoder, Serdes, plain
from workbench.serde.schemas.references import no_references
from workbench.session.matching import read_filter

AVRO = {"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
        {"name": "name", "type": "string"}, {"name": "country", "type": ["null", "string"]}]}},
    {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
        {"name": "sku", "type": "string"}, {"name": "qty", "type": "int"}, {"name": "price", "type": "double"}]}}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "note", "type": ["null", "string"]},
    {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}}]}
PROTO = """syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto";
message Order { int64 id = 1; Customer customer = 2; repeated Item items = 3; google.protobuf.Timestamp at = 4;
optional string note = 5; string total = 6; }
message Customer { string name = 1; string country = 2; }
message Item { string sku = 1; int32 qty = 2; double price = 3; }"""
ORDER = {
    "id": 123456, "customer": {"name": "Ada Lovelace", "country": "DE"}, "note": None, "total": Decimal("12.50"),
    "items": [{"sku": "A-1", "qty": 2, "price": 1.5}, {"sku": "B-2", "qty": 1, "price": 2.5}],
    "at": datetime(2026, 11, 30, 12, 0, 0, 5000, UTC)}
TIMES, ROUNDS = 20_000, 5


class Only:
    """A registry of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._only = RegisteredSchema(7, schema, b"")

    def schema_by_id(self, schema_id: int):
        return self._only

    schema_by_guid = latest_schema = schema_by_id

    def schema_of_version(self, subject: str, version: int):
        return self._only

    def versions_of(self, schema_id: int):
        return (("orders-value", 1),)

    def referred(self, schema_id: int):
        return no_references


def decoder(kind: str, text: str) -> Decoder:
    return Decoder(value=Coding(kind.lower(), "orders-value"), serdes=Serdes(Only(Schema(kind, text))))


def micros(*works: Callable[[], object]) -> list[float]:
    """CPU microseconds of one call of each."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for index, work in enumerate(works):
            began = time.process_time()
            for _ in range(TIMES):
                work()
            best[index] = min(best[index], (time.process_time() - began) / TIMES * 1e6)
    return best


@pytest.mark.bench
def test_avro_beside_bare_fastavro():
    ours, bare = decoder("AVRO", json.dumps(AVRO)), fastavro.parse_schema(AVRO)
    data = ours.value_bytes(plain(ORDER))
    assert data is not None and ours.value(data).value == ORDER
    payload = data[5:]
    theirs, own = micros(lambda: fastavro.schemaless_reader(BytesIO(payload), bare, None), lambda: ours.value(data))
    print(f"\navro: bare fastavro {theirs:.2f} us, decoder {own:.2f} us, ratio {theirs / own:.2f}")
    assert theirs / own >= 0.7


@pytest.mark.bench
def test_protobuf_beside_the_bare_library():
    ours = decoder("PROTOBUF", PROTO)
    data = ours.value_bytes(plain(ORDER))
    use = ours.value_writer()
    assert data is not None and use is not None
    payload, parse = data[6:], type(use.serde)._parsed
    as_dict, own, bare = micros(
        lambda: MessageToDict(parse(use.serde, payload), preserving_proto_field_name=True), lambda: ours.value(data),
        lambda: parse(use.serde, payload))
    print(f"\nprotobuf: MessageToDict {as_dict:.2f} us, decoder {own:.2f} us, ratio {as_dict / own:.2f};"
          f" the parse alone {bare:.2f} us")
    assert as_dict / own >= 0.7


@pytest.mark.bench
@pytest.mark.parametrize("text", ['value.customer.country == "NL"', "value.items[0].qty > 1 && value.id != 7"])
def test_a_filter_over_avro_beside_json(text):
    avro = decoder("AVRO", json.dumps(AVRO))
    data = avro.value_bytes(plain(ORDER))
    in_json = StoredRecord("t", 0, 1, 2, b"k", msgspec.json.encode(plain(ORDER)))
    in_avro = StoredRecord("t", 0, 1, 2, b"k", data)
    over_json, over_avro = read_filter(text), read_filter(text, lambda _: avro)
    assert over_json.matches(in_json) == over_avro.matches(in_avro)
    slow, fast = micros(lambda: over_avro.matches(in_avro), lambda: over_json.matches(in_json))
    print(f"\nfilter {text}: JSON {fast:.2f} us, Avro {slow:.2f} us, ratio {fast / slow:.2f}")
    assert fast / slow >= 0.7
