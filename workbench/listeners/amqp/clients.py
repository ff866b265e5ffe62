"""The other end of one AMQP connection, with what it said of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.snapshot import Unserved
from workbench.listeners.base.clients import Peer


@dataclass(slots=True, eq=False)
class AmqpPeer(Peer):
    user: str = "guest"
    capabilities: frozenset[str] = field(default_factory=frozenset)

    def introduce(self, properties: Mapping[str, object]) -> None:
        """What start-ok tells of the client."""
        def told(name: str) -> str:
            return str(properties.get(name, ""))[:200]

        self.client_id = told("connection_name") or told("connection-name")
        self.software = f"{told('product')} {told('version')}".strip()
        given = properties.get("capabilities")
        if isinstance(given, Mapping):
            self.capabilities = frozenset(str(name) for name, value in given.items() if value)

    def in_vain(self, what: str, instead: str) -> None:
        self.unserved.note(Unserved(what, instead))
