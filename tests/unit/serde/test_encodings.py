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

from workbench.core.encodings import KEY_ENCODING, VALUE_ENCODING
from workbench.core.errors import Invalid
from workbench.core.records import StoredRecord
from workbench.serde import ENCODINGS, Decoder, as_bytes, decoder_of, names_of, plain, plain_json

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
