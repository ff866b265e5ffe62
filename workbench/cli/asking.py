"""Asking before something is lost, on a terminal only, so that scripts go on as they did; and before anything is
written to a system that is marked as production, where scripts say so with --yes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from workbench.core.errors import Refused

yes_option: Callable[..., Any] = click.option("--yes", is_flag=True, help="Do not ask, on a terminal either.")


def ask(what_is_lost: str, yes: bool) -> None:
    """Go on when the person says so; otherwise the command ends and nothing was done. ``what_is_lost`` is a sentence
    without its full stop."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"{what_is_lost}. Go on?", abort=True, err=True)


def ask_twice(name: str, call: str, yes: bool) -> None:
    """Before ``call``, a sentence, is made to the production system @``name``: go on when the person says so and types
    its name, or said --yes beforehand. Nobody can be asked in a script: ``Refused``."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused("@{name} is marked as production, and nobody can be asked here.",
                      "Add --yes to write to it all the same.", name=name)
    click.confirm(f"@{name} is production. {call} Go on?", abort=True, err=True)
    if click.prompt(f"Type {name} to do it", default="", show_default=False, err=True).removeprefix("@") != name:
        raise click.Abort
