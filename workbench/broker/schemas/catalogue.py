"""All that is registered, in memory: which ids, versions, levels there are, and who refers to whom. No I/O.

Read from any thread while one writes: what a reader holds is a tuple or a value, replaced as a whole and never changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from workbench.broker.schemas import rows
from workbench.core.schemas import RegisteredSchema, SchemasShape, SchemaVersion, SubjectSettings


class Catalogue:
    def __init__(self, schemas: Iterable[RegisteredSchema] = (), versions: Iterable[SchemaVersion] = (),
                 settings: dict[str, SubjectSettings] | None = None) -> None:
        self._schemas: dict[int, RegisteredSchema] = {}
        self._ids: dict[bytes, int] = {}
        self._subjects: dict[str, tuple[SchemaVersion, ...]] = {}
        self._holders: dict[int, tuple[SchemaVersion, ...]] = {}
        self._referring: dict[tuple[str, int], tuple[int, ...]] = {}
        self._settings = dict(settings or {})
        for schema in schemas:
            self.take_schema(schema)
        self.take_versions(versions)

    # -- what there is -----------------------------------------------------------------------------------------
    def subjects(self) -> list[str]:
        """By name; those of which every version is deleted too."""
        return sorted(list(self._subjects))

    def versions(self, subject: str) -> tuple[SchemaVersion, ...]:
        """By number, deleted ones too; none of a subject that is not there."""
        return self._subjects.get(subject, ())

    def schema(self, schema_id: int) -> RegisteredSchema | None:
        """Also one whose versions are all gone: records may have been written with it."""
        return self._schemas.get(schema_id)

    def schema_of_digest(self, digest: bytes) -> RegisteredSchema | None:
        return self._schemas.get(self._ids.get(digest, -1))

    def holders(self, schema_id: int) -> tuple[SchemaVersion, ...]:
        """The versions that are this schema, by subject and number; deleted ones too."""
        return self._holders.get(schema_id, ())

    def referring(self, subject: str, version: int) -> tuple[int, ...]:
        """The ids of schemas that refer to a version."""
        return self._referring.get((subject, version), ())

    def settings(self, subject: str) -> SubjectSettings:
        return self._settings.get(subject, SubjectSettings())

    def all_settings(self) -> dict[str, SubjectSettings]:
        return dict(self._settings)

    @property
    def last_id(self) -> int:
        """The greatest id ever given."""
        return max(list(self._schemas), default=0)

    # -- what comes --------------------------------------------------------------------------------------------
    def take_schema(self, schema: RegisteredSchema) -> None:
        self._schemas[schema.id] = schema
        self._ids.setdefault(schema.digest, schema.id)
        for each in schema.schema.references:
            key = each.subject, each.version
            self._referring[key] = (*self._referring.get(key, ()), schema.id)

    def take_versions(self, versions: Iterable[SchemaVersion]) -> None:
        """New ones, and others in place of those with their number."""
        for one in versions:
            self.drop_versions([one])
            self._subjects[one.subject] = tuple(sorted((*self.versions(one.subject), one), key=lambda v: v.version))
            held = (*self.holders(one.schema_id), one)
            self._holders[one.schema_id] = tuple(sorted(held, key=lambda v: (v.subject, v.version)))

    def drop_versions(self, versions: Iterable[SchemaVersion]) -> None:
        for one in versions:
            there = next((v for v in self.versions(one.subject) if v.version == one.version), None)
            if there is None:
                continue
            _replace(self._subjects, one.subject, tuple(v for v in self.versions(one.subject) if v != there))
            _replace(self._holders, there.schema_id, tuple(v for v in self.holders(there.schema_id) if v != there))

    def take_settings(self, subject: str, settings: SubjectSettings) -> None:
        self._settings[subject] = settings
        if settings == SubjectSettings():
            del self._settings[subject]

    def shape(self) -> SchemasShape:
        versions = tuple(one for subject in self.subjects() for one in self.versions(subject))
        return SchemasShape(tuple(self._schemas[number] for number in sorted(list(self._schemas))), versions,
                            self.all_settings())


def _replace(table: dict, key: object, value: tuple[SchemaVersion, ...]) -> None:
    if value:
        table[key] = value
    else:
        table.pop(key, None)


def load_catalogue(db: sqlite3.Connection) -> Catalogue:
    return Catalogue(rows.load_schemas(db), rows.load_versions(db), rows.load_settings(db))
