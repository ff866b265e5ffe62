"""``stores``: list, rows, get. Stores are drawn; groups write to them. ``list`` and ``rows`` disturb nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workbench.broker import BrokerReader
from workbench.cli.file_group import FileGroup
from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.control.stores import ReadStore
from workbench.core.errors import NotFound
from workbench.core.stores import StoreRow
from workbench.core.times import format_time


@click.group(cls=FileGroup)
@file_argument
@click.pass_context
def stores(ctx: click.Context, file: Path) -> None:
    """The stores of FILE: keyed tables that groups write to."""
    ctx.obj = file


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _document(row: StoreRow) -> dict[str, Any]:
    return {"key": _text(row.key), "value": _text(row.value), "version": row.version, "topic": row.topic,
            "partition": row.partition, "offset": row.offset, "written": format_time(row.written_ms)}


@stores.command("list")
@json_option
@click.pass_obj
def list_stores(file: Path, as_json: bool) -> None:
    """All stores with their counts; reads and refusals of a running flow may be a second old."""
    with BrokerReader(file) as reader:
        found = reader.stores()
    if as_json:
        print_json({"stores": [{"name": s.name, "rows": s.rows, "writes": s.writes, "repeats": s.repeats,
                                "reads": s.reads, "refused": s.refused} for s in found]})
        return
    print_table(("STORE", "ROWS", "WRITES", "REPEATS", "READS", "REFUSED"),
                [(s.name, s.rows, s.writes, s.repeats, s.reads, s.refused) for s in found])


@stores.command()
@click.argument("name")
@click.option("--limit", default=100, type=click.IntRange(1), show_default=True, help="Rows at most.")
@click.option("--after", default=None, help="Only keys after this one.")
@json_option
@click.pass_obj
def rows(file: Path, name: str, limit: int, after: str | None, as_json: bool) -> None:
    """The rows of a store, in the order of their keys."""
    with BrokerReader(file) as reader:
        if name not in {stat.name for stat in reader.stores()}:
            raise NotFound("There is no store {name}.", "See «workbench stores FILE list».", name=name)
        found = reader.store_rows(name, None if after is None else after.encode(), limit + 1)
    more, found = len(found) > limit, found[:limit]
    if as_json:
        print_json({"store": name, "rows": [_document(row) for row in found], "more": more})
        return
    print_table(("KEY", "VALUE", "VERSION", "RECORD", "WRITTEN"), [
        (_text(row.key), _text(row.value), row.version, f"{row.topic}/{row.partition}@{row.offset}",
         format_time(row.written_ms)) for row in found])
    if more:
        note(f"There are more: go on with --after {_text(found[-1].key)}.")


@stores.command()
@click.argument("name")
@click.argument("key")
@json_option
@click.pass_obj
def get(file: Path, name: str, key: str, as_json: bool) -> None:
    """Look a key up, as a program would: it counts as a read, and an outage refuses it."""
    with host_of(file) as host:
        row = host.call(ReadStore(name, key.encode())).row
    if row is None:
        raise NotFound("{name} has no row with the key {key}.", "See «workbench stores FILE rows {name}».", name=name,
                       key=key)
    print_json(_document(row)) if as_json else print(_text(row.value))


COMMANDS: dict[str, Callable[..., Any]] = {"stores": stores}
