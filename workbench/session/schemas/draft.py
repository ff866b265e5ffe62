"""A schema that somebody brings, and what it is called by: read once, known by its digest. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from workbench.core.schemas import PROTOBUF, Schema
from workbench.serde.schemas import Parsed

_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What its author added: neither is looked into, both are part of what makes it the same schema."""

    metadata: dict[str, Any] | None = None
    rule_set: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """As it is kept; empty where nothing was added."""
        told = {name: value for name, value in (("metadata", self.metadata), ("ruleSet", self.rule_set)) if value}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode() if told else ""

    @staticmethod
    def of(text: str) -> Metadata:
        told = orjson.loads(text) if text else {}
        return Metadata(told.get("metadata"), told.get("ruleSet"))

    def property_of(self, name: str) -> str | None:
        properties = (self.metadata or {}).get("properties")
        return properties.get(name) if isinstance(properties, dict) else None


@dataclass(frozen=True, slots=True)
class Draft:
    """``version`` 0: the next one. ``id`` -1: the registry gives one."""

    schema: Schema
    metadata: Metadata = field(default_factory=Metadata)
    version: int = 0
    id: int = -1


def kept_text(schema: Schema, parsed: Parsed) -> str:
    """The text as it is kept and given out: JSON without white space, a .proto as its author wrote it, and one that
    came as a descriptor in words."""
    if schema.type != PROTOBUF:
        return _SPACE.sub(r"\1", schema.text)
    is_descriptor = "{" not in schema.text and ";" not in schema.text
    return parsed.canonical if is_descriptor else schema.text


def digest_of(schema: Schema, parsed: Parsed, metadata: Metadata) -> bytes:
    """Equal for schemas that are the same: by what they mean, not by how they are laid out."""
    told = hashlib.md5(usedforsecurity=False)
    references = sorted((each.name, each.subject, each.version) for each in schema.references)
    for part in (schema.type, parsed.canonical, repr(references), metadata.text):
        told.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    return told.digest()
