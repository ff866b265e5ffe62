"""``run``: the drawn flow without a window, and what came of it."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from workbench.cli.asking import yes_option
from workbench.cli.output import note, print_json, print_table
from workbench.cli.run_on import OnSystem, run_on
from workbench.cli.workspace import file_argument, host_of, json_option
from workbench.control.client import Caller
from workbench.control.messages import GetFlow, GetOutcome, Run, RunOutcome, Stop
from workbench.core.errors import Refused
from workbench.core.snapshot import RunState

_LOOK_EVERY_S = 0.1


@click.command()
@file_argument
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), default=None, help="Stop after so long.")
@click.option("--until-drained", is_flag=True, help="Stop once everything is sent and read.")
@click.option("--seed", type=int, default=None, help="The same seed draws the same events.")
@click.option("--virtual", is_flag=True, help="In virtual time, on a copy: the same seed gives the same digest.")
@click.option("--keep", type=click.Path(path_type=Path), default=None, help="With --virtual: keep the copy it ran in.")
@click.option("--on", "system", default="", metavar="@NAME", help="There, on an attached system; FILE is only read.")
@click.option("--dry-run", is_flag=True, help="With --on: what would be made and run there, and what would not.")
@click.option("--remove", is_flag=True, help="With --on: take away what it made, once it has stopped.")
@yes_option
@json_option
def run(file: Path, seconds: float | None, until_drained: bool, seed: int | None, virtual: bool, keep: Path | None,
        system: str, dry_run: bool, remove: bool, yes: bool, as_json: bool) -> int:
    """Run the drawn flow of FILE; without --for or --until-drained until Ctrl-C. Problems make the status 1."""
    if seconds is not None and until_drained:
        raise click.UsageError("Give --for or --until-drained, not both.")
    if not system and (dry_run or remove):
        raise click.UsageError("--dry-run and --remove go with --on @NAME.")
    if system:
        if virtual or keep is not None:
            raise click.UsageError("An attached system has its own time: leave out --virtual and --keep, or --on.")
        asked = OnSystem(system.removeprefix("@"), seconds, until_drained, seed, dry_run, remove, yes, as_json)
        found = run_on(file, asked)
        if found is None:
            return 0
        _tell(found, as_json)
        return 1 if found.problems else 0
    if virtual:
        if seconds is None:
            raise click.UsageError("--virtual needs --for: how many seconds of virtual time.")
        return _run_virtual(file, secrets.randbits(31) if seed is None else seed, seconds, keep, as_json)
    if keep is not None:
        raise click.UsageError("--keep goes with --virtual.")
    with host_of(file) as host:
        if not host.call(GetFlow()).text:
            raise Refused("Nothing is drawn in {file}.", "Draw a flow, or take one with «workbench flow FILE import».",
                          file=file)
        if host.call(GetOutcome()).run is not RunState.STOPPED:
            raise Refused("The flow of {file} is running already.", "Stop it first.", file=file)
        host.call(Run(seed))
        try:
            _wait(host, seconds, until_drained)
        except KeyboardInterrupt:
            note("Stopping.")
        finally:
            host.call(Stop())
        outcome = host.call(GetOutcome())
    _tell(outcome, as_json)
    return 1 if outcome.problems else 0


def _run_virtual(file: Path, seed: int, seconds: float, keep: Path | None, as_json: bool) -> int:
    from workbench.host.virtual import run_virtual

    ran = run_virtual(file, seed, seconds, keep)
    if as_json:
        print_json(_document(ran.outcome) | {"digest": ran.digest.text})
    else:
        _tell(ran.outcome, as_json=False)
        print(f"\ndigest {ran.digest.text}")
    return 1 if ran.outcome.problems else 0


def _wait(host: Caller, seconds: float | None, until_drained: bool) -> None:
    until_s = None if seconds is None else time.monotonic() + seconds
    while until_s is None or time.monotonic() < until_s:
        if until_drained and host.call(GetOutcome()).drained:
            return
        left_s = _LOOK_EVERY_S if until_s is None else until_s - time.monotonic()
        time.sleep(max(0.0, min(_LOOK_EVERY_S, left_s)))


def _tell(outcome: RunOutcome, as_json: bool) -> None:
    if as_json:
        print_json(_document(outcome))
        return
    print(f"ran {outcome.seconds:.1f} s with seed {outcome.seed}")
    print_table(("TOPIC", "PRODUCED"), sorted(outcome.produced.items()))
    print()
    print_table(
        ("GROUP", "CONSUMED", "LAG", "ORDER VIOLATIONS", "DUPLICATES", "LOST", "DEAD LETTERS", "REDELIVERED"),
        [(name, *msgspec.structs.astuple(group)) for name, group in sorted(outcome.groups.items())],
    )
    for sentence in (*outcome.problems, *outcome.notes):
        note(sentence)
    if outcome.failed:
        note(f"{outcome.failed:,} events could not be sent.")


def _document(outcome: RunOutcome) -> dict[str, Any]:
    return {
        "seconds": round(outcome.seconds, 3),
        "seed": outcome.seed,
        "topics": {name: {"produced": count} for name, count in outcome.produced.items()},
        "groups": {name: msgspec.structs.asdict(group) for name, group in outcome.groups.items()},
        "failed": outcome.failed,
        "problems": list(outcome.problems),
        "notes": list(outcome.notes),
    }


COMMANDS = {"run": run}
