"""Real clients against the registry that is served here, unchanged: they register, look up, evolve and are refused.

Each test is a line of docs/registry-compatibility.md (``listeners/compatibility.py`` says how it is printed).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from listeners.compatibility import proves_registry
from listeners.serving import Served
from listeners.test_other_languages import node

from workbench.broker import Broker
from workbench.listeners.base import ListenerSettings
from workbench.listeners.registry import RegistryListener

CONFLUENT = "confluent-kafka"
FIRST = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
VALUE = SerializationContext("orders", MessageField.VALUE)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with Broker.create(tmp_path / "w.flow") as broker:
        served = Served(broker, ListenerSettings(), RegistryListener)
        yield served.address
        served.close()


@pytest.fixture
def client(address: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": address}) as made:
        yield made


def with_field(**field: object) -> str:
    return json.dumps(FIRST | {"fields": [*FIRST["fields"], field]})


@proves_registry(CONFLUENT, "AvroSerializer, AvroDeserializer: registers, an older reader reads a newer event")
def test_avro(client: SchemaRegistryClient):
    wide = with_field(name="note", type="string", default="")
    old, new = (AvroSerializer(client, text) for text in (json.dumps(FIRST), wide))
    events = [old({"id": 1}, VALUE), new({"id": 2, "note": "x"}, VALUE)]
    assert [event[0] for event in events] == [0, 0] and events[0][1:5] != events[1][1:5]
    assert [AvroDeserializer(client)(event, VALUE) for event in events] == [{"id": 1}, {"id": 2, "note": "x"}]
    assert [AvroDeserializer(client, wide)(event, VALUE)["note"] for event in events] == ["", "x"]
    assert client.get_versions("orders-value") == [1, 2]


@proves_registry(CONFLUENT, "AvroSerializer: a schema that does not fit is refused, and the field is named")
def test_avro_is_refused(client: SchemaRegistryClient):
    AvroSerializer(client, json.dumps(FIRST))({"id": 1}, VALUE)
    with pytest.raises(SchemaRegistryError, match="'city'") as caught:
        AvroSerializer(client, with_field(name="city", type="string"))({"id": 1, "city": "x"}, VALUE)
    assert caught.value.http_status_code == 409


@proves_registry(CONFLUENT, "use.latest.version without auto.register")
def test_latest(client: SchemaRegistryClient):
    client.register_schema("orders-value", Schema(json.dumps(FIRST)))
    wide = client.register_schema("orders-value", Schema(with_field(name="note", type="string", default="")))
    serializer = AvroSerializer(client, None, conf={"auto.register.schemas": False, "use.latest.version": True})
    assert int.from_bytes(serializer({"id": 1, "note": ""}, VALUE)[1:5], "big") == wide


@proves_registry(CONFLUENT, "ProtobufSerializer, ProtobufDeserializer: a descriptor in base64 is registered")
def test_protobuf(client: SchemaRegistryClient):
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    message = file.message_type.add(name="Payment")
    message.field.add(name="id", number=1, type=3, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    payment = message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Payment"))
    data = ProtobufSerializer(payment, client, {"use.deprecated.format": False})(payment(id=7), VALUE)
    assert data[5] == 0
    assert ProtobufDeserializer(payment, {"use.deprecated.format": False}, client)(data, VALUE).id == 7
    kept = client.get_latest_version("orders-value").schema
    assert kept.schema_type == "PROTOBUF" and "message Payment" in kept.schema_str


@proves_registry(CONFLUENT, "references")
def test_references(client: SchemaRegistryClient):
    client.register_schema("customer", Schema('{"type": "record", "name": "Customer", "fields": []}'))
    text = with_field(name="customer", type="Customer")
    number = client.register_schema("order", Schema(text, "AVRO", [SchemaReference("Customer", "customer", 1)]))
    assert client.get_schema(number).references[0].subject == "customer"
    with pytest.raises(SchemaRegistryError) as caught:
        client.delete_subject("customer")
    assert caught.value.error_code == 42206


@proves_registry("@kafkajs/confluent-schema-registry", "Avro, Protobuf, JSON Schema: registers, evolves, is refused")
def test_kafkajs(address: str):
    node("registry.cjs", address)
