"""Routing keys of what goes to an exchange: the event's key, or a text with fields of its value, in any encoding."""

from __future__ import annotations

import msgspec
import pytest

from workbench.runtime.publisher import routing_key_of
from workbench.serde import GUESSING, Decoder


@pytest.mark.parametrize(
    ("text", "key", "value", "made"),
    [
        ("", b"C-1", b"{}", "C-1"), ("", None, b"{}", ""), ("order.eu", None, None, "order.eu"),
        ("order.{country}", None, b'{"country": "DE"}', "order.DE"),
        ("{a.b}.{n}", None, b'{"a": {"b": "x"}, "n": 3}', "x.3"),
        ("order.{gone}", None, b'{"a": 1}', "order."), ("order.{a}", None, b"plain", "order."),
        ("{a.b}", None, b'{"a": [1]}', ""),
    ],
)
def test_a_routing_key_takes_fields_of_the_event(text, key, value, made):
    assert routing_key_of(text, GUESSING)(key, value) == made


def test_a_routing_key_takes_fields_of_what_the_topic_is_written_in():
    value = msgspec.msgpack.encode({"country": "DE", "at": {"zone": 7}})
    assert routing_key_of("order.{country}.{at.zone}", Decoder(value="msgpack"))(None, value) == "order.DE.7"
    assert routing_key_of("", GUESSING)(msgspec.msgpack.encode({"id": 7}), value) == '{"id":7}'
    assert routing_key_of("{country}", Decoder(value="text"))(None, b'{"country": "DE"}') == ""
