"""Registered schemas as the Schemas page shows them: subjects, and fields of two versions side by side. Pure; read on
a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import WorkbenchError
from workbench.core.schemas import ALL, SchemaVersion
from workbench.serde.schemas import Field
from workbench.session.schemas import LookedAt
from workbench.session.schemas.subjects import topics_of

Change = Literal["", "added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class SubjectRow:
    name: str
    type: str
    versions: tuple[SchemaVersion, ...]
    level: str
    own_level: bool
    topics: tuple[str, ...]

    @property
    def last(self) -> SchemaVersion:
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field in the earlier and in the later version; empty where it has none."""

    path: str
    before: str
    after: str
    change: Change


@dataclass(frozen=True, slots=True)
class Subjects:
    rows: tuple[SubjectRow, ...] = ()
    level: str = ""


def subjects_of(registry: LookedAt, topics: list[str]) -> Subjects:
    rows = []
    for name in registry.lookup.subjects():
        versions = tuple(registry.lookup.versions(name))
        kind = registry.lookup.schema(versions[-1].schema_id).schema.type
        rows.append(SubjectRow(name, kind, versions, registry.settings.level(name),
                               registry.settings.own(name).level is not None, tuple(topics_of(name, topics))))
    return Subjects(tuple(rows), registry.settings.level(ALL))


def side_by_side(registry: LookedAt, before: SchemaVersion | None, after: SchemaVersion) -> tuple[FieldRow, ...]:
    """In the order of the later version; what went stands behind the field that it stood behind."""
    earlier = {} if before is None else {field.path: field_word(field) for field in fields_of(registry, before)}
    later = {field.path: field_word(field) for field in fields_of(registry, after)}
    rows = []
    for path, word in later.items():
        was = earlier.get(path, "")
        change: Change = "" if before is None or was == word else "changed" if was else "added"
        rows.append(FieldRow(path, was, word, change))
    places = {row.path: place for place, row in enumerate(rows)}
    behind: dict[int, list[FieldRow]] = {}
    last = -1
    for path, word in earlier.items():
        last = places.get(path, last)
        if path not in later:
            behind.setdefault(last, []).append(FieldRow(path, word, "", "removed"))
    together = list(behind.get(-1, ()))
    for place, row in enumerate(rows):
        together += [row, *behind.get(place, ())]
    return tuple(together)


def fields_of(registry: LookedAt, version: SchemaVersion) -> tuple[Field, ...]:
    try:
        return registry.lookup.parsed(version).fields()
    except WorkbenchError:
        return ()


def field_word(field: Field) -> str:
    return f"{field.type} = {field.default}" if field.default else field.type
