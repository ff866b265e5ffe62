"""The rules by kind of schema, imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from workbench.serde.schemas.base import AVRO, JSON, PROTOBUF, Parsed
from workbench.serde.schemas.compatibility.base import Difference

_ROOM = "workbench.serde.schemas.compatibility"
MODULES: Mapping[str, str] = {AVRO: "avro", PROTOBUF: "protobuf", JSON: "jsonschema"}


def unreadable(reader: Parsed, writer: Parsed) -> list[Difference]:
    """What keeps programs with ``reader`` from reading what was written with ``writer``; nothing where all can be
    read. Bounded: ``Invalid`` for schemas too large to be compared."""
    if reader.type != writer.type:
        return [Difference("SCHEMA_TYPE_CHANGED", "", f"{{reader}} is of type {reader.type}, {{writer}} of type"
                           f" {writer.type}", "Use another subject for another type of schema.",
                           "Use another subject for another type of schema.")]
    rules = cast("Callable[[Parsed, Parsed], list[Difference]]",
                 import_module(f"{_ROOM}.{MODULES[reader.type]}").unreadable)
    return rules(reader, writer)
