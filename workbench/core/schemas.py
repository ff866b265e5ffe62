"""Schemas as they are registered: subjects with versions, ids, levels and modes. Values only.

A schema has one number (``id``) in all subjects that hold it; a subject is a name with versions 1, 2, 3 ... of schemas.
The words are those of the Schema Registry that Kafka's serializers talk to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.core.errors import Invalid

AVRO, PROTOBUF, JSON = "AVRO", "PROTOBUF", "JSON"
TYPES = (AVRO, PROTOBUF, JSON)
LEVELS = ("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE")
MODES = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT")
DEFAULT_LEVEL, DEFAULT_MODE = "BACKWARD", "READWRITE"
ALL = ""
"""In place of a subject: the whole registry, for its level and mode."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What another schema is called within this one (an Avro name, a Protobuf import, a JSON Schema ``$ref``), and the
    subject and version where it is registered."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema as its author wrote it. ``type`` is one of ``TYPES``."""

    type: str
    text: str
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """``digest`` (16 bytes) is of what makes it the same schema: type, canonical text, references and ``more``. That is
    what its author added to it (``metadata``, ``ruleSet``) as JSON, kept as it is; empty where nothing was."""

    id: int
    schema: Schema
    digest: bytes
    more: str = ""
    created_ms: int = 0


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """``deleted`` softly: it is no longer offered, and records that were written with it can still be read."""

    subject: str
    version: int
    schema_id: int
    deleted: bool = False
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class SubjectSettings:
    """What a subject (or a context, or ``ALL``) has of its own; None where it goes by what is above it. With a
    ``group`` only versions with the same value of that name in their metadata are compared."""

    level: str | None = None
    mode: str | None = None
    normalize: bool | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class SchemasShape:
    """All of a registry, for exports: every version (those softly deleted too) with its schema."""

    schemas: tuple[RegisteredSchema, ...] = ()
    versions: tuple[SchemaVersion, ...] = ()
    settings: dict[str, SubjectSettings] = field(default_factory=dict)


def named_version(text: str) -> tuple[str, int]:
    """``SUBJECT`` or ``SUBJECT:VERSION``, as the subject and its version, 0 for the last one. ``Invalid`` where the
    version is no number; a subject in another context begins with a colon."""
    subject, colon, version = text.strip().rpartition(":")
    if not colon or not subject or (subject.startswith(":") and subject.count(":") == 1):
        return text.strip(), 0
    if version.lower() == "latest":
        return subject, 0
    if not (version.isascii() and version.isdecimal() and 1 <= int(version) < 2**31):
        raise Invalid("«{version}» is no version of a schema.", "Write SUBJECT, or SUBJECT:VERSION.",
                      version=version)
    return subject, int(version)
