"""Every test of the window: with the bundled fonts and folders of its own.

A test fails when it leaves a thread behind, or when the window logs an error that it does not expect
(``expected_log``). Tests that need a real screen are in ``tests/ui/xvfb``; they bring their own platform.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.ui.bridge.workers import SHARED_THREADS

_THREAD_PATIENCE_S = 3.0


@pytest.fixture(scope="session")
def qapp(qapp):
    """The application, as the window dresses it: fonts, light theme, a caret that does not blink."""
    from workbench.ui.theme.theme import theme

    qapp.setCursorFlashTime(0)
    theme().apply(qapp, "light")
    return qapp


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read from or written to the folders of whoever runs the tests."""
    from PySide6.QtCore import QSettings

    for name in ("SETTINGS", "DATA", "LOGS"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(form, QSettings.Scope.UserScope, str(tmp_path / "qt"))


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Ours end with their test; only those that all share stay."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + _THREAD_PATIENCE_S
    for thread in _new_threads(before):
        thread.join(max(0.0, until - time.monotonic()))
    assert not [thread.name for thread in _new_threads(before) if thread.is_alive()]


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t not in before and not t.name.startswith(SHARED_THREADS)]


class _Errors(logging.Handler):
    """Keeps what was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


@pytest.fixture(autouse=True)
def expected_log() -> Iterator[list[str]]:
    """Errors that were logged; a test that expects some takes this fixture and clears it."""
    errors = _Errors()
    logger = logging.getLogger("workbench")
    logger.addHandler(errors)
    yield errors.texts
    logger.removeHandler(errors)
    assert not errors.texts, errors.texts
