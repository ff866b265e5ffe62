"""Commands and replies about registered schemas; see ``core.schemas`` for the values. What is only looked at is read
from the file."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.core.schemas import Schema


class SchemaRegistered(msgspec.Struct, frozen=True, tag=True):
    """``is_new`` is False where the schema was there already."""

    subject: str
    version: int
    id: int
    is_new: bool


class SchemaVersionsGone(msgspec.Struct, frozen=True, tag=True):
    versions: tuple[int, ...]


# -- commands ----------------------------------------------------------------------------------------------
class RegisterSchema(Command, frozen=True, tag=True):
    """Make it the subject's next version, if it fits; the version that it is, where it is registered already."""

    subject: str
    schema: Schema
    reply: ClassVar[type] = SchemaRegistered


class DeleteSchemas(Command, frozen=True, tag=True):
    """A version of a subject (-1: the last), or without one all of them. ``permanent``: what is softly deleted, for
    good."""

    subject: str
    version: int | None = None
    permanent: bool = False
    reply: ClassVar[type] = SchemaVersionsGone


class SetCompatibility(Command, frozen=True, tag=True):
    """The level of a subject, or with '' of all that have none of their own; None goes back to what is above."""

    subject: str
    level: str | None
