"""A drawn group with a reader schema: what its expressions, forwards and store see, and what fails."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from virtual_time import in_virtual_time, until

from workbench.broker import Broker, BrokerReader
from workbench.core.schemas import Schema
from workbench.engines.embedded import EmbeddedEngine
from workbench.engines.schemas import decoders_in
from workbench.flow.document import FlowDocument, Link, Node
from workbench.flow.rules import problems
from workbench.runtime import FlowRunner
from workbench.session.schemas import Draft, Registry


def avro(*fields: dict[str, Any]) -> Schema:
    return Schema("AVRO", json.dumps({"type": "record", "name": "Order", "fields": list(fields)}))


ID, KIND = {"name": "id", "type": "long"}, {"name": "kind", "type": ["string", "long"]}
OLD = avro(ID, KIND)
NEW = avro(ID, {"name": "sort", "type": "string", "aliases": ["kind"]},
           {"name": "country", "type": "string", "default": "DE"})
PICKED = '{"id": "{counter}", "kind": "{choice a|b}"}'


def drawing(kind: str, template: str = PICKED, **group: Any) -> FlowDocument:
    made = {"rate": 5000.0, "limit": 20, "template": template, "linger_ms": 1.0, "key": "", "schema": "old"}
    one = {"partitions": 1}
    nodes = [Node("p", "producer", "checkout", params=made), Node("t", "topic", "orders", params=one),
             Node("g", "forward", "billing", params={"reader_schema": "new", "max_retries": 0, **group}),
             Node("d", "dead_letters", "dead", params=one)]
    links = [Link("pt", "p", "t"), Link("tg", "t", "g"), Link("gd", "g", "d")]
    nodes.append(Node("o", "store", "rows", params={"key": "sort"}) if kind == "store"
                 else Node("o", "topic", "out", params=one))
    return FlowDocument(nodes, [*links, Link("go", "g", "o")])


def played(document: FlowDocument, look: Callable[[BrokerReader], Any]) -> Any:
    async def at_work(broker: Broker, clock):
        registry = Registry(broker.schemas)
        for subject, schema in (("old", OLD), ("new", NEW)):
            await asyncio.to_thread(registry.register, subject, Draft(schema))
        runner = FlowRunner(EmbeddedEngine(broker), clock=clock, seed=7, journal=lambda entry: None, background=False)
        await runner.apply(document)
        await runner.run()
        await asyncio.wait_for(until(runner.drained), 30)
        await runner.stop()
        with BrokerReader(broker.path) as reader:
            return look(reader)

    with tempfile.TemporaryDirectory() as folder:
        return in_virtual_time(at_work, Path(folder) / "work.flow")


def values(*topics: str) -> Callable[[BrokerReader], list[list[Any]]]:
    def look(reader: BrokerReader) -> list[list[Any]]:
        decoders = decoders_in(reader)
        return [[decoders(name).value(record.value, record.headers) for record in reader.read(name, 0, 0, 99)]
                for name in topics]

    return look


def test_what_is_forwarded_is_of_the_reader_schema():
    out, orders, dead = played(drawing("topic", filter='value.sort == "a"'), values("out", "orders", "dead"))
    assert out and dead == [] and len(orders) == 20 and {each.schema.subject for each in orders} == {"old"}
    assert {each.schema.subject for each in out} == {"new"}
    assert all(each.value["sort"] == "a" and each.value["country"] == "DE" for each in out)


def test_a_map_sees_what_filled_in():
    out, _ = played(drawing("topic", map='{"to": value.country, "id": value.id}'), values("out", "dead"))
    assert [each.value for each in out] == [{"to": "DE", "id": number} for number in range(1, 21)]


def test_what_can_t_be_resolved_goes_to_the_dead_letters_as_it_was():
    template = '{"id": "{counter}", "kind": 5}'

    def look(reader: BrokerReader) -> Any:
        dead = reader.read("dead", 0, 0, 99)
        return len(reader.read("out", 0, 0, 99)), values("dead")(reader)[0], [dict(each.headers) for each in dead]

    forwarded, dead, headers = played(drawing("topic", template), look)
    assert forwarded == 0 and len(dead) == 20 and dead[0].schema.subject == "old"
    assert headers[0]["x-reason"].decode().startswith(
        "The value, written with old version 1, can't be read by new version 1: The field 'sort' is string in new"
        " version 1 and long in old version 1.")


def test_a_store_keeps_the_resolved_value_by_its_field():
    def look(reader: BrokerReader) -> Any:
        decoders = decoders_in(reader)
        return {row.key: decoders("orders").value(row.value).value["country"]
                for row in reader.store_rows("rows", 0, 9)}

    assert played(drawing("store"), look) == {b"a": "DE", b"b": "DE"}


@pytest.mark.parametrize(("text", "count"), [("new", 0), ("new:2", 0), ("new:two", 1)])
def test_the_drawing_says_what_is_no_version(text, count):
    told = [sentence for _, sentence in problems(drawing("topic", reader_schema=text)) if "version" in sentence]
    assert len(told) == count


def test_a_schema_that_is_not_there_fails_each_record():
    def look(reader: BrokerReader) -> Any:
        return [dict(each.headers)["x-reason"].decode() for each in reader.read("dead", 0, 0, 99)]

    told = played(drawing("topic", reader_schema="new:7"), look)
    assert len(told) == 20 and set(told) == {"There is no version 7 of the subject 'new'."}
