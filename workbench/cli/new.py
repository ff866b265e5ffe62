"""``new`` and ``samples``: a new workspace, empty or with a sample's drawing."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.flow.samples import samples
from workbench.host import make_workspace


@click.command()
@file_argument
@click.option("--sample", default="", help="Start with this sample's drawing; see «workbench samples».")
@json_option
def new(file: Path, sample: str, as_json: bool) -> None:
    """Make a new workspace FILE."""
    make_workspace(file, sample)
    with host_of(file):  # opening it makes the topics that are drawn
        pass
    if as_json:
        print_json({"file": str(file), "sample": sample or None})
    else:
        note(f"{file} is there{f', with the sample {sample}' if sample else ''}.")


@click.command("samples")
@json_option
def list_samples(as_json: bool) -> None:
    """List the samples that «new --sample» knows."""
    found = samples()
    if as_json:
        print_json({"samples": [{"name": s.name, "title": s.title, "summary": s.summary,
                                 "look_at": list(s.lines_to_look_at)} for s in found]})
    else:
        print_table(("NAME", "TITLE", "SUMMARY"), [(s.name, s.title, s.summary) for s in found])


COMMANDS = {"new": new, "samples": list_samples}
