"""A Kafka cluster that is attached, to be looked at, and written to where that is on. Any thread; ``open`` blocks until
it answered or gave up."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from workbench.broker import profile
from workbench.core.capabilities import CHANGES
from workbench.core.errors import Refused
from workbench.engines.attached_connection import AttachedConnection
from workbench.engines.catalog import READ_ONLY, TURN_ON, ConnectionSpec
from workbench.engines.kafka import client
from workbench.engines.kafka.browse import KafkaBrowse
from workbench.engines.kafka.errors import not_let_in, translated
from workbench.engines.kafka.sender import KafkaSender

_STEP_S = 1.0


class KafkaConnection(AttachedConnection[AdminClient]):
    system = "kafka"
    keeps_handle = True

    def __init__(self, spec: ConnectionSpec) -> None:
        super().__init__(spec)
        self._faults = client.Faults()

    def _make(self) -> AdminClient:
        return client.admin(self._spec, self._faults)

    def _reach(self, handle: AdminClient) -> str:
        """In short steps, so that what the connections meet ends the waiting: a refusal is known at once."""
        until_s = time.monotonic() + client.CALL_S
        self._faults.clear()
        while True:
            try:
                found = handle.list_topics(timeout=_STEP_S)
                break
            except KafkaException as error:
                handle.poll(0)
                if refused := self._faults.recent(KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED):
                    raise not_let_in(self._spec.address, refused) from None
                if time.monotonic() > until_s or self._faults.recent(KafkaError._ALL_BROKERS_DOWN):
                    raise translated(error, self._spec.address, self._faults.recent()) from None
        topics = sum(not name.startswith("__") for name in found.topics)
        return f"{_counted(len(found.brokers), 'broker')}, {_counted(topics, 'topic')}"

    def browse(self) -> KafkaBrowse:
        return KafkaBrowse(self._spec, self._opened(), self._faults)

    def sender(self) -> KafkaSender:
        if why := self.lacks("produce"):
            raise Refused(why, TURN_ON.format(name=self.name))
        return KafkaSender(self._spec, self._opened())

    def lacks(self, what: str) -> str:
        if what in CHANGES and not self._spec.writable:
            return READ_ONLY.format(name=self.name)
        return profile(self.system).attached.get(what, "").format(name=self.name)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
