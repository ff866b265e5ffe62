"""Finding what is registered: versions by their number or «latest», schemas by id; and reading them, once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from workbench.broker import Catalogue
from workbench.core.errors import Invalid, NotFound
from workbench.core.schemas import Reference, RegisteredSchema, Schema, SchemaVersion
from workbench.serde.schemas import Parsed, parse
from workbench.session.schemas import problems
from workbench.session.schemas.subjects import DEFAULT_CONTEXT, EVERY_CONTEXT, beside, place_of

LATEST = -1
KEPT_PARSED = 200
KEPT_BYTES = 4 << 20


class SchemaLookup:
    """``catalogue`` is asked for anew each time: it may be of the open workspace, or read from a file."""

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        self._catalogue = catalogue
        self._parsed: OrderedDict[int, tuple[Parsed, int]] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.Lock()

    @property
    def catalogue(self) -> Catalogue:
        return self._catalogue()

    # -- versions ----------------------------------------------------------------------------------------------
    def versions(self, subject: str, deleted: bool = False) -> list[SchemaVersion]:
        return [one for one in self.catalogue.versions(subject) if deleted or not one.deleted]

    def find(self, subject: str, version: int, deleted: bool = False) -> SchemaVersion | None:
        found = self.versions(subject, deleted)
        if version == LATEST:
            return found[-1] if found else None
        return next((one for one in found if one.version == version), None)

    def find_anywhere(self, subject: str, version: int, deleted: bool = False) -> SchemaVersion | None:
        """The same; a name without a context is looked for in all of them, the default one first."""
        found = self.find(subject, version, deleted)
        if found is None and place_of(subject).context == DEFAULT_CONTEXT:
            others = (self.find(f":{context}:{subject}", version, deleted) for context in self.contexts()[1:])
            found = next((one for one in others if one is not None), None)
        return found

    def version(self, subject: str, version: int, deleted: bool = False) -> SchemaVersion:
        found = self.find_anywhere(subject, version, deleted)
        if found is None:
            if not self.versions(subject, deleted):
                raise problems.no_subject(subject)
            raise problems.no_version(version)
        return found

    def subjects(self, prefix: str = EVERY_CONTEXT, deleted: bool = False, deleted_only: bool = False) -> list[str]:
        """Names by their order, those that begin with ``prefix``; ``:*:`` stands for every context."""
        bare = prefix.removeprefix(EVERY_CONTEXT)
        found = []
        for name in self.catalogue.subjects():
            told = place_of(name).subject if prefix.startswith(EVERY_CONTEXT) else name
            states = {one.deleted for one in self.catalogue.versions(name)}
            is_there = states == {True} if deleted_only else deleted or False in states
            if is_there and told.startswith(bare):
                found.append(name)
        return found

    def contexts(self) -> list[str]:
        """The default one first, then those in which something was ever registered."""
        others = {place_of(name).context for name in self.catalogue.subjects()} - {DEFAULT_CONTEXT}
        return [DEFAULT_CONTEXT, *sorted(others)]

    def referring(self, subject: str, version: int, deleted: bool = False) -> list[SchemaVersion]:
        """The versions whose schemas refer to this one."""
        found = []
        for name in dict.fromkeys((subject, place_of(subject).subject)):
            for schema_id in self.catalogue.referring(name, version):
                found += [one for one in self.catalogue.holders(schema_id)
                          if (deleted or not one.deleted) and beside(one.subject, name) == subject]
        return found

    # -- schemas -----------------------------------------------------------------------------------------------
    def schema(self, schema_id: int) -> RegisteredSchema:
        """One that a version still is, if only a deleted one."""
        found = self.catalogue.schema(schema_id)
        if found is None or not self.catalogue.holders(schema_id):
            raise problems.no_schema(schema_id)
        return found

    def referred(self, subject: str) -> Callable[[Reference], Schema]:
        """What references mean in schemas of a subject. Deleted versions count: records still need them."""

        def resolve(reference: Reference) -> Schema:
            name = beside(subject, reference.subject)
            found = self.find(name, reference.version, deleted=True)
            schema = None if found is None else self.catalogue.schema(found.schema_id)
            if schema is None:
                raise NotFound("There is no version {version} of the subject {subject!r}.", version=reference.version,
                               subject=reference.subject)
            return schema.schema

        return resolve

    def settled(self, subject: str, schema: Schema) -> Schema:
        """With a version's number in place of each reference to the latest."""
        return replace(schema, references=tuple(self._settled(subject, each) for each in schema.references))

    def _settled(self, subject: str, reference: Reference) -> Reference:
        last = self.find(beside(subject, reference.subject), LATEST) if reference.version == LATEST else None
        return reference if last is None else replace(reference, version=last.version)

    def read(self, subject: str, schema: Schema) -> Parsed:
        """A schema that was brought. 42201 says what is wrong with it."""
        try:
            return parse(schema, self.referred(subject))
        except Invalid as wrong:
            raise problems.bad_schema(schema.type, wrong.sentence()) from wrong

    def parsed(self, one: SchemaVersion) -> Parsed:
        """A registered schema, read; the ones used last are kept."""
        with self._lock:
            if one.schema_id in self._parsed:
                self._parsed.move_to_end(one.schema_id)
                return self._parsed[one.schema_id][0]
        registered = self.schema(one.schema_id)
        found, size = self.read(one.subject, registered.schema), len(registered.schema.text)
        with self._lock:
            if one.schema_id not in self._parsed:
                self._parsed[one.schema_id] = found, size
                self._kept_bytes += size
            while self._parsed and (len(self._parsed) > KEPT_PARSED or self._kept_bytes > KEPT_BYTES):
                _, (_, gone) = self._parsed.popitem(last=False)
                self._kept_bytes -= gone
        return found


def version_number(text: str) -> int:
    """``3``, ``latest`` or ``-1``."""
    bare = text.strip()
    if bare.lower() == "latest":
        return LATEST
    number = int(bare) if bare.removeprefix("-").isascii() and bare.removeprefix("-").isdigit() else 0
    if number != LATEST and not 1 <= number <= problems.MOST:
        raise problems.bad_version(text)
    return number
