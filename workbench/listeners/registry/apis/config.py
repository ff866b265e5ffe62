"""``/config``: which compatibility new versions are held to, for all and for a subject.

What is asked is called ``compatibilityLevel``, what is set ``compatibility``: so the real one has it.
"""

from __future__ import annotations

from typing import Any

from workbench.core.schemas import ALL, DEFAULT_LEVEL, SubjectSettings
from workbench.core.snapshot import Unserved
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.answers import answer, bad_body, read_object
from workbench.listeners.registry.async_registry import AsyncRegistry
from workbench.session.schemas import problems

_UNSERVED = ("alias", "compatibilityPolicy", "validateFields", "validateNewSchemas", "validateRules", "defaultMetadata",
             "overrideMetadata", "defaultRuleSet", "overrideRuleSet")


class Config:
    def __init__(self, service: AsyncRegistry) -> None:
        self._service = service

    async def get(self, request: Request) -> Answer:
        registry = await self._service.ready()
        return answer(_told(registry.settings.own(ALL), "compatibilityLevel", DEFAULT_LEVEL))

    async def of_subject(self, request: Request) -> Answer:
        registry, (subject,) = await self._service.ready(), request.parts
        if request.flag("defaultToGlobal"):
            return answer(_told(registry.settings.in_scope(subject), "compatibilityLevel", DEFAULT_LEVEL))
        told = _told(registry.settings.own(subject), "compatibilityLevel", None)
        if not told:
            raise problems.no_subject_level(subject)
        return answer(told)

    async def put(self, request: Request) -> Answer:
        subject = request.parts[0] if request.parts else ALL
        body = read_object(request)
        self._check_served(request, body)
        normalize, group = body.get("normalize"), body.get("compatibilityGroup")
        if not isinstance(normalize, bool | None) or not isinstance(group, str | None):
            raise bad_body("«normalize» is to be true or false, «compatibilityGroup» a text.")
        level = body.get("compatibility", body.get("compatibilityLevel"))
        await self._service.write(self._service.registry.settings.put_level, subject, level, normalize, group)
        return answer(_told(self._service.registry.settings.own(subject), "compatibility", None))

    def _check_served(self, request: Request, body: dict[str, Any]) -> None:
        for name in _UNSERVED:
            if body.get(name) not in (None, False, "STRICT"):
                request.peer.unserved.note(Unserved(f"the setting {name} of /config", "Leave it out."))
                raise problems.not_permitted(f"The setting {name} is not served by this registry. Leave it out.")

    async def delete(self, request: Request) -> Answer:
        subject = request.parts[0] if request.parts else ALL
        had = await self._service.write(self._service.registry.settings.forget_level, subject)
        return answer(_told(had, "compatibilityLevel", DEFAULT_LEVEL))


def _told(settings: SubjectSettings, name: str, default: str | None) -> dict[str, Any]:
    told = {name: settings.level or default, "normalize": settings.normalize or None,
            "compatibilityGroup": settings.group}
    return {key: value for key, value in told.items() if value is not None}


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    config = Config(service)
    return (
        Route("GET", "/config", config.get),
        Route("PUT", "/config", config.put),
        Route("DELETE", "/config", config.delete),
        Route("GET", "/config/*", config.of_subject),
        Route("PUT", "/config/*", config.put),
        Route("DELETE", "/config/*", config.delete),
    )
