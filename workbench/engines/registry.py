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

from workbench.core.errors import NotFound, Unsupported
from workbench.engines.base import Connection
from workbench.engines.catalog import ConnectionSpec


@dataclass(frozen=True, slots=True)
class SystemKind:
    """``factory`` is ``module:name``, called with a ``ConnectionSpec``; ``needs`` are the libraries it imports,
    ``extra`` the pip extra that has them; ``port`` is the usual one."""

    name: str
    title: str
    factory: str
    port: int
    needs: tuple[str, ...] = ()
    extra: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The libraries that are not installed here."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


SYSTEMS: Mapping[str, SystemKind] = {
    kind.name: kind
    for kind in (
        SystemKind("kafka", "Apache Kafka", "workbench.engines.kafka.connection:KafkaConnection", 9092,
                   ("confluent_kafka",), "kafka"),
        SystemKind("rabbitmq", "RabbitMQ", "workbench.engines.rabbitmq.connection:RabbitConnection", 5672,
                   ("pika",), "rabbitmq"),
        SystemKind("sqs", "Amazon SQS", "workbench.engines.sqs.connection:SqsConnection", 443, ("boto3",), "sqs"),
        SystemKind("kinesis", "Amazon Kinesis", "workbench.engines.kinesis.connection:KinesisConnection", 443,
                   ("boto3",), "kinesis"),
    )
}


def system_of(name: str, systems: Mapping[str, SystemKind] = SYSTEMS) -> SystemKind:
    if name not in systems:
        raise NotFound(f"A system {name!r} can't be attached.", f"Known are: {', '.join(systems)}.")
    return systems[name]


def connect(spec: ConnectionSpec, systems: Mapping[str, SystemKind] = SYSTEMS) -> Connection:
    """The connection, still closed; ``Unsupported`` says what to install first."""
    kind = system_of(spec.system, systems)
    if kind.missing:
        raise Unsupported(f"{kind.title} needs {', '.join(kind.missing)}, which is not installed.",
                          f"Run: pip install event-flow-workbench[{kind.extra}]")
    module, _, attribute = kind.factory.partition(":")
    factory: Any = getattr(importlib.import_module(module), attribute)
    return factory(spec)
