"""Schemas as texts that mean something: Avro, Protobuf and JSON Schema read into one form. Pure; no registry here."""

from workbench.serde.schemas.base import AVRO, JSON, PROTOBUF, TYPES, Field, Parsed, Reference, Resolve, Schema
from workbench.serde.schemas.table import parse

__all__ = ["AVRO", "JSON", "PROTOBUF", "TYPES", "Field", "Parsed", "Reference", "Resolve", "Schema", "parse"]
