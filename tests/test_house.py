"""The house rules of the design, held by tests: rows, module sizes, packages, settings."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "workbench").rglob("*.py"))


def test_import_contracts_hold():
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.timeout(300)  # half a minute of processor time, more where others are at work
def test_types_hold():
    """Pyright over all of it, by the settings in pyproject."""
    try:
        version("basedpyright")
    except PackageNotFoundError:
        pytest.fail("basedpyright is not in this environment. Type: python3 packaging/dev.py setup")
    run = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )
    hint = ("An import that is not resolved: python3 packaging/dev.py setup installs what was added.\n"
            if "reportMissing" in run.stdout else "")
    assert run.returncode == 0, f"\n{run.stdout}{run.stderr}{hint}"


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_small_and_says_what_it_is(module: Path):
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= 500, "over 500 lines: find the wall that is missing"
    if text.strip() and module.name != "__init__.py":
        assert ast.get_docstring(ast.parse(text)), "a module says what it is in its docstring"


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_are_short(module: Path):
    long = []
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node, clean=False) or ""
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring.count("\n")
            if lines > 40:
                long.append(f"{node.name}: {lines} lines")
    assert not long, long


def test_package_list_is_whole():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = set(settings["tool"]["setuptools"]["packages"]) - {"workbench.resources"}
    found = {".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / "workbench").rglob("__init__.py")}
    assert listed == found


def test_every_dependency_is_pinned_without_hosts():
    pins = (ROOT / "packaging" / "constraints.txt").read_text().lower().replace("_", "-")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = settings["dependencies"] + settings["optional-dependencies"]["test"]
    for requirement in wanted:
        name = requirement.split(">")[0].split("=")[0].split("<")[0].lower().replace("_", "-")
        assert f"\n{name}==" in "\n" + pins, f"{name} is not pinned"
    assert "://" not in pins


def test_no_vague_module_names():
    vague = {"misc.py", "utils.py", "util.py", "helpers.py", "helper.py", "manager.py"}
    assert not [m for m in MODULES if m.name in vague]


def test_nothing_built_or_downloaded_is_kept():
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in kept if name.endswith((".whl", ".tar.gz", ".so", ".pyc", ".jar", ".class"))]


def test_no_exceptions_to_a_formatter_that_nobody_runs():
    marked = [
        str(path.relative_to(ROOT))
        for folder in ("workbench", "tests", "packaging")
        for path in (ROOT / folder).rglob("*.py")
        if "# fmt" + ": " in path.read_text(encoding="utf-8")
    ]
    assert not marked
