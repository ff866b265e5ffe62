"""``/schemas``: the types there are, all versions with their schemas, and schemas by the id that records carry."""

from __future__ import annotations

import uuid

from workbench.core.schemas import RegisteredSchema
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.apis.subjects import some_of
from workbench.listeners.registry.desk import Desk
from workbench.listeners.registry.forms import text_in
from workbench.listeners.registry.shapes import schema_told, takes_more, version_told
from workbench.listeners.registry.voice import RegistryVoice, answer, bare
from workbench.session.schemas import Registry, problems
from workbench.session.schemas.subjects import EVERY_CONTEXT, normal

TYPES = ("JSON", "PROTOBUF", "AVRO")


def schema_of(registry: Registry, text: str) -> RegisteredSchema:
    return registry.shelf.schema(int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1)


class Schemas:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def types(self, request: Request) -> Answer:
        return answer(list(TYPES))

    async def all(self, request: Request) -> Answer:
        registry = await self._desk.ready()
        deleted, found = request.flag("deleted"), []
        for subject in registry.shelf.subjects(request.query.get("subjectPrefix") or EVERY_CONTEXT, deleted):
            versions = registry.shelf.versions(subject, deleted)
            found += versions[-1:] if request.flag("latestOnly") else versions
        more = takes_more(request)
        return answer([version_told(registry.version(one.subject, one.version, deleted=True), more)
                       for one in some_of(found, request)])

    async def by_id(self, request: Request) -> Answer:
        registry, (number,) = await self._desk.ready(), request.parts
        if not number.removeprefix("-").isdigit() or len(number) > 10 or int(number) > problems.MOST:
            return RegistryVoice().refusal(404, "HTTP 404 Not Found")
        registered = schema_of(registry, number)
        holders = registry.shelf.catalogue.holders(registered.id)
        text = await text_in(request.query.get("format", ""), holders[0], self._desk)
        told = schema_told(registered, takes_more(request), text)
        if (subject := normal(request.query.get("subject", ""))) and takes_more(request):
            mine = [one for one in holders if one.subject == subject] or list(holders)
            told |= {"subject": mine[-1].subject, "version": mine[-1].version}
        if request.flag("fetchMaxId"):
            told["maxId"] = registry.shelf.catalogue.last_id
        if request.flag("includeSubjects"):
            told["subjects"] = sorted({one.subject for one in holders if not one.deleted})
        return answer(told)

    async def text(self, request: Request) -> Answer:
        registry = await self._desk.ready()
        registered = schema_of(registry, request.parts[0])
        holders = registry.shelf.catalogue.holders(registered.id)
        text = await text_in(request.query.get("format", ""), holders[0], self._desk)
        return bare(registered.schema.text if text is None else text)

    async def subjects(self, request: Request) -> Answer:
        return answer(some_of(sorted({one.subject for one in await self._holders(request)}), request))

    async def versions(self, request: Request) -> Answer:
        found = [{"subject": one.subject, "version": one.version} for one in await self._holders(request)]
        return answer(some_of(found, request))

    async def _holders(self, request: Request):
        registry = await self._desk.ready()
        found = registry.shelf.catalogue.holders(schema_of(registry, request.parts[0]).id)
        subject = normal(request.query.get("subject", ""))
        return [one for one in found if (request.flag("deleted") or not one.deleted) and subject in ("", one.subject)]

    async def by_guid(self, request: Request) -> Answer:
        registered, registry = await self._of_guid(request), self._desk.registry
        holders = registry.shelf.catalogue.holders(registered.id)
        text = await text_in(request.query.get("format", ""), holders[0], self._desk)
        return answer(schema_told(registered, takes_more(request), text))

    async def ids_of_guid(self, request: Request) -> Answer:
        return answer([{"context": ".", "id": (await self._of_guid(request)).id}])

    async def _of_guid(self, request: Request) -> RegisteredSchema:
        registry, (guid,) = await self._desk.ready(), request.parts
        try:
            found = registry.shelf.catalogue.schema_of_digest(uuid.UUID(guid).bytes)
        except ValueError:
            found = None
        if found is None or not registry.shelf.catalogue.holders(found.id):
            raise problems.no_schema(guid[:100])
        return found


def routes(desk: Desk) -> tuple[Route, ...]:
    schemas = Schemas(desk)
    return (
        Route("GET", "/schemas", schemas.all),
        Route("GET", "/schemas/types", schemas.types),
        Route("GET", "/schemas/ids/*", schemas.by_id),
        Route("GET", "/schemas/ids/*/schema", schemas.text),
        Route("GET", "/schemas/ids/*/subjects", schemas.subjects),
        Route("GET", "/schemas/ids/*/versions", schemas.versions),
        Route("GET", "/schemas/guids/*", schemas.by_guid),
        Route("GET", "/schemas/guids/*/ids", schemas.ids_of_guid),
    )
