"""The schema registry: register, look up, check. What is asked here is answered the same to a REST client, a verb of
the command line and the window.

A schema is known by what it means (``draft.digest_of``): the same one has the same id in every subject, laid out as it
may be. Who registers holds the broker's turn from the look at the last version to the commit of the next. Synchronous;
any thread but the loop and the writer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.broker import Catalogue, Schemas
from workbench.core.schemas import TYPES, RegisteredSchema, SchemaVersion
from workbench.serde.schemas import Parsed
from workbench.session.schemas import problems
from workbench.session.schemas.checking import Checked, check
from workbench.session.schemas.deleting import Deleting
from workbench.session.schemas.draft import Draft, Metadata, digest_of, kept_text
from workbench.session.schemas.lookup import LATEST, SchemaLookup
from workbench.session.schemas.settings import Settings
from workbench.session.schemas.subjects import DEFAULT_CONTEXT, is_good, normal, place_of

READONLY = ("READONLY", "READONLY_OVERRIDE")
MOST_BYTES = 5 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """A version with its schema."""

    version: SchemaVersion
    registered: RegisteredSchema

    @property
    def id(self) -> int:
        return self.registered.id


@dataclass(frozen=True, slots=True)
class Registered(Found):
    """``is_new`` is False where the schema was there already."""

    is_new: bool


class Registry:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.lookup = SchemaLookup(lambda: schemas.catalogue)
        self.settings = Settings(self.lookup, schemas)
        self._deleting = Deleting(self.lookup, self.settings, schemas)
        self.delete_subject = self._deleting.delete_subject
        self.delete_version = self._deleting.delete_version

    # -- registering -------------------------------------------------------------------------------------------
    def register(self, subject: str, draft: Draft) -> Registered:
        """A new version of the subject, or the one that is this schema already."""
        if not is_good(subject):
            raise problems.bad_subject(subject)
        subject = normal(subject)
        check_draft(draft)
        with self._schemas.turn:
            draft = self._completed(subject, draft)
            parsed = self.lookup.read(subject, draft.schema)
            digest = digest_of(draft.schema, parsed, draft.metadata)
            there = None if draft.version > 0 else self._version_of(subject, digest)
            if there is not None and draft.id in (-1, there.schema_id):
                return self._registered(there, False)
            self._check_mode(subject, draft)
            if self.settings.mode(subject) != "IMPORT":
                found = check_against(self.lookup, self.settings, subject, parsed, draft.metadata)
                if not found.fits:
                    raise problems.incompatible(subject, found.messages)
            return self._add(subject, draft, parsed, digest)

    def _completed(self, subject: str, draft: Draft) -> Draft:
        """A draft without text is the last version with something added."""
        if draft.schema.text.strip():
            return replace(draft, schema=self.lookup.settled(subject, draft.schema))
        last = self.lookup.find(subject, LATEST)
        if last is None or draft.metadata == Metadata():
            raise problems.empty_schema()
        return replace(draft, schema=self.lookup.schema(last.schema_id).schema)

    def _check_mode(self, subject: str, draft: Draft) -> None:
        mode, context = self.settings.mode(subject), place_of(subject).prefix
        which = f"Subject {subject} in context {context}"
        if mode in READONLY:
            raise problems.not_permitted(f"{which} is in read-only mode")
        if draft.id >= 0 and mode != "IMPORT":
            raise problems.not_permitted(f"{which} is not in import mode")
        if draft.id < 0 and mode != "READWRITE":
            raise problems.not_permitted(f"{which} is not in read-write mode")

    def _add(self, subject: str, draft: Draft, parsed: Parsed, digest: bytes) -> Registered:
        versions = self.lookup.versions(subject, deleted=True)
        following = versions[-1].version + 1 if versions else 1
        number = draft.version if draft.version > 0 else following
        if number != following and self.settings.mode(subject) != "IMPORT":
            raise problems.bad_schema(draft.schema.type, "Version is not one more than previous version")
        registered = self._schema(subject, draft, parsed, digest)
        again = [one for one in versions if one.deleted and one.schema_id == registered.id and one.version < number
                 and not self.lookup.referring(subject, one.version, deleted=True)]
        added = self._schemas.add(subject, number, registered, again)
        return Registered(added, registered, True)

    def _schema(self, subject: str, draft: Draft, parsed: Parsed, digest: bytes) -> RegisteredSchema:
        schema = replace(draft.schema, text=kept_text(draft.schema, parsed))
        if draft.id < 0:
            known = self.lookup.catalogue.schema_of_digest(digest)
            return known or self._schemas.new_schema(schema, digest, draft.metadata.text)
        there = self.lookup.catalogue.schema(draft.id)
        if there is not None and there.digest != digest:
            raise problems.not_permitted(f"Overwrite new schema with id {draft.id} in context"
                                         f" {place_of(subject).prefix} is not permitted.")
        return there or self._schemas.new_schema(schema, digest, draft.metadata.text, draft.id)

    def _version_of(self, subject: str, digest: bytes, deleted: bool = False) -> SchemaVersion | None:
        for one in reversed(self.lookup.versions(subject, deleted)):
            registered = self.lookup.catalogue.schema(one.schema_id)
            if registered is not None and registered.digest == digest:
                return one
        return None

    def _registered(self, version: SchemaVersion, is_new: bool) -> Registered:
        return Registered(version, self.lookup.schema(version.schema_id), is_new)

    # -- looking up and checking -------------------------------------------------------------------------------
    def look_up(self, subject: str, draft: Draft, deleted: bool = False) -> Found:
        """The version of the subject that is this schema; a name without a context is looked for in all of them."""
        subject = normal(subject)
        check_draft(draft)
        if not draft.schema.text.strip():
            raise problems.empty_schema()
        contexts = self.lookup.contexts()[1:] if place_of(subject).context == DEFAULT_CONTEXT else []
        for name in (subject, *(f":{context}:{subject}" for context in contexts)):
            schema = self.lookup.settled(name, draft.schema)
            digest = digest_of(schema, self.lookup.read(name, schema), draft.metadata)
            if (version := self._version_of(name, digest, deleted)) is not None:
                return Found(version, self.lookup.schema(version.schema_id))
        raise problems.no_schema() if self.lookup.versions(subject, deleted) else problems.no_subject(subject)

    def check(self, subject: str, draft: Draft, version: int | None = None) -> Checked:
        """Whether it could be registered as the next version; with ``version`` compared with that one alone."""
        return check_draft_against(self.lookup, self.settings, normal(subject), draft, version)

    # -- reading -----------------------------------------------------------------------------------------------
    def version(self, subject: str, version: int, deleted: bool = False) -> Found:
        one = self.lookup.version(normal(subject), version, deleted)
        return Found(one, self.lookup.schema(one.schema_id))

    def latest_with(self, subject: str, properties: Mapping[str, str], deleted: bool = False) -> Found:
        """The last version whose metadata has all of these properties."""
        subject = normal(subject)
        for one in reversed(self.lookup.versions(subject, deleted)):
            registered = self.lookup.schema(one.schema_id)
            told = Metadata.of(registered.more)
            if all(told.property_of(name) == value for name, value in properties.items()):
                return Found(one, registered)
        raise problems.no_schema() if self.lookup.versions(subject, deleted) else problems.no_subject(subject)

    def referring(self, subject: str, version: int, deleted: bool = False) -> list[int]:
        """The ids of the schemas that refer to a version, by number."""
        return sorted({one.schema_id for one in self.lookup.referring(normal(subject), version, deleted)})


def check_draft(draft: Draft) -> None:
    """What is wrong with a draft before it is read."""
    if draft.schema.type not in TYPES:
        raise problems.bad_schema(draft.schema.type[:40], f"Invalid schema type {draft.schema.type[:40]}")
    if len(draft.schema.text) > MOST_BYTES or len(draft.metadata.text) > MOST_BYTES:
        raise problems.too_large()


def check_draft_against(lookup: SchemaLookup, settings: Settings, subject: str, draft: Draft,
                        version: int | None = None) -> Checked:
    check_draft(draft)
    if not draft.schema.text.strip():
        raise problems.empty_schema()
    before = None
    if version is not None:
        one = lookup.find(subject, version)
        if one is None and version != LATEST:
            raise problems.no_version(version)
        before = [] if one is None else [one]
    parsed = lookup.read(subject, lookup.settled(subject, draft.schema))
    return check_against(lookup, settings, subject, parsed, draft.metadata, before)


def check_against(lookup: SchemaLookup, settings: Settings, subject: str, parsed: Parsed, metadata: Metadata,
                  before: Sequence[SchemaVersion] | None = None) -> Checked:
    """With a compatibility group only versions of the same group count."""
    held = settings.in_scope(subject)
    compared = lookup.versions(subject) if before is None else list(before)
    if held.group:
        mine = metadata.property_of(held.group)
        compared = [one for one in compared
                    if Metadata.of(lookup.schema(one.schema_id).more).property_of(held.group) == mine]
    return check(held.level or "NONE", parsed, compared, lookup.parsed)


class LookedAt:
    """The registry of a file that is only read: its lookup, its settings, and the check."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.lookup = SchemaLookup(lambda: catalogue)
        self.settings = Settings(self.lookup, None)

    def check(self, subject: str, draft: Draft, version: int | None = None) -> Checked:
        return check_draft_against(self.lookup, self.settings, normal(subject), draft, version)

    def version(self, subject: str, version: int, deleted: bool = False) -> Found:
        one = self.lookup.version(normal(subject), version, deleted)
        return Found(one, self.lookup.schema(one.schema_id))
