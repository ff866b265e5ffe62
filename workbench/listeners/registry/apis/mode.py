"""``/mode``: whether a subject, or all, can be written, only read, or filled from another registry."""

from __future__ import annotations

from workbench.core.schemas import ALL, DEFAULT_MODE
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.answers import answer, read_object
from workbench.listeners.registry.async_registry import AsyncRegistry
from workbench.session.schemas import problems


class Mode:
    def __init__(self, service: AsyncRegistry) -> None:
        self._service = service

    async def get(self, request: Request) -> Answer:
        registry = await self._service.ready()
        subject = request.parts[0] if request.parts else ALL
        if not request.parts or request.flag("defaultToGlobal"):
            return answer({"mode": registry.settings.mode(subject)})
        mode = registry.settings.own(subject).mode
        if mode is None:
            raise problems.no_subject_mode(subject)
        return answer({"mode": mode})

    async def put(self, request: Request) -> Answer:
        subject = request.parts[0] if request.parts else ALL
        mode = read_object(request).get("mode")
        put = self._service.registry.settings.put_mode
        return answer({"mode": await self._service.write(put, subject, mode, request.flag("force"))})

    async def delete(self, request: Request) -> Answer:
        subject = request.parts[0] if request.parts else ALL
        had = await self._service.write(self._service.registry.settings.forget_mode, subject)
        return answer({"mode": had or DEFAULT_MODE})


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    mode = Mode(service)
    return (
        Route("GET", "/mode", mode.get),
        Route("PUT", "/mode", mode.put),
        Route("DELETE", "/mode", mode.delete),
        Route("GET", "/mode/*", mode.get),
        Route("PUT", "/mode/*", mode.put),
        Route("DELETE", "/mode/*", mode.delete),
    )
