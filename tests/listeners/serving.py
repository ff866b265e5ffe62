"""A listener to test against: in a thread of this process, or as a child process that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

from workbench.broker import Broker
from workbench.core.clock import Clock, SystemClock
from workbench.core.snapshot import ClientStat
from workbench.listeners.base import ListenerSettings
from workbench.listeners.kafka import KafkaListener

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """A broker and its listener on a loop of their own."""

    def __init__(self, broker: Broker, settings: ListenerSettings, listener: type = KafkaListener) -> None:
        self.broker = broker
        self._settings = settings
        self._kind = listener
        self._ready: Future[str] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="test-listener")
        self._thread.start()
        try:
            self.address = self._ready.result(10)
        except BaseException:
            self._thread.join()
            raise

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._listener = self._kind(self.broker, self._settings)
        try:
            await self._listener.start()
        except BaseException as error:
            self._ready.set_exception(error)
            return
        self._ready.set_result(self._listener.address)
        await self._stop.wait()
        await self._listener.stop()

    def clients(self) -> tuple[ClientStat, ...]:
        async def ask() -> tuple[ClientStat, ...]:
            return self._listener.clients()

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(10)

    def close_idle(self) -> None:
        async def look() -> None:
            self._listener.close_idle()

        asyncio.run_coroutine_threadsafe(look(), self._loop).result(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@contextlib.contextmanager
def serving(
    path: Path, settings: ListenerSettings | None = None, clock: Clock | None = None, listener: type = KafkaListener
) -> Iterator[Served]:
    with Broker.create(path, clock=clock or SystemClock()) as broker:
        served = Served(broker, settings or ListenerSettings(), listener)
        try:
            yield served
        finally:
            served.close()


class Host:
    """``workbench serve`` as a child process, on one file and port as often as it is started."""

    def __init__(self, path: Path, *options: str) -> None:
        self._path, self._options = path, options
        self.address = "127.0.0.1:0"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "workbench", "serve", str(self._path), "--kafka", self.address, *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the host did not start"
        self.ready = json.loads(line)
        self.address = self.ready["kafka"]

    def kill(self) -> None:
        """kill -9."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._end()

    def stop(self) -> int:
        self._process.terminate()
        return self._end()

    def _end(self) -> int:
        status = self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status
