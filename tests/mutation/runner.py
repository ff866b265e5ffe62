"""Tries mutants on a copy of the tree: ``.venv/bin/python tests/mutation/runner.py [part of a name ...]``.

A mutant is caught when its tests fail. One that survives, one whose place is no longer there, and one that the tests
can't even start with are told, and the exit status is 1. Nothing of the tree itself is changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_S = 120
CAUGHT, SURVIVED, STALE, BROKEN = "caught", "survived", "its place is not there", "the tests did not run"


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="workbench-mutants-") as folder:
        copy = Path(folder)
        for name in ("workbench", "tests", "resources"):
            shutil.copytree(ROOT / name, copy / name)
        shutil.copy2(ROOT / "pyproject.toml", copy)
        yield copy


def fits(mutant) -> bool:
    """Whether its text stands in its file, once."""
    path = ROOT / "workbench" / mutant.file
    return path.is_file() and path.read_text(encoding="utf-8").count(mutant.old) == 1


def try_one(copy: Path, mutant) -> str:
    if not fits(mutant):
        return STALE
    path = copy / "workbench" / mutant.file
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return {0: SURVIVED, 1: CAUGHT}.get(run_tests(copy, [mutant.tests]), BROKEN)
    finally:
        path.write_text(before, encoding="utf-8")


def run_tests(copy: Path, tests: Iterable[str]) -> int:
    """pytest's exit status in the copy; 1, failed, when it takes too long."""
    env = {**os.environ, "PYTHONPATH": str(copy), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout", str(MOST_S // 2),
               *(f"tests/{path}" for path in tests)]
    try:
        return subprocess.run(command, cwd=copy, env=env, capture_output=True, timeout=MOST_S).returncode
    except subprocess.TimeoutExpired:
        return 1


def main(wanted: list[str]) -> int:
    from mutants import MUTANTS

    chosen = [mutant for mutant in MUTANTS if not wanted or any(part in mutant.name for part in wanted)]
    with copy_of_the_tree() as copy:
        if run_tests(copy, dict.fromkeys(mutant.tests for mutant in chosen)):
            print("The tests fail before anything is changed.")
            return 1
        outcomes = [try_one(copy, mutant) for mutant in chosen]
    for mutant, outcome in zip(chosen, outcomes, strict=True):
        print(f"{outcome:24} {mutant.name} ({mutant.file})")
    return int(any(outcome != CAUGHT for outcome in outcomes))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
