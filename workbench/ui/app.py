"""The desktop application: from the command line to a window on a workspace. Each further file is a further process.

    arguments ─► which file ─► is a window open on it already? ─► raise that one, stop
                                        │ no
                                        └► window (painted at once) ─► host found or started ─► live
                                                                          │ it can't be written
                                                                          └► its last state, to look at

The very first start opens a living sample. Nothing slow happens before the first paint: the drawing is read straight
from the file; the host comes up on another thread and the data pages are built after it.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from workbench.ui.settings import APP


def main(arguments: Sequence[str]) -> int:
    """Run the application; returns the exit status."""
    gc.disable()  # looking for cycles in what is just imported takes a twentieth of the start; see ``bridge.cycles``
    said = parse(arguments)
    if not _has_display():
        print("workbench: there is no display here. Use a verb such as «workbench run FILE», or a virtual screen: "
              "xvfb-run workbench.", file=sys.stderr)
        return 1
    _start_logging()
    from workbench.ui.application import Application

    return Application(said).exec()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="workbench", description="The window on a workspace.")
    parser.add_argument("file", nargs="?", type=Path, help="a workspace; without it the last one, at first a sample")
    parser.add_argument("--run", action="store_true", help="run the flow at once")
    parser.add_argument("--no-sample", action="store_true", help="at the very first start an empty workspace")
    parser.add_argument("--in-process", action="store_true", help="the broker on a thread of this process (debugging)")
    parser.add_argument("--theme", choices=("light", "dark", "system"), help="for this time only")
    parser.add_argument("--shot", type=Path, metavar="PNG", help="save a picture of the window, then close")
    parser.add_argument("--shot-after", type=float, default=5.0, metavar="SECONDS", help="when to take it (5)")
    parser.add_argument("--shifted", type=int, default=0, help=argparse.SUPPRESS)  # steps beside the last place
    return parser.parse_args(list(arguments))


def _has_display() -> bool:
    """Whether Qt will find a screen; another platform plugin (offscreen, vnc) counts as one."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _start_logging() -> None:
    import platformdirs

    folder = Path(os.environ.get("WORKBENCH_LOGS") or platformdirs.user_log_path(APP))
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "window.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
