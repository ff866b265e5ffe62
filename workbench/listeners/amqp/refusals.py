"""What is refused, with RabbitMQ's codes and texts. Pure.

A ``ChannelRefusal`` closes its channel, a ``ConnectionRefusal`` the connection.
"""

from __future__ import annotations

VHOST = "/"
NAMES = {
    311: "CONTENT_TOO_LARGE", 312: "NO_ROUTE", 313: "NO_CONSUMERS", 320: "CONNECTION_FORCED", 402: "INVALID_PATH",
    403: "ACCESS_REFUSED", 404: "NOT_FOUND", 405: "RESOURCE_LOCKED", 406: "PRECONDITION_FAILED", 501: "FRAME_ERROR",
    502: "SYNTAX_ERROR", 503: "COMMAND_INVALID", 504: "CHANNEL_ERROR", 505: "UNEXPECTED_FRAME", 506: "RESOURCE_ERROR",
    530: "NOT_ALLOWED", 540: "NOT_IMPLEMENTED", 541: "INTERNAL_ERROR",
}


class Refusal(Exception):
    """``code`` as AMQP numbers them; the text is what follows the code's name."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = f"{NAMES[code]} - {text}"


class ChannelRefusal(Refusal):
    """The channel closes; the connection and its other channels live."""


class ConnectionRefusal(Refusal):
    """The connection closes."""


def queue_words(name: str) -> str:
    return f"queue '{name}' in vhost '{VHOST}'"


def exchange_words(name: str) -> str:
    return f"exchange '{name}' in vhost '{VHOST}'"


def no_queue(name: str) -> ChannelRefusal:
    return ChannelRefusal(404, f"no {queue_words(name)}")


def no_exchange(name: str) -> ChannelRefusal:
    return ChannelRefusal(404, f"no {exchange_words(name)}")


def locked(name: str) -> ChannelRefusal:
    return ChannelRefusal(405, f"cannot obtain exclusive access to locked {queue_words(name)}. It could be originally "
                          "declared on another connection or the exclusive property value does not match that of the "
                          "original declaration.")


def unlike(argument: str, what: str, received: str, current: str) -> ChannelRefusal:
    """A declaration that differs from the first; ``what`` is ``queue_words`` or ``exchange_words``."""
    return ChannelRefusal(406, f"inequivalent arg '{argument}' for {what}: received {received} but current is "
                          f"{current}")


def flag_unlike(argument: str, what: str, received: object, current: object) -> ChannelRefusal:
    return unlike(argument, what, f"'{_word(received)}'", f"'{_word(current)}'")


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


DEFAULT_EXCHANGE_LEFT_ALONE = "operation not permitted on the default exchange"
