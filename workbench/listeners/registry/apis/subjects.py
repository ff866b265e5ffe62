"""``/subjects``: what is registered under which name, and registering."""

from __future__ import annotations

from typing import TypeVar

from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.answers import answer, bare, read_object
from workbench.listeners.registry.async_registry import AsyncRegistry
from workbench.listeners.registry.forms import text_in
from workbench.listeners.registry.shapes import draft_of, registered_told, takes_more, version_told
from workbench.session.schemas import problems
from workbench.session.schemas.lookup import version_number
from workbench.session.schemas.subjects import EVERY_CONTEXT, normal

T = TypeVar("T")


def some_of(found: list[T], request: Request) -> list[T]:
    """The page that was asked for."""
    offset, limit = max(0, request.number("offset", 0)), request.number("limit", -1)
    return found[offset:] if limit < 0 else found[offset : offset + limit]


class Subjects:
    def __init__(self, service: AsyncRegistry) -> None:
        self._service = service

    async def all(self, request: Request) -> Answer:
        registry = await self._service.ready()
        prefix = request.query.get("subjectPrefix", EVERY_CONTEXT)
        found = registry.lookup.subjects(prefix, request.flag("deleted"), request.flag("deletedOnly"))
        return answer(some_of(found, request))

    async def look_up(self, request: Request) -> Answer:
        draft = draft_of(read_object(request))
        found = await self._service.check(self._service.registry.look_up, request.parts[0], draft,
                                          request.flag("deleted"))
        return answer(version_told(found, takes_more(request)))

    async def delete(self, request: Request) -> Answer:
        registry = self._service.registry
        return answer(await self._service.write(registry.delete_subject, request.parts[0], request.flag("permanent")))

    async def latest_with(self, request: Request) -> Answer:
        """The last version whose metadata has all the properties that were named."""
        registry = await self._service.ready()
        keys = [value for name, value in request.pairs if name == "key"]
        values = [value for name, value in request.pairs if name == "value"]
        found = registry.latest_with(request.parts[0], dict(zip(keys, values, strict=False)), request.flag("deleted"))
        return answer(version_told(found, takes_more(request)))

    # -- versions ----------------------------------------------------------------------------------------------
    async def versions(self, request: Request) -> Answer:
        registry, subject = await self._service.ready(), normal(request.parts[0])
        deleted, only, negative = (request.flag(name) for name in ("deleted", "deletedOnly", "deletedAsNegative"))
        found = registry.lookup.versions(subject, deleted or only or negative)
        if not found:
            raise problems.no_subject(subject)
        shown = [-one.version if negative and one.deleted else one.version for one in found if one.deleted or not only]
        return answer(some_of(shown, request))

    async def register(self, request: Request) -> Answer:
        draft = draft_of(read_object(request))
        found = await self._service.write(self._service.registry.register, request.parts[0], draft)
        return answer(registered_told(found, draft, takes_more(request)))

    async def version(self, request: Request) -> Answer:
        found, text = await self._asked(request)
        return answer(version_told(found, takes_more(request), text))

    async def text(self, request: Request) -> Answer:
        found, text = await self._asked(request)
        return bare(found.registered.schema.text if text is None else text)

    async def _asked(self, request: Request):
        """The version that the path names, and its text in the form that was asked for."""
        registry, (subject, version) = await self._service.ready(), request.parts
        found = registry.version(subject, version_number(version), request.flag("deleted"))
        return found, await text_in(request.query.get("format", ""), found.version, self._service)

    async def referring(self, request: Request) -> Answer:
        registry, (subject, version) = await self._service.ready(), request.parts
        one = registry.version(subject, version_number(version), deleted=True).version
        return answer(some_of(registry.referring(one.subject, one.version, request.flag("deleted")), request))

    async def delete_version(self, request: Request) -> Answer:
        subject, version = request.parts
        return answer(await self._service.write(self._service.registry.delete_version, subject, version_number(version),
                                             request.flag("permanent")))


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    subjects = Subjects(service)
    return (
        Route("GET", "/subjects", subjects.all),
        Route("POST", "/subjects/*", subjects.look_up),
        Route("DELETE", "/subjects/*", subjects.delete),
        Route("GET", "/subjects/*/metadata", subjects.latest_with),
        Route("GET", "/subjects/*/versions", subjects.versions),
        Route("POST", "/subjects/*/versions", subjects.register),
        Route("GET", "/subjects/*/versions/*", subjects.version),
        Route("DELETE", "/subjects/*/versions/*", subjects.delete_version),
        Route("GET", "/subjects/*/versions/*/schema", subjects.text),
        Route("GET", "/subjects/*/versions/*/referencedby", subjects.referring),
    )
