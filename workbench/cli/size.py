"""``size`` and ``compact``: the room FILE takes, its budget, and giving freed room back to the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.control.file import CompactFile, GetSize, SetSizeBudget
from workbench.core.errors import Invalid
from workbench.core.sizes import parse_size, size_words

_NONE = "none"


class Budget(click.ParamType):
    """A size, or ``none`` (0)."""

    name = "SIZE|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int) or value == _NONE:
            return 0 if value == _NONE else value
        try:
            return parse_size(value)
        except Invalid as error:
            self.fail(error.sentence(), param, ctx)


@click.command()
@file_argument
@click.option("--budget", type=Budget(), default=None, help="How large FILE may grow before it is warned about, like "
              "2 GiB; «none» warns never. It is kept in FILE and refuses nothing.")
@json_option
def size(file: Path, budget: int | None, as_json: bool) -> None:
    """Tell how much room FILE takes, what lies free in it, and its budget; or set the budget."""
    with host_of(file, writes=budget is not None) as host:
        if budget is not None:
            host.call(SetSizeBudget(budget))
        found = host.call(GetSize())
    if as_json:
        print_json({"file_bytes": found.file_bytes, "free_bytes": found.free_bytes,
                    "budget_bytes": found.budget_bytes or None, "disk_free_bytes": found.disk_free_bytes})
        return
    print_table(("WHAT", "SIZE"), [
        ("on disk", size_words(found.file_bytes)),
        ("free in it, for the next records", size_words(found.free_bytes)),
        ("budget", size_words(found.budget_bytes) if found.budget_bytes else _NONE),
        ("free on its disk", size_words(found.disk_free_bytes)),
    ])


@click.command()
@file_argument
@json_option
def compact(file: Path, as_json: bool) -> None:
    """Give the room that removed records left in FILE back to the disk; says before and after.

    What deleted topics kept for «topics restore» goes; nothing else that is stored changes. A file made by an older
    workbench is written anew once: that needs twice its size of free disk for the moment, and appends wait; from then
    on room is given back by itself.
    """
    with host_of(file) as host:
        done = host.call(CompactFile())
    if as_json:
        print_json({"before_bytes": done.before, "after_bytes": done.after})
        return
    print(f"{size_words(done.before)} before, {size_words(done.after)} after")
    if done.after == done.before:
        note("Nothing in it is free. To keep less, set retention: «workbench topics FILE alter NAME --config "
             "retention.ms=86400000».")


COMMANDS = {"size": size, "compact": compact}
