"""All kinds of schemas. Adding one is a module with a reader, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.core.errors import Invalid
from workbench.serde.schemas import avro, jsonschema, protobuf
from workbench.serde.schemas.base import AVRO, JSON, PROTOBUF, TEXT_LIMIT, TYPES, Parsed, Resolve, Schema
from workbench.serde.schemas.references import Referred, no_references, referred

KINDS: Mapping[str, Callable[[Schema, list[Referred]], Parsed]] = {
    AVRO: avro.read,
    PROTOBUF: protobuf.read,
    JSON: jsonschema.read,
}


def parse(schema: Schema, resolve: Resolve = no_references) -> Parsed:
    """The schema, read; ``Invalid`` with the place of what is wrong."""
    if schema.type not in KINDS:
        raise Invalid("There is no schema type {type!r}.", "Use one of: {types}.", type=schema.type,
                      types=', '.join(TYPES))
    size = len(schema.text.encode("utf-8", "replace"))
    if size > TEXT_LIMIT:
        raise Invalid("The schema has {size:.1f} MB, more than {text_limit}.",
                      "Split it into several that refer to each other.", size=size / 1024 / 1024,
                      text_limit=TEXT_LIMIT // 1024 // 1024)
    if not schema.text.strip():
        raise Invalid("The schema is empty.")
    return KINDS[schema.type](schema, referred(schema, resolve))
