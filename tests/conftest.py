"""For all tests: property tests without a deadline (machines are noisy), and in CI with the same examples each run.

Windows are offscreen, on a screen of 1920 by 1080. A test with an application ends cleanly: what it told Qt to delete
is deleted and its cycles are found on this thread, as in the window itself (``workbench.ui.bridge.cycles``). Left over,
they would be taken apart in the middle of a later test, by any of its threads.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

_SCREEN = {"name": "screen", "x": 0, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96,
           "dpr": 1}


def _offscreen() -> str:
    """The offscreen platform with a screen that windows fit on: its own is 800 by 800."""
    path = Path(tempfile.gettempdir()) / f"workbench-offscreen-{os.getuid()}.json"
    path.write_text(json.dumps({"screens": [_SCREEN]}), encoding="utf-8")
    return f"offscreen:configfile={path}"


os.environ.setdefault("QT_QPA_PLATFORM", _offscreen())


def pytest_collection_finish() -> None:
    """The modules and the tests stay: they need not be looked through after each test."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if "qapp" not in getattr(item, "fixturenames", ()):
        return (yield)
    from PySide6.QtCore import QCoreApplication, QEvent

    gc.disable()
    try:
        return (yield)
    finally:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        gc.enable()
