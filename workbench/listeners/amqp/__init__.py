"""AMQP 0-9-1 as RabbitMQ speaks it: its clients connect unchanged. ``AmqpListener`` is what the host starts."""

from workbench.listeners.amqp.listener import AmqpListener

__all__ = ["AmqpListener"]
