"""What a reader's schema makes of the registered versions that values were written with: by field. Pure, but for
reading schemas; the rules are in ``serde/schemas/resolution``."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import Invalid
from workbench.core.schemas import SchemaVersion, named_version
from workbench.serde.schemas.resolution import Row, resolution
from workbench.session.schemas import problems
from workbench.session.schemas.lookup import LATEST, SchemaLookup
from workbench.session.schemas.subjects import normal


@dataclass(frozen=True, slots=True)
class Resolved:
    """``rows`` of what ``writer`` wrote, read with ``reader``."""

    reader: SchemaVersion
    writer: SchemaVersion
    rows: tuple[Row, ...]

    @property
    def fits(self) -> bool:
        return all(each.state != "breaks" for each in self.rows)


def read_with(lookup: SchemaLookup, reader: str, writer: SchemaVersion) -> Resolved:
    """``reader`` is SUBJECT or SUBJECT:VERSION, as the setting of a drawn group."""
    subject, number = named_version(reader)
    mine = lookup.version(normal(subject), number or LATEST)
    try:
        rows = resolution(lookup.parsed(mine), lookup.parsed(writer), _name(mine), _name(writer))
    except Invalid as wrong:
        raise problems.bad_schema(lookup.schema(mine.schema_id).schema.type, wrong.sentence()) from wrong
    return Resolved(mine, writer, rows)


def _name(one: SchemaVersion) -> str:
    return f"{one.subject} version {one.version}"
