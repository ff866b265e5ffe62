"""The schemas of a workspace, for those who read its records: its catalogue as a ``SchemaSource``. Any thread."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFound
from workbench.core.schemas import Reference, RegisteredSchema, Schema, SchemaVersion
from workbench.serde import NO_SCHEMAS, DecoderOf, Serdes, decoders_of

if TYPE_CHECKING:
    from workbench.broker import Catalogue
    from workbench.engines.base import Browse

READ_AGAIN_S = 1.0
"""How long what was read of a file's schemas is good."""


class CatalogueSource:
    """``current`` gives the catalogue as it stands; ``kept_s`` is how long one is good that had to be read. What was
    not in it is looked for again only then: a scan over schemas that are not here must not read it each time."""

    def __init__(self, current: Callable[[], Catalogue], kept_s: float = 0.0,
                 clock_s: Callable[[], float] = monotonic) -> None:
        self._current, self._kept_s, self._clock_s = current, kept_s, clock_s
        self._last: tuple[float, Catalogue] | None = None

    def schema_by_id(self, schema_id: int) -> RegisteredSchema | None:
        return self._catalogue().schema(schema_id)

    def schema_by_guid(self, guid: bytes) -> RegisteredSchema | None:
        return self._catalogue().schema_of_digest(guid)

    def latest_schema(self, subject: str) -> RegisteredSchema | None:
        catalogue = self._catalogue()
        found = _latest(catalogue, subject)
        return None if found is None else catalogue.schema(found.schema_id)

    def schema_of_version(self, subject: str, version: int) -> RegisteredSchema | None:
        catalogue = self._catalogue()
        found = next((each for each in catalogue.versions(subject) if each.version == version and not each.deleted),
                     None)
        return None if found is None else catalogue.schema(found.schema_id)

    def versions_of(self, schema_id: int) -> tuple[tuple[str, int], ...]:
        return tuple((each.subject, each.version) for each in self._catalogue().holders(schema_id))

    def referred(self, schema_id: int) -> Callable[[Reference], Schema]:
        """Deleted versions count: records still need them."""
        catalogue = self._catalogue()

        def resolve(reference: Reference) -> Schema:
            for each in catalogue.versions(reference.subject):
                registered = catalogue.schema(each.schema_id) if each.version == reference.version else None
                if registered is not None:
                    return registered.schema
            raise NotFound("There is no version {version} of the subject {subject!r}.", version=reference.version,
                           subject=reference.subject)

        return resolve

    def _catalogue(self) -> Catalogue:
        if not self._kept_s:
            return self._current()
        now, last = self._clock_s(), self._last
        if last is None or now - last[0] >= self._kept_s:
            last = self._last = now, self._current()
        return last[1]


def _latest(catalogue: Catalogue, subject: str) -> SchemaVersion | None:
    there = [each for each in catalogue.versions(subject) if not each.deleted]
    return there[-1] if there else None


def decoders_in(reader: Browse) -> DecoderOf:
    """Those of a reader's topics as they stand now, with the schemas that their records name."""
    return decoders_of(reader.topics(), serdes_of(reader))


def serdes_of(reader: Any) -> Serdes:
    """The schemas that the records of a reader name: those of the workspace; an attached system has none here yet."""
    schemas = getattr(reader, "schemas", None)
    return NO_SCHEMAS if schemas is None else Serdes(CatalogueSource(schemas, READ_AGAIN_S))
