"""``/config``: which compatibility new versions are held to. The level of all is kept; a subject has none of its own.

What is asked is called ``compatibilityLevel``, what is set ``compatibility``: so the real one has it.
"""

from __future__ import annotations

from typing import NoReturn

from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.levels import Levels
from workbench.listeners.registry.voice import answer, no_subject, no_subject_level, read_object


class Config:
    def __init__(self, levels: Levels) -> None:
        self._levels = levels

    def get(self, request: Request) -> Answer:
        return answer({"compatibilityLevel": self._levels.get()})

    async def put(self, request: Request) -> Answer:
        return answer({"compatibility": await self._levels.put(read_object(request).get("compatibility"))})

    async def delete(self, request: Request) -> Answer:
        return answer({"compatibilityLevel": await self._levels.reset()})

    def of_subject(self, request: Request) -> Answer:
        if request.flag("defaultToGlobal"):
            return self.get(request)
        raise no_subject_level(request.parts[0])

    def no_subject(self, request: Request) -> NoReturn:
        raise no_subject(request.parts[0])


def routes(levels: Levels) -> tuple[Route, ...]:
    config = Config(levels)
    return (
        Route("GET", "/config", config.get),
        Route("PUT", "/config", config.put),
        Route("DELETE", "/config", config.delete),
        Route("GET", "/config/*", config.of_subject),
        Route("PUT", "/config/*", config.no_subject),
        Route("DELETE", "/config/*", config.no_subject),
    )
