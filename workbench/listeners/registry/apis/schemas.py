"""``/schemas``: the types there are, and schemas by their id, of which there are none."""

from __future__ import annotations

from typing import NoReturn

from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.voice import answer, no_schema

TYPES = ("JSON", "PROTOBUF", "AVRO")


def _types(request: Request) -> Answer:
    return answer(list(TYPES))


def _list(request: Request) -> Answer:
    return answer([])


def _none(request: Request) -> NoReturn:
    raise no_schema(request.parts[0])


def routes() -> tuple[Route, ...]:
    return (
        Route("GET", "/schemas", _list),
        Route("GET", "/schemas/types", _types),
        Route("GET", "/schemas/ids/*", _none),
        Route("GET", "/schemas/ids/*/schema", _none),
        Route("GET", "/schemas/ids/*/subjects", _none),
        Route("GET", "/schemas/ids/*/versions", _none),
        Route("GET", "/schemas/guids/*", _none),
    )
