"""``exchanges``: list, declare, describe, bind, unbind, delete, route.

An exchange keeps nothing: it sends each message on to the queues, and exchanges, whose bindings match. Events are sent
to one with «produce --exchange».
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workbench.cli.asking import ask, yes_option
from workbench.cli.file_group import FileGroup
from workbench.cli.output import counted, note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option, pair
from workbench.control.exchanges import (
    Bind,
    DeclareExchange,
    DeleteExchange,
    ExchangeInfo,
    ExchangeList,
    ListExchanges,
    RouteMessage,
    Unbind,
)
from workbench.core.errors import NotFound
from workbench.core.routing import Binding, Exchange, ExchangeType

_TYPES = tuple(kind.value for kind in ExchangeType)


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def exchanges(ctx: click.Context, file: Path) -> None:
    """The exchanges of FILE and what is bound to them.

    A queue sends its dead letters to one with «topics FILE create NAME --queue --config
    queue.dead.letter.exchange=EXCHANGE».
    """
    ctx.obj = file


# -- looking ---------------------------------------------------------------------------------------------------
def _binding_document(binding: Binding) -> dict[str, Any]:
    return {
        "destination": binding.destination,
        "to": "exchange" if binding.to_exchange else "queue",
        "key": binding.key,
        "headers": dict(binding.arguments),
        "match": "any" if binding.match_any else "all",
    }


def _summary(info: ExchangeInfo) -> dict[str, Any]:
    return {
        "name": info.exchange.name,
        "type": info.exchange.type.value,
        "alternate": info.exchange.alternate or None,
        "bindings": len(info.bindings),
        "dead_letters_of": list(info.dead_letters_of),
        "led_back": list(info.led_back),
        "published": info.stat.published,
        "routed": info.stat.routed,
        "unroutable": info.stat.unroutable,
        "returned": info.stat.returned,
    }


def _asks(kind: ExchangeType, binding: Binding) -> str:
    """What a binding asks for, in a word."""
    if kind is ExchangeType.FANOUT:
        return "everything"
    if kind is ExchangeType.HEADERS:
        told = [f"{name}={value}" for name, value in binding.arguments]
        return (" or " if binding.match_any else " and ").join(told) or "no headers"
    return binding.key or "no key"


def _info(found: ExchangeList, name: str) -> ExchangeInfo:
    info = next((info for info in found.exchanges if info.exchange.name == name), None)
    if info is None:
        raise NotFound("There is no exchange {name}.", "See «workbench exchanges FILE list».", name=name)
    return info


def _cycles_of(found: ExchangeList, name: str = "") -> list[str]:
    return [" → ".join([*cycle, cycle[0]]) for cycle in found.cycles if not name or name in cycle]


def _note_cycles(found: ExchangeList, name: str = "") -> None:
    """What goes round, and that it ends; of all exchanges, or of those that one has to do with."""
    for cycle in _cycles_of(found, name):
        note(f"They lead in a cycle: {cycle}. A message passes each exchange once.")
    for info in found.exchanges:
        for queue in info.led_back if name in ("", info.exchange.name) else ():
            note(f"The dead letters of {queue} can come back to it through {info.exchange.name}: those that a consumer "
                 "rejected go round, the others end there, marked.")


@exchanges.command("list")
@json_option
@click.pass_obj
def list_exchanges(file: Path, as_json: bool) -> None:
    """All exchanges; what passed through them is counted since the file was opened."""
    with host_of(file, writes=False) as host:
        found = host.call(ListExchanges())
    if as_json:
        print_json({"exchanges": [_summary(info) for info in found.exchanges],
                    "cycles": [list(cycle) for cycle in found.cycles]})
        return
    print_table(("EXCHANGE", "TYPE", "BINDINGS", "ALTERNATE", "DEAD LETTERS OF", "PUBLISHED", "UNROUTABLE"), [
        (i.exchange.name, i.exchange.type.value, len(i.bindings), i.exchange.alternate or "-",
         ", ".join(i.dead_letters_of) or "-", i.stat.published, i.stat.unroutable)
        for i in found.exchanges
    ])
    _note_cycles(found)


@exchanges.command()
@click.argument("name")
@json_option
@click.pass_obj
def describe(file: Path, name: str, as_json: bool) -> None:
    """One exchange: its type, its bindings, and where it is itself bound."""
    with host_of(file, writes=False) as host:
        found = host.call(ListExchanges())
    info, kind = _info(found, name), _info(found, name).exchange.type
    bound_to = [other.exchange.name for other in found.exchanges
                if any(each.to_exchange and each.destination == name for each in other.bindings)]
    if as_json:
        print_json(_summary(info) | {"binding_list": [_binding_document(each) for each in info.bindings],
                                     "bound_to": bound_to, "last_unroutable": info.stat.last_unroutable or None,
                                     "cycles": _cycles_of(found, name)})
        return
    print(f"{name}: {kind}, {counted(len(info.bindings), 'binding')}; "
          f"{info.stat.published:,} published, {info.stat.unroutable:,} unroutable")
    if info.bindings:
        print_table(("BINDING", "TO", "KIND"), [(_asks(kind, each), each.destination, _binding_document(each)["to"])
                                                for each in info.bindings])
    print(f"What no binding takes goes to {info.exchange.alternate}." if info.exchange.alternate else
          "What no binding takes is lost, and counted.")
    if info.dead_letters_of:
        print(f"Dead letters come from {', '.join(info.dead_letters_of)}; those that no binding takes stay there.")
    if bound_to:
        print(f"Messages come to it from {', '.join(bound_to)}.")
    _note_cycles(found, name)


# -- declaring and deleting ------------------------------------------------------------------------------------
@exchanges.command()
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(_TYPES), default=None, help="Default: direct, or as it is there.")
@click.option("--alternate", default=None, metavar="EXCHANGE", help="Takes what no binding matches.")
@click.option("--alter", is_flag=True, help="Change the alternate of one that is there; «--alternate ''» takes it off.")
@click.pass_obj
def declare(file: Path, name: str, kind: str | None, alternate: str | None, alter: bool) -> None:
    """Make the exchange NAME. The same again changes nothing; otherwise it is refused."""
    if alter and alternate is None:
        raise click.UsageError("Say the new alternate with --alternate.")
    with host_of(file) as host:
        if alter and kind is None:
            kind = _info(host.call(ListExchanges()), name).exchange.type.value
        exchange = Exchange(name, ExchangeType(kind or "direct"), alternate or "")
        host.call(DeclareExchange(exchange, alter))
        found = host.call(ListExchanges())
    what = f"Exchange {name} is {'changed' if alter else 'there'}, {exchange.type}"
    note(f"{what}, with the alternate {exchange.alternate}." if exchange.alternate else f"{what}.")
    if exchange.alternate and all(info.exchange.name != exchange.alternate for info in found.exchanges):
        note(f"There is no exchange {exchange.alternate} yet: until then what can't be routed is lost, and counted.")
    _note_cycles(found, name)


@exchanges.command()
@click.argument("name")
@yes_option
@click.pass_obj
def delete(file: Path, name: str, yes: bool) -> None:
    """Delete the exchange NAME, with the bindings from it and to it."""
    with host_of(file) as host:
        before = host.call(ListExchanges())
        bound = [one for info in before.exchanges for one in info.bindings
                 if name == one.exchange or (one.to_exchange and name == one.destination)]
        if bound:
            ask(f"{name} goes with {counted(len(bound), 'binding')}. Nothing brings them back", yes)
        host.call(DeleteExchange(name))
    note(f"Exchange {name} is gone.")
    if senders := _info(before, name).dead_letters_of:
        note(f"The dead letters of {', '.join(senders)} stay there now.")


# -- bindings --------------------------------------------------------------------------------------------------
def _binding_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--any", "match_any", is_flag=True, help="Headers: any of them; default all."),
        click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="Headers: one to ask for."),
        click.option("--key", default="", metavar="KEY", help="direct: an equal key; topic: a pattern, as order.#."),
        click.option("--to-exchange", is_flag=True, help="TO is an exchange, not a queue."),
        click.argument("to"),
        click.argument("exchange"),
    ):
        command = option(command)
    return command


def _binding(exchange: str, to: str, to_exchange: bool, key: str, headers: tuple[str, ...], match_any: bool) -> Binding:
    arguments = tuple(pair(text, "name=value") for text in headers)
    return Binding(exchange, to, key, to_exchange, arguments, match_any)


@exchanges.command()
@_binding_options
@click.pass_obj
def bind(file: Path, **options: Any) -> None:
    """Send messages from EXCHANGE to the queue TO.

    Several keys are several bindings; the same again changes nothing.
    """
    binding = _binding(**options)
    with host_of(file) as host:
        host.call(Bind(binding))
        found = host.call(ListExchanges())
    kind = _info(found, binding.exchange).exchange.type
    note(f"{binding.exchange} sends {binding.destination} {_takes(kind, binding)}.")
    _note_cycles(found, binding.exchange)


def _takes(kind: ExchangeType, binding: Binding) -> str:
    if kind is ExchangeType.FANOUT:
        return "everything"
    if kind is ExchangeType.HEADERS:
        return f"what has the headers {_asks(kind, binding)}" if binding.arguments else "everything"
    return f"what has {'the key ' if binding.key else ''}{_asks(kind, binding)}"


@exchanges.command()
@_binding_options
@click.pass_obj
def unbind(file: Path, **options: Any) -> None:
    """Take a binding off; say it as it was bound."""
    binding = _binding(**options)
    with host_of(file) as host:
        host.call(Unbind(binding))
    note(f"{binding.destination} is not bound to {binding.exchange} like that any more.")


# -- where a message would go ----------------------------------------------------------------------------------
@exchanges.command()
@click.argument("exchange")
@click.option("--key", default="", metavar="KEY", help="The message's routing key.")
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help="A header of the message.")
@json_option
@click.pass_obj
def route(file: Path, exchange: str, key: str, headers: tuple[str, ...], as_json: bool) -> None:
    """Say which queues a message would go to; nothing is sent. EXCHANGE «» is the default one."""
    given = tuple((name, value.encode()) for name, value in (pair(text, "name=value") for text in headers))
    with host_of(file, writes=False) as host:
        routed = host.call(RouteMessage(exchange, key, given)).routed
    if as_json:
        print_json({"exchange": exchange, "key": key, "queues": list(routed.queues), "passed": list(routed.passed),
                    "matched": list(routed.matched)})
        return
    for queue in routed.queues:
        print(queue)
    if not routed.queues:
        passed = " → ".join(name or "the default exchange" for name in routed.passed)
        note(f"No queue takes it: it came to {passed} and no further.")


COMMANDS: dict[str, Callable[..., Any]] = {"exchanges": exchanges}
