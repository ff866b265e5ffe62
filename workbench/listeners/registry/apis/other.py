"""What clients ask beside schemas: whether somebody is there, contexts, versions, and associations, which none has."""

from __future__ import annotations

from workbench import __version__
from workbench.listeners.base.web import Answer, Request, Route
from workbench.listeners.registry.answers import RegistryAnswers, answer
from workbench.listeners.registry.apis.subjects import some_of
from workbench.listeners.registry.async_registry import AsyncRegistry


class Other:
    def __init__(self, service: AsyncRegistry) -> None:
        self._service = service

    def here(self, request: Request) -> Answer:
        return answer({})

    async def contexts(self, request: Request) -> Answer:
        registry = await self._service.ready()
        prefix = request.query.get("contextPrefix", "")
        return answer(some_of([one for one in registry.lookup.contexts() if one.startswith(prefix)], request))

    def cluster(self, request: Request) -> Answer:
        clusters = {"kafka-cluster": "event-flow-workbench", "schema-registry-cluster": "event-flow-workbench"}
        return answer({"id": "", "scope": {"path": [], "clusters": clusters}})

    def version(self, request: Request) -> Answer:
        return answer({"version": __version__, "commitId": ""})

    def no_associations(self, request: Request) -> Answer:
        """confluent-kafka asks before it first uses a topic. Any 404 is fine to it, another error ends it."""
        return RegistryAnswers().refusal(404, "HTTP 404 Not Found")


def routes(service: AsyncRegistry) -> tuple[Route, ...]:
    other = Other(service)
    return (
        Route("GET", "/", other.here),
        Route("GET", "/contexts", other.contexts),
        Route("GET", "/v1/metadata/id", other.cluster),
        Route("GET", "/v1/metadata/version", other.version),
        Route("*", "/associations/**", other.no_associations),
    )
