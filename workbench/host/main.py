"""The host process: opens the workspace, serves it, says that it is ready, and stops in order.

Standard output carries one line of JSON when it is ready (for a child also when it can't start), nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from workbench import __version__
from workbench.control.endpoint import HostFile, new_endpoint
from workbench.control.messages import Listen
from workbench.core.errors import DiskFull, WorkbenchError
from workbench.host.fresh import make_workspace
from workbench.host.lifecycle import stop_on_signals, wait_until_abandoned
from workbench.host.memory import settle, share_one_heap
from workbench.host.protocols import READY_KEYS
from workbench.host.server import ControlServer
from workbench.host.service import Service

CHILD_NICENESS = 5
_STDIN = 0


@dataclass(frozen=True, slots=True)
class HostSettings:
    """``child``: a window started it, and holds the other end of standard input. ``make`` names the sample a file
    that is not there yet is made from («» for an empty one); None makes no file."""

    file: Path
    listen: tuple[Listen, ...] = ()
    run: bool = False
    child: bool = False
    grace_s: float = 30.0
    make: str | None = None


def serve_until_stopped(settings: HostSettings) -> int:
    """Serve the workspace until it is told to stop; returns the exit status."""
    share_one_heap()
    if settings.child:
        with contextlib.suppress(OSError):
            os.nice(CHILD_NICENESS)
    try:
        asyncio.run(_serve(settings))
    except WorkbenchError as error:
        if not settings.child:
            raise
        _tell({"ready": False, "error": error.code, "message": error.message, "next_step": error.next_step})
        return 1
    return 0


async def _serve(settings: HostSettings) -> None:
    if settings.make is not None and not settings.file.exists():
        make_workspace(settings.file, settings.make)
    service = await Service.open(settings.file, reading_if=(DiskFull,))
    service.of_window = settings.child
    try:
        for command in settings.listen:
            await service.listeners.listen(command)
        endpoint = new_endpoint(service.listeners.addresses)
        server = ControlServer(service, endpoint)
        await server.start()
        shown: tuple[Path, ...] = ()
        try:
            shown = endpoint.write(settings.file)
            stop_on_signals(service.shutdown_asked.set)
            if settings.run:
                await service.run()
            settle()
            _tell(_ready(settings, endpoint))
            await _until_stop(service, settings)
        finally:
            endpoint.remove(shown)
            await server.stop()
    finally:
        await service.close()


def _ready(settings: HostSettings, endpoint: HostFile) -> dict:
    return {
        "ready": True,
        "pid": endpoint.pid,
        "file": str(settings.file.resolve()),
        **{key: endpoint.listeners.get(key) for key in READY_KEYS},
        "version": __version__,
    }


async def _until_stop(service: Service, settings: HostSettings) -> None:
    waits: list[asyncio.Task[Any]] = [asyncio.create_task(service.shutdown_asked.wait())]
    if settings.child:
        abandoned = wait_until_abandoned(_STDIN, lambda: bool(service.sessions), settings.grace_s)
        waits.append(asyncio.create_task(abandoned))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()


def _tell(line: dict) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    with contextlib.suppress(BrokenPipeError):  # whoever started us did not wait for the answer
        sys.stdout.buffer.flush()
