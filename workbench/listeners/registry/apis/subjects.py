"""``/subjects``: a registry without any. What needs one says 40401, the code by which serializers know to register."""

from __future__ import annotations

from typing import NoReturn

from workbench.core.snapshot import Unserved
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.voice import answer, bad_version, no_subject, not_permitted, read_object

MOST_VERSION = 2**31 - 1


def _list(request: Request) -> Answer:
    return answer([])


def _none(request: Request) -> NoReturn:
    raise no_subject(request.parts[0])


def _version(request: Request) -> NoReturn:
    subject, version = request.parts
    check_version(version)
    raise no_subject(subject)


def _register(request: Request) -> NoReturn:
    read_object(request)
    request.peer.unserved.note(Unserved("registering a schema", "Set auto.register.schemas=false for now."))
    raise not_permitted(f"Subject {request.parts[0]} can't be written: this registry keeps no schemas yet")


def check_version(version: str) -> None:
    """A version's number, ``latest`` or -1, which means the same."""
    number = int(version) if version.removeprefix("-").isascii() and version.removeprefix("-").isdigit() else 0
    if version != "latest" and number != -1 and not 1 <= number <= MOST_VERSION:
        raise bad_version(version)


def routes() -> tuple[Route, ...]:
    return (
        Route("GET", "/subjects", _list),
        Route("POST", "/subjects/*", _none),
        Route("DELETE", "/subjects/*", _none),
        Route("GET", "/subjects/*/versions", _none),
        Route("POST", "/subjects/*/versions", _register),
        Route("GET", "/subjects/*/versions/*", _version),
        Route("DELETE", "/subjects/*/versions/*", _version),
        Route("GET", "/subjects/*/versions/*/schema", _version),
        Route("GET", "/subjects/*/versions/*/referencedby", _version),
        Route("POST", "/compatibility/subjects/*/versions", _none),
        Route("POST", "/compatibility/subjects/*/versions/*", _version),
    )
