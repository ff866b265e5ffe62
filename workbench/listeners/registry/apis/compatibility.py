"""``/compatibility``: whether a schema could be registered, and with ``verbose`` why not."""

from __future__ import annotations

from typing import Any

from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.answers import answer, read_object
from workbench.listeners.registry.async_registry import AsyncRegistry
from workbench.listeners.registry.shapes import draft_of
from workbench.session.schemas import RegistryError
from workbench.session.schemas.lookup import version_number


class Compatibility:
    def __init__(self, service: AsyncRegistry) -> None:
        self._service = service

    async def with_all(self, request: Request) -> Answer:
        return await self._check(request, None)

    async def with_one(self, request: Request) -> Answer:
        return await self._check(request, version_number(request.parts[1]))

    async def _check(self, request: Request, version: int | None) -> Answer:
        draft, verbose = draft_of(read_object(request)), request.flag("verbose")
        try:
            found = await self._service.check(self._service.registry.check, request.parts[0], draft, version)
        except RegistryError as wrong:
            if not verbose or wrong.number != 42201:
                raise
            return answer({"is_compatible": False, "messages": [wrong.message]})
        told: dict[str, Any] = {"is_compatible": found.fits}
        return answer(told | ({"messages": found.messages} if verbose else {}))


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    compatibility = Compatibility(service)
    return (
        Route("POST", "/compatibility/subjects/*/versions", compatibility.with_all),
        Route("POST", "/compatibility/subjects/*/versions/*", compatibility.with_one),
    )
