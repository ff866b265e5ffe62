"""A Kafka cluster that is attached, to be looked at. Any thread; ``open`` blocks until it answered or gave up."""

from __future__ import annotations

import threading

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from workbench.core.errors import WorkbenchError
from workbench.engines.base import ConnectionState, LinkState
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.browse import KafkaBrowse
from workbench.engines.kafka.errors import translated

_READ_ONLY = "Attached systems are only looked at so far: nothing is written to @{name}."
_NO_QUEUES = "Kafka has no queues that can be leased from outside; share groups are not attached yet."


class KafkaConnection:
    system = "kafka"

    def __init__(self, spec: ConnectionSpec) -> None:
        self._spec = spec
        self._state = ConnectionState()
        self._admin: AdminClient | None = None
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
                self._admin = self._admin or client.admin(self._spec)
                about = self._look(self._admin)
            except WorkbenchError as error:
                self._state = ConnectionState(LinkState.FAILING, error.sentence())
                raise
            self._state = ConnectionState(LinkState.READY, about=about)

    def _look(self, admin: AdminClient) -> str:
        try:
            found = admin.list_topics(timeout=client.CALL_S)
        except KafkaException as error:
            raise translated(error, self._spec.address) from None
        topics = sum(not name.startswith("__") for name in found.topics)
        return f"{_counted(len(found.brokers), 'broker')}, {_counted(topics, 'topic')}"

    def close(self) -> None:
        with self._lock:
            self._admin = None
            self._state = ConnectionState()

    def browse(self) -> KafkaBrowse:
        if self._admin is None:
            self.open()
        assert self._admin is not None
        return KafkaBrowse(self._spec, self._admin)

    def lacks(self, what: str) -> str:
        if what == "lease":
            return _NO_QUEUES
        return "" if what == "browse" else _READ_ONLY.format(name=self.name)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
