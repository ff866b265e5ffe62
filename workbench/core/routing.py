"""The values of routing: exchanges, bindings, and where a message went. AMQP 0-9-1's model (rabbitmq.com, exchanges).

    producer ── routing key, headers ──► exchange ── bindings ──► queues, exchanges
                                            └── nothing matches ──► alternate exchange, else unroutable

The default exchange has the empty name: every queue is bound to it by its own name, and nobody can change that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_EXCHANGE = ""


class ExchangeType(StrEnum):
    DIRECT = "direct"
    FANOUT = "fanout"
    TOPIC = "topic"
    HEADERS = "headers"


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    type: ExchangeType = ExchangeType.DIRECT
    alternate: str = ""  # exchange that takes what can't be routed
    durable: bool = True  # only told to who declares it again: an exchange is in the file
    auto_delete: bool = False  # goes with its last binding
    internal: bool = False  # takes messages from other exchanges only


@dataclass(frozen=True, slots=True)
class Binding:
    """``destination`` is a queue, or an exchange where ``to_exchange``. ``arguments`` are for a headers exchange:
    all must match, or any with ``match_any``."""

    exchange: str
    destination: str
    key: str = ""
    to_exchange: bool = False
    arguments: tuple[tuple[str, str], ...] = ()
    match_any: bool = False


@dataclass(frozen=True, slots=True)
class Routed:
    """Where one message goes: queues without repeats, and the exchanges it passed, first the one it was sent to;
    ``matched`` are those among them whose own bindings took it. No queue: it can't be routed."""

    queues: tuple[str, ...]
    passed: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """The answer to one published message. ``confirmed`` once every queue has it on disk, also when no queue took it
    (as RabbitMQ); ``returned`` says why a mandatory message came back; ``refused`` names queues that were full."""

    queues: tuple[str, ...] = ()
    confirmed: bool = True
    returned: str = ""
    refused: tuple[str, ...] = ()
