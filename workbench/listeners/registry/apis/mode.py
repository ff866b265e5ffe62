"""``/mode``: whether a subject, or all, can be written, only read, or filled from another registry."""

from __future__ import annotations

from workbench.core.schemas import ALL, DEFAULT_MODE
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.desk import Desk
from workbench.listeners.registry.voice import answer, read_object
from workbench.session.schemas import problems


class Mode:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, request: Request) -> Answer:
        registry = await self._desk.ready()
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
        put = self._desk.registry.settings.put_mode
        return answer({"mode": await self._desk.write(put, subject, mode, request.flag("force"))})

    async def delete(self, request: Request) -> Answer:
        subject = request.parts[0] if request.parts else ALL
        had = await self._desk.write(self._desk.registry.settings.forget_mode, subject)
        return answer({"mode": had or DEFAULT_MODE})


def routes(desk: Desk) -> tuple[Route, ...]:
    mode = Mode(desk)
    return (
        Route("GET", "/mode", mode.get),
        Route("PUT", "/mode", mode.put),
        Route("DELETE", "/mode", mode.delete),
        Route("GET", "/mode/*", mode.get),
        Route("PUT", "/mode/*", mode.put),
        Route("DELETE", "/mode/*", mode.delete),
    )
