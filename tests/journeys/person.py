"""A person at the window: eyes (the probe, which only says where things are) and a hand (xdotool) on a real screen."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.broker import BrokerReader
from workbench.control.endpoint import HostFile

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 40.0
_EVERY_S = 0.1
_STILL = 4


class Person:
    """Eyes (the probe) and a hand (xdotool) on one window."""

    def __init__(self, env: dict[str, str], file: Path) -> None:
        self._env, self.file = env, file
        self.open()

    def open(self) -> None:
        """Start the workbench on the file."""
        self.window = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.window_probe", str(self.file), "--theme", "light"],
            cwd=ROOT, env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )

    def kill(self) -> None:
        """End the window without a goodbye."""
        self.window.kill()
        self.window.communicate(timeout=30)

    # -- eyes ----------------------------------------------------------------------------------------------
    def ask(self, **question: Any) -> dict[str, Any]:
        assert self.window.stdin and self.window.stdout
        self.window.stdin.write(json.dumps(question) + "\n")
        return json.loads(self.window.stdout.readline())

    def state(self) -> dict[str, Any]:
        return self.ask(ask="state")

    def wait(self, holds: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until:
            state = self.state()
            if holds(state):
                return state
            time.sleep(_EVERY_S)  # the next look; the wait itself is for what is seen
        pytest.fail(f"{what} did not happen: {state}")

    def wait_file(self, look: Callable[[BrokerReader], Any], what: str) -> Any:
        """What ``look`` finds in the file, once it finds something."""
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until:
            with BrokerReader(self.file) as reader:
                if found := look(reader):
                    return found
            time.sleep(_EVERY_S)
        pytest.fail(f"{what} is not in the file")

    def place(self, name: str) -> tuple[int, int]:
        """Where a control is, once it is there and stands still."""
        until, before, still = time.monotonic() + DEADLINE_S, {}, 0
        while time.monotonic() < until:
            found = self.ask(ask="named", name=name)
            still = still + 1 if "x" in found and found == before else 0
            if still == _STILL:
                return found["x"], found["y"]
            before = found
            time.sleep(_EVERY_S)
        pytest.fail(str(before))

    def point(self, **question: Any) -> tuple[int, int]:
        found = self.ask(**question)
        return found["x"], found["y"]

    # -- hand ----------------------------------------------------------------------------------------------
    def hand(self, *words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=self._env, check=True, timeout=20)

    def click(self, name: str) -> None:
        self.click_at(*self.place(name))

    def click_at(self, x: int, y: int, times: int = 1) -> None:
        self.hand("mousemove", x, y, "sleep", 0.1, "click", "--repeat", times, "--delay", 60, 1)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Small moves: one jump is not taken for a drag."""
        steps: list[object] = ["mousemove", *start, "sleep", 0.1, "mousedown", 1]
        for share in range(1, 11):
            x, y = (a + (b - a) * share // 10 for a, b in zip(start, end, strict=True))
            steps += ["sleep", 0.03, "mousemove", x, y]
        self.hand(*steps, "sleep", 0.15, "mouseup", 1)

    def type(self, text: str, enter: bool = True) -> None:
        self.hand("key", "ctrl+a")
        self.hand("type", "--delay", 20, text)
        if enter:
            self.hand("key", "Return")

    def shoot(self, path: Path) -> None:
        """A picture of the screen, for whoever looks into a failure."""
        if shutil.which("import"):
            subprocess.run(["import", "-window", "root", str(path)], env=self._env, check=False, timeout=20)

    def close(self) -> None:
        """End the window, and the host, which would wait for another window."""
        self.shoot(self.file.with_name("screen.png"))
        self.window.terminate()
        self.window.communicate(timeout=30)
        host = HostFile.read(self.file)
        if host is not None:
            os.kill(host.pid, signal.SIGTERM)
