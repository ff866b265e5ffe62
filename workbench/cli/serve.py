"""``serve``: the host without a window."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from workbench.cli.listening import listener_options, listens
from workbench.cli.workspace import file_argument


@click.command()
@file_argument
@listener_options
@click.option("--run", is_flag=True, help="Run the drawn flow at once.")
@click.option("--child", is_flag=True, hidden=True, help="Started by a window: stop some time after it is gone.")
@click.option("--make", default=None, hidden=True, help="Make the file from this sample if it is not there.")
@click.option("--grace", "grace_s", type=click.FloatRange(0, 3600), default=30.0, hidden=True)
def serve(file: Path, serve_all: bool, run: bool, child: bool, make: str | None, grace_s: float,
          **listeners: object) -> int:
    """Serve FILE until it is told to stop. One line of JSON says when it is ready."""
    listen = listens(listeners, serve_all)
    gc.disable()  # a tenth of the start is looking for cycles in code that stays; the host's ``settle`` enables it
    try:
        from workbench.host.main import HostSettings, serve_until_stopped

        return serve_until_stopped(HostSettings(file, listen, run=run, child=child, grace_s=grace_s, make=make))
    except KeyboardInterrupt:  # told to stop before it was ready
        return 0


COMMANDS = {"serve": serve}
