"""Deleting versions and subjects: softly first, then for good, and never what another schema refers to."""

from __future__ import annotations

from workbench.broker import Schemas
from workbench.core.schemas import SchemaVersion
from workbench.session.schemas import problems
from workbench.session.schemas.lookup import SchemaLookup
from workbench.session.schemas.settings import Settings
from workbench.session.schemas.subjects import normal, place_of


class Deleting:
    def __init__(self, lookup: SchemaLookup, settings: Settings, schemas: Schemas) -> None:
        self._lookup = lookup
        self._settings = settings
        self._schemas = schemas

    def delete_subject(self, subject: str, permanent: bool = False) -> list[int]:
        """The versions that went."""
        subject = normal(subject)
        with self._schemas.turn:
            everything, there = self._lookup.versions(subject, deleted=True), self._lookup.versions(subject)
            if not everything:
                raise problems.no_subject(subject)
            if not permanent and not there:
                raise problems.subject_is_deleted(subject)
            self._check_mode(subject)
            gone = everything if permanent else there
            for one in gone:
                if self._refers_from_elsewhere(one, permanent):
                    raise problems.is_referenced(subject, one.version)
            if permanent and there:
                raise problems.subject_is_not_deleted(subject)
            self._schemas.remove(gone) if permanent else self._schemas.delete(gone)
            if permanent:
                self._settings.forget(subject)
            return [one.version for one in gone]

    def delete_version(self, subject: str, version: int, permanent: bool = False) -> int:
        """The number of the version that went; «latest» means the last that is left."""
        subject = normal(subject)
        with self._schemas.turn:
            one = self._the_version(subject, version, permanent)
            self._check_mode(subject)
            if self._lookup.referring(subject, one.version, permanent):
                raise problems.is_referenced(subject, one.version)
            if permanent and not one.deleted:
                raise problems.version_is_not_deleted(subject, one.version)
            self._schemas.remove([one]) if permanent else self._schemas.delete([one])
            if permanent and not self._lookup.versions(subject, deleted=True):
                self._settings.forget(subject)
            return one.version

    def _the_version(self, subject: str, version: int, permanent: bool) -> SchemaVersion:
        if not permanent and (there := self._lookup.find(subject, version)) is not None:
            return there
        found = self._lookup.find(subject, version, deleted=True)
        if found is None:
            raise problems.no_version(version) if self._lookup.versions(subject, True) else problems.no_subject(subject)
        if not permanent:
            raise problems.version_is_deleted(subject, found.version)
        return found

    def _check_mode(self, subject: str) -> None:
        if self._settings.mode(subject) in ("READONLY", "READONLY_OVERRIDE"):
            which = f"Subject {subject} in context {place_of(subject).prefix}"
            raise problems.not_permitted(f"{which} is in read-only mode")

    def _refers_from_elsewhere(self, one: SchemaVersion, deleted: bool) -> bool:
        return any(holder.subject != one.subject
                   for holder in self._lookup.referring(one.subject, one.version, deleted))
