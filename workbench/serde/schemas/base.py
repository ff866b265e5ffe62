"""What a schema is before anybody registers it: its text, what it refers to, and what comes of reading it.

A kind of schema (``avro``, ``protobuf``, ``jsonschema``) reads a text into a ``Parsed``; ``table.parse`` picks the
kind. Pure values. Whatever is wrong with a text is ``Invalid`` with one sentence that names the place, found in
bounded time: a text has at most ``TEXT_LIMIT`` bytes, nests ``DEPTH_LIMIT`` deep and refers to ``REFERENCE_LIMIT``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from workbench.core.schemas import AVRO, JSON, PROTOBUF, TYPES, Reference, Schema

__all__ = ["AVRO", "JSON", "PROTOBUF", "TYPES", "Field", "Parsed", "Reference", "Resolve", "Schema"]

TEXT_LIMIT = 5 * 1024 * 1024
DEPTH_LIMIT = 100
REFERENCE_LIMIT = 200


class Field(NamedTuple):
    """One field, for people: ``items[].price`` a ``decimal(10,2)``. ``default`` is JSON, empty where there is none."""

    path: str
    type: str
    default: str = ""
    doc: str = ""


Resolve = Callable[[Reference], Schema]
"""The schema that is meant; ``NotFound`` where it is not registered."""


class Parsed(Protocol):
    """A schema that was read and holds. Immutable; any thread."""

    @property
    def type(self) -> str: ...

    @property
    def canonical(self) -> str:
        """A text of the same type that is equal for schemas which mean the same: no white space, no comments of its
        form. It refers to what the schema refers to."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The full names of the records (Avro), messages (Protobuf) or the title (JSON Schema) it defines; the first is
        the one that values are of. May be empty."""
        ...

    def fields(self, name: str = "") -> tuple[Field, ...]:
        """All fields of the type ``name`` (else of the first), depth first; a type within itself is only named."""
        ...
