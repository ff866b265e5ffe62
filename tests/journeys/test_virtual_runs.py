"""``run --virtual``: the same file, seed and length give the same digest, whatever the hash seed and the Python.

Other Pythons are those found on this machine; each gets an environment of its own below ``.venv`` with the packages
that the command line needs. Which ran is in the names of the tests; one that is not there is skipped, and says so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from workbench.host import make_workspace
from workbench.session.digest import digest_of, first_difference

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(path.stem for path in (ROOT / "resources" / "samples").glob("*.json"))
SECONDS = "4"
WINDOW_ONLY = ("pyside6", "pyqtgraph", "numpy", "qtawesome", "fontpkg")


def workbench(*arguments: object, python: Path | str = sys.executable, hash_seed: int = 0) -> str:
    env = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([str(python), "-m", "workbench", *map(str, arguments)], cwd=ROOT, env=env,
                          capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(file: Path, keep: Path, python: Path | str = sys.executable, hash_seed: int = 0, seed: int = 7) -> str:
    told = workbench("run", file, "--virtual", "--seed", seed, "--for", SECONDS, "--keep", keep, "--json",
                     python=python, hash_seed=hash_seed)
    return json.loads(told)["digest"]


def differing(one: Path, other: Path) -> str:
    """The first row in which two kept runs differ."""
    return first_difference(digest_of(one, 0).rows, digest_of(other, 0).rows)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A workspace with each sample."""
    folder = tmp_path_factory.mktemp("samples")
    for name in SAMPLES:
        make_workspace(folder / f"{name}.flow", sample=name)
    return sorted(folder.glob("*.flow"))


class Runs:
    """All samples run by one process: digests by name, and what it worked on."""

    def __init__(self, samples: list[Path], folder: Path, python: Path | str = sys.executable,
                 hash_seed: int = 1) -> None:
        env = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)}
        script = Path(__file__).with_name("virtual_digests.py")
        done = subprocess.run([str(python), str(script), SECONDS, "7", str(folder), *map(str, samples)], env=env,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        self.folder = folder
        self.digests: dict[str, str] = json.loads(done.stdout)

    def assert_same(self, other: Runs) -> None:
        assert sorted(self.digests) == sorted(other.digests) == SAMPLES
        for name, digest in self.digests.items():
            file = f"{name}.flow"
            assert digest == other.digests[name], f"{name}: {differing(self.folder / file, other.folder / file)}"


@pytest.fixture(scope="module")
def runs(samples: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(samples, tmp_path_factory.mktemp("first"))


@pytest.mark.timeout(300)
def test_every_sample_runs_the_same_with_another_hash_seed(samples: list[Path], runs: Runs, tmp_path: Path):
    before = [sample.read_bytes() for sample in samples]
    runs.assert_same(Runs(samples, tmp_path, hash_seed=2))
    assert [sample.read_bytes() for sample in samples] == before, "the files themselves are not touched"


def test_another_seed_is_another_run(tmp_path: Path):
    file = tmp_path / "work.flow"
    workbench("new", file, "--sample", "orders")
    assert run(file, tmp_path / "one.flow", seed=7) != run(file, tmp_path / "two.flow", seed=8)


def test_the_digest_tells_a_changed_record_and_names_the_row(tmp_path: Path):
    file, kept = tmp_path / "work.flow", tmp_path / "one.flow"
    workbench("new", file, "--sample", "orders")
    run(file, kept)
    rows = digest_of(kept, 0).rows
    assert len(rows) > 100
    other = (*rows[:50], rows[50] + " changed", *rows[51:])
    assert first_difference(rows, other).startswith("row 50:")


def test_a_virtual_run_needs_a_length_and_a_drawing(tmp_path: Path):
    file = tmp_path / "empty.flow"
    workbench("new", file)
    done = [subprocess.run([sys.executable, "-m", "workbench", "run", str(file), "--virtual", *more], cwd=ROOT,
                           capture_output=True, text=True) for more in ((), ("--for", "1"))]
    assert [one.returncode for one in done] == [2, 1]
    assert "--for" in done[0].stderr
    assert "Nothing is drawn" in done[1].stderr


# -- other Pythons ---------------------------------------------------------------------------------------------
@pytest.fixture(params=["3.11", "3.12", "3.13"])
def other_python(request: pytest.FixtureRequest) -> Path:
    """An environment with that Python and what the command line needs, made once."""
    version = request.param
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"Python {version} runs the tests themselves")
    beside = sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")))
    found = next(filter(_starts, [*beside, shutil.which(f"python{version}")]), None)
    if found is None:
        pytest.skip(f"there is no Python {version} on this machine")
    home = ROOT / ".venv" / "other" / version
    python = home / "bin" / "python"
    if not (home / "done").exists():
        subprocess.run([found, "-m", "venv", "--clear", str(home)], check=True, timeout=60)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*pip, "-c", str(ROOT / "packaging" / "constraints.txt"), *_needed()], check=True, timeout=200)
        subprocess.run([*pip, "--no-deps", "-e", str(ROOT)], check=True, timeout=200)
        (home / "done").touch()
    return python


def _starts(python: str | None) -> bool:
    """A launcher may be there for a version that is not."""
    return python is not None and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


def _needed() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [need for need in project["dependencies"] if not re.match("|".join(WINDOW_ONLY), need.lower())]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_sample_runs_the_same_on_another_python(other_python: Path, samples: list[Path], runs: Runs,
                                                      tmp_path: Path):
    runs.assert_same(Runs(samples, tmp_path, other_python, hash_seed=3))
