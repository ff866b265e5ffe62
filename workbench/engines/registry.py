"""Systems that can be attached, by name. Each is imported on first use, so that nobody pays for a client library they
do not have.

``connect`` answers with a connection that is not open yet, or says what to install. Adding a system is adding a line.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import NotFound, Refused, Unsupported
from workbench.engines.administration import Administration
from workbench.engines.attached_engine import AttachedEngine
from workbench.engines.base import Connection
from workbench.engines.catalog import READ_ONLY, TURN_ON, ConnectionSpec


@dataclass(frozen=True, slots=True)
class SystemKind:
    """``factory`` is ``module:name``, called with a ``ConnectionSpec``; ``needs`` are the libraries it imports,
    ``extra`` the pip extra that has them; ``port`` is the usual one. ``engine`` and ``administration`` are the same as
    ``factory`` for what a drawn flow runs on and what changes topics and groups; empty where there is none so far.
    ``example`` is an address, ``options`` are some lines of options, to be seen before somebody types."""

    name: str
    title: str
    factory: str
    port: int
    needs: tuple[str, ...] = ()
    extra: str = ""
    engine: str = ""
    administration: str = ""
    example: str = ""
    options: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The libraries that are not installed here."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


SYSTEMS: Mapping[str, SystemKind] = {
    kind.name: kind
    for kind in (
        SystemKind("kafka", "Apache Kafka", "workbench.engines.kafka.connection:KafkaConnection", 9092,
                   ("confluent_kafka",), "kafka", "workbench.engines.kafka.engine:KafkaEngine",
                   "workbench.engines.kafka.administration:KafkaAdministration", "broker-1:9092, broker-2:9092",
                   "security.protocol=SASL_SSL\nsasl.password=env:STAGING_PASSWORD"),
        SystemKind("rabbitmq", "RabbitMQ", "workbench.engines.rabbitmq.connection:RabbitConnection", 5672,
                   ("pika",), "rabbitmq", example="rabbit-1:5672",
                   options="user=me\npassword=env:RABBIT_PASSWORD"),
        SystemKind("sqs", "Amazon SQS", "workbench.engines.sqs.connection:SqsConnection", 443, ("boto3",), "sqs",
                   example="eu-central-1, or http://127.0.0.1:9324", options="profile=staging"),
        SystemKind("kinesis", "Amazon Kinesis", "workbench.engines.kinesis.connection:KinesisConnection", 443,
                   ("boto3",), "kinesis", example="eu-central-1, or http://127.0.0.1:4567",
                   options="profile=staging"),
    )
}


def system_of(name: str, systems: Mapping[str, SystemKind] = SYSTEMS) -> SystemKind:
    if name not in systems:
        raise NotFound("A system {name!r} can't be attached.", "Known are: {systems}.", name=name,
                       systems=', '.join(systems))
    return systems[name]


def connect(spec: ConnectionSpec, systems: Mapping[str, SystemKind] = SYSTEMS) -> Connection:
    """The connection, still closed; ``Unsupported`` says what to install first."""
    kind = system_of(spec.system, systems)
    return _made(kind, kind.factory, spec)


def engine_of(spec: ConnectionSpec) -> AttachedEngine:
    """What a drawn flow runs on at that system, to be closed by who asked; ``Refused`` while writing is off."""
    kind = system_of(spec.system)
    if not kind.engine:
        raise Unsupported("A drawn flow does not run on {title} so far: @{name} can't take it.",
                          "Run it here, or on a system of another kind.", title=kind.title, name=spec.name)
    check_writable(spec)
    return _made(kind, kind.engine, spec)


def administration_of(spec: ConnectionSpec, only_to_plan: bool = False) -> Administration:
    """What changes topics and groups there, to be closed by who asked; ``Refused`` while writing is off, unless it is
    asked for plans only."""
    kind = system_of(spec.system)
    if not kind.administration:
        raise Unsupported("Topics and groups of {title} are not changed from here so far.", "@{name} can be looked at.",
                          title=kind.title, name=spec.name)
    if not only_to_plan:
        check_writable(spec)
    return _made(kind, kind.administration, spec)


def check_writable(spec: ConnectionSpec) -> None:
    if not spec.writable:
        raise Refused(READ_ONLY.format(name=spec.name), TURN_ON.format(name=spec.name))


def _made(kind: SystemKind, factory: str, spec: ConnectionSpec) -> Any:
    if kind.missing:
        raise Unsupported("{title} needs {missing}, which is not installed.",
                          "Run: pip install event-flow-workbench[{extra}]", title=kind.title,
                          missing=', '.join(kind.missing), extra=kind.extra)
    module, _, attribute = factory.partition(":")
    return getattr(importlib.import_module(module), attribute)(spec)
