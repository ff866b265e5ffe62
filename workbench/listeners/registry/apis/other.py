"""What clients ask beside schemas: whether somebody is there, the mode, contexts, and associations, which none has."""

from __future__ import annotations

from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.voice import RegistryVoice, answer, no_subject_mode


def _here(request: Request) -> Answer:
    return answer({})


def _mode(request: Request) -> Answer:
    """Nothing can be registered yet."""
    return answer({"mode": "READONLY"})


def _mode_of_subject(request: Request) -> Answer:
    if request.flag("defaultToGlobal"):
        return _mode(request)
    raise no_subject_mode(request.parts[0])


def _contexts(request: Request) -> Answer:
    return answer(["."])


def _no_associations(request: Request) -> Answer:
    """confluent-kafka asks before it first uses a topic. Any 404 is fine to it, another error ends it."""
    return RegistryVoice().refusal(404, "HTTP 404 Not Found")


def routes() -> tuple[Route, ...]:
    return (
        Route("GET", "/", _here),
        Route("GET", "/mode", _mode),
        Route("GET", "/mode/*", _mode_of_subject),
        Route("GET", "/contexts", _contexts),
        Route("*", "/associations/**", _no_associations),
    )
