"""A RabbitMQ that is attached. Any thread; ``open`` blocks until it answered or gave up."""

from __future__ import annotations

import threading

from workbench.broker import profile
from workbench.core.errors import Refused, Unsupported, WorkbenchError
from workbench.engines.base import ConnectionState, LinkState
from workbench.engines.catalog import READ_ONLY, TURN_ON, ConnectionSpec
from workbench.engines.rabbitmq.browse import RabbitBrowse
from workbench.engines.rabbitmq.client import RabbitClient
from workbench.engines.rabbitmq.management import Management
from workbench.engines.rabbitmq.sender import RabbitSender
from workbench.engines.rabbitmq.settings import RabbitSettings, settings_of


class RabbitConnection:
    system = "rabbitmq"

    def __init__(self, spec: ConnectionSpec) -> None:
        self._spec = spec
        self._state = ConnectionState()
        self._settings: RabbitSettings | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._spec.name

    @property
    def state(self) -> ConnectionState:
        return self._state

    def open(self) -> None:
        with self._lock:
            self._state = ConnectionState(LinkState.CONNECTING)
            try:
                self._settings = settings_of(self._spec)
                about = _look(self._settings)
            except WorkbenchError as error:
                self._settings = None
                self._state = ConnectionState(LinkState.FAILING, error.sentence())
                raise
            self._state = ConnectionState(LinkState.READY, about=about)

    def close(self) -> None:
        with self._lock:
            self._settings = None
            self._state = ConnectionState()

    def browse(self) -> RabbitBrowse:
        return RabbitBrowse(self._opened())

    def sender(self) -> RabbitSender:
        if why := self.lacks("produce"):
            raise Refused(why, TURN_ON.format(name=self.name))
        return RabbitSender(self._opened())

    def _opened(self) -> RabbitSettings:
        if self._settings is None:
            self.open()
        assert self._settings is not None
        return self._settings

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
