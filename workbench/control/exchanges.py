"""Commands and replies about exchanges; see ``core.routing`` for the values. Publishing is in ``control.queues``."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.control.command import Command
from workbench.core.records import Headers
from workbench.core.routing import Binding, Exchange, Routed
from workbench.core.snapshot import ExchangeStat


class ExchangeInfo(msgspec.Struct, frozen=True, tag=True):
    """An exchange as it was declared, what is bound to it, the queues that send their dead there (those that it leads
    back to are ``led_back`` too), and its figures since the file was opened."""

    exchange: Exchange
    bindings: tuple[Binding, ...]
    dead_letters_of: tuple[str, ...]
    stat: ExchangeStat
    led_back: tuple[str, ...] = ()


class ExchangeList(msgspec.Struct, frozen=True, tag=True):
    """``cycles`` are exchanges that lead back to themselves; a message passes each once all the same."""

    exchanges: tuple[ExchangeInfo, ...]
    cycles: tuple[tuple[str, ...], ...] = ()


class Route(msgspec.Struct, frozen=True, tag=True):
    routed: Routed


# -- commands ----------------------------------------------------------------------------------------------
class ListExchanges(Command, frozen=True, tag=True):
    """All but the default exchange."""

    reply: ClassVar[type] = ExchangeList


class DeclareExchange(Command, frozen=True, tag=True):
    """Make it, or let it be if it is there just so; ``alter``: give one that is there another alternate."""

    exchange: Exchange
    alter: bool = False


class DeleteExchange(Command, frozen=True, tag=True):
    """It goes, with the bindings from it and to it. Queues that send their dead there keep them from then on."""

    name: str


class Bind(Command, frozen=True, tag=True):
    binding: Binding


class Unbind(Command, frozen=True, tag=True):
    binding: Binding


class RouteMessage(Command, frozen=True, tag=True):
    """Where a message would go now; nothing is sent."""

    exchange: str
    routing_key: str = ""
    headers: Headers = ()
    reply: ClassVar[type] = Route
