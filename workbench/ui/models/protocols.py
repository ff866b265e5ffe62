"""The window's table of protocols that foreign clients are served by: what they are called, where they are served
usually, and what a client is told. Beside it no part of the window knows one by name. GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ProtocolLabel:
    """``setting`` is what a client's configuration gets, with the address for {0}."""

    key: str
    label: str
    address: str
    setting: str


PROTOCOLS = (
    ProtocolLabel("kafka", "Kafka", "127.0.0.1:9092", "bootstrap.servers={0}"),
    ProtocolLabel("registry", "Schema Registry", "127.0.0.1:8081", "schema.registry.url={0}"),
    ProtocolLabel("amqp", "AMQP", "127.0.0.1:5672", "amqp://guest:guest@{0}/"),
)
LABELS = {protocol.key: protocol.label for protocol in PROTOCOLS}


def host_and_port(address: str) -> str:
    """HOST:PORT of an address as clients are told it, which may be a URL."""
    return address.rpartition("//")[2]


def served(live: Snapshot) -> list[tuple[ProtocolLabel, str]]:
    """What is served, with the address that its clients are told, in the order of the table."""
    on = live.host.listeners
    return [(protocol, on[protocol.key]) for protocol in PROTOCOLS if protocol.key in on]


def connected(live: Snapshot, protocol: str) -> int:
    return sum(client.connections > 0 for client in live.clients if client.protocol == protocol)
