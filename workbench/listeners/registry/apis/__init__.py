"""The routes of the registry, in rooms by what they are about: subjects, schemas, compatibility, and the rest.

A registry that keeps schemas gives the rooms a store beside ``Levels``; paths and errors are here already.
"""

from __future__ import annotations

from workbench.listeners.base.web import Route
from workbench.listeners.registry.apis import config, other, schemas, subjects
from workbench.listeners.registry.levels import Levels


def routes(levels: Levels) -> tuple[Route, ...]:
    return (*subjects.routes(), *schemas.routes(), *config.routes(levels), *other.routes())
