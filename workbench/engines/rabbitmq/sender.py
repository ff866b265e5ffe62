"""Writing to RabbitMQ: persistent messages, each confirmed, mandatory on the wire. Blocking; one thread at a time.

A message that a queue can't take is told apart from one that no queue is bound for; which queues took a message
RabbitMQ does not say.
"""

from __future__ import annotations

from collections.abc import Sequence

from pika import exceptions
from pika.adapters.blocking_connection import BlockingChannel

from workbench.core.errors import Invalid, NotFound, Refused
from workbench.core.records import Record
from workbench.core.routing import Published
from workbench.engines.rabbitmq.client import RabbitClient
from workbench.engines.rabbitmq.messages import properties_of
from workbench.engines.rabbitmq.settings import RabbitSettings

SOME_QUEUES = ("queues that RabbitMQ does not name",)


class RabbitSender:
    """See the module."""

    def __init__(self, settings: RabbitSettings) -> None:
        self._settings = settings
        self._client = RabbitClient(settings)

    def close(self) -> None:
        self._client.close()

    def call_for(self, topic: str, exchange: str | None = None) -> str:
        where = f"exchange {exchange}" if exchange else "default exchange"
        return (f"basic.publish to the {where} with the routing key {topic}, persistent, mandatory, confirmed, "
                f"in the virtual host {self._settings.vhost}.")

    def append(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        if partition:
            raise Invalid("{topic} has no partition {partition}: a queue has one.", "Leave out --partition.",
                          topic=topic, partition=partition)
        for number, answer in enumerate(self.publish("", topic, records, mandatory=True)):
            if answer.returned:
                raise NotFound(f"There is no queue {topic} at RabbitMQ {self._settings.address}.", _before(number))
            if answer.refused:
                raise Refused(f"{topic} does not take the message: it is full (x-overflow reject-publish).",
                              _before(number))

    def publish(self, exchange: str, routing_key: str, records: Sequence[Record],
                mandatory: bool = False) -> Sequence[Published]:
        with self._client.channel() as channel:
            if exchange:
                channel.exchange_declare(exchange, passive=True)  # unknown: said before the first message
            channel.confirm_delivery()
            return [self._send(channel, exchange, routing_key, record, mandatory) for record in records]

    def _send(self, channel: BlockingChannel, exchange: str, key: str, record: Record, mandatory: bool) -> Published:
        try:
            channel.basic_publish(exchange, key, record.value or b"", properties_of(record), mandatory=True)
        except exceptions.UnroutableError:
            said = f"no queue is bound to {exchange} for {key}" if exchange else f"there is no queue {key}"
            return Published(returned=said if mandatory else "")
        except exceptions.NackError:
            return Published(confirmed=False, refused=("a queue that is bound there",))
        return Published(SOME_QUEUES)


def _before(number: int) -> str:
    return f"{number:,} of this batch were sent before." if number else ""
