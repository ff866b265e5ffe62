"""One AMQP connection, opened when it is needed. Blocking; one thread at a time.

pika answers heartbeats only while a call is made, so the server ends a connection that lay idle: one that did is left
behind, and the next call opens another. A call that has no answer ends with the connection's heartbeat at the latest.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pika
from pika import exceptions
from pika.adapters.blocking_connection import BlockingChannel

from workbench import __version__
from workbench.engines.rabbitmq.errors import translated
from workbench.engines.rabbitmq.settings import RabbitSettings

CALL_S = 8
"""A call that has no answer by then is given up, and the system is unavailable."""
logging.getLogger("pika").setLevel(logging.CRITICAL + 1)  # it tells each error several times; we tell it once


class RabbitClient:
    """See the module."""

    def __init__(self, settings: RabbitSettings) -> None:
        self.settings = settings
        self._connection: pika.BlockingConnection | None = None
        self._used_s = 0.0

    def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """One of its own for the length of the block: what it holds unacked goes back with its end. Errors are ours."""
        try:
            channel = self._opened().channel()
        except (exceptions.AMQPError, OSError) as error:
            self.close()
            raise translated(error, self.settings.address) from None
        try:
            yield channel
            if channel.is_open:
                channel.close()
        except (exceptions.AMQPError, OSError) as error:
            self._after(error)
            raise translated(error, self.settings.address) from None
        except GeneratorExit:
            with suppress(Exception):
                channel.close()
            raise
        except BaseException:
            self.close()  # whoever gave up in the middle: what it holds goes back
            raise
        finally:
            self._used_s = time.monotonic()

    def version(self) -> str:
        """That of the server, as it tells every client."""
        with self.channel():
            told: Any = getattr(self._connection, "_impl").server_properties  # noqa: B009  pika has no public way
        version = told.get("version", b"") if told else b""
        return version.decode() if isinstance(version, bytes) else str(version)

    def _opened(self) -> pika.BlockingConnection:
        if self._connection is not None and time.monotonic() - self._used_s > CALL_S:
            self.close()
        if self._connection is None or not self._connection.is_open:
            self._connection = pika.BlockingConnection(_parameters(self.settings))
        return self._connection

    def _after(self, error: BaseException) -> None:
        """A channel that the server closed leaves the connection as it was; after anything else begin anew."""
        if not isinstance(error, exceptions.ChannelClosedByBroker):
            self.close()


def _parameters(settings: RabbitSettings) -> pika.ConnectionParameters:
    context = settings.ssl_context()
    return pika.ConnectionParameters(
        settings.host, settings.port, settings.vhost, pika.PlainCredentials(settings.user, settings.password),
        ssl_options=pika.SSLOptions(context, settings.host) if context else None, connection_attempts=1,
        heartbeat=CALL_S, socket_timeout=CALL_S, stack_timeout=CALL_S, blocked_connection_timeout=CALL_S,
        client_properties={"product": f"workbench {__version__}", "connection_name": f"workbench {__version__}"},
    )
