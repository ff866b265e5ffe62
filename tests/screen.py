"""A screen of its own for tests that need a real one: Xvfb on a free display, with a window manager when there is one.

``why_not()`` says what is missing. A screen belongs to the test session that started it and ends with it.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

_START_S = 15.0


def why_not(*programs: str) -> str:
    """Why there can be no screen, as a sentence; empty when there can."""
    missing = [name for name in ("Xvfb", *programs) if shutil.which(name) is None]
    return f"{', '.join(missing)} is not installed: apt-get install xvfb openbox xdotool." if missing else ""


@contextmanager
def screen(size: str = "1440x960") -> Iterator[dict[str, str]]:
    """The environment that draws on a new screen."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], _START_S)
        number = os.read(reading, 32).decode().strip() if ready else ""
        assert number, "Xvfb did not say which display it took"
        env = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "QT_XCB_GL_INTEGRATION": "none"}
        with _window_manager(env):
            yield env
    finally:
        os.close(reading)
        server.terminate()
        server.wait()


@contextmanager
def _window_manager(env: dict[str, str]) -> Iterator[None]:
    if shutil.which("openbox") is None:
        yield
        return
    manager = subprocess.Popen(["openbox"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        manager.terminate()
        manager.wait()
