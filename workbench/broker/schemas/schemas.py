"""The schema registry of the open workspace: what is registered, and single changes of it, each one transaction.

A change answers once it is committed, so what a client was told outlives a kill. Nothing is judged here but numbers:
whoever checks before he writes (``session.schemas``) holds ``turn`` meanwhile, so that two do not both see the last
version as theirs to follow. Thread-safe. Read from the file on first use.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence

from workbench.broker.journal.journal import Journal
from workbench.broker.schemas import rows
from workbench.broker.schemas.catalogue import Catalogue, load_catalogue
from workbench.broker.store import Store
from workbench.core.clock import Clock
from workbench.core.journal import SchemaAct, SchemaEntry
from workbench.core.schemas import RegisteredSchema, Schema, SchemasShape, SchemaVersion, SubjectSettings


class Schemas:
    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._loading = threading.Lock()
        self._catalogue: Catalogue | None = None
        self.turn = threading.RLock()

    @property
    def loaded(self) -> bool:
        """Whether asking for the catalogue reads no file."""
        return self._catalogue is not None

    @property
    def catalogue(self) -> Catalogue:
        found = self._catalogue
        if found is None:
            with self._loading:
                if self._catalogue is None:
                    self._catalogue = self._store.read(load_catalogue)
                found = self._catalogue
        return found

    def new_schema(self, schema: Schema, digest: bytes, more: str = "",
                   schema_id: int | None = None) -> RegisteredSchema:
        """A schema to be added with its first version. ``schema_id``: the number it has elsewhere."""
        number = self.catalogue.last_id + 1 if schema_id is None else schema_id
        return RegisteredSchema(number, schema, digest, more, self._clock.now_ms())

    def add(self, subject: str, version: int, schema: RegisteredSchema,
            instead_of: Sequence[SchemaVersion] = ()) -> SchemaVersion:
        """A version of a subject; the schema is stored if its id is new. ``instead_of`` versions go."""
        added = SchemaVersion(subject, version, schema.id, False, self._clock.now_ms())
        known = self.catalogue.schema(schema.id) is not None

        def write(db: sqlite3.Connection) -> None:
            if not known:
                rows.put_schema(db, schema)
            rows.remove_versions(db, instead_of)
            rows.put_versions(db, [added])
            self._enter("registered", subject, (version,), schema.id)

        def follow(_: None) -> None:
            if not known:
                self.catalogue.take_schema(schema)
            self.catalogue.drop_versions(instead_of)
            self.catalogue.take_versions([added])

        self._store.write(write, follow).result()
        return added

    def delete(self, versions: Sequence[SchemaVersion]) -> None:
        """Softly: they stay, and are no longer offered."""
        gone = [SchemaVersion(v.subject, v.version, v.schema_id, True, v.at_ms) for v in versions]

        def write(db: sqlite3.Connection) -> None:
            rows.put_versions(db, gone)
            self._enter_each("deleted", gone)

        self._store.write(write, lambda _: self.catalogue.take_versions(gone)).result()

    def remove(self, versions: Sequence[SchemaVersion]) -> None:
        """For good. Their schemas keep their ids, for records that carry them."""

        def write(db: sqlite3.Connection) -> None:
            rows.remove_versions(db, versions)
            self._enter_each("removed", versions)

        self._store.write(write, lambda _: self.catalogue.drop_versions(versions)).result()

    def put_settings(self, subject: str, settings: SubjectSettings) -> None:
        """Of a subject, a context, or all of them ('')."""

        def write(db: sqlite3.Connection) -> None:
            rows.put_settings(db, subject, settings)
            self._enter("settings", subject)

        self._store.write(write, lambda _: self.catalogue.take_settings(subject, settings)).result()

    def _enter_each(self, act: SchemaAct, versions: Sequence[SchemaVersion]) -> None:
        for subject in dict.fromkeys(one.subject for one in versions):
            self._enter(act, subject, tuple(one.version for one in versions if one.subject == subject))

    def _enter(self, act: SchemaAct, subject: str, versions: tuple[int, ...] = (), schema_id: int = 0) -> None:
        self._journal.add(SchemaEntry(self._clock.now_ms(), act=act, subject=subject, versions=versions,
                                      schema_id=schema_id))

    def take_up(self) -> None:
        """An import brought some: read all anew when it is asked for."""
        self._catalogue = None

    # -- whole registries --------------------------------------------------------------------------------------
    def shape(self) -> SchemasShape:
        return self.catalogue.shape()
