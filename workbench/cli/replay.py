"""``replay``: a range of a topic into another topic, at its own spacing times a speed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from workbench.cli.output import ProgressLine, counted, print_json
from workbench.cli.workspace import Point, file_argument, host_of, json_option, reader_of
from workbench.core.points import EARLIEST, LATEST, LogPoint
from workbench.session.replay import Pace
from workbench.session.replay import replay as replay_range


class Speed(click.ParamType):
    """A factor, or ``max``."""

    name = "X|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        if value == "max":
            return value
        try:
            factor = float(value)
        except ValueError:
            factor = 0.0
        if not 0 < factor < float("inf"):
            self.fail(f"«{value}» is neither a number above 0 nor «max».", param, ctx)
        return factor


@click.command()
@file_argument
@click.argument("topic")
@click.option("--into", required=True, metavar="TOPIC", help="Where the events go.")
@click.option("--from", "from_", type=Point(), default=EARLIEST)
@click.option("--to", type=Point(), default=LATEST, help="What is there itself is left out.")
@click.option("--speed", type=Speed(), default=1.0, help="Times the original spacing; max: as fast as it goes.")
@json_option
def replay(
    file: Path, topic: str, into: str, from_: LogPoint, to: LogPoint, speed: float | str, as_json: bool
) -> None:
    """Append the events of TOPIC to another topic again."""
    started_s = time.monotonic()
    pace = Pace(speed=None if isinstance(speed, str) else speed)
    with host_of(file) as host, reader_of(file) as reader, ProgressLine("replayed") as progress:
        sent = replay_range(reader, host, topic, into, from_, to, pace, progress)
    seconds = time.monotonic() - started_s
    if as_json:
        print_json({"topic": topic, "into": into, "replayed": sent, "seconds": round(seconds, 3)})
    else:
        print(f"{counted(sent, 'event')} of {topic} into {into} in {seconds:.2f} s")


COMMANDS = {"replay": replay}
