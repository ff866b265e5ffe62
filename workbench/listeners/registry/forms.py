"""Schemas in other forms than they are kept in, as clients ask for by ``format``."""

from __future__ import annotations

import orjson

from workbench.core.schemas import AVRO, PROTOBUF, SchemaVersion
from workbench.listeners.registry.async_registry import AsyncRegistry
from workbench.serde.schemas import Parsed


async def text_in(form: str, one: SchemaVersion, service: AsyncRegistry) -> str | None:
    """``serialized``: a Protobuf descriptor in base64; ``resolved``: Avro with what it refers to put in. None where the
    text as it is kept is meant."""
    if not form.strip():
        return None
    return await service.check(lambda: _formed(form.strip(), service.registry.lookup.parsed(one)))


def _formed(form: str, parsed: Parsed) -> str | None:
    if parsed.type == PROTOBUF and form == "serialized":
        from workbench.serde.schemas.protobuf import ProtobufSchema  # only where there is one

        return parsed.serialized if isinstance(parsed, ProtobufSchema) else None
    if parsed.type == AVRO and form == "resolved":
        from workbench.serde.schemas.avro import AvroSchema

        return orjson.dumps(parsed.tree).decode() if isinstance(parsed, AvroSchema) else None
    return None
