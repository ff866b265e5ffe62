"""``/schemas``: the types there are, all versions with their schemas, and schemas by the id that records carry."""

from __future__ import annotations

import uuid

from workbench.core.schemas import RegisteredSchema
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.answers import RegistryAnswers, answer, bare
from workbench.listeners.registry.apis.subjects import some_of
from workbench.listeners.registry.async_registry import AsyncRegistry
from workbench.listeners.registry.forms import text_in
from workbench.listeners.registry.shapes import schema_told, takes_more, version_told
from workbench.session.schemas import Registry, problems
from workbench.session.schemas.subjects import EVERY_CONTEXT, normal

TYPES = ("JSON", "PROTOBUF", "AVRO")


def schema_of(registry: Registry, text: str) -> RegisteredSchema:
    return registry.lookup.schema(int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1)


class Schemas:
    def __init__(self, service: AsyncRegistry) -> None:
        self._service = service

    def types(self, request: Request) -> Answer:
        return answer(list(TYPES))

    async def all(self, request: Request) -> Answer:
        registry = await self._service.ready()
        deleted, found = request.flag("deleted"), []
        for subject in registry.lookup.subjects(request.query.get("subjectPrefix") or EVERY_CONTEXT, deleted):
            versions = registry.lookup.versions(subject, deleted)
            found += versions[-1:] if request.flag("latestOnly") else versions
        more = takes_more(request)
        return answer([version_told(registry.version(one.subject, one.version, deleted=True), more)
                       for one in some_of(found, request)])

    async def by_id(self, request: Request) -> Answer:
        registry, (number,) = await self._service.ready(), request.parts
        if not number.removeprefix("-").isdigit() or len(number) > 10 or int(number) > problems.MOST:
            return RegistryAnswers().refusal(404, "HTTP 404 Not Found")
        registered = schema_of(registry, number)
        holders = registry.lookup.catalogue.holders(registered.id)
        text = await text_in(request.query.get("format", ""), holders[0], self._service)
        told = schema_told(registered, takes_more(request), text)
        if (subject := normal(request.query.get("subject", ""))) and takes_more(request):
            mine = [one for one in holders if one.subject == subject] or list(holders)
            told |= {"subject": mine[-1].subject, "version": mine[-1].version}
        if request.flag("fetchMaxId"):
            told["maxId"] = registry.lookup.catalogue.last_id
        if request.flag("includeSubjects"):
            told["subjects"] = sorted({one.subject for one in holders if not one.deleted})
        return answer(told)

    async def text(self, request: Request) -> Answer:
        registry = await self._service.ready()
        registered = schema_of(registry, request.parts[0])
        holders = registry.lookup.catalogue.holders(registered.id)
        text = await text_in(request.query.get("format", ""), holders[0], self._service)
        return bare(registered.schema.text if text is None else text)

    async def subjects(self, request: Request) -> Answer:
        return answer(some_of(sorted({one.subject for one in await self._holders(request)}), request))

    async def versions(self, request: Request) -> Answer:
        found = [{"subject": one.subject, "version": one.version} for one in await self._holders(request)]
        return answer(some_of(found, request))

    async def _holders(self, request: Request):
        registry = await self._service.ready()
        found = registry.lookup.catalogue.holders(schema_of(registry, request.parts[0]).id)
        subject = normal(request.query.get("subject", ""))
        return [one for one in found if (request.flag("deleted") or not one.deleted) and subject in ("", one.subject)]

    async def by_guid(self, request: Request) -> Answer:
        registered, registry = await self._of_guid(request), self._service.registry
        holders = registry.lookup.catalogue.holders(registered.id)
        text = await text_in(request.query.get("format", ""), holders[0], self._service)
        return answer(schema_told(registered, takes_more(request), text))

    async def ids_of_guid(self, request: Request) -> Answer:
        return answer([{"context": ".", "id": (await self._of_guid(request)).id}])

    async def _of_guid(self, request: Request) -> RegisteredSchema:
        registry, (guid,) = await self._service.ready(), request.parts
        try:
            found = registry.lookup.catalogue.schema_of_digest(uuid.UUID(guid).bytes)
        except ValueError:
            found = None
        if found is None or not registry.lookup.catalogue.holders(found.id):
            raise problems.no_schema(guid[:100])
        return found


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    schemas = Schemas(service)
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
