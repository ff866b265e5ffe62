"""Bad input to the registry: a sentence, in bounded time and memory, and the rest is served on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from listeners.registry_client import ask
from listeners.serving import Served

from workbench.broker import Broker
from workbench.listeners.base import ListenerSettings
from workbench.listeners.registry import RegistryListener

MOST_S = 20.0
"""In a machine that does much else; each takes some seconds at most in a calm one."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Broker.create(tmp_path_factory.mktemp("hostile") / "w.flow") as broker:
        served = Served(broker, ListenerSettings(), RegistryListener)
        yield served
        served.close()


def nested(depth: int) -> Any:
    tree: Any = "string"
    for _ in range(depth):
        tree = {"type": "array", "items": tree}
    return tree


def deep_message(depth: int) -> str:
    return 'syntax = "proto3"; ' + "".join(f"message M{n} {{ " for n in range(depth)) + "}" * depth


LARGE = {
    "AVRO, over the limit": ("AVRO", json.dumps({"type": "enum", "name": "E", "symbols": [], "doc": "x" * (5 << 20)})),
    "AVRO, 40,000 fields": ("AVRO", json.dumps({"type": "record", "name": "R", "fields": [
        {"name": f"field{n}", "type": "string", "doc": "y" * 40} for n in range(40_000)]})),
    "AVRO, deep": ("AVRO", json.dumps(nested(400))), "AVRO, deeper than JSON can be": ("AVRO", "[" * 200_000),
    "JSON, deep": ("JSON", '{"properties": {"a": ' * 400 + "{}" + "}}" * 400),
    "JSON, deeper": ("JSON", '{"not": ' * 100_000), "PROTOBUF, deep": ("PROTOBUF", deep_message(1000)),
    "PROTOBUF, large": ("PROTOBUF", 'syntax = "proto3"; message M { '
                        + " ".join(f"string field_{n} = {n + 1};" for n in range(15_000)) + " }"),
    "PROTOBUF, nonsense": ("PROTOBUF", "message M {" * 10_000), "PROTOBUF, base64 of nothing": ("PROTOBUF", "AAAA"),
    "AVRO, a number of a million digits": ("AVRO", "1" * 1_000_000),
    "PROTOBUF, field number used twice": ("PROTOBUF", 'syntax = "proto3"; message M { int32 a = 1; int32 b = 1; }'),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_and_deep_schemas_are_taken_or_refused_in_bounded_time(registry: Served, name: str):
    kind, text = LARGE[name]
    begun = time.monotonic()
    subject = name.partition(",")[0] + str(len(text))
    status, answer = ask(registry, "POST", f"/subjects/{subject}/versions", {"schema": text, "schemaType": kind})
    took = time.monotonic() - begun
    assert (status, answer.get("error_code")) in ((200, None), (422, 42201), (422, 42209)), answer
    assert status == 200 or (answer["message"] and len(answer["message"]) < 2000)
    assert took < MOST_S
    assert ask(registry, "GET", "/schemas/types")[0] == 200


def test_large_schemas_are_compared_in_bounded_time(registry: Served):
    def union(letter: str) -> str:
        return json.dumps([{"type": "record", "name": f"{letter}{n}", "fields": []} for n in range(3000)])

    assert ask(registry, "POST", "/subjects/union/versions", {"schema": union("A")})[0] == 200
    begun = time.monotonic()
    status, answer = ask(registry, "POST", "/subjects/union/versions", {"schema": union("B")})
    assert (status, answer["error_code"]) == (422, 42201) and "too large or too deep" in answer["message"]
    assert time.monotonic() - begun < MOST_S


def test_a_pattern_that_backtracks_does_not_hold_it_up(registry: Served):
    def closed(**properties: Any) -> str:
        return json.dumps({"type": "object", "patternProperties": {"^(a+)+$": {"type": "string"}},
                           "additionalProperties": False, "properties": properties})

    body = {"schema": closed(), "schemaType": "JSON"}
    assert ask(registry, "POST", "/subjects/pattern/versions", body)[0] == 200
    begun = time.monotonic()
    ask(registry, "POST", "/subjects/pattern/versions", body | {"schema": closed(**{"a" * 60 + "!": {}})})
    assert time.monotonic() - begun < MOST_S


def test_references_in_a_circle_can_not_be_made(registry: Served):
    refer = {"references": [{"name": "B", "subject": "ring-b", "version": 1}]}
    status, answer = ask(registry, "POST", "/subjects/ring-a/versions", {"schema": '"string"'} | refer)
    assert (status, answer["error_code"]) == (422, 42201) and "not registered" in answer["message"]
    own = {"references": [{"name": "A", "subject": "ring-a", "version": 1}]}
    assert ask(registry, "POST", "/subjects/ring-a/versions", {"schema": '"string"'} | own)[1]["error_code"] == 42201
    for number in range(250):
        before = [{"name": f"N{number - 1}", "subject": f"chain{number - 1}", "version": 1}] if number else []
        body = {"schema": json.dumps({"type": "record", "name": f"N{number}", "fields": []}), "references": before}
        status, answer = ask(registry, "POST", f"/subjects/chain{number}/versions", body)
        if status != 200:
            break
    assert status == 422 and "more than 200" in answer["message"]


@pytest.mark.parametrize("version", [0, -2, 2**31, 10**30])
def test_versions_of_references_that_are_none(registry: Served, version: int):
    refer = {"references": [{"name": "B", "subject": "none", "version": version}]}
    status, answer = ask(registry, "POST", "/subjects/s/versions", {"schema": '"string"'} | refer)
    assert status in (400, 422) and answer["message"]


@pytest.mark.parametrize("body", [b"", b"\0" * 100, b"[" * 100_000, b'{"schema": ' + b"9" * 5000 + b"}", b"\xff\xfe",
                                  b'{"schema": "\\ud800"}', b"null", b'"text"', b"3"])
def test_bodies_that_are_none(registry: Served, body: bytes):
    for path in ("/subjects/s/versions", "/subjects/s", "/compatibility/subjects/s/versions"):
        status, answer = ask(registry, "POST", path, body)
        assert status in (400, 422) and answer["message"]
    for path in ("/config", "/mode/s"):
        assert ask(registry, "PUT", path, body)[0] in (400, 422)
    assert ask(registry, "GET", "/config")[0] == 200


def test_many_requests_beside_a_long_one_are_answered(registry: Served):
    """Whoever registers something that takes seconds holds up who registers, not who reads."""
    import threading

    kind, text = LARGE["AVRO, 40,000 fields"]
    worker = threading.Thread(target=ask, args=(registry, "POST", "/subjects/long/versions",
                                                {"schema": text.replace('"R"', '"R2"'), "schemaType": kind}))
    worker.start()
    try:
        begun = time.monotonic()
        for _ in range(20):
            assert ask(registry, "GET", "/schemas/types")[0] == 200
        assert time.monotonic() - begun < MOST_S
    finally:
        worker.join()
