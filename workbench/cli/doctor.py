"""``doctor``: versions, platform, engines, and what is missing with how to get it."""

from __future__ import annotations

import importlib.util
import os
import platform
import sqlite3
import subprocess
import sys
from importlib import metadata
from typing import Any

import click

from workbench import __version__
from workbench.cli.main import log_file
from workbench.cli.output import print_json, print_table
from workbench.cli.workspace import json_option
from workbench.engines.registry import SYSTEMS, SystemKind

_PACKAGES = ("PySide6-Essentials", "pyqtgraph", "numpy", "orjson", "msgspec", "sqlite-utils", "click", "cramjam",
             "google-crc32c", "common-expression-language", "QtAwesome", "fontpkg-inter",
             "fontpkg-jetbrains-mono")
_PROBE = """
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
print(app.platformName())
"""
_QT_LIBRARIES = (
    "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libxcb-cursor0 libxcb-icccm4 libxkbcommon-x11-0"
)


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Say what is installed, what is missing, and how to get it. Status 1 when something needed is missing."""
    missing: list[dict[str, str]] = []
    report: dict[str, Any] = {
        "workbench": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "packages": _packages(missing),
        "qt_platform": _qt_platform(missing),
        "engines": [{"name": "embedded", "available": True, "note": "the broker of the workspace file"},
                    *map(_engine, SYSTEMS.values())],
        "log_file": str(log_file()),
        "missing": missing,
    }
    if as_json:
        print_json(report)
    else:
        _print(report)
    return 1 if missing else 0


def _engine(kind: SystemKind) -> dict[str, Any]:
    """A system that can be attached, or what to install for it; nothing is missing where nobody wants it."""
    install = f"pip install event-flow-workbench[{kind.extra}]"
    return {"name": kind.name, "available": not kind.missing, "note": install if kind.missing else kind.title}


def _packages(missing: list[dict[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
            missing.append({"what": f"the package {name}", "how": f"{sys.executable} -m pip install {name}"})
    return found


def _qt_platform(missing: list[dict[str, str]]) -> str | None:
    """The platform Qt starts on here; tried in a process of its own, since Qt aborts where it can't start."""
    if importlib.util.find_spec("PySide6") is None:
        return None
    has_display = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    env = os.environ if has_display else {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    try:
        tried = subprocess.run([sys.executable, "-c", _PROBE], env=env, capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        tried = None
    if tried is not None and tried.returncode == 0:
        return tried.stdout.strip() if has_display else "no display (offscreen works)"
    missing.append({"what": "a library that Qt needs", "how": f"apt-get install {_QT_LIBRARIES}"})
    return None


def _print(report: dict[str, Any]) -> None:
    for name in ("workbench", "python", "system", "sqlite", "qt_platform", "log_file"):
        print(f"{name.replace('_', ' '):12} {report[name] or 'does not start'}")
    print()
    print_table(("PACKAGE", "VERSION"), [(name, version or "missing") for name, version in report["packages"].items()])
    print()
    print_table(("ENGINE", "AVAILABLE", ""), [(engine["name"], "yes" if engine["available"] else "no", engine["note"])
                                              for engine in report["engines"]])
    for lack in report["missing"]:
        print(f"\nMissing: {lack['what']}. Get it with: {lack['how']}")


COMMANDS = {"doctor": doctor}
