"""A host in a thread of this process, called like one behind a socket: ``--in-process``, tests, single commands."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.control.command import Command
from workbench.control.messages import Push
from workbench.core.clock import Clock
from workbench.core.errors import FileError, HostGone
from workbench.host.session import ClientSession

log = logging.getLogger(__name__)


class LocalHost:
    """Opens the workspace (the errors of ``Broker.open``) and serves it until ``close``. Any thread may call."""

    def __init__(self, path: str | Path, *, clock: Clock | None = None,
                 reading_if: tuple[type[FileError], ...] = ()) -> None:
        self._path = Path(path)
        self._reading_if = reading_if
        self._clock = clock
        self._push_callbacks: list[Callable[[Push], None]] = []
        self._lost_callbacks: list[Callable[[str], None]] = []
        self._session = ClientSession(self._push)
        self._started: Future[None] = Future()
        self._unwanted = False  # interrupted while it opened: it closes as soon as it is open
        self._thread = threading.Thread(target=self._run, name="local-host", daemon=True)
        try:
            self._thread.start()
            self._started.result()
        except BaseException:
            self._unwanted = True
            if self._started.done() and self._started.exception() is None:
                self.close()
            with suppress(RuntimeError):  # it was not even started
                self._thread.join()
            raise

    def call(self, command: Command, timeout_s: float | None = None) -> Any:
        """Do a command and wait for its reply struct."""
        work = self._service.handle(self._session, command)
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)
        except (CancelledError, RuntimeError) as error:  # the loop stopped before, or while it was at it
            work.close()
            raise HostGone("The broker of this workspace is closed.") from error

    def on_push(self, callback: Callable[[Push], None]) -> None:
        """Call back with every push (after ``Subscribe``), on the host's thread."""
        self._push_callbacks.append(callback)

    def on_lost(self, callback: Callable[[str], None]) -> None:
        """Call back once with a sentence if the host breaks down, on its thread."""
        self._lost_callbacks.append(callback)

    def close(self) -> None:
        """Stop in order and let go of the file."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # its loop has ended by itself
                self._loop.call_soon_threadsafe(self._service.shutdown_asked.set)
            self._thread.join()

    def _push(self, push: Push) -> None:
        for callback in tuple(self._push_callbacks):
            callback(push)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if not self._started.done():
                self._started.set_exception(error)
                return
            log.exception("the host of %s ended", self._path)
            for callback in tuple(self._lost_callbacks):
                callback(f"The broker stopped: {error}.")

    async def _serve(self) -> None:
        from workbench.host.service import Service  # here, so that a window starts without the broker's code

        self._loop = asyncio.get_running_loop()
        self._service = await Service.open(self._path, clock=self._clock, reading_if=self._reading_if)
        try:
            self._service.enter(self._session)
            self._started.set_result(None)
            if self._unwanted:
                return
            await self._service.shutdown_asked.wait()
            await self._service.leave(self._session)
        finally:
            await self._service.close()
