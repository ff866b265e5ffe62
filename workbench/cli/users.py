"""``users``: who may connect where a listener asks. A password is never an argument: others could read it there."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.file_group import FileGroup
from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.control.messages import ListUsers, PutUser, RemoveUser
from workbench.core.errors import Invalid

_MAX_PASSWORD_CHARS = 1024


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def users(ctx: click.Context, file: Path) -> None:
    """The users of FILE: who may connect to «serve --kafka-sasl», and to «serve --registry» once there are any."""
    ctx.obj = file


@users.command("list")
@json_option
@click.pass_obj
def list_users(file: Path, as_json: bool) -> None:
    """All users by name; of their passwords only hashes are kept."""
    with host_of(file, writes=False) as host:
        names = host.call(ListUsers()).names
    if as_json:
        print_json({"users": list(names)})
    else:
        print_table(("USER",), [(name,) for name in names])


@users.command()
@click.argument("name")
@click.pass_obj
def put(file: Path, name: str) -> None:
    """Add the user NAME, or give it a new password: asked for, or the first line of standard input."""
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline(_MAX_PASSWORD_CHARS + 2).rstrip("\r\n")
    if len(password) > _MAX_PASSWORD_CHARS:
        raise Invalid("A password has at most {max_password_chars:,} characters.", "Give a shorter one.",
                      max_password_chars=_MAX_PASSWORD_CHARS)
    with host_of(file) as host:
        host.call(PutUser(name, password))
    note(f"The user {name} can connect where «serve {file} --kafka HOST:PORT --kafka-sasl» listens; other protocols "
         "ask for users as soon as there are any.")


@users.command()
@click.argument("name")
@click.pass_obj
def remove(file: Path, name: str) -> None:
    """Take the user NAME out; its open connections stay until they end."""
    with host_of(file) as host:
        host.call(RemoveUser(name))
    note(f"The user {name} is gone.")


COMMANDS = {"users": users}
