"""Verbs of the contract that are not built yet: each says so in a sentence."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.workspace import file_argument
from workbench.core.errors import Unsupported


@click.command(context_settings={"ignore_unknown_options": True})
@file_argument
@click.argument("sql", nargs=-1, type=click.UNPROCESSED)
def query(file: Path, sql: tuple[str, ...]) -> None:
    """Records as tables (not built yet)."""
    raise Unsupported("Queries are not built yet.", "Export to csv or jsonl, and query that.")


COMMANDS = {"query": query}
