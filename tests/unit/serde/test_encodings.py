"""Encodings: each keeps the contract; guesses say how sure they are; expressions see one thing everywhere."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import cbor2
import msgspec
import pytest
from contracts.encoding_contract import EncodingContract
from hypothesis import strategies as st

from workbench.core.encodings import KEY_ENCODING, VALUE_ENCODING, Coding
from workbench.core.errors import Invalid, NotFound
from workbench.core.records import StoredRecord
from workbench.core.schemas import RegisteredSchema, Schema
from workbench.serde import ENCODINGS, Decoder, Serdes, as_bytes, decoder_of, names_of, plain, plain_json
from workbench.serde.schemas.references import no_references

GUID = bytes(range(16))
AVRO_TEXT = """{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 7, "scale": 2}},
    {"name": "note", "type": ["null", "string"]}, {"name": "raw", "type": "bytes"},
    {"name": "rate", "type": "double"}]}"""
PROTO_TEXT = """syntax = "proto3"; message Other { string x = 1; }
    message Order { int64 id = 1; string name = 2; bytes raw = 3; repeated uint64 ones = 4;
    map<string, bool> by = 5; }"""


class Registered:
    """A registry with one schema, of every subject, under the id 7."""

    def __init__(self, schema: Schema) -> None:
        self._only = RegisteredSchema(7, schema, GUID)

    def schema_by_id(self, schema_id: int):
        return self._only if schema_id == 7 else None

    def schema_by_guid(self, guid: bytes):
        return self._only if guid == GUID else None

    def latest_schema(self, subject: str):
        return self._only

    def schema_of_version(self, subject: str, version: int):
        return self._only

    def versions_of(self, schema_id: int):
        return (("other", 1), ("orders-value", 3))

    def referred(self, schema_id: int):
        return no_references


LETTERS = st.characters(min_codepoint=32, exclude_categories=("Cs",))
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text()


TEXT = st.text()


def nested(leaves, keys=TEXT):
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
    ).filter(lambda value: value is not None)


class TestJson(EncodingContract):
    name, values, never, broken = "json", nested(LEAVES | st.integers(-(2**90), 2**90)), {"at": object()}, b"{oops"


class TestText(EncodingContract):
    name, values, never, broken = "text", st.text(), 17, b"\xff\xfe"


class TestBytes(EncodingContract):
    name, values, never, broken = "bytes", st.binary(), "text", None


class TestMessagePack(EncodingContract):
    name, values, never, broken = "msgpack", nested(LEAVES | st.binary()), {"at": object()}, b"\xc1"


class TestCbor(EncodingContract):
    name, values = "cbor", nested(LEAVES | st.binary() | st.integers(-(2**90), 2**90), st.text() | st.integers())
    never, broken = {"at": object()}, b"\xff"


class TestAvro(EncodingContract):
    name, never, broken = "avro", {"id": "no number"}, b"\x00\x00\x00\x00\x63rest"
    values = st.fixed_dictionaries({
        "id": st.integers(-(2**63), 2**63 - 1), "price": st.decimals(-99999, 99999, places=2),
        "note": st.none() | st.text(), "raw": st.binary(max_size=9), "rate": st.floats(allow_nan=False)})

    def decoder(self) -> Decoder:
        return Decoder(value=Coding("avro", "orders-value"), serdes=Serdes(Registered(Schema("AVRO", AVRO_TEXT))))


class TestProtobuf(EncodingContract):
    name, never, broken = "protobuf", {"id": "no number"}, b"\x00\x00\x00\x00\x63rest"
    values = st.fixed_dictionaries({
        "id": st.integers(-(2**63), 2**63 - 1), "name": st.text(), "raw": st.binary(max_size=9),
        "ones": st.lists(st.integers(0, 2**64 - 1), max_size=4), "by": st.dictionaries(st.text(), st.booleans())})

    def decoder(self) -> Decoder:
        serdes = Serdes(Registered(Schema("PROTOBUF", PROTO_TEXT)))
        return Decoder(value=Coding("protobuf", "p", "Order"), serdes=serdes)


class TestProtobufWithoutASchema(EncodingContract):
    name, never, broken = "protobuf", {"name": 1}, b"\xff"
    values = st.dictionaries(st.integers(1, 2**29 - 1).map(str), st.integers(0, 2**64 - 1) | st.text(LETTERS))


# -- guessing --------------------------------------------------------------------------------------------------
EVENT = {"id": 7, "items": [{"sku": "A"}], "raw": b"\x00\x01"}


@pytest.mark.parametrize(("data", "encoding", "value"), [
    (b'{"id": 7}', "json", {"id": 7}),
    (b"17", "json", 17),
    (b"hello", "text", "hello"),
    ("Zoë".encode(), "text", "Zoë"),
    (b"", "text", ""),
    (msgspec.msgpack.encode(EVENT), "msgpack", EVENT),
    (cbor2.dumps({"id": 7, "at": [1, 2]}), "cbor", {"id": 7, "at": [1, 2]}),
    (b"\x00\x01\x02\x03", "bytes", b"\x00\x01\x02\x03"),
    (bytes(range(128, 256)), "bytes", bytes(range(128, 256))),
])
def test_bytes_are_guessed_with_a_confidence(data, encoding, value):
    decoded = Decoder().value(data)
    assert (decoded.encoding, decoded.value, decoded.error) == (encoding, value, "")
    assert 0.5 <= decoded.confidence <= 1.0


def test_null_is_null_in_every_encoding():
    for name in ENCODINGS:
        decoded = Decoder(name, name)
        assert decoded.value(None) == decoded.key(None)
        assert (decoded.value(None).value, decoded.value(None).encoding) == (None, "null")
        assert as_bytes(None, name) is None


def test_a_key_that_looks_like_a_number_is_a_name():
    assert Decoder().key(b"17").value == "17"
    assert Decoder().key(b'{"id":7}').value == {"id": 7}
    assert Decoder(key="json").key(b"17").value == 17, "unless the topic says that it is JSON"


def test_a_topic_chooses_by_its_settings():
    decoder = decoder_of({KEY_ENCODING: "text", VALUE_ENCODING: "msgpack"})
    assert (decoder.key_encoding, decoder.value_encoding) == ("text", "msgpack")
    assert decoder.value(b'{"a":1}').error.startswith("It is no MessagePack")
    assert decoder_of({}).value(b'{"a":1}').value == {"a": 1}
    with pytest.raises(Invalid, match="There is no encoding 'morse'"):
        decoder_of({VALUE_ENCODING: "morse"})


def test_an_expression_sees_the_same_whoever_asks():
    headers = (("h", b"x"), ("h", b"\xff"), ("e", None))
    record = StoredRecord("orders", 3, 9, 0, b'{"id":7}', cbor2.dumps({"n": 1}), headers)
    assert names_of(record, Decoder()) == {
        "key": {"id": 7}, "value": {"n": 1}, "headers": {"h": b"\xff", "e": None},
        "topic": "orders", "partition": 3, "offset": 9,
    }


# -- in words --------------------------------------------------------------------------------------------------
def test_what_json_has_no_word_for_is_put_into_words():
    value = {
        "raw": b"\x00", "at": datetime(2026, 11, 30, 12, tzinfo=UTC), "price": Decimal("1.10"), "nan": math.nan,
        "far": math.inf, 7: "number", "id": UUID(int=1), "big": 2**80,
    }
    assert plain(value) == {
        "raw": {"base64": "AA=="}, "at": "2026-11-30T12:00:00+00:00", "price": "1.10", "nan": "NaN",
        "far": "Infinity", "7": "number", "id": "00000000-0000-0000-0000-000000000001", "big": 2**80,
    }
    assert '"big":1208925819614629174706176' in plain_json(value)


def test_deep_nesting_ends_in_a_sentence():
    deep = b"[" * 200_000 + b"]" * 200_000
    assert Decoder(value="json").value(deep).error
    assert Decoder(value="cbor").value(b"\x81" * 200_000 + b"\x00").error
    assert Decoder(value="msgpack").value(b"\x91" * 200_000 + b"\x00").error


# -- schemas ---------------------------------------------------------------------------------------------------
def avro(value: str | Coding = "auto") -> Decoder:
    return Decoder(value=value, serdes=Serdes(Registered(Schema("AVRO", AVRO_TEXT))))


ORDER = {"id": 7, "price": Decimal("1.50"), "note": None, "raw": b"", "rate": 0.5}


def test_a_schema_that_is_named_before_the_bytes_is_no_guess():
    data = avro(Coding("avro", "orders-value")).value_bytes(ORDER)
    assert data is not None and data[:5] == b"\x00\x00\x00\x00\x07"
    for value in ("auto", Coding("avro", "orders-value"), Coding("auto", "orders-value")):
        read = avro(value).value(data)
        assert (read.value, read.encoding, read.confidence, read.error) == (ORDER, "avro", 1.0, "")
        assert read.schema is not None
        assert (read.schema.id, read.schema.type, read.schema.name) == (7, "AVRO", "Order")
    assert (read.schema.subject, read.schema.version) == ("orders-value", 3)
    assert read.in_words() == {"id": 7, "price": "1.50", "note": None, "raw": {"base64": ""}, "rate": 0.5}
    assert read.schema.write(read.in_words()) == data


@pytest.mark.parametrize("named", [b"\x01" + GUID, b"\x00\x00\x00\x00\x07"])
def test_a_schema_may_be_named_in_a_header(named):
    data = (avro(Coding("avro", "s")).value_bytes(ORDER) or b"")[5:]
    headers = (("x", b"y"), ("__value_schema_id", named))
    for value in ("auto", Coding("avro", "")):
        read = avro(value).value(data, headers)
        assert (read.value, read.encoding) == (ORDER, "avro")
        assert avro(value).beside(headers).value(data)[:4] == read[:4]
        assert read.schema is not None and read.schema.write(read.in_words()) == data
    record = StoredRecord("orders", 0, 0, 0, None, data, headers)
    assert names_of(record, avro())["value"]["price"] == Decimal("1.50")
    key = Decoder(serdes=Serdes(Registered(Schema("AVRO", AVRO_TEXT)))).key(data, (("__key_schema_id", named),))
    assert key.value == ORDER


def test_before_the_bytes_stands_a_guid_too():
    data = b"\x01" + GUID + (avro(Coding("avro", "s")).value_bytes(ORDER) or b"")[5:]
    assert avro().value(data).value == ORDER


def test_bytes_that_name_no_schema_are_read_by_that_of_the_subject():
    data = (avro(Coding("avro", "s")).value_bytes(ORDER) or b"")[5:]
    assert avro(Coding("avro", "s")).value(data).value == ORDER
    assert avro(Coding("avro", "")).value(data).error == (
        "It is no Avro: it names no schema, and the topic has none: register one as TOPIC-value, or set value.schema.")


@pytest.mark.parametrize(("value", "data", "told"), [
    (Coding("avro", "s"), b"\x00\x00\x00\x00\x08xx", "schema 8, which it names, is not registered here"),
    ("auto", b"\x00\x00\x00\x00\x08\xff\xff", "It may name schema 8, which is not registered here"),
    (Coding("protobuf", "s"), b"\x00\x00\x00\x00\x07xx", "schema 7, which it names, is of type AVRO"),
    ("auto", b"\x00\x00\x00\x00\x07", "by schema 7, the bytes end within a value"),
    ("auto", b"\x00\x00\x00\x00\x07\x02", "by schema 7, "),
    (Coding("avro", "s"), b"", "the bytes end within a value"),
])
def test_what_its_schema_does_not_read_is_said_and_kept(value, data, told):
    read = avro(value).value(data)
    assert (read.value, read.encoding) == (data, "bytes")
    assert told in read.error


@pytest.mark.parametrize("data", [
    b"\x00\x00\x00\x00\x00abc", b"\x00\x80\x00\x00\x00abc", b"\x00\xff\xff\xff\xffabc", b"\x00", b"\x01" * 17])
def test_an_id_that_is_none_is_not_taken_for_one(data):
    read = avro().value(data)
    assert (read.value, read.encoding, read.error) == (data, "bytes", "")


def test_protobuf_says_which_message():
    serdes = Serdes(Registered(Schema("PROTOBUF", PROTO_TEXT)))
    second = Decoder(value=Coding("protobuf", "p", "Order"), serdes=serdes)
    first = Decoder(value=Coding("protobuf", "p"), serdes=serdes)
    data, other = second.value_bytes({"id": 5}), first.value_bytes({"x": "a"})
    assert data == b"\x00\x00\x00\x00\x07\x02\x02\x08\x05" and other == b"\x00\x00\x00\x00\x07\x00\x0a\x01a"
    for decoder in (first, second, Decoder(serdes=serdes)):
        for _ in range(2):
            assert decoder.value(data).value["id"] == 5
            assert decoder.value(other).value == {"x": "a"}
    for lie in (b"\x02\x06", b"\x80", b"\x7f" + b"\x02" * 99):
        assert "It is no" in Decoder(serdes=serdes).value(b"\x00\x00\x00\x00\x07" + lie).error


def test_json_with_a_schema_is_checked_when_it_is_written():
    serdes = Serdes(Registered(Schema("JSON", '{"properties": {"id": {"type": "integer"}}}')))
    decoder = Decoder(value=Coding("json", "s", given=True), serdes=serdes)
    data = decoder.value_bytes({"id": 2**70})
    assert data == b"\x00\x00\x00\x00\x07" + b'{"id":1180591620717411303424}'
    assert decoder.value(data).value == Decoder(serdes=serdes).value(data).value == {"id": 2**70}
    with pytest.raises(Invalid, match='id: "a" is not of type "integer"'):
        decoder.value_bytes({"id": "a"})
    assert decoder.value(b'{"id":1}').value == {"id": 1}, "JSON that names no schema is JSON"


def test_numbers_of_a_form_are_taken_digit_by_digit():
    use = avro(Coding("avro", "s")).value_writer()
    assert use is not None
    data = use.write_json(b'{"id":9007199254740993,"price":12345.67,"note":null,"raw":{"base64":""},"rate":0.1}')
    assert use.value(data)["price"] == Decimal("12345.67") and use.value(data)["id"] == 9007199254740993
    assert use.value(data)["rate"] == 0.1


def test_what_a_topic_writes_by_a_schema_must_fit_it():
    with pytest.raises(Invalid, match=r"does not fit Order \(orders-value version 3\): id: expected a long, got 'x'"):
        avro(Coding("avro", "orders-value")).value_bytes({**ORDER, "id": "x"})
    with pytest.raises(Invalid, match="is of type AVRO, and it is written as Protobuf here"):
        avro(Coding("protobuf", "s")).value_bytes({})
    with pytest.raises(NotFound, match="There is no schema of the subject 't-value'"):
        decoder_of({VALUE_ENCODING: "avro"}, "t").value_bytes({})
