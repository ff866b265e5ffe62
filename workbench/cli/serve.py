"""``serve``: the host without a window."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.workspace import file_argument


@click.command()
@file_argument
@click.option("--kafka", default=None, metavar="HOST:PORT", help="Serve real Kafka clients there; port 0: any.")
@click.option("--run", is_flag=True, help="Run the drawn flow at once.")
@click.option("--child", is_flag=True, hidden=True, help="Started by a window: stop some time after it is gone.")
@click.option("--grace", "grace_s", type=click.FloatRange(0, 3600), default=30.0, hidden=True)
def serve(file: Path, kafka: str | None, run: bool, child: bool, grace_s: float) -> int:
    """Serve FILE until it is told to stop. One line of JSON says when it is ready."""
    from workbench.host.main import HostSettings, serve_until_stopped

    return serve_until_stopped(HostSettings(file, kafka=kafka, run=run, child=child, grace_s=grace_s))


COMMANDS = {"serve": serve}
