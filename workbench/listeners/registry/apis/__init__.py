"""The routes of the registry, in rooms by what they are about."""

from __future__ import annotations

from workbench.listeners.base.web import Route
from workbench.listeners.registry.apis import compatibility, config, mode, other, schemas, subjects
from workbench.listeners.registry.async_registry import AsyncRegistry


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    return (*subjects.routes(service), *schemas.routes(service), *compatibility.routes(service),
            *config.routes(service), *mode.routes(service), *other.routes(service))
