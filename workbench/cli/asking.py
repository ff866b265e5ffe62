"""Asking before something is lost: on a terminal only, so that scripts go on as they did."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

yes_option: Callable[..., Any] = click.option("--yes", is_flag=True, help="Do not ask, on a terminal either.")


def ask(what_is_lost: str, yes: bool) -> None:
    """Go on when the person says so; otherwise the command ends and nothing was done. ``what_is_lost`` is a sentence
    without its full stop."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"{what_is_lost}. Go on?", abort=True, err=True)
