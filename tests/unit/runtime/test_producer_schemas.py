"""A drawn producer writes by the schema it was given, or as its topic is written; what does not fit is not sent."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from virtual_time import in_virtual_time, until

from workbench.broker import Broker, BrokerReader
from workbench.core.schemas import Schema
from workbench.engines.embedded import EmbeddedEngine
from workbench.engines.schemas import decoders_in
from workbench.flow.document import FlowDocument, Link, Node
from workbench.runtime import FlowRunner
from workbench.session.schemas import Draft, Registry

AVRO = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"kind","type":"string"}]}'
PROTO = 'syntax = "proto3"; message Other { string x = 1; } message Order { int64 id = 1; string kind = 2; }'
PICKY = AVRO.replace('"type":"string"', '"type":{"type":"enum","name":"Kind","symbols":["a"]}')
SCHEMAS = {"orders-value": Schema("AVRO", AVRO), "picky": Schema("AVRO", PICKY), "protos": Schema("PROTOBUF", PROTO)}
TEMPLATE = '{"id": "{counter}", "kind": "{choice a|b}"}'


def play(topic: dict[str, object], producer: dict[str, object], template: str = TEMPLATE):
    """What stands in «orders» and in «odd» after twenty events, and how the producer stood."""
    made = {"rate": 5000.0, "limit": 20, "template": template, "linger_ms": 1.0, "key": "", **producer}
    document = FlowDocument(
        [Node("p", "producer", "checkout", params=made), Node("d", "topic", "odd", params={"partitions": 1}),
         Node("t", "topic", "orders", params={"partitions": 1, **topic})], [Link("pt", "p", "t")])

    async def at_work(broker: Broker, clock):
        registry = Registry(broker.schemas)
        for subject, schema in SCHEMAS.items():
            await asyncio.to_thread(registry.register, subject, Draft(schema))
        runner = FlowRunner(EmbeddedEngine(broker), clock=clock, seed=7, journal=lambda entry: None, background=False)
        await runner.apply(document)
        await runner.run()
        await asyncio.wait_for(until(runner.drained), 30)
        stat = runner.stats().producers[0]
        await runner.stop()
        with BrokerReader(broker.path) as reader:
            decoders = decoders_in(reader)
            told = {name: [(record, decoders(name).value(record.value)) for record in reader.read(name, 0, 0, 99)]
                    for name in ("orders", "odd")}
        return stat, told["orders"], told["odd"]

    with tempfile.TemporaryDirectory() as folder:
        return in_virtual_time(at_work, Path(folder) / "work.flow")


@pytest.mark.parametrize(("topic", "producer", "type_", "name"), [
    ({"value_encoding": "avro"}, {}, "AVRO", "Order"),
    ({}, {"schema": "orders-value"}, "AVRO", "Order"),
    ({}, {"schema": "protos#Order"}, "PROTOBUF", "Order"),
    ({"value_encoding": "protobuf", "value_schema": "protos#Order"}, {}, "PROTOBUF", "Order"),
])
def test_events_are_written_by_the_schema(topic, producer, type_, name):
    stat, orders, _ = play(topic, producer)
    assert (stat.sent, stat.failed, len(orders)) == (20, 0, 20)
    for number, (_, read) in enumerate(orders, 1):
        assert read.value["id"] == number and read.value["kind"] in ("a", "b")
        assert read.schema is not None and (read.schema.type, read.schema.name) == (type_, name)


def test_a_topic_of_messagepack_gets_messagepack():
    _, orders, _ = play({"value_encoding": "msgpack"}, {})
    assert [(read.encoding, read.value["id"]) for _, read in orders] == [("msgpack", n) for n in range(1, 21)]


def test_what_does_not_fit_is_refused_and_counted():
    stat, orders, odd = play({}, {"schema": "orders-value"}, '{"id": "x{counter}", "kind": "a"}')
    assert (stat.sent, stat.failed, orders, odd) == (0, 20, [], [])
    assert "does not fit Order (orders-value version 1): id: expected a long, got 'x" in stat.reason


def test_or_goes_to_the_dead_letters_with_the_reason():
    stat, orders, odd = play({}, {"schema": "picky", "misfits": "odd"})
    assert 0 < stat.sent < 20 and stat.sent + stat.failed == 20
    assert (len(orders), len(odd)) == (stat.sent, stat.failed)
    headers = dict(odd[0][0].headers)
    assert headers["x-origin-topic"] == b"orders"
    assert b"kind: expected one of a, got 'b'" in (headers["x-reason"] or b"")
    assert json.loads(odd[0][0].value or b"")["kind"] == "b"


def test_a_schema_that_is_not_there_is_said():
    stat, orders, _ = play({}, {"schema": "nope"})
    assert (stat.sent, stat.failed, orders) == (0, 20, [])
    assert stat.reason.startswith("There is no schema of the subject 'nope'.")
