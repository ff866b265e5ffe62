"""Starting a host as a child process, and attaching to the one that serves already.

The child holds the read end of a pipe that only this process has the other end of: when this process ends in any
way, the child knows, and waits half a minute for another window before it stops.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from workbench.control.client import CALL_TIMEOUT_S, ControlClient
from workbench.control.command import Command
from workbench.control.endpoint import HostFile, connect
from workbench.control.messages import Run, Shutdown
from workbench.core.errors import HostGone, Locked, NotAnswering, rebuild

START_TIMEOUT_S = 20.0
END_TIMEOUT_S = 10.0
_RETRY_S = 0.05


class ChildHost(ControlClient):
    """A client of a host that this process started. ``Shutdown`` returns when the process has ended."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        endpoint = HostFile.read(path)
        if endpoint is None:
            raise HostGone("The host started and stopped again.", "Try once more.")
        super().__init__(connect(endpoint), endpoint.token, "window", endpoint.pid)

    def call(self, command: Command, timeout_s: float = CALL_TIMEOUT_S):
        answer = super().call(command, timeout_s)
        if isinstance(command, Shutdown):
            try:
                self.process.wait(min(timeout_s, END_TIMEOUT_S))
            except subprocess.TimeoutExpired:
                said = f"The host has not ended within {END_TIMEOUT_S:g} seconds."
                raise HostGone(said, "It ends by itself.") from None
        return answer

    def close(self) -> None:
        """End the connection. A host that was not told ``Shutdown`` waits half a minute for another window."""
        super().close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        if self.process.poll() is None:
            _left_running.append(self.process)


_left_running: list[subprocess.Popen[bytes]] = []
"""Hosts that outlive their window for a while; kept, so that their end is taken note of when this process ends."""


def start_host(path: str | Path, run: bool = False, make: str | None = None) -> ControlClient:
    """Attach to the host that serves ``path``, or start one as a child. The errors are those of opening the file.

    ``make`` lets the child make a file that is not there, from the sample of that name («» for an empty one).
    """
    path = Path(path)
    try:
        client = ControlClient.attach(path, "window")
    except NotAnswering:
        raise
    except HostGone:
        more = [*(["--run"] if run else []), *([] if make is None else ["--make", make])]
        return _start_child(path, more)
    if run:
        client.call(Run())
    return client


def _start_child(path: Path, more: list[str]) -> ControlClient:
    command = [sys.executable, "-m", "workbench", "serve", str(path), "--child", *more]
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words)
        assert process.stdout is not None
        line = process.stdout.readline()  # ends with the process at the latest
        answer = _answer(line)
        if answer.get("ready"):
            return ChildHost(path, process)
        _reap(process)
        words.seek(0)
        said = words.read().decode(errors="replace").strip()
    if answer.get("error") == Locked.__name__ and (client := _attach_soon(path)):
        return client  # another window was a moment faster
    if answer.get("error"):
        raise rebuild(answer["error"], answer.get("message", ""), answer.get("next_step", ""))
    raise HostGone(f"The host did not start. {said.splitlines()[-1] if said else ''}".strip(), "Try once more.")


def _answer(line: bytes) -> dict:
    try:
        return msgspec.json.decode(line, type=dict)
    except msgspec.DecodeError:
        return {}


def _reap(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait(START_TIMEOUT_S)


def _attach_soon(path: Path, within_s: float = 2.0) -> ControlClient | None:
    """Attach to a host that is just starting; None when none appears."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            return ControlClient.attach(path, "window")
        except HostGone:
            time.sleep(_RETRY_S)
    return None
