"""``run FILE --on @NAME``: the drawn flow on an attached system, said before it starts, summed up at the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from workbench.cli.asking import ask_twice
from workbench.cli.output import counted, note, print_json, print_table
from workbench.control.messages import RunOutcome
from workbench.engines.catalog import user_catalog
from workbench.runtime.translation import Translation


@dataclass(frozen=True, slots=True)
class OnSystem:
    """How it was asked for. ``remove``: take away what it made, once it has stopped; ``sure``: --yes."""

    name: str
    seconds: float | None
    until_drained: bool
    seed: int | None
    dry_run: bool
    remove: bool
    sure: bool
    as_json: bool


def run_on(file: Path, asked: OnSystem) -> RunOutcome | None:
    """The outcome; None of a dry run, which makes nothing."""
    from workbench.host.run_on import AttachedRun

    spec = user_catalog().get(asked.name)
    with AttachedRun(file, spec, asked.seed) as attached:
        if asked.dry_run:
            _show(attached.translation, asked)
            return None
        _tell(attached.translation, asked.name)
        if spec.production:
            ask_twice(asked.name, f"{counted(len(attached.translation.calls), 'topic')} are made, and the flow runs.",
                      asked.sure)
        try:
            attached.start()
            attached.wait(asked.seconds, asked.until_drained)
        except KeyboardInterrupt:
            note("Stopping.")
        finally:
            outcome = attached.stop()
            if asked.remove:
                for sentence in attached.remove_made():
                    note(sentence)
        left_out = tuple(f"{part}: {why}" for part, why in attached.translation.left_out) if asked.as_json else ()
        return structs.replace(outcome, notes=(*outcome.notes, *left_out))


def _tell(translation: Translation, name: str) -> None:
    for call in translation.calls:
        note(f"@{name}: {call}")
    for part, why in translation.left_out:
        note(f"{part}: {why}")


def _show(translation: Translation, asked: OnSystem) -> None:
    if asked.as_json:
        print_json({"on": asked.name, "calls": list(translation.calls), "runs": _pairs(translation.runs),
                    "left_out": _pairs(translation.left_out)})
        return
    print_table((f"CALLS TO @{asked.name}",), [(call,) for call in translation.calls] or [("none",)])
    print()
    print_table(("PART", "WHAT BECOMES OF IT"), translation.runs)
    print()
    print_table(("PART", "WHAT DOES NOT TRANSLATE"), translation.left_out or [("-", "all of it does")])


def _pairs(rows: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    return [{"part": part, "what": what} for part, what in rows]
