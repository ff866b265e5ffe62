"""The routes of the registry, in rooms by what they are about."""

from __future__ import annotations

from workbench.listeners.base.web import Route
from workbench.listeners.registry.apis import compatibility, config, mode, other, schemas, subjects
from workbench.listeners.registry.desk import Desk


def routes(desk: Desk) -> tuple[Route, ...]:
    return (*subjects.routes(desk), *schemas.routes(desk), *compatibility.routes(desk), *config.routes(desk),
            *mode.routes(desk), *other.routes(desk))
