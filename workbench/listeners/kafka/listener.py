"""The Kafka listener: one broker served to Kafka clients at one address. Lives on the host's asyncio loop."""

from __future__ import annotations

import base64
import uuid

from workbench.broker import Broker
from workbench.core.snapshot import ClientStat
from workbench.listeners.base.server import Server
from workbench.listeners.base.settings import ListenerSettings
from workbench.listeners.base.users import Users
from workbench.listeners.base.waiting import Bridge, Notifier, Turn
from workbench.listeners.kafka.call import Shared
from workbench.listeners.kafka.clients import KafkaClients
from workbench.listeners.kafka.dynamic_settings import DynamicSettings
from workbench.listeners.kafka.readers import Readers
from workbench.listeners.kafka.session import Session

CLUSTER_KEY = "kafka.cluster.id"


class KafkaListener:
    """A ``Listener`` of ``listeners.base``."""

    def __init__(self, broker: Broker, settings: ListenerSettings) -> None:
        self._broker = broker
        self._settings = settings
        self._clients = KafkaClients(broker.clock)
        self._server = Server("kafka", "Kafka", settings)
        self._notifier: Notifier | None = None

    @property
    def address(self) -> str:
        return self._server.address

    async def start(self) -> None:
        broker, users = self._broker, Users(self._broker)
        self._server.check(users)
        bridge = Bridge()
        self._notifier = notifier = Notifier(broker, bridge)
        shared = Shared(
            broker, broker.clock, self._settings, users, bridge, notifier, Turn(broker, bridge),
            Readers(broker), _cluster_id(broker), DynamicSettings(broker),
        )
        try:
            await self._server.start(lambda: Session(shared, self._clients))
        except BaseException:
            notifier.close()
            raise

    def clients(self) -> tuple[ClientStat, ...]:
        return self._clients.stats()

    def close_idle(self) -> None:
        """Close the connections that have asked nothing for too long."""
        self._server.close_idle()

    async def stop(self) -> None:
        await self._server.stop()
        if self._notifier is not None:
            self._notifier.close()


def _cluster_id(broker: Broker) -> str:
    """The workspace's cluster id, made once: 22 characters as Kafka's."""
    known = broker.meta(CLUSTER_KEY)
    if not known:
        known = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        broker.set_meta(CLUSTER_KEY, known)
    return known
