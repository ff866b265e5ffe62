"""``connections``: the systems that this user has named, to be used as ``@NAME`` wherever a verb takes FILE."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from typing import Any

import click

from workbench.cli.attached import connection_of
from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import json_option, pair
from workbench.core.errors import Invalid
from workbench.engines import secrets
from workbench.engines.catalog import ConnectionSpec, user_catalog
from workbench.engines.registry import SYSTEMS, connect, system_of

_LATER = ("pulsar", "activemq")


@click.group()
def connections() -> None:
    """The systems you have attached; @NAME stands for one wherever a verb takes FILE."""


@connections.command("list")
@json_option
def list_connections(as_json: bool) -> None:
    """All of them; nothing is reached for it."""
    specs = user_catalog().all()
    if as_json:
        print_json({"connections": [_document(spec) for spec in specs]})
        return
    print_table(("NAME", "SYSTEM", "ADDRESS", "WRITABLE", "PRODUCTION"),
                [(f"@{s.name}", s.system, s.address, *("yes" if mark else "no" for mark in (s.writable, s.production)))
                 for s in specs])


def _document(spec: ConnectionSpec) -> dict[str, Any]:
    return asdict(spec)


@connections.command()
@click.argument("name")
@click.option("--system", type=click.Choice([*SYSTEMS, *_LATER]), required=True)
@click.option("--address", required=True, metavar="HOST:PORT",
              help="Where it is; Kafka: several with commas; RabbitMQ: or amqp://HOST/VHOST.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE",
              help="A setting of the client library; a secret as NAME=env:VARIABLE, keyring: or ask:.")
@click.option("--writable", is_flag=True, help="Writing may be done to it; without it, it is only looked at.")
@click.option("--production", is_flag=True, help="Ask twice before anything is written to it; scripts give --yes.")
def add(name: str, system: str, address: str, options: tuple[str, ...], writable: bool, production: bool) -> None:
    """Name a system. It is not reached for it: see «connections test»."""
    name = name.removeprefix("@")
    system_of(system)
    settings = dict(pair(text, "name=value") for text in options)
    spec = ConnectionSpec(name, system, address, settings, writable, production)
    connect(spec)
    user_catalog().add(spec)
    note(f"@{name} is known. Try it with: workbench connections test {name}.")


@connections.command()
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> None:
    """Reach the system and say what is there."""
    name = name.removeprefix("@")
    with connection_of(name) as connection:
        about, lacks = connection.state.about, connection.lacks("produce")
    if as_json:
        print_json({"name": name, "state": "ready", "about": about, "writable": not lacks})
        return
    print(f"reached @{name}: {about}")
    if lacks:
        note(lacks)


@connections.command()
@click.argument("name")
@click.argument("option")
def secret(name: str, option: str) -> None:
    """Put the value of OPTION into the system's keyring: asked for on a terminal, else a line of standard input.

    The option must have been given as keyring: («--option password=keyring:»).
    """
    name = name.removeprefix("@")
    value = user_catalog().get(name).options.get(option, "")
    if not secrets.in_keyring(value):
        raise Invalid("@{name} does not look for {option} in the keyring.",
                      "Add the connection with: --option {option}=keyring:.", name=name, option=option)
    given = getpass.getpass(f"{option} of @{name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise Invalid("Nothing was given.", "Type it, or send it as a line of standard input.")
    secrets.keep_in_keyring(name, option, value, given)
    note(f"{option} of @{name} is in the system's keyring.")


@connections.command()
@click.argument("name")
@click.option("--writable/--read-only", default=None, help="Whether writing may be done to it.")
@click.option("--production/--no-production", default=None, help="Whether it is asked twice before it is written to.")
def alter(name: str, writable: bool | None, production: bool | None) -> None:
    """Turn writing on or off for a system, or mark it as production."""
    name = name.removeprefix("@")
    if writable is None and production is None:
        raise click.UsageError("Say what to change with --writable, --read-only, --production or --no-production.")
    spec = user_catalog().alter(name, writable, production)
    asked = ", and it is asked twice before" if spec.production else ""
    note(f"@{name} may be written to{asked}." if spec.writable else f"@{name} is only looked at.")


@connections.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a system; nothing changes there."""
    name = name.removeprefix("@")
    user_catalog().remove(name)
    note(f"@{name} is forgotten.")


COMMANDS = {"connections": connections}
