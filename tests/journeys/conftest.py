"""Journeys run the program as a person or a script would: real processes, real files, nothing inside touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE_S = 60.0


class Program:
    """``workbench`` as a command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        self._running: list[subprocess.Popen[bytes]] = []

    def __call__(self, *words: object, given: bytes = b"", status: int = 0) -> bytes:
        """Run it to its end; its standard output."""
        done = self.run(*words, given=given)
        assert done.returncode == status, (words, done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def run(self, *words: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self._command(words), input=given, capture_output=True, cwd=self.folder, env=self.env, timeout=DEADLINE_S
        )

    def json(self, *words: object) -> dict:
        return json.loads(self(*words, "--json"))

    def lines(self, *words: object) -> list[dict]:
        return [json.loads(line) for line in self(*words).splitlines()]

    def start(self, *words: object, **options: object) -> subprocess.Popen[bytes]:
        """Start it and leave it running; it is ended with the test."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(self._command(words), cwd=self.folder, env=self.env, **pipes, **options)
        self._running.append(process)
        return process

    def serve(self, *words: object, **options: object) -> tuple[subprocess.Popen[bytes], dict]:
        """``workbench serve``, ready."""
        process = self.start("serve", *words, **options)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        return process, json.loads(line)

    def end_all(self) -> None:
        for process in self._running:
            process.kill()
            process.wait(20)
            for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
                pipe.close()

    @staticmethod
    def _command(words: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-m", "workbench", *map(str, words)]


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.end_all()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], object]:
    """``until(condition)`` asks again until it is true; what it said."""

    def wait(condition: Callable[[], object]) -> object:
        ends = time.monotonic() + DEADLINE_S
        while time.monotonic() < ends:
            if said := condition():
                return said
            time.sleep(0.05)
        raise AssertionError("it did not come true in time")

    return wait
