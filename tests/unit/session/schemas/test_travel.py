"""Schemas leave with an export and come back by an import: with their ids, which records carry."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from workbench.broker import Broker, BrokerReader
from workbench.core.records import Record
from workbench.core.schemas import Reference, Schema, SchemasShape
from workbench.host import LocalHost
from workbench.session.export.writing import export
from workbench.session.importing import import_file
from workbench.session.schemas import Draft, Registry

CUSTOMER = '{"type":"record","name":"Customer","fields":[]}'
ORDER = '{"type":"record","name":"Order","fields":[{"name":"c","type":"Customer"}]}'


def build(path: Path) -> None:
    with Broker.create(path) as broker:
        registry = Registry(broker.schemas)
        registry.register("gone", Draft(Schema("AVRO", '"long"')))
        registry.register("customer", Draft(Schema("AVRO", CUSTOMER)))
        registry.register("orders-value", Draft(Schema("AVRO", ORDER, (Reference("Customer", "customer", 1),))))
        registry.register("other-value", Draft(Schema("AVRO", '"string"')))
        registry.register("unused", Draft(Schema("AVRO", '"int"')))
        registry.settings.put_level("orders-value", "FULL")
        registry.settings.put_level("", "NONE")
        registry.delete_subject("gone")
        for topic, number in (("orders", 3), ("other", 4), ("late", 1)):
            broker.create_topic(topic)
            broker.append(topic, 0, [Record(None, b"\0" + number.to_bytes(4, "big") + b"data"), Record(None, b"\0\0")])


def shape(path: Path) -> SchemasShape:
    with BrokerReader(path) as reader:
        return reader.schemas().shape()


def carry(tmp_path: Path, out: str, *topics: str) -> tuple[SchemasShape, tuple[str, ...]]:
    """What another workspace has of it, and what could not be taken."""
    with BrokerReader(tmp_path / "a.flow") as reader:
        export(reader, tmp_path / out, "all", topics=topics)
    if not (tmp_path / "b.flow").exists():
        Broker.create(tmp_path / "b.flow").close()
    with closing(LocalHost(tmp_path / "b.flow")) as host:
        done = import_file(host, tmp_path / out)
    return shape(tmp_path / "b.flow"), done.left_out


@pytest.mark.parametrize("out", ["a.jsonl", "a.csv"])
def test_all_of_them_come_back(tmp_path: Path, out: str):
    build(tmp_path / "a.flow")
    found, left_out = carry(tmp_path, out)
    assert found == shape(tmp_path / "a.flow") and left_out == ()
    assert found.settings.keys() == {"", "orders-value"}


@pytest.mark.parametrize("out", ["a.jsonl", "a.csv"])
@pytest.mark.parametrize(("topic", "subjects"), [
    ("orders", ["customer", "orders-value"]), ("other", ["other-value"]), ("late", ["gone"])])
def test_of_a_topic_those_that_its_records_and_its_subjects_need(tmp_path: Path, out: str, topic: str,
                                                                 subjects: list[str]):
    build(tmp_path / "a.flow")
    found, _ = carry(tmp_path, out, topic)
    assert [one.subject for one in found.versions] == subjects
    assert set(found.settings) == {"orders-value"} & set(subjects)


def test_an_id_that_is_taken_is_said_and_nothing_is_overwritten(tmp_path: Path):
    build(tmp_path / "a.flow")
    with Broker.create(tmp_path / "b.flow") as broker:
        registry = Registry(broker.schemas)
        registry.register("mine", Draft(Schema("AVRO", '"bytes"')))
        registry.register("customer", Draft(Schema("AVRO", CUSTOMER)))
        registry.register("orders-value", Draft(Schema("AVRO", '"float"')))
    found, left_out = carry(tmp_path, "a.jsonl")
    assert [said for said in left_out if "schema" in said or "subject" in said] == [
        "The schema with the id 1: another one has that id here.",
        "The schema with the id 3: another one has that id here.",
        "The versions of the subject orders-value: it was here before, with others."]
    assert [schema.schema.text for schema in found.schemas] == ['"bytes"', CUSTOMER, '"float"', '"string"', '"int"']
    assert "gone" not in {one.subject for one in found.versions}


def test_the_next_id_after_an_import_is_a_new_one(tmp_path: Path):
    build(tmp_path / "a.flow")
    carry(tmp_path, "a.jsonl")
    with Broker.open(tmp_path / "b.flow") as broker:
        assert Registry(broker.schemas).register("new", Draft(Schema("AVRO", '"double"'))).id == 6


def test_a_host_that_was_asked_before_knows_what_came(tmp_path: Path):
    build(tmp_path / "a.flow")
    with BrokerReader(tmp_path / "a.flow") as reader:
        export(reader, tmp_path / "a.jsonl", "all")
    with Broker.create(tmp_path / "b.flow") as broker:
        assert broker.schemas.catalogue.subjects() == []
        lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
        assert {line["shape"] for line in lines if "shape" in line} >= {"schema", "schema_version", "schema_settings"}
        number = broker.imports.begin()
        broker.imports.commit(number, reader_shape(tmp_path))
        assert "customer" in broker.schemas.catalogue.subjects()


def reader_shape(tmp_path: Path):
    from dataclasses import replace

    with BrokerReader(tmp_path / "a.flow") as reader:
        found = reader.shape()
    return replace(found, topics=(), queues=(), groups=(), flow="")
