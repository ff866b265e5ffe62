"""A RabbitMQ that is attached. Any thread; ``open`` blocks until it answered or gave up."""

from __future__ import annotations

from workbench.broker import profile
from workbench.core.errors import Refused, Unsupported
from workbench.engines.attached_connection import AttachedConnection
from workbench.engines.catalog import READ_ONLY, TURN_ON
from workbench.engines.rabbitmq.browse import RabbitBrowse
from workbench.engines.rabbitmq.client import RabbitClient
from workbench.engines.rabbitmq.management import Management
from workbench.engines.rabbitmq.sender import RabbitSender
from workbench.engines.rabbitmq.settings import RabbitSettings, settings_of


class RabbitConnection(AttachedConnection[RabbitSettings]):
    system = "rabbitmq"

    def _make(self) -> RabbitSettings:
        return settings_of(self._spec)

    def _reach(self, handle: RabbitSettings) -> str:
        return _look(handle)

    def browse(self) -> RabbitBrowse:
        return RabbitBrowse(self._opened())

    def sender(self) -> RabbitSender:
        if why := self.lacks("produce"):
            raise Refused(why, TURN_ON.format(name=self.name))
        return RabbitSender(self._opened())

    def lacks(self, what: str) -> str:
        if what == "produce" and not self._spec.writable:
            return READ_ONLY.format(name=self.name)
        return profile(self.system).attached.get(what, "").format(name=self.name)


def _look(settings: RabbitSettings) -> str:
    """Over AMQP first, which is the one that must be there; then what the management API lists."""
    client = RabbitClient(settings)
    try:
        version = client.version()
    finally:
        client.close()
    browse = RabbitBrowse(settings)
    try:
        topics = [topic for topic in browse.topics() if not topic.internal]
        exchanges = len(browse.exchanges()) if Management(settings).is_there else None
    except Unsupported:
        return f"RabbitMQ {version}, virtual host {settings.vhost}; its queues are not told without the management API"
    finally:
        browse.close()
    queues = sum(topic.kind == "queue" for topic in topics)
    told = [f"RabbitMQ {version}", f"virtual host {settings.vhost}", _counted(queues, "queue"),
            _counted(len(topics) - queues, "stream")]
    return ", ".join(told if exchanges is None else [*told, _counted(exchanges, "exchange")])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
