"""The table of listeners: which wire protocols a host can serve, and where usually.

The host and the command line go by this table; beside it and the window's own (``ui/models/protocols.py``) nothing
above the listeners knows a protocol by name. A listener's code is imported when it is first wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from workbench.core.errors import Unsupported

if TYPE_CHECKING:
    from workbench.broker import Broker
    from workbench.listeners.base import Listener, ListenerSettings


@dataclass(frozen=True, slots=True)
class ServedProtocol:
    """``port`` is the one its clients know; ``module`` has the ``listener`` class by that name. ``has_sasl``: clients
    log in by SASL where they are asked to. ``tells_address``: clients go to the address they are told, which may be
    set."""

    key: str
    label: str
    port: int
    module: str
    listener: str
    has_sasl: bool = False
    tells_address: bool = False

    def make(self, broker: Broker, settings: ListenerSettings) -> Listener:
        return getattr(import_module(self.module), self.listener)(broker, settings)


PROTOCOLS = {
    protocol.key: protocol
    for protocol in (
        ServedProtocol("kafka", "Kafka", 9092, "workbench.listeners.kafka", "KafkaListener", True, True),
        ServedProtocol("registry", "Schema Registry", 8081, "workbench.listeners.registry", "RegistryListener"),
        ServedProtocol("amqp", "AMQP", 5672, "workbench.listeners.amqp", "AmqpListener"),
    )
}
READY_KEYS = ("kafka", "amqp", "stomp", "aws", "registry", "pulsar_admin", "pulsar")
"""Keys of the line that says a host is ready, also of protocols that are not served yet; null where not served."""


def protocol_named(key: str) -> ServedProtocol:
    found = PROTOCOLS.get(key)
    if found is None:
        raise Unsupported("The protocol «{key}» is not served.", "There are: {protocols}.", key=key,
                          protocols=', '.join(PROTOCOLS))
    return found
