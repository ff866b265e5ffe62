"""The encoding bench: exact bytes, every encoding read back, schemas that fit what is given."""

from __future__ import annotations

import json
from itertools import count

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import Invalid
from workbench.core.schemas import Schema
from workbench.serde.by_schema import serde_of
from workbench.serde.schemas import parse
from workbench.session.encoding_bench import ENCODINGS, measure
from workbench.session.inferred import avro_text, protobuf_text, shape_of

EVENTS = [{"id": n, "customer": {"name": f"C-{n}", "country": None if n % 3 else "DE"}, "ok": n % 2 == 0,
           "total": n / 4, "items": [{"sku": f"S-{i}", "qty": i} for i in range(n % 4)]} for n in range(200)]


def test_the_same_events_in_every_encoding():
    ticks = count()
    found = {each.encoding: each for each in measure(EVENTS, clock_s=lambda: float(next(ticks)))}
    assert tuple(found) == ENCODINGS
    assert found["json"].bytes == sum(len(json.dumps(each, separators=(",", ":"))) for each in EVENTS)
    assert found["msgpack"].bytes == sum(len(msgspec.msgpack.encode(each)) for each in EVENTS)
    assert found["cbor"].bytes == sum(len(cbor2.dumps(each)) for each in EVENTS)
    assert found["avro"].bytes < found["protobuf"].bytes < found["msgpack"].bytes < found["json"].bytes
    for each in found.values():
        assert set(each.batch_bytes) == {"none", "gzip", "snappy", "lz4", "zstd"}
        assert each.batch_bytes["none"] > each.bytes and each.batch_bytes["zstd"] < each.batch_bytes["none"]
        assert (each.encode_us, each.decode_us) == (5000.0, 5000.0), "a tick a turn over 200 events"
    assert [each.note for each in found.values() if each.encoding != "protobuf"] == [""] * 4


def test_the_schema_that_fits():
    shape = shape_of(EVENTS)
    assert json.loads(avro_text(shape))["fields"][1]["type"]["fields"][1] == {
        "name": "country", "type": ["null", "string"], "default": None}
    assert "optional string country = 2;" in protobuf_text(shape)


def test_events_of_a_given_schema_are_written_by_it():
    text = '{"type":"record","name":"A","fields":[{"name":"id","type":"int"}]}'
    given = {"avro": serde_of(parse(Schema("AVRO", text)))}
    avro = next(each for each in measure([{"id": 1}, {"id": 2}], given) if each.encoding == "avro")
    assert (avro.bytes, avro.schema, avro.note) == (2, "", "")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-_1", max_size=3), inner, max_size=3),
    max_leaves=8), min_size=1, max_size=5))
def test_whatever_the_events_are(events):
    for each in measure(events):
        assert each.batch_bytes or "it can't write them all" in each.note
        assert each.batch_bytes or each.encoding in ("avro", "protobuf")


def test_nothing_to_compare_is_said():
    with pytest.raises(Invalid, match="There are no events"):
        measure([])
