"""pika's errors as ours: what may go through later is ``Unavailable``, all else is final."""

from __future__ import annotations

import re

from pika import exceptions

from workbench.core.errors import Invalid, NotFound, Refused, Unavailable, WorkbenchError

_NOT_FOUND, _ACCESS_REFUSED, _LOCKED, _PRECONDITION = 404, 403, 405, 406
_NEXT = "Is it running, and is the address right?"


def translated(error: BaseException, address: str) -> WorkbenchError:
    """The error of a call to the RabbitMQ at ``address``, as a sentence with a next step."""
    where = f"RabbitMQ at {address}"
    match error:
        case WorkbenchError():
            return error
        case exceptions.ProbableAuthenticationError() | exceptions.AuthenticationError():
            return Refused("{where} does not let you in: user or password is wrong.", "Check user and password.",
                           where=where)
        case exceptions.ProbableAccessDeniedError():
            return Refused("{where} does not let this user into the virtual host: {error}.",
                           "Check vhost, and the user's rights there.", where=where, error=_told(error))
        case exceptions.ChannelClosedByBroker() | exceptions.ConnectionClosedByBroker():
            return _closed(error, where)
        case exceptions.IncompatibleProtocolError():
            return Unavailable("What answers at {address} does not speak AMQP 0-9-1.",
                               "Is the port right? Perhaps it wants TLS (--option tls=true).", address=address)
    return Unavailable(f"{where} can't be reached: {_told(error)}.", _NEXT)


def _closed(error: exceptions.ChannelClosedByBroker | exceptions.ConnectionClosedByBroker,
            where: str) -> WorkbenchError:
    text = _plain(error.reply_text)
    if error.reply_code == _NOT_FOUND:
        return NotFound("{where} does not know it: {text}.", where=where, text=text)
    if error.reply_code == _ACCESS_REFUSED:
        return Refused("{where} does not allow it: {text}.", "Check the user's rights (configure, write, read).",
                       where=where, text=text)
    if error.reply_code == _LOCKED:
        return Refused("{where} has it locked: {text}.", "It belongs to another connection (an exclusive queue).",
                       where=where, text=text)
    if error.reply_code == _PRECONDITION:
        return Invalid("{where} refused: {text}.", where=where, text=text)
    return Unavailable("{where} closed the connection: {text}.", "It is tried again.", where=where, text=text)


def _plain(text: str) -> str:
    """«NOT_FOUND - no queue 'x' in vhost '/'» without the word in capitals."""
    return re.sub(r"^[A-Z_]+ - ", "", text).strip().rstrip(".")


def _told(error: BaseException) -> str:
    """The innermost reason that pika kept; its own outer ones say nothing."""
    for inner in (*error.args, getattr(error, "exception", None)):
        if isinstance(inner, BaseException):
            return _told(inner)
    if isinstance(error, exceptions.ConnectionClosed):
        return _plain(error.reply_text)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _plain(re.sub(r"^\w+: \(\d+\) '(.*)'$", r"\1", str(error))) or type(error).__name__
