"""What confluent-kafka's own serializers write through the registry served here, the workspace reads by its schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from listeners.serving import Served

from workbench.broker import Broker
from workbench.engines.schemas import CatalogueSource
from workbench.listeners.base import ListenerSettings
from workbench.listeners.registry import RegistryListener
from workbench.serde import Decoder, Serdes

AVRO = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "id", "type": "long"},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}"""
JSON = '{"title": "Order", "type": "object", "properties": {"id": {"type": "integer"}}}'
ORDER = {"id": 7, "price": Decimal("12.50"), "at": datetime(2026, 11, 30, 12, tzinfo=UTC)}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[SchemaRegistryClient, Decoder]]:
    with Broker.create(tmp_path / "w.flow") as broker:
        made = Served(broker, ListenerSettings(), RegistryListener)
        with SchemaRegistryClient({"url": made.address}) as client:
            yield client, Decoder(serdes=Serdes(CatalogueSource(lambda: broker.schemas.catalogue)))
        made.close()


def test_avro(served):
    client, decoder = served
    data = AvroSerializer(client, AVRO)(ORDER, SerializationContext("orders", MessageField.VALUE))
    read = decoder.value(data)
    assert (read.value, read.confidence, read.error) == (ORDER, 1.0, "")
    assert read.schema is not None
    assert (read.schema.subject, read.schema.version, read.schema.name) == ("orders-value", 1, "shop.Order")
    assert read.schema.write(read.in_words()) == data


def test_avro_with_the_schema_in_a_header(served):
    client, decoder = served
    headers: list[tuple[str, bytes]] = []
    serializer = AvroSerializer(client, AVRO, conf={"schema.id.serializer": header_schema_id_serializer})
    data = serializer(ORDER, SerializationContext("orders", MessageField.VALUE, headers))
    assert [name for name, _ in headers] == ["__value_schema_id"]
    read = decoder.value(data, tuple(headers))
    assert (read.value, read.encoding) == (ORDER, "avro")


def test_json(served):
    client, decoder = served
    data = JSONSerializer(JSON, client)({"id": 7}, SerializationContext("orders", MessageField.VALUE))
    read = decoder.value(data)
    assert (read.value, read.encoding) == ({"id": 7}, "json")
    assert read.schema is not None and read.schema.type == "JSON"
