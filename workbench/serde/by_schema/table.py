"""All kinds of schemas as readers and writers of bytes. Adding one is a module with a ``SchemaSerde``, a line here."""

from __future__ import annotations

from workbench.core.errors import Invalid
from workbench.serde.by_schema.avro import AvroSerde
from workbench.serde.by_schema.base import SchemaSerde
from workbench.serde.by_schema.jsonschema import JsonSchemaSerde
from workbench.serde.by_schema.protobuf import ProtobufSerde
from workbench.serde.schemas.avro import AvroSchema
from workbench.serde.schemas.base import Parsed
from workbench.serde.schemas.jsonschema import JsonSchema
from workbench.serde.schemas.protobuf import ProtobufSchema


def serde_of(parsed: Parsed, indexes: tuple[int, ...] = (0,), message: str = "") -> SchemaSerde:
    """``indexes`` or else the name ``message`` say which of a Protobuf schema's messages; ``Invalid`` where it has none
    there, or where no bytes of the schema can be read."""
    if isinstance(parsed, AvroSchema):
        try:
            return AvroSerde(parsed)
        except ValueError as wrong:
            raise Invalid("The Avro schema can't be read by: {wrong}.", wrong=wrong) from None
    if isinstance(parsed, ProtobufSchema):
        return ProtobufSerde(parsed.message_named(message) if message else parsed.message(indexes))
    assert isinstance(parsed, JsonSchema)
    return JsonSchemaSerde(parsed)
