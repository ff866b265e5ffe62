"""``bench``: the measurements in ``workbench.cli.benchmarks``, as ratios against a peer in one run.

A measurement is a function without arguments that returns a ``Result``, named ``*_ratio``, in any module there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import platform
from collections.abc import Callable
from dataclasses import asdict

import click

from workbench.cli import benchmarks
from workbench.cli.benchmarks.result import Result
from workbench.cli.output import note, print_json, print_table
from workbench.cli.workspace import json_option
from workbench.core.errors import NotFound, Unsupported


@click.command()
@click.argument("names", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Say which there are, run none.")
@json_option
def bench(names: tuple[str, ...], only_list: bool, as_json: bool) -> int:
    """Measure this machine. Without NAMES everything; status 1 when a goal is not reached."""
    found = measurements()
    if unknown := [name for name in names if name not in found]:
        raise NotFound("There is no measurement {unknown}.", "There are {found}.", unknown=unknown[0],
                       found=', '.join(found))
    chosen = {name: found[name] for name in names or found}
    if only_list:
        _tell_list(chosen, as_json)
        return 0
    results: dict[str, Result] = {}
    for name, measure in chosen.items():
        note(f"measuring {name}")
        try:
            results[name] = measure()
        except Unsupported as error:
            note(f"not measured: {error.sentence()}")
    if as_json:
        document = {name: asdict(result) | {"reached": result.reached} for name, result in results.items()}
        print_json({"machine": platform.platform(), "python": platform.python_version(), "results": document})
    else:
        print_table(("MEASUREMENT", "OURS", "PEER", "UNIT", "RATIO", "GOAL", ""),
                    [(r.name, round(r.ours), round(r.peer), r.unit, f"{r.ratio:.2f}", f"{r.goal:.2f}",
                      "reached" if r.reached else "missed") for r in results.values()])
    return 0 if all(result.reached for result in results.values()) else 1


def measurements() -> dict[str, Callable[[], Result]]:
    """Every measurement by name, ``module.function`` without the ``_ratio``."""
    found: dict[str, Callable[[], Result]] = {}
    for module_info in pkgutil.iter_modules(benchmarks.__path__):
        module = importlib.import_module(f"{benchmarks.__name__}.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.endswith("_ratio") and function.__module__ == module.__name__:
                found[f"{module_info.name}.{name.removesuffix('_ratio')}"] = function
    return found


def _tell_list(chosen: dict[str, Callable[[], Result]], as_json: bool) -> None:
    said = {name: _first_words(measure) for name, measure in chosen.items()}
    if as_json:
        print_json({"measurements": said})
    else:
        print_table(("NAME", "WHAT"), list(said.items()))


def _first_words(measure: Callable[[], Result]) -> str:
    return (inspect.getdoc(measure) or "").partition("\n\n")[0].replace("\n", " ")


COMMANDS = {"bench": bench}
