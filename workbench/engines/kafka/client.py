"""The settings of confluent-kafka. For looking no group is joined and nothing is committed; for writing every replica
that is in sync answers, and what is sent again is stored once; a group is joined by ``member`` only."""

from __future__ import annotations

import logging
import re
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

from workbench import __version__
from workbench.core.errors import Invalid
from workbench.engines.catalog import ConnectionSpec
from workbench.engines.kafka.errors import translated

CALL_S = 8.0
"""A call that has no answer by then is given up, and the system is unavailable."""
_OURS = ("bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store", "client.id", "acks",
         "enable.idempotence", "transactional.id")
_log = logging.getLogger(__name__)
_log.setLevel(logging.CRITICAL)  # librdkafka's own lines come many times a second; the connection's state tells them


def settings_of(spec: ConnectionSpec) -> dict[str, Any]:
    """librdkafka's settings; ``Invalid`` for an option that would make looking disturb somebody."""
    options = spec.resolved()
    for name in _OURS:
        if name in options:
            raise Invalid("{name} of @{name_2} is set by the workbench.", "Leave out --option {name}.", name=name,
                          name_2=spec.name)
    return {
        "bootstrap.servers": spec.address, "client.id": f"workbench-{__version__}", "logger": _log,
        "socket.timeout.ms": int(CALL_S * 1000), "socket.connection.setup.timeout.ms": int(CALL_S * 1000),
        "reconnect.backoff.max.ms": 2_000, **options,
    }


class Faults:
    """What librdkafka met on its connections: the reason behind a call that merely had no answer. Any thread."""

    def __init__(self) -> None:
        self._met: dict[int, str] = {}  # by code, in its words, the newest last

    def note(self, error: KafkaError) -> None:
        self._met.pop(error.code(), None)
        self._met[error.code()] = error.str()

    def clear(self) -> None:
        """An answer came. What is the same as before is not told again while it lasts, so nothing else ends it."""
        self._met.clear()

    def recent(self, *codes: int) -> str:
        """What was met of these (of all, without any) since the last answer; empty for nothing."""
        met = [told for code, told in list(self._met.items())
               if (code in codes if codes else code != KafkaError._ALL_BROKERS_DOWN)]
        return _plain(met[-1]) if met else ""


def _plain(told: str) -> str:
    """«127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)»
    without what only its makers need."""
    if "Invalid response size" in told:
        return "what answers there does not speak Kafka's protocol; perhaps it wants TLS (security.protocol)"
    return re.sub(r"^\S+: | ?\(after .*|ipv[46]#", "", told).rstrip(". ")


def admin(spec: ConnectionSpec, faults: Faults) -> AdminClient:
    try:
        settings: dict[str, Any] = {**settings_of(spec), "error_cb": faults.note}
        return AdminClient(settings)
    except Exception as error:  # a setting that librdkafka does not know or take
        raise _unusable(spec, error) from None


def consumer(spec: ConnectionSpec, decided: bool = False) -> Consumer:
    """One that is only ever told what to read (assign), so its group is never joined; it needs a name all the same.
    ``decided``: without what was aborted or is undecided."""
    own = {"group.id": f"workbench-look-{spec.name}", "enable.auto.commit": False, "enable.auto.offset.store": False,
           "enable.partition.eof": True, "auto.offset.reset": "error",
           "isolation.level": "read_committed" if decided else "read_uncommitted",
           "queued.max.messages.kbytes": 16_384, "fetch.queue.backoff.ms": 0}
    try:
        return Consumer({**settings_of(spec), **own})
    except Exception as error:
        raise _unusable(spec, error) from None


def producer(spec: ConnectionSpec, faults: Faults, idempotent: bool, compression: str, give_up_s: float) -> Producer:
    """A batch comes to it whole, so it waits for a moment only, that it leaves whole."""
    own = {"acks": "all", "enable.idempotence": idempotent, "linger.ms": 1, "batch.size": 1_000_000,
           "compression.type": compression, "message.timeout.ms": int(give_up_s * 1000), "message.max.bytes": 16 << 20,
           "queue.buffering.max.messages": 500_000, "partitioner": "consistent", "error_cb": faults.note}
    if not idempotent:
        own |= {"max.in.flight.requests.per.connection": 1}  # a batch that is sent again must not overtake
    try:
        return Producer({**settings_of(spec), **own})
    except Exception as error:
        raise _unusable(spec, error) from None


def member(spec: ConnectionSpec, faults: Faults, own: dict[str, Any]) -> Consumer:
    """One that joins the group of ``own``; it commits only what it is told to."""
    fixed = {"enable.auto.commit": False, "enable.auto.offset.store": False, "auto.offset.reset": "error",
             "isolation.level": "read_committed", "queued.min.messages": 20_000, "queued.max.messages.kbytes": 16_384,
             "fetch.wait.max.ms": 100, "error_cb": faults.note}
    try:
        return Consumer({**settings_of(spec), **fixed, **own})
    except Exception as error:
        raise _unusable(spec, error) from None


def _unusable(spec: ConnectionSpec, error: Exception) -> Exception:
    if isinstance(error, Invalid):
        return error
    told = translated(error, spec.address).message
    return Invalid("@{name} can't be used as it is: {told}", "Check its --option settings.", name=spec.name, told=told)
